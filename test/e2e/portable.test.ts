// One file for every Linux: the shipped file says its version, checks the host, replays a capture to
// the records that it must give, byte for byte as on the host, and collects live where root and kernel allow, in each place of
// test/support/program/places.ts and in a container of podman. Where live capture cannot work it must be
// refused in one clear line. SYSFLOW_PLACES=10 collects for so many seconds and prints the table.

import { afterAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goldenLine, goldenLines, goldenOptions, goldenPath } from "../support/captures/golden.ts";
import { hostTool } from "../support/program/host-tool.ts";
import {
  furnish,
  noRights,
  ownPids,
  type Place,
  places,
  runAt,
  whyNoPlaces,
} from "../support/program/places.ts";
import { Podman } from "../support/program/podman.ts";
import {
  launch,
  shippedFile,
  whyNotShipped,
  withoutSyncMarker,
} from "../support/program/shipped.ts";
import { everyRecord, type Run, whyNotLive } from "../support/program/sysflow.ts";
import { readSf } from "../support/records/read-sf.ts";

const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "sysflow-places-")));
const capture = goldenPath("mixed.scap");
const replayArgs = [
  ...["collect", "-r", "capture.scap", "-w", "out/replay.sf", "-e", "tests"],
  ...everyRecord,
  ...goldenOptions("mixed"),
];
const liveSec = Number(process.env["SYSFLOW_PLACES"] ?? 1);
const liveArgs = ["collect", "-k", "ebpf-core", "-w", "out/live", "-e", "tests", "--json"];
const obstacle = whyNotShipped ?? whyNoPlaces();
const table: string[] = [];
const podman = obstacle === null ? new Podman(join(folder, "podman"), capture) : null;
const noPodman = obstacle ?? podman?.obstacle ?? null;

afterAll(() => {
  podman?.close();
  fs.rmSync(folder, { recursive: true });
  if (process.env["SYSFLOW_PLACES"] !== undefined) {
    process.stdout.write(`${table.join("\n")}\n`);
  }
});

/** What keeps a file from running without the libraries of its host; nothing when it is static. */
function dynamicParts(path: string): readonly string[] {
  const segments = hostTool("readelf", ["-lW", path]);
  expect(segments.status, segments.stderr).toBe(0);
  const libraries = hostTool("ldd", [path]);
  const isDynamic = !/not a dynamic executable/.test(libraries.stdout + libraries.stderr);
  return [
    ...["INTERP", "DYNAMIC"].filter((type) => new RegExp(`^ +${type} `, "m").test(segments.stdout)),
    ...(isDynamic ? ["ldd"] : []),
  ];
}

describe("the file", () => {
  test.skipIf(whyNotShipped !== null)("has no interpreter and no dynamic section", () => {
    expect(dynamicParts(shippedFile)).toEqual([]);
  });

  test("a dynamic program does not pass for such a file", () => {
    expect(dynamicParts(process.execPath)).toEqual(["INTERP", "DYNAMIC", "ldd"]);
  });
});

/** Runs the file somewhere: its words, and the folder in which out/ lies. */
type Runner = (args: readonly string[]) => Run;

/** The replay on the host, in no place: what all others have to equal. */
const onHost = obstacle === null ? replayOnHost() : Buffer.alloc(0);
/** Whether this kernel takes the probe from root, as the host itself sees it. */
const isLiveHere = obstacle === null && whyNotLive() === null;

function replayOnHost(): Buffer {
  const root = join(folder, "host");
  fs.mkdirSync(join(root, "out"), { recursive: true });
  fs.copyFileSync(capture, join(root, "capture.scap"));
  const { status, stderr } = launch(shippedFile, { args: replayArgs, cwd: root, env: {} });
  expect(status, stderr).toBe(0);
  return withoutSyncMarker(fs.readFileSync(join(root, "out/replay.sf")));
}

function expectVersion(run: Runner): void {
  const { status, stdout, stderr } = run(["version"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/^sysflow \d+\.\d+\.\d+ /);
}

function expectReplay(run: Runner, root: string): void {
  const path = join(root, "out/replay.sf");
  const { status, stderr } = run(replayArgs);
  expect(status, stderr).toBe(0);
  expect(readSf(path).map(goldenLine)).toEqual(goldenLines("mixed"));
  expect(withoutSyncMarker(fs.readFileSync(path)).equals(onHost)).toBe(true);
}

/** @returns whether live events can be had, in the file's own opinion */
function expectCheck(run: Runner): boolean {
  const { status, stdout, stderr } = run(["check", "--json"]);
  const report = JSON.parse(stdout) as { readonly ready: boolean };
  expect({ status, stderr }).toEqual({ status: report.ready ? 0 : 1, stderr: "" });
  return report.ready;
}

/** @returns the events of a live run */
function expectLive(run: Runner, root: string): number {
  // An idle host would have nothing to show in so short a time.
  const busy = spawn("sh", ["-c", "while :; do sleep 0.05; done"], { stdio: "ignore" });
  const { status, stdout, stderr } = run([...liveArgs, `--duration=${liveSec}`]);
  busy.kill();
  expect(status, stderr).toBe(0);
  const { events, ended } = JSON.parse(stdout) as { events: number; ended: string };
  expect(ended).toBe("duration");
  expect(events).toBeGreaterThan(0);
  const files = fs.readdirSync(join(root, "out")).filter((name) => name.startsWith("live"));
  expect(files.length).toBe(1);
  const kinds = new Set(readSf(join(root, "out", files[0] ?? "")).map(({ kind }) => kind));
  expect(kinds).toContain("Process");
  return events;
}

function expectRefusal(run: Runner, why: RegExp): void {
  const { status, stdout, stderr } = run([...liveArgs, `--duration=${liveSec}`]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toMatch(/^sysflow: error: .*\[\w+\]\n$/);
  expect(stderr).toMatch(why);
}

function expectAll(name: string, run: Runner, root: string, refusal: RegExp | null): void {
  expectVersion(run);
  const isReady = expectCheck(run);
  expectReplay(run, root);
  let live = "not on this kernel";
  if (refusal !== null) {
    expect(isReady).toBe(false);
    expectRefusal(run, refusal);
    live = "refused, one line";
  } else if (isLiveHere) {
    expect(isReady).toBe(true);
    live = `${expectLive(run, root).toLocaleString("en")} events in ${liveSec} s`;
  }
  // Nothing is unpacked, cached or left beside what was asked for.
  const outputs = fs.readdirSync(join(root, "out")).map((file) => file.replace(/^live.*/, "live"));
  expect(outputs.sort()).toEqual(live.includes("events") ? ["live", "replay.sf"] : ["replay.sf"]);
  table.push(`| ${name} | ok | ${isReady ? "ready" : "not ready"} | same bytes | ${live} |`);
}

describe.skipIf(obstacle !== null)(`places (skipped where it says so: ${obstacle})`, () => {
  test.each(places.map((place) => [place.name, place] as const))(
    "%s",
    async (_, place: Place) => {
      const root = join(folder, String(places.indexOf(place)));
      await furnish(root, place, capture);
      const before = fs.readdirSync(root);
      expectAll(place.name, (args) => runAt(root, place, args), root, place.refusal);
      expect(fs.readdirSync(root)).toEqual(before);
    },
    120_000,
  );
});

/** As an operator would start it; the rights are those that the README asks for. */
const containers: readonly (readonly [string, readonly string[], RegExp | null])[] = [
  [
    "podman, FROM scratch, read-only, uid 65534",
    ["--user=65534:65534", "--cap-drop=all", "--pid=host"],
    noRights,
  ],
  [
    "podman, FROM scratch, with CAP_BPF and CAP_PERFMON",
    ["--cap-add=bpf,perfmon,sys_ptrace", "--security-opt=seccomp=unconfined", "--pid=host"],
    null,
  ],
  [
    "podman, FROM scratch, with pids of its own",
    ["--cap-add=bpf,perfmon,sys_ptrace", "--security-opt=seccomp=unconfined"],
    ownPids,
  ],
];

describe.skipIf(noPodman !== null)(`images (skipped where it says so: ${noPodman})`, () => {
  test.each(containers)(
    "%s",
    (name, flags, refusal) => {
      const root = join(folder, "podman");
      // They share the folder that the container writes to.
      for (const file of fs.readdirSync(join(root, "out"))) fs.rmSync(join(root, "out", file));
      expectAll(name, (args) => podman?.run(flags, args) as Run, root, refusal);
    },
    120_000,
  );
});
