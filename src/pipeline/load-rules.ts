// From the operator's words to rules that can be asked, or one error that says all that is wrong.

import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import type { Log } from "../base/log.ts";
import { nearest } from "../base/suggest.ts";
import type { Attribute } from "../flatten/attribute.ts";
import { attributes, findAttribute } from "../flatten/registry.ts";
import { Problems } from "../policy/language/problem.ts";
import {
  counted,
  defaultPolicies,
  errorsText,
  openPolicies,
  type Policies,
  type RuleSettings,
} from "./policies.ts";
import { policyFingerprint } from "./policy-fingerprint.ts";
import { PolicyReload } from "./policy-reload.ts";
import { CurrentRules, EngineRules, type Rules } from "./rules.ts";
import { Suppression } from "./suppression.ts";

export interface OpenedRules {
  readonly rules: Rules;
  readonly policies: Policies;
  readonly warnings: Problems;
}

/** Rejects with an OperatorError POLICY_INVALID that has every problem and its place below it. */
export async function openRules(settings: RuleSettings): Promise<OpenedRules> {
  const problems = new Problems();
  const policies = await openPolicies(settings, problems);
  if (problems.errors > 0) {
    const paths = settings.policies.join(", ");
    const errors = counted(problems.errors, "error");
    const message = `cannot use the policies ${paths}: ${errors}, each shown below with its place`;
    throw new OperatorError("POLICY_INVALID", message, { detail: errorsText(problems) });
  }
  const { outputs, program } = policies;
  return {
    rules: new EngineRules(program, outputs),
    policies,
    warnings: problems,
  };
}

/** The same, with what is skipped told in the log, and how many warnings there are. */
export async function loadRules(settings: RuleSettings, log: Log): Promise<OpenedRules> {
  const opened = await openRules(settings);
  const { policies, warnings } = opened;
  const count = warnings.list.length + warnings.uncounted;
  if (count > 0) {
    const paths = settings.policies.join(" ");
    const words = count === 1 ? "a warning" : `${count} warnings`;
    log.warning("policy", `policies: ${words}; see: sysflow policy validate ${paths}`);
  }
  const { skipped } = policies.program;
  for (const { name, place, reason } of skipped.slice(0, skippedShown)) {
    log.asked("policy", `rule skipped: ${name} (${place.file}:${place.line}): ${reason}`);
  }
  if (skipped.length > skippedShown) {
    log.asked("policy", `${skipped.length - skippedShown} more rules skipped`);
  }
  return opened;
}

/** Rules that are loaded anew when their files change; to be started, and stopped at the end. */
export interface WatchedRules {
  readonly rules: CurrentRules;
  readonly reload: PolicyReload<Rules>;
}

/** Rejects with an OperatorError POLICY_INVALID. */
export async function watchRules(settings: RuleSettings, log: Log): Promise<WatchedRules> {
  const rules = new CurrentRules((await loadRules(settings, log)).rules);
  const paths = settings.policies.filter((path) => path !== defaultPolicies);
  const reload = new PolicyReload({
    fingerprint: () => policyFingerprint(paths),
    load: async () => (await loadRules(settings, log)).rules,
    onLoaded: (loaded: Rules) => {
      rules.exchange(loaded);
      return counted(loaded.count, "rule");
    },
    log,
  });
  return { rules, reload };
}

/** So many are named in a run's log; `policy validate` names all. */
const skippedShown = 20;

export interface RepeatSettings {
  readonly maxRepeats: number | null;
  readonly repeatWindowSec: number;
  /** Names of attributes with commas between them. */
  readonly repeatKey: string;
}

/** @returns null where all alerts are told. @throws OperatorError where there is no such attribute */
export function suppressionOf(settings: RepeatSettings): Suppression | null {
  const { maxRepeats, repeatKey, repeatWindowSec } = settings;
  const key = repeatKey.split(",").map((name) => attributeOf(name.trim()));
  return maxRepeats === null
    ? null
    : new Suppression({ alerts: maxRepeats, windowSec: repeatWindowSec, key });
}

function attributeOf(name: string): Attribute {
  const attribute = findAttribute(name, "default");
  if (attribute === undefined) {
    const guess = nearest(
      name,
      attributes.map((known) => known.name),
    );
    const hint = guess === null ? "see: sysflow policy list --fields" : `did you mean ${guess}?`;
    const message = `--repeat-key has no attribute "${name}"; ${hint}`;
    throw new OperatorError("OPTION_VALUE", message, { exitStatus: exitStatus.USAGE });
  }
  return attribute;
}
