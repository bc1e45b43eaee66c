// Rows of the options of the tools for policies: `policy validate`, `list`, `explain`, `test`, `coverage`
// and `fmt`.

import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { sysflow } from "../program/sysflow.ts";
import { sampleHeader, writeSample } from "../records/sample-records.ts";
import { folder, help, isSwitch, missing, type Row } from "./option-runs.ts";

/** A is of files, with a tag; B names what upstream's mode alone takes; C asks for what no record has. */
const texts: Readonly<Record<string, string>> = {
  "a.yaml": "- rule: A\n  desc: d\n  condition: sf.type=FF\n  priority: low\n  tags: [t]\n",
  "b.yaml": "- rule: B\n  desc: d\n  condition: unknown_macro\n  priority: low\n",
  "c.yaml": "- rule: C\n  desc: d\n  condition: proc.sid = 1\n  priority: low\n  tags: [bad]\n",
  "cases.yaml": "- case: one\n  records: [{ event: EXEC }]\n  alerts: []\n",
};

function at(name: string): string {
  const path = join(folder, `tools-${name}`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, texts[name] ?? "");
  }
  return path;
}

function trace(): string {
  const path = join(folder, "tools.sf");
  if (!existsSync(path)) {
    const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0 });
    writer.header(sampleHeader);
    writeSample(writer);
    writer.close();
  }
  return path;
}

interface Tool {
  readonly name: string;
  /** Words that make it use these files of policies and succeed. */
  readonly words: (...policies: readonly string[]) => readonly string[];
}

const tools: readonly Tool[] = [
  { name: "validate", words: (...policies) => policies },
  { name: "list", words: (...policies) => policies },
  { name: "explain", words: (...policies) => ["--record", "1", ...by(policies), trace()] },
  { name: "test", words: (...policies) => [...by(policies), at("cases.yaml")] },
  { name: "coverage", words: (...policies) => [...by(policies), trace()] },
];

function by(policies: readonly string[]): readonly string[] {
  return policies.flatMap((path) => ["-p", path]);
}

const run = (...words: readonly string[]) => sysflow(["policy", ...words]);

function rowsOf({ name, words }: Tool): Readonly<Record<string, Row>> {
  const command = `policy ${name}`;
  const works = (...all: readonly string[]) => {
    const { status, stderr } = run(name, ...all);
    expect([status, stderr]).toEqual([0, ""]);
  };
  const fails = (message: RegExp, ...all: readonly string[]) => {
    const { status, stderr, stdout } = run(name, ...all);
    expect(status).toBe(1);
    expect(stdout + stderr).toMatch(message);
  };
  const unknown = (option: string) => () =>
    fails(/no rule to switch off has the (name|tag) X/, option, "X", ...words(at("a.yaml")));
  return {
    [`${command} --without-rule`]: {
      works: () => works("--without-rule", "C", ...words(at("a.yaml"), at("c.yaml"))),
      bad: unknown("--without-rule"),
    },
    [`${command} --without-tag`]: {
      works: () => works("--without-tag", "bad", ...words(at("a.yaml"), at("c.yaml"))),
      bad: unknown("--without-tag"),
    },
    [`${command} --compat`]: {
      works: () => {
        works("--compat", "sysflow", ...words(at("b.yaml")));
        fails(/unknown_macro/, ...words(at("b.yaml")));
      },
      bad: [[["policy", name, "--compat", "x"], 2, /--compat takes one of sysflow, not "x"/]],
    },
    [`${command} --skip-unsupported`]: {
      works: () => {
        works("--skip-unsupported", ...words(at("a.yaml"), at("c.yaml")));
        fails(/proc\.sid/, ...words(at("a.yaml"), at("c.yaml")));
      },
      bad: [isSwitch(command, "--skip-unsupported")],
    },
    [`${command} --json`]: {
      works: () => {
        expect(() => JSON.parse(run(name, "--json", ...words(at("a.yaml"))).stdout)).not.toThrow();
      },
      bad: [isSwitch(command, "--json")],
    },
    [`${command} --help`]: help(command),
    [`${command} PATH`]: {
      works: () => works(...words(at("a.yaml"))),
      bad: [[["policy", name], 2, new RegExp(`policy ${name} needs `)]],
    },
    ...(words("x").includes("-p") ? { [`${command} --policy`]: policyRow(name, words) } : {}),
  };
}

function policyRow(name: string, words: Tool["words"]): Row {
  return {
    works: () => expect(run(name, ...words("default")).status).toBe(0),
    bad: () => expect(run(name, ...words(missing)).stderr).toMatch(/missing: no such file/),
  };
}

export const toolRows: Readonly<Record<string, Row>> = {
  ...Object.assign({}, ...tools.map(rowsOf)),
  "policy list --fields": {
    works: () => expect(run("list", "--fields").stdout).toContain("  sf.proc.exe "),
    bad: [isSwitch("policy list", "--fields")],
  },
  "policy explain --rule": {
    works: () => {
      const words = ["--rule", "A", "-p", at("a.yaml"), trace()];
      expect(run("explain", ...words).stdout).toStartWith("A: record 3 matches ");
    },
    bad: () => {
      const { status, stderr } = run("explain", "--rule", "Z", "-p", at("a.yaml"), trace());
      expect(stderr).toContain('no rule that is run is named "Z"');
      expect(status).toBe(2);
    },
  },
  "policy explain --record": {
    works: () => {
      const words = ["--record", "2", "-p", at("a.yaml"), trace()];
      expect(run("explain", ...words).stdout).toStartWith("A: record 2 does not match ");
    },
    bad: [[["policy", "explain", "--record", "0"], 2, /--record takes a whole number from 1/]],
  },
  "policy test --junit": {
    works: () => {
      const path = join(folder, "junit.xml");
      expect(run("test", "--junit", path, "-p", at("a.yaml"), at("cases.yaml")).status).toBe(0);
      expect(readFileSync(path, "utf8")).toContain('<testcase name="one"');
    },
    bad: () => {
      const words = ["--junit", `${missing}/x`, "-p", at("a.yaml"), at("cases.yaml")];
      expect(run("test", ...words).stderr).toMatch(
        /cannot write the report .*\[OUTPUT_OPEN_FAILED\]/,
      );
    },
  },
  "policy test --coverage": {
    works: () => {
      const { stdout } = run("test", "--coverage", "-p", at("a.yaml"), at("cases.yaml"));
      expect(stdout).toContain("no case matches A\n");
    },
    bad: [isSwitch("policy test", "--coverage")],
  },
  "policy fmt --check": {
    works: () => expect(run("fmt", "--check", at("a.yaml")).status).toBe(1),
    bad: [isSwitch("policy fmt", "--check")],
  },
  "policy fmt --write": {
    works: () => {
      const path = join(folder, "to-format.yaml");
      writeFileSync(path, texts["a.yaml"] ?? "");
      expect(run("fmt", "--write", path).stdout).toBe(`${path}\n`);
      expect(readFileSync(path, "utf8")).toContain("condition: sf.type = FF\n");
    },
    bad: [isSwitch("policy fmt", "--write")],
  },
  "policy fmt --help": help("policy fmt"),
  "policy fmt PATH": {
    works: () => expect(run("fmt", at("a.yaml")).stdout).toContain("condition: sf.type = FF\n"),
    bad: [[["policy", "fmt"], 2, /policy fmt needs policies/]],
  },
};
