// `sysflow policy explain`: reads a trace and says of each rule why a record did or did not match it.

import { OperatorError } from "../../base/errors.ts";
import { exitStatus } from "../../base/exit-status.ts";
import { nearest } from "../../base/suggest.ts";
import { compileOutput } from "../../export/output-text.ts";
import type { FlatContext } from "../../flatten/attribute.ts";
import { kindBit, kindCode } from "../../flatten/record-kinds.ts";
import { Joiner } from "../../join/joiner.ts";
import type { ProgramRule } from "../../policy/compile/program.ts";
import { PartTester } from "../../policy/engine/part-tester.ts";
import { readRecords } from "../../read/read-records.ts";
import { type OpenedRules, openRules } from "../load-rules.ts";
import type { RuleSettings } from "../policies.ts";
import type { ToolAnswer } from "../tool-answer.ts";
import { type Clause, clausesOf } from "./clauses.ts";
import { clauseLines, type ExplainedClause, explain, shareOf } from "./explanation.ts";

export interface ExplainSettings extends RuleSettings {
  readonly json: boolean;
  /** Names; none for all. */
  readonly rules: readonly string[];
  /** From 1; null: for each rule the record that fits best. */
  readonly record: number | null;
}

interface Explained {
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  /** Its number among those that rules are asked of. */
  readonly record: number;
  readonly matches: boolean;
  /** What it was, in a line. */
  readonly about: string;
  /** Why the rule was not asked, though its condition may hold; null where it was. */
  readonly notAsked: string | null;
  readonly condition: ExplainedClause;
}

/** @throws OperatorError where policies or the trace cannot be read, or there is no such rule */
export async function explainTool(
  places: readonly string[],
  settings: ExplainSettings,
): Promise<ToolAnswer> {
  const opened = await openRules(settings);
  const tester = await PartTester.open(opened.policies.loaded);
  const explainers = chosen(opened, settings.rules).map((rule) => {
    return new Explainer(opened, rule, clausesOf(rule.rule, tester), settings.record);
  });
  const records = await readAll(places, explainers);
  const found = explainers.flatMap(({ best }) => best ?? []);
  if (found.length === 0) {
    const which = settings.record === null ? "no record" : `no record ${settings.record}`;
    const message = `cannot explain: there is ${which}; the trace has ${records} that rules are asked of`;
    throw new OperatorError("RECORD_MISSING", message);
  }
  const text = settings.json
    ? `${JSON.stringify(found, null, 2)}\n`
    : `${found.map((one) => linesOf(one).join("\n")).join("\n\n")}\n`;
  return { text, isGood: true };
}

async function readAll(
  places: readonly string[],
  explainers: readonly Explainer[],
): Promise<number> {
  let records = 0;
  const joiner = new Joiner({
    joined: (of) => {
      if (kindBit(of.record.kind) !== 0) {
        records += 1;
        for (const explainer of explainers) {
          explainer.look(of, records);
        }
      }
    },
  });
  for (const place of places) {
    await readRecords(place, joiner, {
      onFault: ({ code, exitStatus: status, message }) => {
        throw new OperatorError(code, message, { exitStatus: status });
      },
    });
  }
  return records;
}

function chosen({ policies }: OpenedRules, names: readonly string[]): readonly ProgramRule[] {
  const { rules } = policies.program;
  const known = rules.map(({ rule }) => rule.name);
  for (const name of names) {
    if (!known.includes(name)) {
      const guess = nearest(name, known);
      const hint = guess === null ? "see: sysflow policy list" : `did you mean ${guess}?`;
      const message = `no rule that is run is named "${name}"; ${hint}`;
      throw new OperatorError("RULE_UNKNOWN", message, { exitStatus: exitStatus.USAGE });
    }
  }
  return names.length === 0 ? rules : rules.filter(({ rule }) => names.includes(rule.name));
}

const aboutText = compileOutput(
  "%sf.type %sf.opflags of %sf.proc.cmdline (pid %sf.proc.pid), file %sf.file.path, net %sf.net.ip",
).text;

/** Keeps what is best to be shown of one rule. */
class Explainer {
  best: Explained | null = null;
  readonly #opened: OpenedRules;
  readonly #rule: ProgramRule;
  readonly #clause: Clause;
  readonly #wanted: number | null;
  #share = -1;

  constructor(opened: OpenedRules, rule: ProgramRule, clause: Clause, wanted: number | null) {
    this.#opened = opened;
    this.#rule = rule;
    this.#clause = clause;
    this.#wanted = wanted;
  }

  look(of: FlatContext, record: number): void {
    if (this.#wanted === null ? this.#share > 1 : record !== this.#wanted) {
      return;
    }
    const holds = this.#clause.holds(of);
    const notAsked = this.#notAsked(of);
    // A record that the rule is not asked of explains less than one that it is.
    const share = (shareOf(this.#clause, of) + Number(holds)) * (notAsked === null ? 1 : 0.5);
    if (share > this.#share) {
      this.#share = share;
      this.best = {
        rule: this.#rule.rule.name,
        file: this.#rule.rule.place.file,
        line: this.#rule.rule.place.line,
        record,
        matches: holds && notAsked === null,
        about: aboutText(of),
        notAsked,
        condition: explain(this.#clause, of),
      };
    }
  }

  #notAsked(of: FlatContext): string | null {
    const bit = kindBit(of.record.kind);
    if ((this.#rule.kinds & bit) === 0) {
      const { prefilter } = this.#rule.rule;
      return prefilter.length === 0
        ? `no rule is asked of ${kindCode(of.record.kind)}`
        : `its prefilter is ${prefilter.join(", ")}, and the record is ${kindCode(of.record.kind)}`;
    }
    return this.#opened.rules.test(of) === "filtered" ? "a filter drops the record" : null;
  }
}

function linesOf(one: Explained): readonly string[] {
  const { about, condition, file, line, matches, notAsked, record, rule } = one;
  const verdict = matches ? "matches" : "does not match";
  return [
    `${rule}: record ${record} ${verdict} (${file}:${line})`,
    `  ${about}`,
    ...(notAsked === null ? [] : [`  no  ${notAsked}`]),
    ...clauseLines(condition),
  ];
}
