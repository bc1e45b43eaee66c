// Several outputs, each of which begins anew at times of its own: what each is given must be, record
// for record, what it would be given if it were alone.

import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { readBatch } from "../../src/capture/batch-reader.ts";
import * as native from "../../src/capture/layout.gen.ts";
import { Collector } from "../../src/collect/collector.ts";
import type { CollectMode } from "../../src/collect/collector-options.ts";
import { collectLimits } from "../../src/collect/limits.ts";
import type { PodFacts, PodLookup } from "../../src/collect/lookups.ts";
import type { RecordOutput } from "../../src/sysflow/record-sink.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { buildBatch, type TestRecord } from "../support/collect/batch-builder.ts";
import { at, flowOptions, startSec } from "../support/collect/collect.ts";
import { RecordingSink, type Written } from "../support/collect/recording-sink.ts";

setDefaultTimeout(60_000);

const anyProcess = fc.integer({ min: 1, max: 5 });
const anyContainer = fc.integer({ min: 0, max: 2 });
const anyPath = fc.integer({ min: 11, max: 14 });
const anyFd = fc.integer({ min: 3, max: 4 });
const anyName = fc.constantFrom("one", "two", "three");

const processOps = [
  native.NATIVE_CLONE,
  native.NATIVE_EXEC,
  native.NATIVE_SETUID,
  native.NATIVE_SETGID,
] as const;

/** A step makes records; its time is that of its place in the list. */
type Step = (ts: bigint) => TestRecord;

function defined(process: number, container: number, exe: string): TestRecord {
  const parent = process - 1;
  return { kind: "process", process, pid: 100 + process, createTs: at(0), parent, container, exe };
}

/** It was replaced by another of the same handle, whose parent has gone. */
function born(process: number, ts: bigint): TestRecord {
  return { kind: "process", process, pid: 200 + process, createTs: ts, parent: 0 };
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(anyProcess, anyContainer, anyName).map(asDefinition) },
  fc.constantFrom(2, 3, 4).map((process) => (ts: bigint) => born(process, ts)),
  fc.tuple(fc.constantFrom(1, 2), anyName).map(([container, name]) => () => {
    return { kind: "container", container, id: `c${container}`, known: true, name } as const;
  }),
  {
    weight: 3,
    arbitrary: fc
      .tuple(anyProcess, fc.constantFrom(...processOps))
      .map(([process, what]) => (ts: bigint) => {
        const tid = 100 + process;
        return { kind: "processOp", ts, process, tid, op: what, mainThread: true } as const;
      }),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyProcess, anyPath, anyFd, fc.constantFrom(native.NATIVE_OPEN, native.NATIVE_CLOSE))
      .map(([process, object, fd, what]) => (ts: bigint) => {
        const tid = 100 + process;
        return { kind: "descriptorOp", ts, process, tid, op: what, fd, object } as const;
      }),
  },
  fc.tuple(anyProcess, anyPath).map(([process, object]) => (ts: bigint) => {
    return {
      kind: "pathOp",
      ts,
      process,
      tid: 100 + process,
      op: native.NATIVE_MKDIR,
      object,
    } as const;
  }),
);

function asDefinition([process, container, exe]: [number, number, string]): Step {
  return () => defined(process, container, exe);
}

const seconds = 12;
const anySchedule = fc.array(fc.integer({ min: 1, max: seconds }), { maxLength: seconds });
const anySchedules = fc.array(anySchedule, { minLength: 2, maxLength: 4 });
const anyMode = fc.constantFrom<CollectMode>("flow", "consume");
/** Steps by second. */
const anySteps = fc.array(fc.array(anyStep, { maxLength: 8 }), {
  minLength: 2,
  maxLength: seconds,
});

/** Containers that are asked about again, by tick. */
const anyChanges = fc.array(fc.subarray(["c1", "c2"]), { maxLength: seconds });

/** Both containers are of one pod or of two, which changes as it is asked about. */
class ChangingPods implements PodLookup {
  readonly #changes: readonly (readonly string[])[];
  readonly #known = new Map<string, PodFacts>();
  #version = 0;
  #tick = 0;

  constructor(changes: readonly (readonly string[])[]) {
    this.#changes = changes;
  }

  find(id: string): PodFacts | null {
    return this.#known.get(id) ?? null;
  }

  takeChanged(): readonly string[] {
    const changed = this.#changes[this.#tick++] ?? [];
    for (const id of changed) {
      this.#version += 1;
      const [pod, name] = [`p${this.#version % 2}`, `version ${this.#version}`];
      this.#known.set(id, { ...podFacts, id: pod, name });
    }
    return changed;
  }

  takeEvents(): readonly [] {
    return [];
  }
}

const podFacts: PodFacts = {
  ...{ id: "", name: "", nodeName: "", hostIP: [], internalIP: [], namespace: "", restartCount: 0 },
  ...{ labels: new Map(), selectors: new Map(), services: [] },
};

test("each gets what it would get alone", () => {
  fc.assert(
    fc.property(anySteps, anySchedules, anyMode, anyChanges, (steps, schedules, mode, changes) => {
      const alone = schedules.map((schedule) => given(steps, [schedule], mode, changes)[0]);
      expect(given(steps, schedules, mode, changes)).toEqual(alone as Written[][]);
    }),
    { numRuns: 1000, includeErrorInReport: true },
  );
});

/** What outputs that begin anew in these seconds are given. */
function given(
  steps: readonly (readonly Step[])[],
  schedules: readonly number[][],
  mode: CollectMode,
  changes: readonly (readonly string[])[],
): Written[][] {
  const sinks = schedules.map((schedule) => {
    const sink = new RecordingSink();
    for (const second of schedule) sink.rotateAt.add(startSec + second);
    return sink;
  });
  const outputs = new FanOut(
    sinks.map((sink) => ({ output: asOutput(sink), onFailure: "end" }) as const),
  );
  const limits = { ...collectLimits, files: 3, endedAncestors: 0 };
  const options = { ...flowOptions, mode } as const;
  const collector = new Collector(outputs, options, limits, {
    containers: null,
    pods: new ChangingPods(changes),
  });
  const records: TestRecord[] = [
    { kind: "container", container: 1, id: "c1" },
    { kind: "container", container: 2, id: "c2" },
    ...[11, 12, 13, 14].map((object) => ({ kind: "path", object, path: `/${object}` }) as const),
    ...[1, 2, 3, 4, 5].map((process) => defined(process, process % 3, "one")),
  ];
  steps.forEach((each, second) => {
    records.push({ kind: "tick", ts: at(second) });
    records.push(...each.map((step, i) => step(at(second, i))));
  });
  readBatch(buildBatch(records), collector);
  collector.finish(0xffff_ffff, 0x7000_0000);
  return sinks.map((sink) => sink.records);
}

function asOutput(sink: RecordingSink): RecordOutput {
  return {
    untoldFailure: () => null,
    header: (record) => sink.header(record),
    container: (record) => sink.container(record),
    process: (record) => sink.process(record),
    file: (record) => sink.file(record),
    processEvent: (record) => sink.processEvent(record),
    fileEvent: (record) => sink.fileEvent(record),
    networkFlow: (record) => sink.networkFlow(record),
    fileFlow: (record) => sink.fileFlow(record),
    processFlow: (record) => sink.processFlow(record),
    networkEvent: (record) => sink.networkEvent(record),
    pod: (record) => sink.pod(record),
    k8sEvent: (record) => sink.k8sEvent(record),
    rotateDue: (second) => sink.rotateDue(second) !== 0,
  };
}
