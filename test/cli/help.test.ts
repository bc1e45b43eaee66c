// Help is made from the table, so what is left to test is that nothing falls out of it, that it
// fits a terminal, and that its examples are true.

import { describe, expect, test } from "bun:test";
import { commandText, overviewText } from "../../src/cli/help.ts";
import { commandList, commands } from "../../src/cli/option-table.ts";
import { collectSettings, recordSettings } from "../../src/cli/options.ts";
import { parseArguments } from "../../src/cli/parse.ts";

describe.each(commandList.map((command) => [command.name, command] as const))(
  "%s",
  (_, command) => {
    const text = commandText(command);

    test("shows each of its options and variables", () => {
      for (const option of command.options) {
        expect(text).toContain(
          option.negatable === true ? `--[no-]${option.long}` : `--${option.long}`,
        );
        if (option.short !== undefined) {
          expect(text).toContain(`-${option.short}, --`);
        }
        if (option.env !== undefined) {
          expect(text).toContain(`  ${option.env} `);
        }
      }
      for (const variable of command.variables ?? []) {
        expect(text).toContain(`  ${variable.name} `);
      }
      for (const example of command.examples) {
        expect(text).toContain(example.line);
      }
    });

    test("fits in 100 columns and ends with a newline", () => {
      expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(text.endsWith("\n")).toBe(true);
    });

    test("has examples that parse", () => {
      for (const { line } of command.examples) {
        const [, name, ...words] = shellWords(line);
        expect(name).toBe(command.name);
        expect(() => parseArguments(command, words)).not.toThrow();
      }
    });

    test("is in the overview", () => {
      expect(overviewText()).toContain(`  ${command.name}`);
      expect(overviewText()).toContain(command.summary);
    });
  },
);

test("the examples of collect and record are accepted as a whole", () => {
  for (const { line } of commands.collect.examples) {
    const { values } = parseArguments(commands.collect, shellWords(line).slice(2));
    expect(() => collectSettings(values, {})).not.toThrow();
  }
  for (const { line } of commands.record.examples) {
    const { values, operands } = parseArguments(commands.record, shellWords(line).slice(2));
    expect(() => recordSettings(values, operands, {})).not.toThrow();
  }
});

test("what is refused stands apart", () => {
  const [before, after] = commandText(commands.collect).split("not in this version:");
  expect(before).not.toContain("--log-config");
  expect(after).toContain("--log-config");
});

/** Enough of a shell for the examples: quotes, and an end at a redirection. */
function shellWords(line: string): readonly string[] {
  const [command = ""] = line.split(" > ");
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
}
