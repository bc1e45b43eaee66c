// What sockets did and what is recorded of them: messages to and from others than the socket's own
// peer, calls that move nothing or connect besides, and control data with and without descriptors.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { begunBefore } from "../support/truth/begun-before.ts";
import {
  buildTruth,
  type Observation,
  observeLive,
  runProgram,
  ways,
} from "../support/truth/observe.ts";
import { compileC, hasCompiler, missingFacts } from "../support/truth/workload.ts";

const isRoot = process.getuid?.() === 0;
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-sockets-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const schema6 = ["--schema", "6"];

function expectAllFacts({ facts, records }: Observation): void {
  expect(missingFacts(facts, records)).toEqual([]);
}

describe.skipIf(!isRoot || !hasCompiler)("datagrams", () => {
  const program = hasCompiler ? buildTruth(folder, "datagrams") : "";

  test.each(ways)(
    "over IPv4 and IPv6, %s",
    async (_, observe) => {
      const act = () => [...runProgram([program, "4"]), ...runProgram([program, "6"])];
      expectAllFacts(await observe(folder, act, schema6));
    },
    60_000,
  );
});

describe.skipIf(!isRoot || !hasCompiler)("ends", () => {
  const program = hasCompiler ? buildTruth(folder, "peers") : "";

  test.each(ways)(
    "are what the kernel has, over IPv4 and IPv6, %s",
    async (_, observe) => {
      const act = () => [...runProgram([program, "4"]), ...runProgram([program, "6"])];
      expectAllFacts(await observe(folder, act, schema6));
    },
    60_000,
  );
});

describe.skipIf(!isRoot || !hasCompiler)("control data", () => {
  const program = hasCompiler ? buildTruth(folder, "control") : "";

  test("is no reason to read all descriptors, and those that it brings are known, live", async () => {
    const place = fs.mkdtempSync(join(folder, "passed-"));
    // Few enough for a busy host's rings; reading 2,000 descriptors for each would take minutes.
    const act = () => runProgram([program, place, "4000", "2000"]);
    const observation = await observeLive(folder, act, schema6);
    expectAllFacts(observation);
    expect(observation.run.stderr).not.toContain("ring buffer full");
  }, 60_000);
});

describe.skipIf(!isRoot || !hasCompiler)("a storm of passed descriptors", () => {
  test("is looked up as far as the allowance goes, and what is left out is counted", async () => {
    const source = join(import.meta.dir, "../bench/storm.c");
    const program = compileC(join(folder, "storm"), [source]);
    const act = () => {
      runProgram([program, "rights", "100000", "10"]);
      return [];
    };
    const { run } = await observeLive(folder, act, [...schema6, "--json"]);
    const { losses } = JSON.parse(run.stdout) as { losses: readonly { readonly cause: string }[] };
    expect(losses.map(({ cause }) => cause)).toContain(
      "reads of /proc left out (a second's allowance used up)",
    );
  }, 60_000);
});

describe.skipIf(!isRoot || !hasCompiler)("sockets of ICMP from before the collector", () => {
  const program = hasCompiler ? buildTruth(folder, "pings") : "";

  test("have their protocol, live", async () => {
    const { ready, act } = begunBefore(program, folder);
    await ready;
    const observation = await observeLive(folder, act, schema6);
    expect(observation.facts.length).toBeGreaterThanOrEqual(2);
    expectAllFacts(observation);
  }, 60_000);
});
