// A file of cases for rules, in YAML: records that a person wrote, or a trace, and the alerts that they
// must give. All that is wrong in it is collected, with its place.
//
//   - policies: [../rules]            # beside those of the command line; from this file's folder
//   - case: a shell in a container
//     records:
//       - { event: EXEC, process: { exe: /bin/bash, tty: true }, container: { image: web } }
//     alerts: [Terminal shell in container]
//   - case: a whole attack
//     trace: traces/attack.sf
//     alerts: { Terminal shell in container: 2, Read of a secret: any }
//     others: allowed                 # alerts of other rules do not matter; else there must be none

import { dirname, resolve } from "node:path";
import type { Problems } from "../../policy/language/problem.ts";
import type { Place, SourceFile } from "../../policy/language/source-text.ts";
import { readPolicyFiles } from "../../policy/load/policy-files.ts";
import type { RawItem } from "../../policy/load/raw-item.ts";
import { readYaml } from "../../policy/load/yaml-reader.ts";
import {
  SnippetFault,
  SnippetFields,
  type SnippetValue,
} from "../../read/snippet/snippet-value.ts";

export interface RuleCase {
  readonly name: string;
  readonly file: SourceFile;
  readonly place: Place;
  /** A file or folder of records; null where the case has its own. */
  readonly trace: string | null;
  readonly records: readonly SnippetValue[];
  readonly expected: readonly ExpectedAlerts[];
  /** Whether rules that are not expected may match all the same. */
  readonly allowsOthers: boolean;
}

export interface ExpectedAlerts {
  readonly rule: string;
  /** Null: one or more. */
  readonly count: number | null;
  readonly place: Place;
}

export interface CaseFiles {
  readonly cases: readonly RuleCase[];
  /** Of policies that the files name. */
  readonly policies: readonly string[];
}

const caseKeys = ["case", "trace", "records", "alerts", "others"];

/** @param paths files, and folders with files that end in .yaml or .yml */
export function readCases(paths: readonly string[], problems: Problems): CaseFiles {
  const cases: RuleCase[] = [];
  const policies: string[] = [];
  for (const file of readPolicyFiles(paths, problems)) {
    const { fault, items } = readYaml(file, problems);
    if (fault !== null) {
      problems.error("POLICY_SYNTAX", `not YAML: ${fault.message}`, file.place(fault.at));
    }
    for (const item of items) {
      try {
        if (item.entries.has("policies")) {
          const fields = new SnippetFields(snippetOf(item), ["policies"], "this item");
          policies.push(...fields.texts("policies", []).map((path) => beside(file, path)));
        } else {
          cases.push(caseOf(item));
        }
      } catch (error) {
        if (!(error instanceof SnippetFault)) {
          throw error;
        }
        problems.error("POLICY_VALUE", error.message, file.place(error.at));
      }
    }
  }
  return { cases, policies };
}

function caseOf(item: RawItem): RuleCase {
  const { at, file } = item;
  const fields = new SnippetFields(snippetOf(item), caseKeys, "a case");
  const name = fields.text("case", "");
  if (name === "") {
    throw new SnippetFault("a case begins with its name: case: NAME", at);
  }
  const trace = fields.text("trace", "");
  const records = fields.value("records");
  if ((trace === "") === (records === null)) {
    throw new SnippetFault("a case has a trace: FILE, or records: of its own", at);
  }
  if (records !== null && records.kind !== "list") {
    throw new SnippetFault("records is a list, each with an event or a flow", records.at);
  }
  const others = fields.text("others", "none");
  if (others !== "none" && others !== "allowed") {
    throw new SnippetFault(`others is none or allowed, not "${others}"`, fields.atOf("others"));
  }
  return {
    name,
    file,
    place: file.place(at),
    trace: trace === "" ? null : beside(file, trace),
    records: records?.items ?? [],
    expected: expectedOf(fields, file),
    allowsOthers: others === "allowed",
  };
}

function expectedOf(fields: SnippetFields, file: SourceFile): readonly ExpectedAlerts[] {
  const value = fields.value("alerts");
  if (value === null) {
    throw new SnippetFault("a case has alerts: those rules that match, or [] for none", fields.at);
  }
  if (value.kind !== "map") {
    const rules = fields.texts("alerts", []);
    const places = value.kind === "list" ? value.items.map(({ at }) => at) : [value.at];
    return rules.map((rule, i) => ({
      rule,
      count: null,
      place: file.place(places[i] ?? value.at),
    }));
  }
  const counts = new SnippetFields(value, [...value.entries.keys()], "alerts");
  return [...value.entries.values()].map(({ key: rule, keyAt }) => {
    const isAny = counts.text(rule, "") === "any";
    return { rule, count: isAny ? null : counts.integer(rule, 0), place: file.place(keyAt) };
  });
}

/** YAML alone makes no parsed conditions, the one thing that the two differ in. */
function snippetOf({ at, entries }: RawItem): SnippetValue {
  return { kind: "map", entries, at } as SnippetValue;
}

function beside(file: SourceFile, path: string): string {
  return resolve(dirname(file.name), path);
}
