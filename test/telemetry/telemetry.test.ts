// The pages that a run serves, from before its capture is open until its end.

import { afterEach, expect, test } from "bun:test";
import { captureCounters } from "../../src/capture/counters.gen.ts";
import type { RunState } from "../../src/run/run-state.ts";
import { openTelemetry, type Telemetry } from "../../src/telemetry/telemetry.ts";
import { readExposition, sampleOf } from "../support/telemetry/exposition.ts";
import { get } from "../support/telemetry/http-client.ts";

const open: Telemetry[] = [];
const runtime = { name: "Bun", version: "1.4" };
const build = { version: "1.2", commit: "abc+", falcoLibs: null, runtime, architecture: "x64" };
afterEach(() => {
  for (const telemetry of open.splice(0)) telemetry.close();
});

async function serve() {
  const telemetry = await openTelemetry("127.0.0.1:0", build);
  open.push(telemetry);
  return { telemetry, port: Number(/:(\d+)\/metrics$/.exec(telemetry.place)?.[1]) };
}

/** Of a run that has not begun to count, and how often it was looked at. */
function run(stopped: readonly (string | null)[] = []) {
  const looks = { count: 0 };
  const source = {
    capture: Object.fromEntries(captureCounters.map(({ name }) => [name, 0])),
    collector: null,
    engine: "test",
    lookups: null,
    outputs: stopped.map((_, i) => ({ place: `out${i}`, records: null, losses: [], leftOut: [] })),
    samplingRatio: 1,
  } as unknown as RunState["source"];
  const look = () => {
    looks.count += 1;
    return { source, stopped };
  };
  return { look, looks };
}

test("health: not open, well, ending", async () => {
  const { port, telemetry } = await serve();
  const health = async () => {
    const { body, status } = await get(port, "/healthz");
    return [status, body];
  };
  expect(await health()).toEqual([503, "the capture is not open yet\n"]);
  telemetry.opened(run().look);
  expect(await health()).toEqual([200, "ok\n"]);
  telemetry.ending();
  expect(await health()).toEqual([503, "the run is ending\n"]);
});

test("health has a line for each reason, and all of them as JSON", async () => {
  const { port, telemetry } = await serve();
  telemetry.opened(run(["no space left", null, "the reader has gone"]).look);
  const reasons = [
    "the output out0 takes nothing more: no space left",
    "the output out2 takes nothing more: the reader has gone",
  ];
  const text = await get(port, "/healthz");
  expect([text.status, text.body]).toEqual([503, `${reasons.join("\n")}\n`]);
  const json = await get(port, "/healthz", "Accept: application/json");
  expect([json.status, JSON.parse(json.body)]).toEqual([503, { status: "failing", reasons }]);
  expect(json.head).toMatch(/^Content-Type: application\/json\r?$/im);
});

test("whoever asks in a loop does not have the run looked at each time", async () => {
  const { port, telemetry } = await serve();
  const early = readExposition((await get(port, "/metrics")).body);
  expect(sampleOf(early, "sysflow_engine_info")).toBeNull();
  expect(early.get("sysflow_build_info")?.samples[0]?.labels).toEqual({
    version: "1.2",
    commit: "abc+",
    falco_libs: "",
    runtime: "Bun 1.4",
    architecture: "x64",
  });
  const { look, looks } = run();
  telemetry.opened(look);
  for (let i = 0; i < 20; i++) {
    const { body } = await get(port, "/metrics");
    expect(sampleOf(readExposition(body), "sysflow_engine_info", { engine: "test" })).toBe(1);
  }
  expect(looks.count).toBeLessThan(15);
  await Bun.sleep(300);
  const before = looks.count;
  await get(port, "/metrics");
  expect(looks.count).toBe(before + 1);
});
