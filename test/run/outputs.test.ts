// The list of outputs of a run: opened in order, waited for only by a replay, ended together, and each
// fault told, whatever the others do.

import { describe, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import { Log } from "../../src/base/log.ts";
import { JoinedOutput } from "../../src/join/joined-output.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { Outputs } from "../../src/run/output/outputs.ts";
import type { OutputContext, OutputReport, RunOutput } from "../../src/run/output/run-output.ts";
import { StopFlag } from "../../src/run/stop-flag.ts";
import type { Branch } from "../../src/write/fan-out.ts";

const context: OutputContext = { read: null, log: new Log(), beforeRotation: () => undefined };

/** Notes what is called; has room and is drained as it is told. */
class FakeOutput implements RunOutput {
  readonly calls: string[] = [];
  hasRoom = true;
  over: string | null = null;
  /** How many questions for `drained` are answered with no; Infinity for ever. */
  stalls = 0;
  /** The call that throws. */
  throwsIn = "";
  readonly sink = new JoinedOutput(new Joiner({ joined: () => undefined }));

  open(): Branch {
    this.#called("open");
    return { output: this.sink, onFailure: "end" };
  }

  afterTurn(): void {
    this.#called("afterTurn");
  }

  close(): void {
    this.#called("close");
  }

  async drained(ms: number): Promise<boolean> {
    this.#called("drained");
    if (this.stalls > 0) {
      this.stalls -= 1;
      await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)));
      return false;
    }
    return true;
  }

  giveUp(): void {
    this.#called("giveUp");
  }

  closed(): void {
    this.#called("closed");
  }

  report(): OutputReport {
    return {
      place: "fake",
      schema: 5,
      records: null,
      bytesWritten: 0,
      files: 0,
      losses: [],
      leftOut: [],
    };
  }

  #called(name: string): void {
    this.calls.push(name);
    if (this.throwsIn === name) {
      throw new Error(`${name} failed`);
    }
  }
}

function made(count: number) {
  const fakes = Array.from({ length: count }, () => new FakeOutput());
  const flag = new StopFlag();
  return { fakes, flag, outputs: new Outputs(fakes, flag) };
}

async function closeAll(outputs: Outputs, isOver = false): Promise<string[]> {
  const faults: string[] = [];
  await outputs.close(isOver, (fault) => faults.push((fault as Error).message));
  return faults;
}

test("none is an error for the operator", () => {
  expect(() => made(0).outputs.open(context)).toThrow("there is nowhere for the records to go");
});

test("where one does not open, those before it are ended and it is not", async () => {
  const { fakes, outputs } = made(3);
  const [first, second, third] = fakes as [FakeOutput, FakeOutput, FakeOutput];
  second.throwsIn = "open";
  expect(() => outputs.open(context)).toThrow("open failed");
  expect(await closeAll(outputs)).toEqual([]);
  expect(first.calls).toEqual(["open", "close", "drained", "closed"]);
  expect(second.calls).toEqual(["open"]);
  expect(third.calls).toEqual([]);
  expect(outputs.reports()).toHaveLength(1);
});

test("every record reaches each of them", () => {
  const { fakes, outputs } = made(2);
  const sink = outputs.open(context);
  sink.header({ kind: "SFHeader", version: 5, exporter: "x", ip: "", filename: "" });
  expect(fakes.map((fake) => fake.sink.counts.SFHeader)).toEqual([1, 1]);
});

describe("between batches", () => {
  test("each gets its turn, and a live run waits for none", () => {
    const { fakes, outputs } = made(2);
    outputs.open(context);
    (fakes[0] as FakeOutput).hasRoom = false;
    expect(outputs.afterTurn(false)).toBeUndefined();
    expect(fakes.map(({ calls }) => calls)).toEqual([
      ["open", "afterTurn"],
      ["open", "afterTurn"],
    ]);
  });

  test("a replay waits for the one without room, and for it alone", async () => {
    const { fakes, outputs } = made(2);
    const [full, roomy] = fakes as [FakeOutput, FakeOutput];
    outputs.open(context);
    full.hasRoom = false;
    full.stalls = 3;
    await outputs.afterTurn(true);
    expect(full.calls.filter((name) => name === "drained")).toHaveLength(4);
    expect(roomy.calls).toEqual(["open", "afterTurn"]);
  });

  test("a replay that is told to end waits no longer", async () => {
    const { fakes, flag, outputs } = made(1);
    const [full] = fakes as [FakeOutput];
    outputs.open(context);
    full.hasRoom = false;
    full.stalls = Number.POSITIVE_INFINITY;
    setTimeout(() => flag.request("test"), 20);
    await outputs.afterTurn(true);
    expect(full.calls.length).toBeGreaterThan(3);
  });

  test("the run ends when all are over, and not before", () => {
    const { fakes, flag, outputs } = made(2);
    outputs.open(context);
    for (const fake of fakes) {
      expect(flag.reason).toBeNull();
      fake.over = "the reader has gone";
      expect(outputs.afterTurn(false)).toBeUndefined();
    }
    expect(flag.reason).toBe("the reader has gone");
  });
});

test("which takes nothing more is told with why, whether it failed or is over", () => {
  const { fakes, outputs } = made(3);
  const [failing, over] = fakes as [FakeOutput, FakeOutput];
  const told: string[] = [];
  failing.open = () => ({
    output: failing.sink,
    onFailure: "goOn",
    onFailed: ({ message }) => told.push(message),
  });
  outputs.open(context);
  expect(outputs.stopped()).toEqual([null, null, null]);
  Object.assign(failing.sink, {
    untoldFailure: () => new OperatorError("OUTPUT_WRITE_FAILED", "no space left"),
  });
  over.over = "the reader has gone";
  expect(outputs.afterTurn(false)).toBeUndefined();
  expect(outputs.stopped()).toEqual(["no space left", "the reader has gone", null]);
  expect(told).toEqual(["no space left"]);
});

describe("at the end", () => {
  test("one that stands still is given up, and keeps no time from another", async () => {
    const { fakes, flag, outputs } = made(3);
    const [stuck, slow, other] = fakes as [FakeOutput, FakeOutput, FakeOutput];
    outputs.open(context);
    stuck.stalls = Number.POSITIVE_INFINITY;
    other.stalls = Number.POSITIVE_INFINITY;
    slow.stalls = 3;
    flag.request("test");
    const begin = performance.now();
    expect(await closeAll(outputs)).toEqual([]);
    // The grace of one, not of each.
    expect(performance.now() - begin).toBeLessThan(900);
    expect(stuck.calls.slice(-2)).toEqual(["giveUp", "closed"]);
    expect(other.calls.slice(-2)).toEqual(["giveUp", "closed"]);
    expect(slow.calls).not.toContain("giveUp");
  });

  test("after a failure of a live capture nobody waits for ever", async () => {
    const { fakes, outputs } = made(1);
    outputs.open(context);
    (fakes[0] as FakeOutput).stalls = Number.POSITIVE_INFINITY;
    await closeAll(outputs, true);
    expect((fakes[0] as FakeOutput).calls).toContain("giveUp");
  });

  test("each fault is told, and every one is still ended", async () => {
    const { fakes, outputs } = made(4);
    const steps = ["close", "drained", "closed", ""];
    outputs.open(context);
    for (const [index, fake] of fakes.entries()) {
      fake.throwsIn = steps[index] as string;
    }
    const faults = await closeAll(outputs);
    expect(faults.sort()).toEqual(["close failed", "closed failed", "drained failed"]);
    for (const { calls } of fakes) {
      expect(calls.slice(-3)).toEqual(["close", "drained", "closed"]);
    }
  });
});
