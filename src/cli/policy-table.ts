// The commands of `sysflow policy` and their options, as rows of the option table.

import { exitStatus } from "../base/exit-status.ts";
import { helpOption } from "./common-options.ts";
import type { CommandSpec } from "./option-types.ts";

export const policyCommands = {
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
  summary: "tools for policies: try a JSON path",
  description: [
    "What helps to write policies. sysflow help policy COMMAND shows a command's options.",
  ],
  options: [helpOption],
  subcommands: policyCommands,
  examples: [
    { line: "sysflow policy path items.0.name < event.json", text: "try a path on a document" },
  ],
} as const satisfies CommandSpec;
