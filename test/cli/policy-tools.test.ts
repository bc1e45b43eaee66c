// The tools of `sysflow policy` as programs: what they answer, in both forms, and their exit statuses.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { sysflow } from "../support/program/sysflow.ts";
import { sampleHeader, writeSample } from "../support/records/sample-records.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-tools-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const trace = at("trace.sf");

const rulesText = `- macro: shell
  condition: sf.proc.name in (sh, bash)
- rule: Shell begun
  desc: a shell was begun
  condition: sf.type = PE and sf.opflags = CLONE and shell
  output: "begun (%proc.name)"
  priority: warning
  tags: [mitre_execution, T1059]
- rule: Never
  desc: this does not happen
  condition: sf.type = FF and (sf.file.path = /never or sf.file.path startswith /none) and not shell
  prefilter: [FF]
`;

beforeAll(() => {
  const writer = new FileWriter({ path: trace, rotateIntervalSec: 0, startSec: 0 });
  writer.header(sampleHeader);
  writeSample(writer);
  writer.close();
  fs.writeFileSync(at("rules.yaml"), rulesText);
  fs.writeFileSync(
    at("wrong.yaml"),
    `${rulesText}- rule: X\n  desc: d\n  condition: sf.prc.exe = a\n`,
  );
});

const policy = (...words: readonly string[]) => sysflow(["policy", ...words]);

describe("validate", () => {
  test("says what there is", () => {
    const run = policy("validate", at("rules.yaml"));
    expect(run).toMatchObject({
      status: 0,
      stderr: "",
      stdout: "1 file, 2 rules, 1 macro: valid\n",
    });
  });

  test("shows what is wrong, with its place and a caret", () => {
    const run = policy("validate", at("wrong.yaml"));
    expect(run.status).toBe(1);
    expect(run.stdout.split("\n")).toEqual([
      `${at("wrong.yaml")}:15:14: no attribute is named sf.prc.exe; did you mean sf.proc.exe?`,
      "    condition: sf.prc.exe = a",
      "               ^",
      "1 file, 3 rules, 1 macro: 1 error",
      "",
    ]);
  });

  test("warns of an action that there is not", () => {
    fs.writeFileSync(
      at("action.yaml"),
      "- rule: A\n  desc: d\n  condition: sf.type=FF\n  actions: [hsh, hash]\n",
    );
    const run = policy("validate", at("action.yaml"));
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(
      /action\.yaml:1:3: warning: there is no action hsh: nothing is done for it/,
    );
  });

  test("tells programs the same", () => {
    const run = policy("validate", "--json", at("wrong.yaml"));
    expect(run.status).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      valid: false,
      files: 1,
      rules: 3,
      problems: [
        {
          severity: "error",
          code: "POLICY_UNKNOWN_ATTRIBUTE",
          file: at("wrong.yaml"),
          line: 15,
          column: 14,
        },
      ],
      skipped: [],
    });
  });

  test.skipIf(!hasReference)("takes Falco's rule file as it is (skipped without the data)", () => {
    const file = referencePath("policies/tests/falco.yaml");
    const run = policy("validate", "--skip-unsupported", file);
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/1 file, 61 rules, .*: valid, [0-9]+ warnings, 7 rules skipped\n$/);
    expect(run.stdout).toMatch(/rule skipped: Packet socket created in container: evt\.arg/);
  });
});

describe("list", () => {
  test("names each rule with what it is", () => {
    const run = policy("list", at("rules.yaml"));
    expect(run.stdout.split("\n").slice(0, 4)).toEqual([
      "Shell begun (warning, mitre_execution, T1059)",
      "    a shell was begun",
      `    ${at("rules.yaml")}:3`,
      "",
    ]);
  });

  test("tells programs the same", () => {
    const rules = JSON.parse(policy("list", "--json", at("rules.yaml")).stdout);
    expect(rules[1]).toMatchObject({ name: "Never", priority: "low", prefilter: ["FF"], line: 9 });
  });

  test("leaves out what is not wanted, and says where there is nothing such", () => {
    const names = (...words: readonly string[]) =>
      JSON.parse(policy("list", "--json", ...words, at("rules.yaml")).stdout).map(
        ({ name }: { name: string }) => name,
      );
    expect(names("--without-tag", "T1059")).toEqual(["Never"]);
    expect(names("--without-rule", "Never")).toEqual(["Shell begun"]);
    const run = policy("list", "--without-rule", "Nevr", at("rules.yaml"));
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/no rule to switch off has the name Nevr.*did you mean Never\?/);
  });

  test("has the rules of the program", () => {
    expect(policy("list", "default").stdout).toMatch(/T1059[\s\S]*default:[a-z]+\.yaml:[0-9]+/);
  });

  test("has every attribute, and what no record can answer", () => {
    const text = policy("list", "--fields").stdout;
    expect(text).toMatch(/^ {2}sf\.proc\.exe +text, PE FE FF NF NE PF: /m);
    const { attributes, never } = JSON.parse(policy("list", "--fields", "--json").stdout);
    expect(attributes).toContainEqual({
      name: "sf.flow.rbytes",
      type: "integer",
      records: ["FF", "NF"],
      schema: 5,
      description: expect.any(String),
    });
    expect(never).toContainEqual({ name: "proc.sid", reason: expect.stringContaining("sessions") });
  });
});

describe("explain", () => {
  test("shows each part of a condition, and what it compared", () => {
    const run = policy("explain", "-p", at("rules.yaml"), "--rule", "Shell begun", trace);
    expect(run.stdout.split("\n")).toEqual([
      `Shell begun: record 1 matches (${at("rules.yaml")}:3)`,
      "  PE CLONE of /bin/sh -c true (pid 1001), file <NA>, net <NA>",
      "  yes all of",
      '    yes sf.type = PE   (sf.type is "PE")',
      '    yes sf.opflags = CLONE   (sf.opflags is "CLONE")',
      "    yes macro shell",
      '      yes sf.proc.name in (sh, bash)   (sf.proc.name is "sh")',
      "",
    ]);
  });

  test("shows of a silent rule the record that comes closest", () => {
    const run = policy("explain", "-p", at("rules.yaml"), "--rule", "Never", trace);
    expect(run.stdout.split("\n").slice(0, 9)).toEqual([
      `Never: record 3 does not match (${at("rules.yaml")}:9)`,
      "  FF OPEN,CLOSE,READ of /bin/sh -c true (pid 1001), file /old, net <NA>",
      "  no  all of",
      '    yes sf.type = FF   (sf.type is "FF")',
      "    no  any of",
      '      no  sf.file.path = /never   (sf.file.path is "/old")',
      '      no  sf.file.path startswith /none   (sf.file.path is "/old")',
      "    no  not",
      "      yes macro shell",
    ]);
  });

  test("shows the record that is asked for, and why a rule was not asked of it", () => {
    const words = ["-p", at("rules.yaml"), "--rule", "Never", "--record", "1"];
    const run = policy("explain", ...words, trace);
    expect(run.stdout).toContain("  no  its prefilter is FF, and the record is PE\n");
    const [one] = JSON.parse(policy("explain", ...words, "--json", trace).stdout);
    expect(one).toMatchObject({ rule: "Never", record: 1, matches: false });
    expect(one.condition.parts[0]).toEqual({
      kind: "compare",
      text: "sf.type = FF",
      holds: false,
      values: { "sf.type": "PE" },
      parts: [],
    });
  });

  test.each([
    [["--rule", "Nevr"], 2, /no rule that is run is named "Nevr"; did you mean Never\?/],
    [["--record", "99"], 1, /there is no record 99; the trace has 6 that rules are asked of/],
    [[], 2, /policy explain needs --rule or --record/],
  ])("%j is told", (words, status, message) => {
    const run = policy("explain", "-p", at("rules.yaml"), ...words, trace);
    expect(run.status).toBe(status);
    expect(run.stderr).toMatch(message);
  });
});

describe("coverage", () => {
  test("counts the records of each rule", () => {
    const run = policy("coverage", "-p", at("rules.yaml"), trace);
    expect(run.stdout).toBe("1  Shell begun\n0  Never\n1 of 2 rules matched\n");
    const { records, rules } = JSON.parse(
      policy("coverage", "--json", "-p", at("rules.yaml"), trace).stdout,
    );
    expect(records).toBe(6);
    expect(rules).toEqual([
      { rule: "Shell begun", records: 1 },
      { rule: "Never", records: 0 },
    ]);
  });
});

describe("test", () => {
  const cases = (text: string) => {
    fs.writeFileSync(at("cases.yaml"), text);
    return at("cases.yaml");
  };
  const good = `- policies: [rules.yaml]
- case: a trace
  trace: trace.sf
  alerts: { Shell begun: 1 }
- case: "a record <of> my own"
  records:
    - { event: CLONE, process: { exe: /bin/bash }, container: { image: "web:1" } }
    - { event: CLONE, process: { exe: /bin/cat } }
  alerts: [Shell begun]
- case: nothing
  records: [{ flow: [OPEN, READ], file: { path: /etc/passwd } }]
  alerts: []
`;
  const failing = `${good}- case: "wrong & more"
  records: [{ event: CLONE, process: { exe: /bin/sh } }]
  alerts: { Never: 2 }
`;

  test("runs cases", () => {
    expect(policy("test", cases(good))).toMatchObject({
      status: 0,
      stderr: "",
      stdout: "3 passed, 0 failed\n",
    });
  });

  test("says what failed, and where it stands", () => {
    const run = policy("test", cases(failing));
    expect(run.status).toBe(1);
    expect(run.stdout.split("\n")).toEqual([
      `FAILED wrong & more (${at("cases.yaml")}:13)`,
      "  Never must match 2 records, and matched no record",
      "  Shell begun is not expected, and matched 1 record",
      "3 passed, 1 failed",
      "",
    ]);
  });

  test("names rules that no case has matched", () => {
    const run = policy("test", "--coverage", cases(good));
    expect(run.stdout).toBe("no case matches Never\n1 of 2 rules matched\n3 passed, 0 failed\n");
  });

  test("tells programs the same, and build servers", () => {
    const run = policy("test", "--json", "--junit", at("out.xml"), cases(failing));
    expect(run.status).toBe(1);
    const report = JSON.parse(run.stdout);
    expect(report).toMatchObject({ passed: 3, failed: 1 });
    expect(report.cases[3]).toMatchObject({
      name: "wrong & more",
      line: 13,
      passed: false,
      alerts: { "Shell begun": 1 },
    });
    const xml = fs.readFileSync(at("out.xml"), "utf8");
    expect(xml).toMatch(/<testsuites tests="4" failures="1" time="[0-9.]+">/);
    expect(xml).toContain('<testcase name="a record &lt;of&gt; my own" classname=');
    expect(xml).toContain('<failure message="Never must match 2 records, and matched no record">');
    expect(fs.statSync(at("out.xml")).mode & 0o777).toBe(0o600);
  });

  test("says all that is wrong with a file of cases", () => {
    const text = `- case: a
  trace: x
  records: []
  alerts: []
- case: b
  records: [{ event: EXCE }]
  alert: []
- cas: c
`;
    const run = policy("test", "-p", at("rules.yaml"), cases(text));
    expect(run.status).toBe(1);
    expect(run.stderr.replaceAll(at("cases.yaml"), "F").split("\n").slice(0, 10)).toEqual([
      "sysflow: error: cannot use the cases: 3 errors; nothing was run [CASES_INVALID]",
      "  F:1:3: a case has a trace: FILE, or records: of its own",
      "    - case: a",
      "      ^",
      "  F:7:3: a case has no alert; did you mean alerts?",
      "      alert: []",
      "      ^",
      "  F:8:3: a case has no cas; did you mean case?",
      "    - cas: c",
      "      ^",
    ]);
  });

  test("says what is wrong with a record, and with a name of a rule", () => {
    const text = `- case: a
  records: [{ event: EXCE }]
  alerts: []
- case: b
  records: [{ event: EXEC }]
  alerts: [Shel begun]
- case: c
  trace: none.sf
  alerts: []
`;
    const run = policy("test", "-p", at("rules.yaml"), cases(text));
    expect(run.status).toBe(1);
    const lines = run.stdout.replaceAll(folder, "F").split("\n");
    expect(lines).toEqual([
      "FAILED a (F/cases.yaml:1)",
      '  F/cases.yaml:2:22: event cannot be "EXCE"; did you mean EXEC?',
      "FAILED b (F/cases.yaml:4)",
      "  there is no rule Shel begun; did you mean Shell begun?",
      "FAILED c (F/cases.yaml:7)",
      expect.stringMatching(/^ {2}cannot read F\/none\.sf: no such file/),
      "0 passed, 3 failed",
      "",
    ]);
  });
});

describe("fmt", () => {
  const untidy = `# a comment
- rule: A   # another
  desc: d
  condition: (sf.type=FF   and
     (sf.file.path=/a or sf.file.path in (/b,/c)))
- macro: long
  condition: sf.file.path startswith /aaaaaaaaaaaaaaaaaaaaaaaaaaa or sf.file.path startswith /bbbbbbbbbbbbbbbbbbbbbbbbbb
- macro: commented
  condition: >
    sf.type=FF # stays
`;
  const tidy = `# a comment
- rule: A   # another
  desc: d
  condition: sf.type = FF and (sf.file.path = /a or sf.file.path in (/b, /c))
- macro: long
  condition: >
    sf.file.path startswith /aaaaaaaaaaaaaaaaaaaaaaaaaaa
    or sf.file.path startswith /bbbbbbbbbbbbbbbbbbbbbbbbbb
- macro: commented
  condition: >
    sf.type=FF # stays
`;

  test("prints, names or changes what is not in form", () => {
    const file = at("untidy.yaml");
    fs.writeFileSync(file, untidy, { mode: 0o644 });
    expect(policy("fmt", file)).toMatchObject({ status: 0, stdout: tidy });
    expect(policy("fmt", "--check", file)).toMatchObject({ status: 1, stdout: `${file}\n` });
    expect(fs.readFileSync(file, "utf8")).toBe(untidy);
    expect(policy("fmt", "--write", file)).toMatchObject({ status: 0, stdout: `${file}\n` });
    expect(fs.readFileSync(file, "utf8")).toBe(tidy);
    expect(fs.statSync(file).mode & 0o777).toBe(0o644);
    expect(policy("fmt", "--check", file)).toMatchObject({ status: 0, stdout: "" });
    expect(fs.readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("leaves alone what is no policy", () => {
    const file = at("broken.yaml");
    fs.writeFileSync(file, "- rule: A\n  desc: d\n  condition: sf.type = (\n");
    const run = policy("fmt", "-w", file);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain("broken.yaml:3:");
    expect(fs.readFileSync(file, "utf8")).toContain("sf.type = (\n");
  });
});
