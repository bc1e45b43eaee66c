// Rules over a live run, with the scripted engine: alerts as they come beside a file that has all
// records, policies that change on the way, and an output that fails.

import { afterAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "../../src/base/log.ts";
import { openCapture } from "../../src/capture/capture.ts";
import { openPolicyOutput, type PolicyOutput } from "../../src/pipeline/policy-output.ts";
import { Collection } from "../../src/run/collection.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { flowOptions } from "../support/collect/collect.ts";
import { readSf } from "../support/records/read-sf.ts";
import { type Script, scriptOfOne, secondNs } from "../support/scripts/scripted-capture.ts";

setDefaultTimeout(30_000);

const hasLibrary = fs.existsSync(join(import.meta.dir, "../../dist/capture.node"));
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-alerts-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const policies = join(folder, "rules");
const alerts = join(folder, "alerts");
const file = join(folder, "all.sf");
let lines: string[] = [];
let output: PolicyOutput;
let writer: FileWriter;
let collection: Collection;

const settings = {
  policies: [policies],
  withoutRules: [],
  withoutTags: [],
  compat: null,
  skipUnsupported: false,
  maxRepeats: null,
  repeatWindowSec: 60,
  repeatKey: "sf.proc.exe",
};

function putRules(name: string, path: string): void {
  const text = `- rule: ${name}\n  desc: d\n  condition: sf.opflags = MKDIR and sf.file.path startswith ${path}\n  output: "%sf.file.path"\n`;
  fs.writeFileSync(join(policies, "rules.yaml"), text);
}

beforeEach(() => {
  fs.rmSync(policies, { recursive: true, force: true });
  fs.mkdirSync(policies);
  for (const path of [alerts, file]) {
    fs.rmSync(path, { force: true });
  }
  lines = [];
});

async function begin(path = alerts): Promise<void> {
  const log = new Log({ write: (line) => lines.push(line) });
  output = await openPolicyOutput(
    settings,
    { path, format: "text", proc: "/proc", known: () => [] },
    log,
  );
  writer = new FileWriter({ path: file, rotateIntervalSec: 0, startSec: 0 });
  const branch = output.open({ read: null, log, beforeRotation: () => undefined });
  const fanOut = new FanOut([{ output: writer, onFailure: "end" }, branch]);
  collection = new Collection(fanOut, flowOptions);
}

/** Takes all that the script does, as a run does. */
function take(script: Script): void {
  const capture = openCapture(script.options());
  while (!capture.eof) {
    if (capture.next(100)) {
      collection.handle(capture.view);
    }
  }
  capture.close();
  output.afterTurn();
}

async function end(): Promise<void> {
  collection.finish();
  output.close();
  writer.close();
  await output.drained(1000);
  output.closed();
}

function made(...paths: readonly string[]): Script {
  const script = scriptOfOne();
  for (const path of paths) {
    script.wait(secondNs).mkdir(100, path);
  }
  return script;
}

const told = () =>
  fs
    .readFileSync(alerts, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ").slice(2).join(" "));

describe.skipIf(!hasLibrary)("a live run (skipped without dist/capture.node)", () => {
  test("tells alerts, and the other outputs have every record", async () => {
    putRules("Made", "/home/a");
    await begin();
    take(made("/home/a1", "/home/b", "/home/a2"));
    await end();
    expect(told()).toEqual(["Made: /home/a1", "Made: /home/a2"]);
    expect(readSf(file).filter(({ kind }) => kind === "FileEvent")).toHaveLength(3);
    expect(output.report()).toMatchObject({
      place: alerts,
      alerts: [{ rule: "Made", priority: "low", count: 2 }],
      records: { FileEvent: 3 },
    });
  });

  test("goes on with new policies from the next record on, and with the old where they are wrong", async () => {
    putRules("First", "/home");
    await begin();
    take(made("/home/1"));
    putRules("Second", "/home");
    output.wantReload();
    await logged("policies loaded anew: 1 rule");
    take(made("/home/2"));
    putRules("Third", "(((");
    output.wantReload();
    await logged("the policies from before go on");
    take(made("/home/3"));
    await end();
    expect(told()).toEqual(["First: /home/1", "Second: /home/2", "Second: /home/3"]);
    expect(readSf(file).filter(({ kind }) => kind === "FileEvent")).toHaveLength(3);
    expect(lines.join("")).toMatch(/error: cannot use the policies .*rules\.yaml:3:/);
  });

  test("sees by itself that the policies have changed", async () => {
    putRules("First", "/home");
    await begin();
    fs.writeFileSync(join(policies, "more.yaml"), fs.readFileSync(join(policies, "rules.yaml")));
    await logged("policies loaded anew: 2 rules");
    take(made("/home/1"));
    await end();
    expect(told()).toEqual(["First: /home/1", "First: /home/1"]);
  });

  test("goes on without alerts where these cannot be written", async () => {
    putRules("Made", "/home");
    await begin("/dev/full");
    take(made("/home/1"));
    output.close();
    await output.drained(1000);
    collection.finish();
    writer.close();
    expect(() => output.closed()).not.toThrow();
    expect(output.report().losses).toContainEqual({
      stage: "write",
      cause: "alerts not written",
      count: 1,
    });
    expect(readSf(file).filter(({ kind }) => kind === "FileEvent")).toHaveLength(1);
  });
});

async function logged(text: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!lines.some((line) => line.includes(text))) {
    if (performance.now() > end) {
      throw new Error(`not logged: ${text}; but ${lines.join("")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
