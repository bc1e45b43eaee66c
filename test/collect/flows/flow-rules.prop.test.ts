// Random system calls through the whole of it: libsinsp's state, the capture thread's coalescing and
// batches, and the collector. What comes out must be what the plain models say, which know neither
// batches nor handles nor coalescing. Several sequences run at a time in one capture.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { BatchView, readBatch } from "../../../src/capture/batch-reader.ts";
import { loadBinding, type OpenOptions } from "../../../src/capture/binding.ts";
import { Collector } from "../../../src/collect/collector.ts";
import { OP_RENAME } from "../../../src/sysflow/op-flags.gen.ts";
import { flowOptions } from "../../support/collect/collect.ts";
import { RecordingSink } from "../../support/collect/recording-sink.ts";
import { asModelRecords } from "../../support/models/as-model-record.ts";
import { FlowModel } from "../../support/models/flow-model.ts";
import { later, type ModelOptions, type ModelRecord } from "../../support/models/model-event.ts";
import { type Action, deedNames, perform } from "../../support/models/world-actions.ts";
import { initPid, World } from "../../support/models/world-model.ts";
import { secondNs, startTs } from "../../support/scripts/scripted-capture.ts";

const hasAddon = existsSync(join(import.meta.dir, "../../../dist/capture.node"));

const sequencesMax = 16;
const actionsMax = 50;

interface Step {
  readonly action: Action;
  /** Event time since the step before, in ns. */
  readonly after: number;
  /** As seen by a CPU whose events come late: stamped earlier than what came before. */
  readonly isLate: boolean;
}

type Sequences = readonly (readonly Step[])[];

/** Beside one of each deed: what most programs do most of the time, mostly on two descriptors. */
const usual = ["read", "write", "read", "write", "read", "write", "open", "close"] as const;

const anyAction: fc.Arbitrary<Action> = fc.record({
  does: fc.constantFrom(...usual, ...usual, ...deedNames),
  who: fc.constantFrom(0, 0, 0, 1, 2, 3),
  fd: fc.constantFrom(3, 3, 4, 4, 5, 6),
  how: fc.nat(6),
  more: fc.nat(7),
});

const anyGap = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(0, 1000, 1_000_000) },
  { weight: 4, arbitrary: fc.constantFrom(60_000_000, 150_000_000) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(1, 2, 15, 29, 30, 31, 60, 100).map((seconds) => seconds * 1e9),
  },
);

const anyStep: fc.Arbitrary<Step> = fc.record({
  action: anyAction,
  after: anyGap,
  isLate: fc.integer({ min: 0, max: 19 }).map((n) => n === 19),
});

const anySequences = fc.array(fc.array(anyStep, { maxLength: actionsMax, size: "max" }), {
  minLength: 1,
  maxLength: sequencesMax,
  size: "max",
});

const startSec = Number(startTs / secondNs);

const anyOptions: fc.Arbitrary<ModelOptions> = fc.record({
  mode: fc.constantFrom("flow", "flow", "flow", "consume", "nofiles"),
  processFlows: fc.boolean(),
  fileOnly: fc.constantFrom(false, false, true),
  fileReadMode: fc.constantFrom(0, 0, 1, 2),
  containersOnly: fc.constantFrom(false, false, false, true),
  rotateAt: fc
    .array(fc.nat(200), { maxLength: 3 })
    .map((seconds) => new Set(seconds.map((second) => startSec + second))),
});

interface Setup {
  readonly sequences: Sequences;
  readonly options: ModelOptions;
  /** Ends a batch after so many records; 0 leaves it to bytes and time. */
  readonly batchRecords: number;
  /** Renames before the first sequence, each of two paths that come nowhere else. */
  readonly renames: number;
}

function anySetup(renames: fc.Arbitrary<number>): fc.Arbitrary<Setup> {
  return fc.record({
    sequences: anySequences,
    options: anyOptions,
    batchRecords: fc.constantFrom(0, 0, 1, 2, 7),
    renames,
  });
}

/** The native table of paths and sockets, which holds 65,536, starts anew some steps after these. */
const nearlyFull = fc.integer({ min: 32_745, max: 32_768 });

/** All sequences at a time, each in processes of its own. */
function play(world: World, { sequences, renames }: Setup): void {
  rename(world, renames);
  const timed = sequences.flatMap((steps, pool) => {
    let time = 0n;
    return steps.map((step) => {
      time += BigInt(step.after);
      return { ...step, pool, time };
    });
  });
  timed.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const { script } = world;
  for (const { action, pool, time, isLate } of timed) {
    const due = startTs + time;
    const latest = later(script.now, due);
    const isSkewed = isLate && !clockDeeds.has(action.does);
    script.now = isSkewed ? latest - 2_000_000n : latest;
    perform(world, pool, action);
    script.now = later(script.now, latest);
  }
}

/** libsinsp tells a new process from a stale one by time, which is then not to run backwards. */
const clockDeeds: ReadonlySet<string> = new Set(["clone"]);

function rename(world: World, times: number): void {
  const init = { process: 0, tid: initPid } as const;
  for (let i = 0; i < times; i++) {
    const [from, to] = [`/${i}`, `/${i}.new`];
    const event = { ...init, type: "path", ret: 0, flag: OP_RENAME, paths: [from, to] } as const;
    const type = "SYSCALL_RENAMEAT2_X";
    world.emit(initPid, [type, 0, -100, from, -100, to, 0], [event]);
  }
}

function collected(setup: Setup): readonly ModelRecord[] {
  const { options, batchRecords, sequences } = setup;
  const world = new World(sequences.length, () => undefined);
  play(world, setup);
  const sink = new RecordingSink();
  for (const second of options.rotateAt ?? []) {
    sink.rotateAt.add(second);
  }
  const collector = new Collector(sink, { ...flowOptions, ...options });
  // Little memory: with the usual megabytes a capture takes longer to open than to run.
  const sizes: Partial<OpenOptions> = { batchBytes: 1, batchRecords };
  const capture = new (loadBinding().Capture)(world.script.options(sizes));
  try {
    const buffer = new Uint8Array(capture.batchBytes);
    const view = new BatchView(buffer.buffer);
    for (let size = 0; size >= 0; size = capture.next(buffer, 1000)) {
      if (size > 0) readBatch(view, collector);
    }
    collector.finish(view.lastTsLo, view.lastTsHi);
  } finally {
    capture.close();
  }
  const left = { fileFlows: 0, networkFlows: 0, processFlows: 0 };
  expect(collector.stats()).toMatchObject(left);
  return asModelRecords(sink.records);
}

function predicted(setup: Setup): readonly ModelRecord[] {
  const { options, sequences } = setup;
  let world: World | null = null;
  const model = new FlowModel(options, (process) => (world as World).factsOf(process));
  let [second, last] = [-1, 0n];
  world = new World(sequences.length, (ts, meaning) => {
    last = ts;
    if (Number(ts / secondNs) > second) {
      second = Number(ts / secondNs);
      model.tick(second, ts);
      meaning = [...(world as World).forgotten(second), ...meaning];
    }
    for (const event of meaning) {
      model.event(event, ts);
    }
  });
  play(world, setup);
  model.finish(world.met, last);
  return model.written;
}

/** The first record that is not what the model says, or null where all are. */
function difference(setup: Setup): string | null {
  const theirs = predicted(setup);
  const ours = collected(setup);
  const length = Math.max(theirs.length, ours.length);
  for (let at = 0; at < length; at++) {
    if (!Bun.deepEquals(ours[at], theirs[at])) {
      return `record ${at} is ${text(ours[at])}, the model says ${text(theirs[at])}`;
    }
  }
  return null;
}

function text(value: unknown): string {
  const plain = (_: string, each: unknown) => {
    const isSet = each instanceof Set;
    return typeof each === "bigint" ? String(each) : isSet ? [...each] : each;
  };
  return JSON.stringify(value, plain) ?? "none";
}

/** @returns how many sequences were tried. @throws Error with the smallest that differs. */
function check(setups: fc.Arbitrary<Setup>, numRuns: number): number {
  let sequences = 0;
  const isSame = fc.property(setups, (setup) => {
    sequences += setup.sequences.length;
    return difference(setup) === null;
  });
  const { failed, seed, counterexamplePath, counterexample } = fc.check(isSame, { numRuns });
  if (failed) {
    const [setup] = counterexample as [Setup];
    const where = `seed ${seed}, path ${counterexamplePath}, ${text(setup)}`;
    throw new Error(`${difference(setup)}; ${where}`);
  }
  return sequences;
}

describe.skipIf(!hasAddon)("random system calls (skipped without dist/capture.node)", () => {
  test("make the records that the one-event-at-a-time model says", () => {
    expect(check(anySetup(fc.constant(0)), 300)).toBeGreaterThan(2000);
  }, 300_000);

  test("also where all handles of paths and sockets become void between them", () => {
    expect(check(anySetup(nearlyFull), 5)).toBeGreaterThan(5);
  }, 300_000);
});
