// Every signal that can be sent: what was collected is in a whole file afterwards. And SIGHUP, which
// re-opens outputs, in all the ways in which a log is rotated.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { exitStatus } from "../../src/base/exit-status.ts";
import { longCapture } from "../support/captures/long-capture.ts";
import {
  everyRecord,
  RunningSysflow,
  saidBesideDrops,
  saysCollecting,
  sysflowCommand,
  whyNotLive,
} from "../support/program/sysflow.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";

setDefaultTimeout(60_000);

const obstacle = process.getuid?.() === 0 ? whyNotLive() : "only root can open an engine";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-signals-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const endMs = 5000;
const { signals } = constants;
const realTime = [32, 33, 34, 35, 36, 50, 64];

/** By number: those that end a run, those that change nothing, and those that the README leaves out. */
const ignored = [
  signals.SIGPIPE,
  signals.SIGXFSZ,
  signals.SIGCHLD,
  signals.SIGURG,
  signals.SIGWINCH,
];
const stopping = [signals.SIGSTOP, signals.SIGTSTP, signals.SIGTTIN, signals.SIGTTOU];
const others = [signals.SIGHUP, signals.SIGKILL, signals.SIGCONT, ...stopping, ...ignored];
const stackFault = 16;
const named = [...new Set([...Object.values(signals), stackFault])];
const ending = named.filter((number) => !others.includes(number));

/** A live run, since a replay may be over before the signal comes. */
async function started(name: string, options: readonly string[] = []): Promise<RunningSysflow> {
  const args = ["collect", "-k", "ebpf-core", "-w", join(folder, name), "--json", ...options];
  const run = new RunningSysflow([...args, "--schema", "6", ...everyRecord]);
  await run.says("collecting with modern_ebpf");
  return run;
}

/** Makes a folder whose record is looked for. */
function leaveMark(name: string): string {
  const path = join(folder, "marks", name);
  fs.mkdirSync(path, { recursive: true });
  return path;
}

function marksIn(records: readonly SfRecord[]): readonly unknown[] {
  const paths = records.filter(({ kind }) => kind === "File").map(({ rec }) => rec["path"]);
  return paths.filter((path) => String(path).startsWith(join(folder, "marks/")));
}

/** Files of an output whose names carry a time, in the order of that. */
function stamped(name: string): readonly string[] {
  const names = fs
    .readdirSync(folder)
    .filter((each) => new RegExp(`^${name}\\.\\d+\\.sf$`).test(each));
  return names.sort().map((each) => join(folder, each));
}

const rotateNever = ["-G", "100000"];

describe.skipIf(obstacle !== null)(`each signal, live (skipped where: ${obstacle})`, () => {
  test.each([...ending, ...realTime].map((number) => [number]))(
    "signal %d ends it cleanly or changes nothing",
    async (number) => {
      const run = await started(`by-${number}`, rotateNever);
      const mark = leaveMark(`by-${number}`);
      await settled(run);
      process.kill(run.pid, number);
      // Those that the C library or the runtime (Bun) takes for itself change nothing: this ends it.
      const isTaken = (number >= 32 && number <= 34) || number === signals.SIGPWR;
      if (isTaken) {
        run.kill("SIGTERM");
      }
      const { status, stdout, stderr } = await run.end(endMs);
      const said = saysCollecting(join(folder, `by-${number}`));
      expect([status, saidBesideDrops(stderr)]).toEqual([exitStatus.OK, said]);
      const [file = ""] = stamped(`by-${number}`);
      const records = readSf(file);
      expect(JSON.parse(stdout).recordsTotal).toBe(records.length);
      expect(marksIn(records)).toContain(mark);
    },
  );

  test("others change nothing", async () => {
    const run = await started("through", rotateNever);
    for (const number of [...ignored, signals.SIGCONT]) {
      process.kill(run.pid, number);
    }
    process.kill(run.pid, signals.SIGSTOP);
    process.kill(run.pid, signals.SIGCONT);
    const mark = leaveMark("through");
    await settled(run);
    run.kill("SIGTERM");
    const { status, stdout } = await run.end(endMs);
    expect([status, JSON.parse(stdout).ended]).toEqual([exitStatus.OK, "SIGTERM"]);
    expect(marksIn(readSf(stamped("through")[0] ?? ""))).toContain(mark);
  });
});

describe.skipIf(obstacle !== null)(`SIGHUP, live (skipped where: ${obstacle})`, () => {
  test("begins a new file that stands alone", async () => {
    const run = await started("hup", rotateNever);
    const before = leaveMark("before");
    await settled(run);
    run.kill("SIGHUP");
    await run.says("the output goes on in");
    const after = leaveMark("after");
    await settled(run);
    run.kill("SIGTERM");
    expect((await run.end(endMs)).status).toBe(exitStatus.OK);
    const files = stamped("hup").map((path) => readSf(path));
    expect(files.map((records) => records[0]?.kind)).toEqual(["SFHeader", "SFHeader"]);
    expect(marksIn(files[0] ?? [])).toContain(before);
    expect(marksIn(files[1] ?? [])).toContain(after);
  });

  test("without an output it ends the run", async () => {
    const run = new RunningSysflow(["collect", "-k", "ebpf-core", "--print"]);
    await run.says("collecting with modern_ebpf");
    run.kill("SIGHUP");
    const { status, stderr } = await run.end(endMs);
    expect(status).toBe(exitStatus.OK);
    expect(stderr).toContain("collect ended (SIGHUP)");
  });

  test("makes the folder again; where it cannot, the old file goes on", async () => {
    const place = join(folder, "place");
    const run = await started("place/x", rotateNever);
    fs.renameSync(place, `${place}-moved`);
    run.kill("SIGHUP");
    await run.says("the output goes on in");
    expect(fs.readdirSync(place).length).toBe(1);
    const mark = leaveMark("into-made");
    await settled(run);
    fs.renameSync(place, `${place}-again`);
    fs.writeFileSync(place, "in the way");
    run.kill("SIGHUP");
    await run.says("as it was opened");
    const late = leaveMark("into-kept");
    await settled(run);
    run.kill("SIGTERM");
    expect((await run.end(endMs)).status).toBe(exitStatus.OK);
    const [name = ""] = fs.readdirSync(`${place}-again`);
    const marks = marksIn(readSf(join(`${place}-again`, name)));
    expect(marks).toEqual(expect.arrayContaining([mark, late]));
  });
});

describe("a file that is over its limit (SIGXFSZ)", () => {
  test("is a failed write, and what came before is whole", () => {
    const output = join(folder, "limited.sf");
    const limitBytes = 64 * 1024;
    const words = sysflowCommand.map((word) => `'${word}'`).join(" ");
    const capture = longCapture(join(folder, "long.scap"), 2000);
    const args = `collect -r ${capture} -w ${output} ${everyRecord.join(" ")}`;
    const shell = spawnSync("/bin/sh", ["-c", `ulimit -f ${limitBytes / 512}; ${words} ${args}`], {
      encoding: "utf8",
    });
    expect(shell.stderr).toContain("file too large (EFBIG)");
    expect(shell.status).toBe(exitStatus.FAILURE);
    expect(readSf(output).length).toBeGreaterThan(500);
    expect(fs.statSync(output).size).toBeLessThanOrEqual(limitBytes);
  });
});
