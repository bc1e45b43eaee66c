// CPUs that come and go while it collects: the run goes on, and what is done on a CPU that was not
// there at the start is recorded. Takes the host's second CPU away for some seconds.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunningSysflow, whyNotLive } from "../support/program/sysflow.ts";
import type { SfRecord } from "../support/records/read-sf.ts";
import { observeLive, observeRecorded, settled } from "../support/truth/observe.ts";

setDefaultTimeout(60_000);

const online = "/sys/devices/system/cpu/cpu1/online";
const obstacle = process.getuid?.() === 0 ? (whyNotLive() ?? whyNoCpu()) : "only root can";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-cpu-"));

afterAll(() => {
  if (obstacle === null) {
    setOnline(true);
  }
  fs.rmSync(folder, { recursive: true });
});

/** Why the second CPU cannot be taken away here; null where it can. */
function whyNoCpu(): string | null {
  try {
    fs.writeFileSync(online, "1");
    return null;
  } catch {
    return "this host has no second CPU that can be taken away";
  }
}

function setOnline(isOnline: boolean): void {
  fs.writeFileSync(online, isOnline ? "1" : "0");
}

let marks = 0;

/** Makes folders by a program that is on this CPU and no other. @returns their paths */
function workOn(cpu: number): readonly string[] {
  const paths = Array.from({ length: 20 }, () => join(folder, `mark-${++marks}`));
  const { status } = spawnSync("taskset", ["-c", String(cpu), "mkdir", ...paths]);
  expect(status).toBe(0);
  return paths;
}

function made(records: readonly SfRecord[]): readonly unknown[] {
  return records.filter(({ kind }) => kind === "File").map(({ rec }) => rec["path"]);
}

describe.skipIf(obstacle !== null)(`a CPU (skipped where: ${obstacle})`, () => {
  test.each([
    ["a ring each", []],
    ["one ring for all", ["--cpus-per-buffer", "0"]],
  ])("that was offline at the start comes online: %s", async (_, options) => {
    setOnline(false);
    let paths: readonly string[] = [];
    const seen = await observeLive(
      folder,
      () => {
        setOnline(true);
        paths = [...workOn(1), ...workOn(0)];
        return [];
      },
      options,
    );
    expect(made(seen.records)).toEqual(expect.arrayContaining([...paths]));
    expect(JSON.parse(seen.run.stdout).ended).toBe("SIGTERM");
  });

  test("leaves and comes back, twice", async () => {
    let paths: readonly string[] = [];
    const seen = await observeLive(folder, () => {
      for (let turn = 0; turn < 2; turn++) {
        paths = [...paths, ...workOn(1)];
        setOnline(false);
        paths = [...paths, ...workOn(0)];
        setOnline(true);
        paths = [...paths, ...workOn(1)];
      }
      return [];
    });
    expect(made(seen.records)).toEqual(expect.arrayContaining([...paths]));
  });

  test("comes online while it is recorded", async () => {
    setOnline(false);
    let paths: readonly string[] = [];
    const seen = await observeRecorded(folder, () => {
      setOnline(true);
      paths = workOn(1);
      return [];
    });
    expect(made(seen.records)).toEqual(expect.arrayContaining([...paths]));
  });

  test("is not the collector's own, which may run on another one only", async () => {
    const run = new RunningSysflow(["collect", "--print", "--print-rate", "0"], {}, [
      "taskset",
      "-c",
      "0",
    ]);
    await run.says("collecting with modern_ebpf");
    const [path = ""] = workOn(1);
    await settled(run);
    run.kill("SIGTERM");
    expect((await run.end()).stdout).toContain(path);
  });
});
