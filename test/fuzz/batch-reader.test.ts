// Batches with damaged words: reading one ends, and either gives values or fails an assertion. A
// batch is made by native code of ours, so damage means a bug there, which must show as one here.

import { expect, test } from "bun:test";
import { type BatchHandler, type BatchView, readBatch } from "../../src/capture/batch-reader.ts";
import * as at from "../../src/capture/layout.gen.ts";
import { buildBatch, type TestRecord } from "../support/collect/batch-builder.ts";

const rounds = 20_000;
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);

const records: readonly TestRecord[] = [
  { kind: "container", container: 1, id: "3ad7b26ded6d", name: "web", image: "nginx" },
  { kind: "process", process: 1, pid: 2, exe: "/bin/a", args: ["-x", "", "y"], env: ["A=1"] },
  { kind: "processText", process: 1, part: "env", piece: "B=2" },
  { kind: "path", object: 1, path: "/tmp/é" },
  { kind: "socket", object: 2 },
  { kind: "tick", ts: 5_000_000_001n },
  { kind: "processOp", ts: 1n, process: 1, tid: 1, op: at.NATIVE_SETUID, text: "root" },
  { kind: "descriptorOp", ts: 1n, process: 1, tid: 1, op: at.NATIVE_OPEN, fd: 3, object: 1 },
  { kind: "io", ts: 1n, process: 1, tid: 1, fd: 3, object: 1, readOps: 1, readBytes: 7 },
  { kind: "pathOp", ts: 1n, process: 1, tid: 1, op: at.NATIVE_MKDIR, object: 1 },
  { kind: "objectReset" },
  { kind: "processGone", process: 1 },
];

/** Reads every string there is, as the collector does. */
class StringReader implements BatchHandler {
  process(batch: BatchView, p: number): void {
    for (const span of [at.PROCESS_EXE, at.PROCESS_USER, at.PROCESS_GROUP, at.PROCESS_CWD]) {
      batch.string(p + span);
      batch.stringOrSame(p + span, "/bin/a");
    }
    batch.strings(p + at.PROCESS_ARGS, batch.u32[p + at.PROCESS_ARG_COUNT] as number);
    batch.strings(p + at.PROCESS_ENV, batch.u32[p + at.PROCESS_ENV_COUNT] as number);
  }
  processText(batch: BatchView, p: number): void {
    batch.copyBytes(p + at.PROCESS_TEXT_PIECE);
  }
  container(batch: BatchView, p: number): void {
    for (const span of [at.CONTAINER_ID, at.CONTAINER_NAME, at.CONTAINER_IMAGE]) {
      batch.string(p + span);
    }
  }
  path(batch: BatchView, p: number): void {
    batch.string(p + at.PATH_PATH);
    batch.copyBytes(p + at.PATH_PATH);
    batch.hasBytes(p + at.PATH_PATH, Buffer.from("/tmp/a"));
  }
  processOp(batch: BatchView, p: number): void {
    batch.string(p + at.PROCESS_OP_TEXT);
  }
  processGone(): void {}
  socket(): void {}
  objectReset(): void {}
  tick(): void {}
  descriptorOp(): void {}
  io(): void {}
  pathOp(): void {}
}

test(`damaged batches (FUZZ_SEED=${seed})`, () => {
  const random = generator(seed);
  const reader = new StringReader();
  const whole = buildBatch(records);
  const words = whole.u32.slice(0, whole.byteLength / 4);
  const odd = [0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    whole.u32.set(words);
    for (let changes = 1 + (random() % 3); changes > 0; changes--) {
      const place = random() % words.length;
      whole.u32[place] = random() % 2 === 0 ? (odd[random() % odd.length] as number) : random();
    }
    try {
      readBatch(whole, reader);
    } catch (error) {
      if (!(error as Error).message.startsWith("assertion failed")) throw error;
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(rounds / 10);
  expect(refused).toBeLessThan(rounds);
});

/** A 32-bit xorshift: the same numbers for the same seed on every machine. */
function generator(start: number): () => number {
  let state = start | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
