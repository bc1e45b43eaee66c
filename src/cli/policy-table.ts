// The commands of `sysflow policy` and their options, as rows of the option table.

import { exitStatus } from "../base/exit-status.ts";
import { helpOption } from "./common-options.ts";
import type { CommandSpec, OptionSpec } from "./option-types.ts";
import { policyOption, ruleOptions } from "./process-table.ts";

const policySelection = [policyOption, ...ruleOptions] as const satisfies readonly OptionSpec[];

const jsonOption = { long: "json", setting: "json", help: "for a program" } as const;

export const policyCommands = {
  validate: {
    name: "policy validate",
    summary: "what is wrong with policies, and where",
    description: [
      "Loads policies as process and collect do, and prints all that is wrong with them: file, line,",
      "column, the line and a caret. Nothing is run.",
    ],
    options: [...ruleOptions, jsonOption, helpOption],
    operands: { kind: "paths", name: "FILE|FOLDER…" },
    examples: [
      { line: "sysflow policy validate rules/", text: "before they are put to use" },
      { line: "sysflow policy validate --json rules.yaml", text: "for a program" },
    ],
    statuses: [`${exitStatus.OK} where they can be used, ${exitStatus.FAILURE} where they cannot`],
  },
  list: {
    name: "policy list",
    summary: "the rules of policies, or what rules can ask for",
    description: [
      "Prints each rule with its priority, tags and place. With --fields all attributes that a condition",
      "can compare: type, the records that have it, what it is; and the fields of Falco's that no record",
      "has, with the reason.",
    ],
    options: [
      { long: "fields", setting: "fields", help: "the attributes in place of rules" },
      ...ruleOptions,
      jsonOption,
      helpOption,
    ],
    operands: { kind: "paths", name: "[FILE|FOLDER…]" },
    examples: [
      { line: "sysflow policy list rules/", text: "what these rules watch" },
      { line: "sysflow policy list --fields", text: "what a condition can compare" },
    ],
  },
  explain: {
    name: "policy explain",
    summary: "why a record did or did not match a rule, clause by clause",
    description: [
      "Reads a trace and prints, for each rule or those of --rule, the first record that matches it, else",
      "the one of which most of the condition holds: each part of the condition, whether it held, and the",
      "values that it compared. --record chooses a record by its number in the trace.",
    ],
    options: [
      {
        long: "rule",
        setting: "rules",
        isRepeatable: true,
        value: { kind: "text", name: "NAME" },
        help: "explain this rule; may be given several times. Needed unless --record is given",
      },
      {
        long: "record",
        setting: "record",
        value: { kind: "integer", name: "N", min: 1, max: 999_999_999_999 },
        help: "explain the Nth record that rules are asked of",
        defaultText: "of each rule the one that fits best",
      },
      ...policySelection,
      jsonOption,
      helpOption,
    ],
    operands: { kind: "paths", name: "FILE|FOLDER|-…" },
    examples: [
      {
        line: "sysflow policy explain -p rules/ --rule 'Read of a secret' X.sf",
        text: "why a rule is silent",
      },
    ],
  },
  test: {
    name: "policy test",
    summary: "run cases: records or traces, and the alerts that they must give",
    description: [
      "Runs files of cases in YAML. A case has a trace or records of its own, and the rules that must",
      "match, each with a count where that matters; no other rule may match unless the case allows it.",
    ],
    options: [
      ...policySelection,
      {
        long: "junit",
        setting: "junit",
        value: { kind: "path", name: "FILE" },
        help: "write the results as JUnit's XML, too",
      },
      { long: "coverage", setting: "coverage", help: "name the rules that no case has matched" },
      jsonOption,
      helpOption,
    ],
    operands: { kind: "paths", name: "CASES.yaml|FOLDER…" },
    examples: [
      { line: "sysflow policy test -p rules/ cases/", text: "all cases of a folder" },
      { line: "sysflow policy test --junit out.xml cases.yaml", text: "for a build server" },
    ],
    statuses: [`${exitStatus.OK} where all cases pass, ${exitStatus.FAILURE} where one does not`],
  },
  coverage: {
    name: "policy coverage",
    summary: "how often each rule matches in traces, and which never do",
    description: ["Reads traces and prints for each rule how many records match it."],
    options: [...policySelection, jsonOption, helpOption],
    operands: { kind: "paths", name: "FILE|FOLDER|-…" },
    examples: [{ line: "sysflow policy coverage -p rules/ X.sf", text: "of one trace" }],
  },
  fmt: {
    name: "policy fmt",
    summary: "bring the conditions of policy files into one form",
    description: [
      "Prints the files with each condition on one line where it fits, else a term a line. All else",
      "stays as it is, and so do conditions with comments in them. What comes out means the same: that",
      "is checked.",
    ],
    options: [
      {
        long: "check",
        setting: "check",
        help: "change nothing, name the files that are not in form",
      },
      { long: "write", setting: "write", short: "w", help: "change the files themselves" },
      helpOption,
    ],
    operands: { kind: "paths", name: "FILE|FOLDER…" },
    examples: [
      { line: "sysflow policy fmt -w rules/", text: "all files of a folder" },
      { line: "sysflow policy fmt --check rules/", text: "in a build" },
    ],
    statuses: [
      `${exitStatus.OK} done, or all in form; ${exitStatus.FAILURE} where not, or not policies`,
    ],
  },
  path: {
    name: "policy path",
    summary: "try a JSON path on a document",
    description: [
      "Reads a JSON document from standard input and prints what PATH finds in it, as a policy sees it",
      "that writes the path behind an attribute: sf.ke.message[items.0.name]. The language is GJSON's:",
      "keys and indexes with dots, * and ?, #, #(query), @modifiers, [multi,paths]. The result is a",
      "string: a JSON string decoded, an object or array as it stands. Nothing is printed for no match.",
    ],
    options: [{ long: "json", help: "one object: exists, type, value" }, helpOption],
    operands: { kind: "text", name: "PATH" },
    examples: [
      { line: "sysflow policy path items.0.name < event.json", text: "a name in a list" },
      {
        line: `sysflow policy path 'items.#(kind=="Pod")#.name' < event.json`,
        text: "of all that a query selects",
      },
      { line: "sysflow policy path --json @pretty < event.json", text: "for a program" },
    ],
    statuses: [
      `${exitStatus.OK} where PATH finds something, be it null; ${exitStatus.NO_MATCH} where it finds nothing`,
      `${exitStatus.FAILURE} where no document could be read`,
    ],
  },
} as const satisfies Readonly<Record<string, CommandSpec>>;

export const policyCommand = {
  name: "policy",
  summary: "tools for policies: validate, list, explain, test, coverage, fmt, path",
  description: [
    "What helps to write policies. sysflow help policy COMMAND shows a command's options.",
  ],
  options: [helpOption],
  subcommands: policyCommands,
  examples: [
    { line: "sysflow policy validate rules/", text: "are they right?" },
    { line: "sysflow policy path items.0.name < event.json", text: "try a path on a document" },
  ],
} as const satisfies CommandSpec;
