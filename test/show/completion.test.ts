// The scripts must name every option that does something, and run in the shells that are here.

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { commandList, withSubcommands } from "../../src/cli/option-table.ts";
import { completionText, type Shell } from "../../src/show/completion.ts";

const shells: readonly Shell[] = ["bash", "zsh", "fish"];

describe.each(shells)("%s", (shell) => {
  const text = completionText(shell, commandList);
  const spelled = (name: string) => (shell === "fish" ? `-l ${name} ` : `--${name}`);

  test("names every command and every option that does something", () => {
    for (const command of commandList.flatMap(withSubcommands)) {
      expect(text).toContain(command.name.split(" ").at(-1) as string);
      for (const option of command.options.filter((row) => row.refused === undefined)) {
        expect(`${text.replaceAll("\n", " ")} `).toContain(spelled(option.long));
        if (option.negatable === true) {
          expect(text).toContain(spelled(`no-${option.long}`));
        }
      }
    }
  });

  test("names no option that is refused", () => {
    for (const option of commandList.flatMap(withSubcommands).flatMap(({ options }) => options)) {
      if (option.refused !== undefined) {
        expect(text).not.toContain(spelled(option.long));
      }
    }
  });

  test.skipIf(!hasShell(shell))("is good syntax", () => {
    const checked = spawnSync(shell, ["-n"], { input: text, encoding: "utf8" });
    expect(checked.stderr).toBe("");
    expect(checked.status).toBe(0);
  });
});

describe.skipIf(!hasShell("bash"))("in bash", () => {
  test.each([
    [["sysflow", ""], "collect process record recover check policy version help completion"],
    [["sysflow", "co"], "collect completion"],
    [["sysflow", "collect", "--no-f"], "--no-file-only"],
    [["sysflow", "collect", "-m", "n"], "nofiles"],
    [["sysflow", "collect", "--driver", ""], "ebpf-core kmod"],
    [["sysflow", "collect", "--schema", ""], "5 6"],
    [["sysflow", "collect", "-G", ""], ""],
    [["sysflow", "help", "reco"], "record recover"],
    [["sysflow", "completion", "z"], "zsh"],
    [["sysflow", "check", "--j"], "--json"],
    [["sysflow", "policy", ""], "validate list explain test coverage fmt path -h --help"],
    [["sysflow", "policy", "p"], "path"],
    [["sysflow", "policy", "path", "--"], "--json --help"],
    [["sysflow", "help", "policy", ""], "validate list explain test coverage fmt path"],
  ])("%j completes to %p", (words, expected) => {
    const script = `${completionText("bash", commandList)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_sysflow; echo "\${COMPREPLY[*]}"`;
    const run = spawnSync("bash", ["--norc"], { input: script, encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout.trim()).toBe(expected);
  });
});

function hasShell(shell: string): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}
