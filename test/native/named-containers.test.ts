// Ten thousand short containers through the whole of capture and collection, with a Docker that tells of
// each: more than any table holds. All are named, and no table grows beyond its limit.

import { afterAll, beforeAll, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "../../src/base/log.ts";
import { readBatch } from "../../src/capture/batch-reader.ts";
import { openCapture } from "../../src/capture/capture.ts";
import { Collector } from "../../src/collect/collector.ts";
import { collectLimits } from "../../src/collect/limits.ts";
import { directoryLimits } from "../../src/containers/container-directory.ts";
import { ContainerLookups } from "../../src/run/container-lookups.ts";
import { flowOptions } from "../support/collect/collect.ts";
import { RecordingSink } from "../support/collect/recording-sink.ts";
import { DockerServer, inspectBody } from "../support/containers/docker-server.ts";
import { churnOptions, scenarioNamed } from "../support/scripts/churn.ts";

const rounds = 10_000;
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-many-"));
let server: DockerServer;
beforeAll(async () => {
  server = await DockerServer.listen(join(folder, "docker.sock"));
});
afterAll(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

/** Knows every container that it is asked for. */
function knowAll(): { mostOpen: number } {
  const counts = { open: 0, mostOpen: 0 };
  server.manner = (path, answer) => {
    const short = /^\/containers\/([0-9a-f]{12})\/json$/.exec(path)?.[1];
    if (short === undefined) {
      return false;
    }
    counts.open += 1;
    counts.mostOpen = Math.max(counts.mostOpen, counts.open);
    answer.on("close", () => {
      counts.open -= 1;
    });
    answer.end(JSON.stringify(inspectBody({ id: short.padEnd(64, "0"), name: `box ${short}` })));
    return true;
  };
  return counts;
}

test("ten thousand containers", async () => {
  const counts = knowAll();
  const log = new Log({ write: () => {} });
  // No runtime of this host is asked.
  const options = { hostRoot: folder, path: server.path, timeoutMs: 5000, log };
  const lookups = new ContainerLookups(options);
  const sink = new RecordingSink();
  const collector = new Collector(sink, flowOptions, collectLimits, lookups.open());
  const capture = openCapture(churnOptions(scenarioNamed("short containers"), rounds));
  while (!capture.eof) {
    if (capture.next(1000)) {
      readBatch(capture.view, collector);
      await lookups.settled(20_000);
    }
  }
  collector.finish(0, 0);
  lookups.close();
  capture.close();

  const names = new Map<string, string>();
  for (const record of sink.records) {
    if (record.kind === "Container") {
      names.set(String(record["id"]), String(record["name"]));
    }
  }
  expect(names.size).toBe(rounds);
  const { containers, containersEvicted } = collector.stats();
  expect([containers, containersEvicted]).toEqual([
    collectLimits.containers,
    rounds - collectLimits.containers,
  ]);
  expect(lookups.stats()).toEqual({ sockets: 1, named: rounds, unknown: [] });
  expect(counts.mostOpen).toBeLessThanOrEqual(directoryLimits.questionsAtOnce);
  // One that its table had to give up before the answer came keeps its first record.
  const without = [...names].filter(([id, name]) => name !== `box ${id}`);
  expect(without.length).toBeLessThanOrEqual(containersEvicted);
  expect(without.filter(([, name]) => name !== "incomplete")).toEqual([]);
}, 120_000);
