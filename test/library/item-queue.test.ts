// The queue before an iterator: what happens where the program is slower than the run, and where it
// leaves.

import { describe, expect, test } from "bun:test";
import { Log } from "../../src/base/log.ts";
import { ItemQueue } from "../../src/library/item-queue.ts";
import { StopFlag } from "../../src/run/stop-flag.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import {
  sampleChild,
  sampleHeader,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";

function opened(itemsMax: number, read: string | null) {
  const flag = new StopFlag();
  const queue = new ItemQueue(itemsMax, flag);
  const { output } = queue.open({ read, log: new Log(), beforeRotation: () => undefined });
  output.header(sampleHeader);
  output.process(sampleChild());
  const event = (ts: number) => output.processEvent(sampleProcessEvent(op.OP_EXEC, ts));
  return { event, flag, output, queue };
}

function tallies({ losses, leftOut }: ReturnType<ItemQueue["report"]>): readonly number[] {
  return [...losses, ...leftOut].map(({ count }) => count);
}

describe("a live run", () => {
  test("drops what does not fit, until half is free, and then wants all entities again", () => {
    const { event, output, queue } = opened(4, null);
    for (let ts = 1; ts <= 6; ts++) {
      event(ts);
    }
    expect(output.rotateDue(1)).toBe(false);
    expect(queue.take().map(({ record }) => record.kind)).toEqual([
      "SFHeader",
      "Process",
      "ProcessEvent",
      "ProcessEvent",
    ]);
    // There is room, but entities may be missing from what was dropped.
    event(7);
    expect(queue.take()).toEqual([]);
    expect(output.rotateDue(2)).toBe(true);
    expect(output.rotateDue(3)).toBe(false);
    event(8);
    const [item] = queue.take();
    expect(item?.ts).toBe(nanoseconds(8));
    expect(item?.process?.exe).toBe(sampleChild().exe);
    expect(tallies(queue.report())).toEqual([5, 0]);
  });

  test("takes no room for dropped ones that came before a tick with room", () => {
    const { event, output, queue } = opened(2, null);
    event(1);
    expect(output.rotateDue(1)).toBe(false);
    queue.take();
    expect(output.rotateDue(1)).toBe(true);
  });
});

describe("a replay", () => {
  test("is asked to wait, and goes on when the program has taken", async () => {
    const { event, queue } = opened(3, "x.scap");
    expect(queue.hasRoom).toBe(true);
    for (let ts = 1; ts <= 6; ts++) {
      event(ts);
    }
    expect(queue.hasRoom).toBe(false);
    expect(await queue.drained(5)).toBe(false);
    const drained = queue.drained(60_000);
    expect(queue.take()).toHaveLength(8);
    expect(await drained).toBe(true);
    expect(tallies(queue.report())).toEqual([0, 0]);
  });

  test("may end while the program has not taken everything", async () => {
    const { event, queue } = opened(1, "x.scap");
    event(1);
    queue.close();
    expect(await queue.drained(60_000)).toBe(true);
    queue.end();
    expect(queue.take()).toHaveLength(3);
    await queue.ready();
    expect(queue.take()).toEqual([]);
  });
});

test("who waits is woken by the first item, and by the end", async () => {
  const { event, queue } = opened(9, null);
  queue.take();
  const ready = queue.ready();
  event(1);
  await ready;
  expect(queue.take()).toHaveLength(1);
  const end = queue.ready();
  queue.end();
  await end;
});

test("a program that leaves ends the run, and what was for it is counted", async () => {
  const { event, flag, queue } = opened(2, "x.scap");
  const drained = queue.drained(60_000);
  queue.leave();
  expect(await drained).toBe(true);
  event(1);
  expect(flag.reason).toBe("the program takes no more");
  expect(queue.over).toBe("the program takes no more");
  expect(queue.take()).toEqual([]);
  expect(tallies(queue.report())).toEqual([0, 3]);
});

function nanoseconds(lo: number): bigint {
  const { tsHi } = sampleProcessEvent(op.OP_EXEC, lo);
  return (BigInt(tsHi) << 32n) | BigInt(lo);
}
