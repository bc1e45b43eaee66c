// Outputs of one form have their records encoded once for all of them. Whatever is given to each, and
// whenever each ends a block or begins a file: it has the bytes and the counts that it has alone.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { OperatorError } from "../../src/base/errors.ts";
import { type Process, recordKinds, type SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { deliver, type OutputSet, type RecordOutput } from "../../src/sysflow/record-sink.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../src/write/file/file-writer-options.ts";
import { SocketWriter } from "../../src/write/socket/socket-writer.ts";
import { ContainerStream } from "../../src/write/stream/container-stream.ts";
import { JsonWriter } from "../../src/write/stream/json-writer.ts";
import { openStream } from "../../src/write/stream/open-stream.ts";
import { StreamQueue } from "../../src/write/stream/stream-queue.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import { FakeFs } from "../support/records/fake-fs.ts";
import { FakeSender } from "../support/records/fake-sender.ts";
import { fanOutAsReceiver } from "../support/records/fan-out-receiver.ts";
import { sampleHeader } from "../support/records/sample-records.ts";

setDefaultTimeout(120_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-shared-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** An output and what has become of what it was given. */
interface Made {
  readonly output: RecordOutput;
  readonly flush: () => void;
  readonly end: () => Promise<unknown>;
}

const startSec = 1_700_000_000;
const schema = 6;
const markerSeed = Buffer.from("seed");
/** Never full: from which record on one drops goes by how many bytes it is handed at a time. */
const queue = { bytesMax: 2 ** 40, whenFull: "drop" } as const;

function file(options: Partial<FileWriterOptions>, capacity = Number.POSITIVE_INFINITY): Made {
  const fake = new FakeFs();
  fake.capacity = capacity;
  const place = { path: "x.sf", rotateIntervalSec: 0, startSec, fs: fake };
  const output = new FileWriter({ ...place, markerSeed, schema, ...options });
  return {
    output,
    // What cannot be written is told by the next record.
    flush: () => capacity === Number.POSITIVE_INFINITY && output.flush(),
    end: async () => {
      // The disk may be full at the end, too.
      orFail(() => output.close());
      const files = [...fake.names].map(([name, { bytes }]) => [name, bytes.toString("base64")]);
      return { files, stats: output.stats() };
    },
  };
}

let streams = 0;

function stream(make: (queue: StreamQueue) => ContainerStream | JsonWriter): Made {
  const path = join(folder, `stream ${streams++}`);
  const output = make(new StreamQueue(openStream(path, []), queue));
  return {
    output,
    flush: () => undefined,
    end: async () => {
      output.close();
      expect(await output.drained(30_000)).toBe(true);
      const bytes = fs.readFileSync(path).toString("base64");
      fs.rmSync(path);
      return { bytes, stats: output.stats() };
    },
  };
}

function socket(): Made {
  const sender = new FakeSender();
  const output = new SocketWriter({
    sender,
    schema,
    queueBytesMax: queue.bytesMax,
    whenFull: "drop",
  });
  return {
    output,
    flush: () => undefined,
    end: async () => {
      output.close();
      return { packets: sender.packets.map(({ bytes }) => bytes.toString("base64")) };
    },
  };
}

const lines = () => stream((to) => new JsonWriter({ queue: to, schema, filename: "" }));

const makers: readonly (() => Made)[] = [
  () => file({}),
  () => file({ path: "a longer name, with which its header is longer.sf" }),
  () => file({ blockBytesMax: 1000 }),
  () => file({ codec: "null", blockBytesMax: 5000 }),
  () => file({ path: "every second/", rotateIntervalSec: 1 }),
  () => file({}, 20_000),
  socket,
  () => stream((to) => new ContainerStream({ queue: to, schema, markerSeed, flushMs: null })),
  lines,
  lines,
];
const all: OutputSet = 2 ** makers.length - 1;

type Step =
  | { readonly records: readonly SysFlowRecord[]; readonly to: OutputSet }
  | { readonly flushed: number }
  | { readonly seconds: number };

const anyRecord: fc.Arbitrary<SysFlowRecord> = fc
  .constantFrom(...recordKinds.filter((kind) => kind !== "SFHeader"))
  .chain(arbitraryRecord);

/** Too long for a packet, for a block, and for what has room for three of those. */
const longRecord: fc.Arbitrary<SysFlowRecord> = fc
  .tuple(arbitraryRecord("Process"), fc.constantFrom(17_000, 100_000, 400_000))
  .map(([record, length]) => ({ ...(record as Process), env: ["x".repeat(length)] }));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      records: fc
        .tuple(
          fc.array(fc.oneof({ weight: 40, arbitrary: anyRecord }, longRecord), { minLength: 1 }),
          fc.integer({ min: 1, max: 40 }),
        )
        .map(([records, times]) => Array.from({ length: times }, () => records).flat()),
      to: fc.oneof(fc.constant(all), fc.integer({ min: 1, max: all })),
    }),
  },
  fc.record({ flushed: fc.nat({ max: makers.length - 1 }) }),
  fc.record({ seconds: fc.constantFrom(0, 1) }),
);

function orFail(work: () => void): void {
  try {
    work();
  } catch (error) {
    // The disk that is full, where no output is left that works.
    expect(error).toBeInstanceOf(OperatorError);
  }
}

/** @param places of the outputs that take part. @returns what each of them has at the end */
async function run(places: readonly number[], steps: readonly Step[]): Promise<unknown[]> {
  const made = places.map((place) => (makers[place] as () => Made)());
  const fanOut = new FanOut(made.map(({ output }) => ({ output, onFailure: "goOn" })));
  const here = (to: OutputSet) =>
    places.reduce((set, place, at) => set | (((to >> place) & 1) << at), 0);
  let second = startSec;
  fanOut.header({ ...sampleHeader, version: schema });
  for (const step of steps) {
    if ("records" in step) {
      for (const record of step.records) orFail(() => give(fanOut, record, here(step.to)));
    } else if ("flushed" in step) {
      made[places.indexOf(step.flushed)]?.flush();
    } else {
      second += step.seconds;
      fanOut.rotateDue(second);
    }
  }
  const ends: unknown[] = [];
  for (const { end } of made) ends.push(await end());
  return ends;
}

/** Entities to some, all else to all. */
function give(fanOut: FanOut, record: SysFlowRecord, to: OutputSet): void {
  const toThem = <T>(send: (record: T, to: OutputSet) => void) => {
    return (each: T) => (to === 0 ? undefined : send.call(fanOut, each, to));
  };
  deliver(record, {
    ...fanOutAsReceiver(fanOut),
    container: toThem(fanOut.container),
    process: toThem(fanOut.process),
    file: toThem(fanOut.file),
    pod: toThem(fanOut.pod),
  });
}

test("each has what it has alone", async () => {
  const places = makers.map((_, place) => place);
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 10 }), async (steps) => {
      const beside = await run(places, steps);
      for (const place of places) {
        const [alone] = await run([place], steps);
        expect([place, beside[place]]).toEqual([place, alone]);
      }
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
