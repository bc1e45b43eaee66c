// What is opened while the collector starts: each descriptor is known from the first event on, and is
// taken for no other. Between the snapshot of /proc and the first event there is no gap.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { everyRecord, RunningSysflow, sysflow, whyNotLive } from "../support/program/sysflow.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { buildTruth } from "../support/truth/observe.ts";
import { asWords, hasCompiler } from "../support/truth/workload.ts";

const reason = hasCompiler ? whyNotLive() : "there is no C compiler";
const starts = Number(process.env["SYSFLOW_TEST_STARTS"] ?? 2);
/** Of all operations, those that may be on a descriptor which nobody knows. */
const unknownMax = 0.0001;
/** A capture file has no place for a socket that had no address yet when it was begun. */
const replayedUnknownMax = 0.002;
const processes = 60;
const lookedAtMs = 3000;

let folder = "";
let program = "";

beforeAll(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), "sysflow-late-"));
  program = reason === null ? buildTruth(folder, "busy") : "";
});
afterAll(() => fs.rmSync(folder, { recursive: true }), 60_000);

interface Summary {
  readonly events: number;
  readonly losses: readonly { readonly cause: string; readonly count: number }[];
}

/** Begins a run of sysflow while busy processes are started, and ends it after them. */
async function beginAmidst(args: readonly string[], says: string): Promise<Summary> {
  const place = fs.mkdtempSync(join(folder, "busy-"));
  const busy = spawn(program, [place, String(processes), "40"], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  const ended = new Promise((resolve) => busy.on("close", resolve));
  const run = new RunningSysflow([...args, "-k", "ebpf-core", "--json", "--buffer-bytes=67108864"]);
  await run.says(says);
  await Bun.sleep(lookedAtMs);
  busy.stdin.end();
  expect(await ended).toBe(0);
  run.kill("SIGTERM");
  const { status, stdout, stderr } = await run.end();
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Summary;
}

function unknownShare(summary: Summary): number {
  const unknown = summary.losses.filter(({ cause }) => cause.includes("unknown"));
  const share = unknown.reduce((sum, { count }) => sum + count, 0) / summary.events;
  process.stdout.write(`${summary.events} events, lost: ${JSON.stringify(summary.losses)}\n`);
  return share;
}

/** Paths that the busy process which has them cannot have used, with its pid. */
function falsePaths(records: readonly SfRecord[]): readonly string[] {
  const numbers = new Map<number, string>();
  const wrong: string[] = [];
  for (const { words } of asWords(records)) {
    const path = String(words["path"] ?? "");
    const isFlow = words["kind"] === "FileFlow" && words["restype"] === "f";
    if (!(isFlow && path.startsWith(join(folder, "busy-")) && words["exe"] === program)) {
      continue;
    }
    const found = /^[^/]*\/(?:file-(\d+)|folder-(\d+)\/inside-(\d+))$/.exec(
      path.slice(join(folder, "busy-").length),
    );
    const own = found?.[1] ?? (found?.[2] === found?.[3] ? found?.[2] : undefined);
    const pid = Number(words["pid"]);
    if (own === undefined || (numbers.get(pid) ?? own) !== own) {
      wrong.push(`${pid}: ${path}`);
    }
    numbers.set(pid, own ?? "");
  }
  expect(numbers.size).toBeGreaterThan(processes / 3);
  return wrong;
}

test.skipIf(reason !== null).each(Array.from({ length: starts }, (_, start) => start + 1))(
  "a start of collect among starting processes knows their descriptors (%i)",
  async (start) => {
    const target = join(folder, `start-${start}.sf`);
    const args = ["collect", "-w", target, "-G", "100000", ...everyRecord];
    const summary = await beginAmidst(args, "collecting with modern_ebpf");
    expect(unknownShare(summary)).toBeLessThan(unknownMax);
    const [file = ""] = fs.readdirSync(folder).filter((name) => name.startsWith(`start-${start}.`));
    expect(falsePaths(readSf(join(folder, file)))).toEqual([]);
  },
  60_000,
);

test.skipIf(reason !== null)(
  "so does a capture that was begun among them",
  async () => {
    const capture = join(folder, "late.scap");
    await beginAmidst(["record", "-w", capture], "recording with modern_ebpf");
    const target = join(folder, "replayed.sf");
    const { status, stdout } = sysflow([
      ...["collect", "-r", capture, "-w", target, "--json", "-e", "tests"],
      ...everyRecord,
    ]);
    expect(status).toBe(0);
    expect(unknownShare(JSON.parse(stdout) as Summary)).toBeLessThan(replayedUnknownMax);
    expect(falsePaths(readSf(target))).toEqual([]);
  },
  60_000,
);
