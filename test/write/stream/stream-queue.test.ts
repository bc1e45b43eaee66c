// The queue before a stream, with the system's calls played: what each answer of a write leads to,
// when it is closed, and what is counted.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fs from "node:fs";
import type { OpenStream } from "../../../src/write/stream/open-stream.ts";
import { StreamQueue, type StreamQueueOptions } from "../../../src/write/stream/stream-queue.ts";

const real = { writev: fs.writev, close: fs.close, ftruncateSync: fs.ftruncateSync };

type Answer = (error: NodeJS.ErrnoException | null, count: number) => void;

/** Writes that nobody has answered, as text, and what was called beside. */
let writes: { readonly text: string; readonly answer: Answer }[] = [];
let calls: string[] = [];

beforeEach(() => {
  writes = [];
  calls = [];
  const played = (fd: number, views: readonly Uint8Array[], answer: Answer) => {
    expect(fd).toBe(7);
    writes.push({ text: Buffer.concat(views).toString(), answer });
  };
  fs.writev = played as unknown as typeof fs.writev;
  fs.close = ((fd: number) => calls.push(`close ${fd}`)) as unknown as typeof fs.close;
  fs.ftruncateSync = (fd, length) => {
    calls.push(`truncate ${fd} ${length}`);
  };
});

afterEach(() => {
  Object.assign(fs, real);
});

function opened(options: Partial<StreamQueueOptions> = {}, stream: Partial<OpenStream> = {}) {
  const open = { name: "x", descriptor: 7, isTerminal: false, isOwnFile: false, ...stream };
  return new StreamQueue(open, { bytesMax: 100, whenFull: "drop", ...options });
}

const block = (text: string) => Buffer.from(text);
const fault = (code: string) => Object.assign(new Error(code), { code });

/** The write that is under way. */
function answer(what: number | string): void {
  const write = writes.shift();
  if (write === undefined) {
    throw new Error("no write is under way");
  }
  if (typeof what === "string") {
    // The system tells no count then.
    write.answer(fault(what), undefined as unknown as number);
  } else {
    write.answer(null, what);
  }
}

const texts = () => writes.map(({ text }) => text);

async function nextWrite(): Promise<void> {
  const end = performance.now() + 10_000;
  while (writes.length === 0 && performance.now() < end) await Bun.sleep(1);
}

describe("a write", () => {
  test("is one at a time; what comes meanwhile goes together, after it", () => {
    const queue = opened();
    queue.write(block("one"), 1);
    queue.write(block("two"), 1);
    queue.write(block("three"), 1);
    expect(texts()).toEqual(["one"]);
    answer(3);
    expect(texts()).toEqual(["twothree"]);
    expect([queue.bytes, queue.bytesWritten]).toEqual([8, 3]);
    answer(8);
    expect(texts()).toEqual([]);
    expect([queue.bytes, queue.bytesWritten]).toEqual([0, 11]);
  });

  test("that takes a part is followed by one of the rest at once", () => {
    const queue = opened();
    queue.write(block("0123456789"), 1);
    answer(4);
    expect(texts()).toEqual(["456789"]);
    expect([queue.bytes, queue.bytesWritten]).toEqual([6, 4]);
  });

  test.each(["EAGAIN", 0])("that takes nothing is tried again after a moment: %p", async (what) => {
    const queue = opened();
    queue.write(block("0123"), 1);
    answer(what);
    expect(texts()).toEqual([]);
    // Not by the next block either: it waits for the moment to be over.
    queue.write(block("45"), 1);
    expect(texts()).toEqual([]);
    await nextWrite();
    expect(texts()).toEqual(["012345"]);
    expect([queue.failure, queue.failed, queue.bytesWritten, calls]).toEqual([null, 0, 0, []]);
  });

  test("that a signal has interrupted is tried again at once", () => {
    const queue = opened();
    queue.write(block("0123"), 1);
    answer("EINTR");
    expect(texts()).toEqual(["0123"]);
    expect(queue.failure).toBeNull();
  });
});

describe("a failure", () => {
  test("is told once; what was taken and what comes is counted; it is closed", () => {
    const queue = opened();
    queue.write(block("one"), 2);
    queue.write(block("two"), 3);
    answer("EIO");
    expect(queue.failure?.message).toBe("cannot write to x: input/output error (EIO)");
    expect(queue.failure?.code).toBe("OUTPUT_WRITE_FAILED");
    expect([queue.isReaderGone, queue.failed, queue.bytes]).toEqual([false, 5, 0]);
    expect(queue.untoldFailure()).toBe(queue.failure);
    expect(queue.untoldFailure()).toBeNull();
    queue.write(block("three"), 4);
    queue.end();
    expect([queue.failed, queue.bytes, queue.hasRoom]).toEqual([9, 0, true]);
    expect([texts(), calls]).toEqual([[], ["close 7"]]);
  });

  test("of a reader that has closed is nobody's fault, and not told", () => {
    const queue = opened();
    queue.write(block("one"), 2);
    answer("EPIPE");
    expect([queue.isReaderGone, queue.untoldFailure(), queue.failed]).toEqual([true, null, 2]);
  });

  test("leaves whole blocks in a file of ours", () => {
    const queue = opened({}, { isOwnFile: true });
    queue.write(block("whole"), 1);
    answer(5);
    queue.write(block("half"), 1);
    queue.write(block("none"), 1);
    answer(2);
    answer("ENOSPC");
    expect(calls).toEqual(["truncate 7 5", "close 7"]);
    expect(queue.failed).toBe(2);
  });

  test("is told though nothing can be taken back", () => {
    fs.ftruncateSync = () => {
      throw fault("EIO");
    };
    const queue = opened({}, { isOwnFile: true });
    queue.write(block("half"), 1);
    answer("ENOSPC");
    expect(queue.failure?.message).toContain("no space left on device (ENOSPC)");
    expect(calls).toEqual(["close 7"]);
  });

  test("cuts nothing off from what is no file of ours", () => {
    const queue = opened();
    queue.write(block("half"), 1);
    answer("ENOSPC");
    expect(calls).toEqual(["close 7"]);
  });

  test("ends the wait for the rest", async () => {
    const queue = opened();
    queue.write(block("half"), 1);
    const drained = queue.drained(60_000);
    answer("ENOSPC");
    expect(await drained).toBe(true);
    expect(await queue.drained(0)).toBe(true);
  });
});

describe("room", () => {
  test("is there below the bound; then records are left out until half of it is free", () => {
    const queue = opened({ bytesMax: 10 });
    queue.write(block("0123456789".slice(1)), 1);
    expect([queue.hasRoom, queue.isDropping, queue.takesAgain()]).toEqual([true, false, false]);
    queue.write(block("0"), 1);
    expect([queue.hasRoom, queue.isDropping, queue.takesAgain()]).toEqual([false, true, false]);
    answer(4);
    expect([queue.bytes, queue.hasRoom, queue.takesAgain()]).toEqual([6, true, false]);
    answer(1);
    expect([queue.bytes, queue.isDropping]).toEqual([5, true]);
    expect([queue.takesAgain(), queue.isDropping, queue.takesAgain()]).toEqual([
      ...[true, false, false],
    ]);
  });

  test("is waited for where the run can wait: nothing is left out", () => {
    const queue = opened({ bytesMax: 10, whenFull: "wait" });
    queue.write(block("0123456789"), 1);
    expect([queue.hasRoom, queue.isDropping]).toEqual([false, false]);
  });
});

describe("the end", () => {
  test("closes it once all is written, once", () => {
    const queue = opened();
    queue.write(block("one"), 1);
    queue.end();
    expect(calls).toEqual([]);
    answer(1);
    expect(calls).toEqual([]);
    answer(2);
    expect(calls).toEqual(["close 7"]);
    queue.end();
    expect([calls, queue.failure]).toEqual([["close 7"], null]);
  });

  test("closes what nothing was written to, but never standard output", () => {
    opened().end();
    opened({}, { descriptor: 1 }).end();
    expect(calls).toEqual(["close 7"]);
  });

  test("is waited for so long, and no longer", async () => {
    const queue = opened();
    expect(await queue.drained(0)).toBe(true);
    queue.write(block("one"), 1);
    expect(await queue.drained(1)).toBe(false);
    let isDrained = false;
    const drained = queue.drained(60_000).then((isAll) => {
      isDrained = true;
      return isAll;
    });
    answer(2);
    await Bun.sleep(1);
    expect(isDrained).toBe(false);
    answer(1);
    expect(await drained).toBe(true);
    // Later ones wait anew.
    queue.write(block("two"), 1);
    expect(await queue.drained(1)).toBe(false);
    answer(3);
    expect(await queue.drained(1)).toBe(true);
  });

  test("that is given up during a write counts all, and closes when that is back", () => {
    const queue = opened({}, { isOwnFile: true });
    queue.write(block("one"), 1);
    queue.write(block("two"), 2);
    queue.giveUp();
    expect([queue.failed, queue.bytes, calls]).toEqual([3, 0, []]);
    const told = queue.untoldFailure();
    expect(told?.code).toBe("OUTPUT_WRITE_FAILED");
    expect(told?.message).toEndWith("did not get there in time");
    answer(3);
    expect([calls, texts(), queue.bytesWritten]).toEqual([["close 7"], [], 0]);
  });

  test("that is given up between two tries closes too", async () => {
    const queue = opened();
    queue.write(block("one"), 1);
    answer("EAGAIN");
    queue.giveUp();
    expect(queue.failed).toBe(1);
    const end = performance.now() + 10_000;
    while (calls.length === 0 && performance.now() < end) await Bun.sleep(1);
    expect([calls, texts()]).toEqual([["close 7"], []]);
  });

  test("that has come is not given up", () => {
    const queue = opened();
    queue.write(block("one"), 1);
    answer(3);
    queue.giveUp();
    expect([queue.failure, queue.failed]).toEqual([null, 0]);
  });

  test("by a failure stays that one when it is given up as well", () => {
    const queue = opened();
    queue.write(block("one"), 1);
    answer("EIO");
    queue.giveUp();
    expect(queue.failure?.message).toContain("(EIO)");
  });
});
