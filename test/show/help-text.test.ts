// Help is made from the table, so what is left to test is that nothing falls out of it, that it
// fits a terminal, and that its examples are true.

import { describe, expect, test } from "bun:test";
import { commandList, commands, withSubcommands } from "../../src/cli/option-table.ts";
import { collectSettings, recordSettings } from "../../src/cli/options.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import { commandText, overviewText } from "../../src/show/help-text.ts";

const all = commandList.flatMap(withSubcommands);

describe.each(all.map((command) => [command.name, command] as const))("%s", (_, command) => {
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
      const [, ...words] = shellWords(line);
      expect(`${words.join(" ")} `).toStartWith(`${command.name} `);
      expect(() => parseExample(words)).not.toThrow();
    }
  });

  test("is in the overview, or in that of its group", () => {
    const [word = "", own = word] = command.name.split(" ");
    const group = commandList.find(({ name }) => name === word && own !== word);
    const overview = group === undefined ? overviewText(commandList) : commandText(group);
    expect(overview).toMatch(new RegExp(`^  ${own} `, "m"));
    expect(overview).toContain(command.summary);
  });
});

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

test("a group shows its commands, and how to call one", () => {
  const text = commandText(commands.policy);
  expect(text).toStartWith("Usage: sysflow policy COMMAND [OPTION…]\n");
  expect(text).toMatch(/\nCommands:\n {2}validate {2}what[\s\S]*\n {2}path {6}try a JSON path/);
  expect(commandText(commands.check)).not.toContain("Commands:");
  expect(commandText(commands.policy.subcommands.path)).toStartWith(
    "Usage: sysflow policy path [OPTION…] PATH\n",
  );
});

/** Enough of a shell for the examples: quotes, and an end at a redirection. */
function shellWords(line: string): readonly string[] {
  const [command = ""] = line.split(/ [<>] /);
  const words = command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g);
  return [...words].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** By the command that the words name, a group's own one too. */
function parseExample([word = "", ...rest]: readonly string[]): void {
  const command = commandList.find(({ name }) => name === word);
  const own = command?.subcommands?.[rest[0] ?? ""];
  if (command === undefined) throw new Error(`no command ${word}`);
  parseArguments(own ?? command, own === undefined ? rest : rest.slice(1));
}
