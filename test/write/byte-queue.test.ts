// The queue of bytes against a slow and simple one: whatever comes and goes, in pieces of any size.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ByteQueue } from "../../src/write/byte-queue.ts";

const chunkBytes = 128 * 1024;

/** So many bytes, which tell where each of them was. */
function counting(length: number, from = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (from + i) % 251);
}

const out = (queue: ByteQueue) => Buffer.concat(queue.views());

/** Every block as it was given, and how many bytes are out. */
class SlowQueue {
  blocks: { readonly bytes: Uint8Array; readonly records: number; readonly raw: number }[] = [];
  out = 0;
  whole = 0;
  wholeRecords = 0;

  get bytes(): Buffer {
    return Buffer.concat(this.blocks.map(({ bytes }) => bytes));
  }

  advance(count: number): void {
    this.out += count;
    for (let [first] = this.blocks; first !== undefined && first.bytes.length <= this.out; ) {
      this.out -= first.bytes.length;
      this.whole += first.bytes.length;
      this.wholeRecords += first.records;
      this.blocks.shift();
      [first] = this.blocks;
    }
  }
}

type Turn =
  | { readonly push: number; readonly records: number; readonly raw: number }
  | { readonly out: number }
  | "rewind"
  | "lose";

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.constantFrom(chunkBytes - 1, chunkBytes, chunkBytes + 1),
  fc.integer({ min: 1, max: 2 * chunkBytes }),
);
const turns = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ push: sizes, records: fc.nat(9), raw: fc.nat(3) }) },
    { weight: 5, arbitrary: fc.record({ out: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 1, arbitrary: fc.constantFrom<Turn>("rewind", "lose") },
  ),
  { maxLength: 40 },
);

test("gives what came in its order, forgets blocks that are out whole, and counts what is lost", () => {
  fc.assert(
    fc.property(turns, (all: readonly Turn[]) => {
      const queue = new ByteQueue();
      const slow = new SlowQueue();
      let given = 0;
      for (const turn of all) {
        if (turn === "rewind") {
          queue.rewind();
          slow.out = 0;
        } else if (turn === "lose") {
          expect(queue.lose()).toEqual({
            records: slow.blocks.reduce((sum, { records }) => sum + records, 0),
            blocks: slow.blocks.filter(({ raw }) => raw > 0).length,
            bytes: slow.bytes.length,
            bytesRaw: slow.blocks.reduce((sum, { raw }) => sum + raw, 0),
          });
          slow.blocks = [];
          slow.out = 0;
        } else if ("push" in turn) {
          const bytes = counting(turn.push, given);
          given += turn.push;
          queue.push(bytes, turn.records, turn.raw);
          slow.blocks.push({ bytes: bytes.slice(), records: turn.records, raw: turn.raw });
          // It has a copy.
          bytes.fill(255);
        } else {
          const count = Math.round(out(queue).length * turn.out);
          queue.advance(count);
          slow.advance(count);
        }
        const waiting = slow.bytes.subarray(slow.out);
        const views = out(queue);
        expect(views.equals(waiting.subarray(0, views.length))).toBe(true);
        expect(views.length === 0).toBe(waiting.length === 0);
        expect([queue.bytes, queue.whole, queue.wholeRecords]).toEqual([
          waiting.length,
          slow.whole,
          slow.wholeRecords,
        ]);
      }
    }),
    { numRuns: 60 },
  );
});

describe("a block that is out in part", () => {
  test("is given again from its beginning, once what was out of it was taken back", () => {
    const queue = new ByteQueue();
    queue.push(counting(10), 1, 1);
    queue.push(counting(10, 10), 1, 1);
    queue.advance(13);
    expect([...out(queue)]).toEqual([...counting(7, 13)]);
    queue.rewind();
    expect([queue.whole, queue.bytes]).toEqual([10, 10]);
    expect([...out(queue)]).toEqual([...counting(10, 10)]);
  });

  test("is kept in the middle of a chunk, over the end of one, and over several", () => {
    const queue = new ByteQueue();
    queue.push(counting(10), 1, 1);
    queue.push(counting(3 * chunkBytes, 10), 1, 1);
    for (const count of [10, chunkBytes - 20, 15, chunkBytes]) {
      const waiting = queue.bytes;
      queue.advance(count);
      const views = out(queue);
      expect([queue.whole, queue.bytes, views.length]).toEqual([
        ...[10, waiting - count, waiting - count],
      ]);
      const at = 3 * chunkBytes + 10 - views.length;
      expect(views.equals(counting(views.length, at))).toBe(true);
    }
    queue.advance(queue.bytes);
    expect([queue.whole, queue.wholeRecords]).toEqual([3 * chunkBytes + 10, 2]);
  });

  test("is lost as a whole, with those behind it; the next one follows", () => {
    const queue = new ByteQueue();
    for (const i of [0, 1, 2]) queue.push(counting(10, 10 * i), i + 1, i);
    queue.advance(15);
    expect(queue.lose()).toEqual({ records: 5, blocks: 2, bytes: 20, bytesRaw: 3 });
    expect([queue.whole, queue.wholeRecords, queue.bytes]).toEqual([10, 1, 0]);
    expect(queue.lose()).toEqual({ records: 0, blocks: 0, bytes: 0, bytesRaw: 0 });
    queue.push(counting(5), 7, 1);
    expect([...out(queue)]).toEqual([...counting(5)]);
    queue.advance(5);
    expect([queue.whole, queue.wholeRecords, queue.bytes]).toEqual([15, 8, 0]);
  });

  test("has several whole ones before it, and all count", () => {
    const queue = new ByteQueue();
    for (const i of [0, 1, 2, 3]) queue.push(counting(10, 10 * i), 10 ** i, 1);
    queue.advance(25);
    expect([queue.whole, queue.wholeRecords]).toEqual([20, 11]);
    queue.advance(15);
    expect([queue.whole, queue.wholeRecords, queue.bytes]).toEqual([40, 1111, 0]);
  });
});

describe("what comes first", () => {
  test("stands before all that was queued, and is out before it", () => {
    const queue = new ByteQueue();
    queue.push(counting(10), 2, 7);
    queue.push(counting(5, 10), 1, 3);
    const head = Uint8Array.of(99, 98, 97);
    queue.pushFirst(head, 1, 4);
    expect([...out(queue)]).toEqual([99, 98, 97, ...counting(15)]);
    queue.advance(4);
    expect([queue.whole, queue.wholeRecords, queue.bytes]).toEqual([3, 1, 14]);
    queue.advance(9);
    expect([queue.whole, queue.wholeRecords]).toEqual([13, 3]);
    expect(queue.lose()).toEqual({ records: 1, blocks: 1, bytes: 5, bytesRaw: 3 });
  });

  test("is lost and counted like any other", () => {
    const queue = new ByteQueue();
    queue.push(counting(10), 2, 7);
    queue.pushFirst(counting(3), 1, 0);
    expect(queue.lose()).toEqual({ records: 3, blocks: 1, bytes: 13, bytesRaw: 7 });
    expect(queue.bytes).toBe(0);
  });
});

describe("memory", () => {
  const memoryOf = (queue: ByteQueue) => queue.views().map(({ buffer }) => buffer);

  test("is the same again where all is out as fast as it comes", () => {
    const queue = new ByteQueue();
    const used = new Set<ArrayBufferLike>();
    for (let i = 0; i < 10; i++) {
      queue.push(counting(chunkBytes), 1, 1);
      for (const each of memoryOf(queue)) used.add(each);
      queue.advance(chunkBytes);
    }
    expect(used.size).toBe(1);
  });

  test("of a chunk that is not full takes what comes next", () => {
    const queue = new ByteQueue();
    queue.push(counting(chunkBytes - 10), 1, 1);
    queue.push(counting(10), 1, 1);
    expect(queue.views().map(({ length }) => length)).toEqual([chunkBytes]);
    for (const last of [1, 2]) {
      queue.push(counting(1), 1, 1);
      expect(queue.views().map(({ length }) => length)).toEqual([chunkBytes, last]);
    }
  });

  test("of half a megabyte is kept after a stall, no more", () => {
    const queue = new ByteQueue();
    queue.push(counting(10 * chunkBytes), 1, 1);
    const first = memoryOf(queue);
    queue.advance(10 * chunkBytes);
    queue.push(counting(10 * chunkBytes), 1, 1);
    const kept = memoryOf(queue).filter((each) => first.includes(each));
    expect([first.length, kept.length]).toEqual([10, 4]);
  });

  test("of two megabytes at most is handed over at once", () => {
    const queue = new ByteQueue();
    queue.push(counting(20 * chunkBytes), 1, 1);
    expect(queue.views().map(({ length }) => length)).toEqual(Array(16).fill(chunkBytes));
    // Of a block that is not out whole all is kept, but what is out is not handed over again.
    queue.advance(16 * chunkBytes + 1);
    expect(queue.views().map(({ length }) => length)).toEqual([
      ...[chunkBytes - 1, chunkBytes, chunkBytes, chunkBytes],
    ]);
  });
});
