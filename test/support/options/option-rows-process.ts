// Rows of the options for rules over records: those of `process`, and those that `collect` has for
// alerts.

import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sysflow } from "../program/sysflow.ts";
import {
  type Bad,
  capture,
  folder,
  help,
  isSwitch,
  missing,
  type Row,
  wantsInteger,
} from "./option-runs.ts";

/** Two folders are made on the host, two hours apart to a rule that looks at nothing else. */
const rulesText =
  "- rule: Made\n  desc: d\n  condition: sf.opflags = MKDIR and sf.container.id = ''\n" +
  "  output: '%sf.file.path'\n  priority: low\n";

function place(name: string, text: string): string {
  const path = join(folder, name);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text);
  }
  return path;
}

const rules = () => place("made.yaml", rulesText);
/** To upstream, `=` with a list behind it is no error but a text. */
const upstreamRules = () =>
  place("upstream.yaml", `${rulesText}- rule: B\n  desc: d\n  condition: unknown_macro\n`);
const unsupportedRules = () =>
  place("unsupported.yaml", `${rulesText}- rule: B\n  desc: d\n  condition: proc.sid = 1\n`);

/** Records of the capture, made when they are first needed. */
function trace(): string {
  const path = join(folder, "for-process.sf");
  if (!existsSync(path)) {
    const run = sysflow(["collect", "-r", capture, "-w", path]);
    expect(run.status).toBe(0);
  }
  return path;
}

interface Command {
  readonly name: "collect" | "process";
  /** Where alerts go. */
  readonly to: string;
  readonly format: string;
  /** Its words, rules not among them. */
  readonly words: () => readonly string[];
}

const commands: readonly Command[] = [
  { name: "process", to: "--write", format: "--format", words: () => ["process", trace()] },
  {
    name: "collect",
    to: "--alerts",
    format: "--alert-format",
    words: () => ["collect", "-r", capture],
  },
];

const made = ["/home/made", "/home/later", "/home/last"];

function alerts({ words }: Command, ...more: readonly string[]): readonly string[] {
  const run = sysflow([...words(), ...more]);
  expect([run.status, run.stderr.includes("error")]).toEqual([0, false]);
  return run.stdout.trimEnd().split("\n");
}

function pathsOf(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.split(" Made: ")[1] ?? "");
}

function rowsOf(command: Command): Readonly<Record<string, Row>> {
  const { format, name, to, words } = command;
  const bad = (more: readonly string[], status: number, message: RegExp) => () => {
    const run = sysflow([...words(), ...more]);
    expect(run.stderr).toMatch(message);
    expect(run.status).toBe(status);
  };
  const withRules = (...more: readonly string[]) => alerts(command, "--policy", rules(), ...more);
  return {
    [`${name} --policy`]: {
      works: () => expect(pathsOf(withRules())).toEqual(made),
      bad: bad(["--policy", missing], 1, /missing: no such file.* \[POLICY_INVALID\]|no such file/),
    },
    [`${name} ${to}`]: {
      works: () => {
        const path = join(folder, `alerts-of-${name}`);
        expect(withRules(to, path)).toEqual([""]);
        expect(pathsOf(readFileSync(path, "utf8").trimEnd().split("\n"))).toEqual(made);
      },
      bad: () => bad(["--policy", rules(), to, `${missing}/x`], 1, /\[OUTPUT_OPEN_FAILED\]/)(),
    },
    [`${name} ${format}`]: {
      works: () => {
        const objects = withRules(format, "json").map((line) => JSON.parse(line));
        expect(objects.map(({ file }) => file.path)).toEqual(made);
      },
      bad: bad(["--policy", "x", format, "xml"], 2, /takes one of text, json, not "xml"/),
    },
    [`${name} --without-rule`]: {
      works: () => {
        const words = ["--policy", unsupportedRules(), "--without-rule", "B"];
        expect(alerts(command, ...words)).toHaveLength(made.length);
      },
      bad: () => bad(["--policy", rules(), "--without-rule", "Mad"], 1, /did you mean Made\?/)(),
    },
    [`${name} --without-tag`]: {
      works: () => {
        const text = `${rulesText}- rule: B\n  desc: d\n  condition: sf.opflags = MKDIR\n  tags: [t]\n`;
        const words = ["--policy", place("tagged.yaml", text)];
        expect(alerts(command, ...words).length).toBeGreaterThan(made.length);
        expect(alerts(command, ...words, "--without-tag", "t")).toHaveLength(made.length);
      },
      bad: () => bad(["--policy", rules(), "--without-tag", "x"], 1, /no rule .* has the tag x/)(),
    },
    [`${name} --compat`]: {
      works: () => {
        const words = ["--policy", upstreamRules(), "--compat", "sysflow"];
        expect(alerts(command, ...words)).toHaveLength(made.length);
        bad(["--policy", upstreamRules()], 1, /unknown_macro/)();
      },
      bad: bad(["--policy", "x", "--compat", "falco"], 2, /takes one of sysflow, not "falco"/),
    },
    [`${name} --skip-unsupported`]: {
      works: () => {
        const words = ["--policy", unsupportedRules(), "--skip-unsupported"];
        expect(alerts(command, ...words)).toHaveLength(made.length);
        bad(["--policy", unsupportedRules()], 1, /proc\.sid/)();
      },
      bad: [isSwitch(name, "--skip-unsupported")],
    },
    ...repeatRows(command, withRules),
  };
}

/** The folders are made forty seconds apart. */
function repeatRows(
  { name }: Command,
  withRules: (...more: readonly string[]) => readonly string[],
): Readonly<Record<string, Row>> {
  return {
    [`${name} --max-repeats`]: {
      works: () => {
        expect(pathsOf(withRules("--max-repeats", "1"))).toEqual(["/home/made", "/home/last"]);
        expect(pathsOf(withRules("--max-repeats", "2"))).toEqual(made);
      },
      bad: [wantsInteger(name, "--max-repeats", "0")],
    },
    [`${name} --repeat-window`]: {
      works: () => {
        const words = ["--max-repeats", "1", "--repeat-window"];
        expect(pathsOf(withRules(...words, "10"))).toEqual(made);
        expect(pathsOf(withRules(...words, "600"))).toEqual(["/home/made"]);
      },
      bad: [wantsInteger(name, "--repeat-window", "0")],
    },
    [`${name} --repeat-key`]: {
      works: () => {
        const words = ["--max-repeats", "1", "--repeat-key", "sf.file.path"];
        expect(pathsOf(withRules(...words))).toEqual(made);
      },
      bad: () => {
        const run = sysflow([
          name,
          "-r",
          capture,
          "--policy",
          rules(),
          "--repeat-key",
          "sf.proc.ex",
        ]);
        expect(run.status).toBe(2);
      },
    },
  };
}

const noRules: Bad = [["process", "x.sf"], 2, /process needs rules: -p PATH/];

export const processRows: Readonly<Record<string, Row>> = {
  ...Object.assign({}, ...commands.map(rowsOf)),
  "process --mode": {
    works: () => {
      const words = ["process", "--mode", "enrich", "--format", "json", trace()];
      expect(sysflow(words).stdout.split("\n").length).toBeGreaterThan(made.length + 1);
    },
    bad: [
      [["process", "--mode", "all", "x"], 2, /--mode takes one of alert, enrich, not "all"/],
      [["process", "--mode", "enrich", "x"], 2, /add --format json/],
    ],
  },
  "process --log-format": {
    works: () => {
      const run = sysflow(["process", "-p", rules(), "--log-format", "json", trace()]);
      const [line = ""] = run.stderr.trimEnd().split("\n").slice(-1);
      expect(JSON.parse(line)).toMatchObject({ topic: "summary", summary: { matched: 3 } });
    },
    bad: [[["process", "--log-format", "xml"], 2, /takes one of text, json, not "xml"/]],
  },
  "process --json": {
    works: () => {
      const run = sysflow(["process", "-p", rules(), "-w", "/dev/null", "--json", trace()]);
      expect(JSON.parse(run.stdout)).toMatchObject({ command: "process", matched: 3 });
    },
    bad: [isSwitch("process", "--json"), [["process", "-p", "x", "--json", "y"], 2, /to -w FILE/]],
  },
  "process --help": help("process"),
  "process PATH": {
    works: () => expect(sysflow(["process", "-p", rules(), trace(), trace()]).status).toBe(0),
    bad: [[["process"], 2, /process needs SysFlow files/], noRules],
  },
};
