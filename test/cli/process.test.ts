// `sysflow process` as a program: alerts of files that the tests write, in both forms, its summary, its
// exit statuses, and what it refuses.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { writeOptionCapture } from "../support/options/option-capture.ts";
import { sysflow, sysflowCommand } from "../support/program/sysflow.ts";
import { sampleHeader, writeSample } from "../support/records/sample-records.ts";

setDefaultTimeout(60_000);

const hasLibrary = fs.existsSync(join(import.meta.dir, "../../dist/capture.node"));
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-process-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const trace = join(folder, "trace.sf");
const rules = join(folder, "rules.yaml");
const output = join(folder, "alerts");

beforeAll(() => {
  const writer = new FileWriter({ path: trace, rotateIntervalSec: 0, startSec: 0 });
  writer.header(sampleHeader);
  writeSample(writer);
  writer.close();
  fs.writeFileSync(rules, rulesText);
});

const rulesText = `
- rule: Shell begun
  desc: a shell was begun
  condition: sf.type = PE and sf.opflags = CLONE
  output: "begun (%proc.name pid=%proc.pid in %container.name)"
  priority: warning
  tags: [mitre_execution, T1059]
- rule: Renamed
  desc: a file got another name
  condition: sf.opflags = RENAME
  priority: high
  tags: [files]
  actions: [tag(seen)]
- rule: Anything of a flow
  desc: any flow
  condition: sf.type in (FF, NF)
  output: "%sf.type"
- drop: ends
  condition: sf.opflags = EXIT and sf.type = PE
`;

function lines(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

describe("alerts", () => {
  test("are a line each: time, priority, rule, output", () => {
    const run = sysflow(["process", "-p", rules, trace]);
    expect(run.status).toBe(0);
    expect(lines(run.stdout)).toEqual([
      "2023-11-14T07:47:35.756800100Z warning Shell begun: begun (sh pid=1001 in web)",
      "2023-11-14T07:47:35.756800110Z high Renamed: a file got another name (FE RENAME " +
        "command=/bin/sh -c true pid=1001 user=root file=/old new=/new container=web)",
      "2023-11-14T07:47:35.756800120Z low Anything of a flow: FF",
      "2023-11-14T07:47:35.756800130Z low Anything of a flow: NF",
    ]);
  });

  test("are counted by rule at the end", () => {
    const { stderr } = sysflow(["process", "-p", rules, trace]);
    const summary = lines(stderr).map((line) => line.replace(/[0-9,.]+ s|\([0-9,]+\/s\)/g, "…"));
    expect(summary).toEqual([
      "sysflow: process ended (end of input) after …",
      "sysflow:   records  12 of 1 file …, CPU …",
      "sysflow:   tested   6, of which 4 matched",
      "sysflow:   alerts   4: Anything of a flow 2, Shell begun 1, Renamed 1",
      "sysflow:   lost     nothing",
      "sysflow:   left out policy: records dropped by filters 1",
    ]);
  });

  test("are an object for each record, as JSON", () => {
    const run = sysflow(["process", "-p", rules, "--format", "json", trace]);
    const objects = lines(run.stdout).map((line) => JSON.parse(line));
    expect(objects.map(({ policies, tags, type }) => ({ policies, tags, type }))).toEqual([
      {
        policies: [{ id: "Shell begun", desc: "a shell was begun", priority: 2 }],
        tags: ["mitre_execution", "T1059"],
        type: "PE",
      },
      {
        policies: [{ id: "Renamed", desc: "a file got another name", priority: 3 }],
        tags: ["seen", "files"],
        type: "FE",
      },
      ...["FF", "NF"].map((type) => ({
        policies: [{ id: "Anything of a flow", desc: "any flow", priority: 1 }],
        tags: undefined,
        type,
      })),
    ]);
  });

  test("come with all other records where these are asked for, but those that filters drop", () => {
    const run = sysflow(["process", "-p", rules, "--mode", "enrich", "--format", "json", trace]);
    const objects = lines(run.stdout).map((line) => JSON.parse(line));
    expect(objects.map(({ policies, type }) => [type, policies?.length ?? 0])).toEqual([
      ["PE", 1],
      ["FE", 1],
      ["FF", 1],
      ["NF", 1],
      ["PF", 0],
    ]);
  });

  test("need no rules where all records are asked for", () => {
    const run = sysflow(["process", "--mode", "enrich", "--format", "json", trace]);
    expect(lines(run.stdout)).toHaveLength(6);
  });
});

describe("alerts", () => {
  test("that repeat others are held back and counted", () => {
    const words = ["--max-repeats", "1", "--repeat-key", "sf.proc.exe"];
    const run = sysflow(["process", "-p", rules, ...words, trace]);
    expect(lines(run.stdout)).toHaveLength(3);
    expect(run.stderr).toContain("alerts   4: ");
    expect(run.stderr).toContain("policy: alerts that repeat others 1");
  });

  test("go to a file of their owner's, and the summary is JSON then", () => {
    const run = sysflow(["process", "-p", rules, "-w", output, "--json", trace]);
    expect(lines(fs.readFileSync(output, "utf8"))).toHaveLength(4);
    expect(fs.statSync(output).mode & 0o777).toBe(0o600);
    sysflow(["process", "-p", rules, "-w", output, trace]);
    expect(lines(fs.readFileSync(output, "utf8"))).toHaveLength(4);
    expect(JSON.parse(run.stdout)).toMatchObject({
      command: "process",
      ended: "end of input",
      files: 1,
      recordsTotal: 12,
      tested: 6,
      matched: 4,
      alerts: [
        { rule: "Shell begun", priority: "warning", count: 1 },
        { rule: "Renamed", priority: "high", count: 1 },
        { rule: "Anything of a flow", priority: "low", count: 2 },
      ],
      losses: [],
      leftOut: [{ stage: "policy", cause: "records dropped by filters", count: 1 }],
    });
  });
});

describe("records come", () => {
  test("from standard input, and from several places in turn", () => {
    const [program = "", ...words] = sysflowCommand;
    const run = spawnSync(program, [...words, "process", "-p", rules, "-", trace], {
      input: fs.readFileSync(trace),
      encoding: "utf8",
    });
    expect(run.status).toBe(0);
    expect(lines(run.stdout)).toHaveLength(8);
    expect(run.stderr).toContain("records  24 of 2 files");
  });

  test("to the end of the good part of a damaged file, with exit status 3", () => {
    const cut = join(folder, "cut.sf");
    const bytes = fs.readFileSync(trace);
    fs.writeFileSync(cut, Buffer.concat([bytes, Buffer.from("garbage")]));
    const run = sysflow(["process", "-p", rules, cut, trace]);
    expect(run.status).toBe(3);
    expect(lines(run.stdout)).toHaveLength(8);
    expect(run.stderr).toMatch(/sysflow: error: .*cut\.sf.* \[INPUT_[A-Z]+\]/);
    expect(run.stderr).toContain("lost     read: files not read to their end 1");
  });

  test("from a folder, whose other files are told", () => {
    const place = join(folder, "traces");
    fs.mkdirSync(place);
    fs.copyFileSync(trace, join(place, "a.sf"));
    const run = sysflow(["process", "-p", rules, place, join(folder, "none.sf")]);
    expect(run.status).toBe(1);
    expect(lines(run.stdout)).toHaveLength(4);
    expect(run.stderr).toMatch(/error: cannot read .*none\.sf: no such file/);
  });
});

describe.skipIf(!hasLibrary)("a socket (skipped without dist/capture.node)", () => {
  test("is listened on, for several writers, until the program is told to end", async () => {
    const socket = join(folder, "socket");
    const capture = join(folder, "socket.scap");
    const made = join(folder, "made.yaml");
    const rule = (name: string) =>
      `- rule: ${name}\n  desc: d\n  condition: sf.opflags = MKDIR\n  output: "%sf.file.path"\n`;
    writeOptionCapture(capture);
    fs.writeFileSync(made, rule("First"));
    const [program = "", ...words] = sysflowCommand;
    const listener = spawn(program, [...words, "process", "-p", made, `unix:${socket}`]);
    let [stdout, stderr] = ["", ""];
    listener.stdout.on("data", (text) => {
      stdout += text;
    });
    listener.stderr.on("data", (text) => {
      stderr += text;
    });
    const ended = new Promise<number | null>((resolve) => listener.on("exit", resolve));
    await until(() => fs.existsSync(socket));
    expect(sysflow(["collect", "-r", capture, "-u", socket]).status).toBe(0);
    await until(() => lines(stdout).length === 4);
    fs.writeFileSync(made, rule("Second"));
    listener.kill("SIGHUP");
    await until(() => stderr.includes("policies loaded anew: 1 rule"));
    expect(sysflow(["collect", "-r", capture, "-u", socket]).status).toBe(0);
    await until(() => lines(stdout).length === 8);
    listener.kill("SIGTERM");
    expect(await ended).toBe(0);
    const told = lines(stdout).map((line) => line.split(" low ")[1]);
    const paths = ["/home/made", "/tmp/inside", "/home/later", "/home/last"];
    expect(told).toEqual(
      ["First", "Second"].flatMap((name) => paths.map((path) => `${name}: ${path}`)),
    );
    expect(stderr).toContain("process ended (SIGTERM)");
    expect(stderr).toMatch(/records {2}[0-9]+ of 2 files/);
    expect(stderr).toContain("lost     nothing");
    expect(fs.existsSync(socket)).toBe(false);
  });

  test("has no end, so that nothing may stand beside it", () => {
    const run = sysflow(["process", "-p", rules, "unix:x", trace]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain("a socket has no end");
  });
});

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > end) {
      throw new Error("it did not come to that");
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("what cannot be done is told", () => {
  test.each([
    [["process"], 2, /process needs SysFlow files/],
    [["process", trace], 2, /process needs rules: -p PATH, or --mode enrich/],
    [["process", "--mode", "enrich", trace], 2, /as JSON: add --format json/],
    [["process", "-p", rules, "--json", trace], 2, /both write to standard output/],
    [
      ["process", "-p", rules, "--repeat-key", "sf.prc.exe", trace],
      2,
      /did you mean sf\.proc\.exe/,
    ],
    [
      ["process", "-p", rules, "-w", trace, trace],
      2,
      /it is a file that is read .*\[OUTPUT_IN_USE\]/,
    ],
    [["process", "-p", join(folder, "no.yaml"), trace], 1, /no\.yaml: no such file/],
  ])("%j", (words, status, message) => {
    const run = sysflow(words);
    expect(run.status).toBe(status);
    expect(run.stderr).toMatch(message);
    expect(run.stdout).toBe("");
    expect(fs.statSync(trace).size).toBeGreaterThan(0);
  });

  test("all that is wrong with policies at once, with places", () => {
    const wrong = join(folder, "wrong.yaml");
    fs.writeFileSync(
      wrong,
      `- rule: A\n  desc: d\n  condition: sf.proc.nmae = x\n  output: "%proc.nmae"\n` +
        `- rule: B\n  desc: d\n  condition: unknown_macro\n`,
    );
    const run = sysflow(["process", "-p", wrong, trace]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/cannot use the policies .*: 3 errors, .*\[POLICY_INVALID\]/);
    expect(run.stderr).toMatch(/wrong\.yaml:3:14: .*sf\.proc\.nmae.*did you mean sf\.proc\.name\?/);
    expect(run.stderr).toMatch(
      /wrong\.yaml:4:12: no attribute is named proc\.nmae; did you mean proc\.name\?/,
    );
    expect(run.stderr).toMatch(/wrong\.yaml:7:14: .*unknown_macro/);
  });

  test("rules with what no record has are an error, or skipped and named", () => {
    const never = join(folder, "never.yaml");
    fs.writeFileSync(never, `- rule: A\n  desc: d\n  condition: proc.sid = 1\n${rulesText}`);
    const run = sysflow(["process", "-p", never, trace]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("proc.sid");
    const skipped = sysflow(["process", "-p", never, "--skip-unsupported", trace]);
    expect(skipped.status).toBe(0);
    expect(skipped.stderr).toMatch(/rule skipped: A \(.*never\.yaml:1\): .*proc\.sid/);
    expect(lines(skipped.stdout)).toHaveLength(4);
  });
});

describe.skipIf(!hasReference)("upstream's policies (skipped without reference data)", () => {
  test.each([
    ["distribution", "tcp.sf"],
    ["distribution", "k8s_small.sf"],
    ["runtimeintegrity", "shellshock.sf"],
  ])("%s on %s match as often as there", (set, trace) => {
    const words = ["-p", referencePath(`policies/${set}`), "--compat", "sysflow"];
    const place = referencePath(`traces/${trace}`);
    const run = sysflow(["process", ...words, "-w", "/dev/null", "--json", place]);
    const { alerts } = JSON.parse(run.stdout) as { alerts: { rule: string; count: number }[] };
    const counts = alerts.map(({ count, rule }) => `${rule}: ${count}`);
    const wanted = fs
      .readFileSync(referencePath("golden/rule-counts.tsv"), "utf8")
      .split("\n")
      .map((line) => line.split("\t"))
      .filter(([build, policies, name, rule]) => {
        const isWanted = build === "HEADfix" && policies === set && name === trace;
        return isWanted && rule?.startsWith("*") === false;
      })
      .map(([, , , rule, count]) => `${rule}: ${count}`);
    expect(wanted.length).toBeGreaterThan(0);
    expect(counts.sort()).toEqual(wanted.sort());
  });
});
