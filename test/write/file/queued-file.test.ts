// One file behind its queue, call by call: what each answer of the disk and of those who are asked leads
// to, and what is left of what was queued.

import { describe, expect, spyOn, test } from "bun:test";
import { OperatorError } from "../../../src/base/errors.ts";
import { OutputFile } from "../../../src/write/file/output-file.ts";
import {
  QueuedFile,
  type QueuedFileEvents,
  type Remedy,
} from "../../../src/write/file/queued-file.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";

const ten = Buffer.from("0123456789");
const soonMs = 5000;

/** @param events what is answered otherwise than by "go on" */
function setup(events: Partial<QueuedFileEvents> = {}, isOpen = true) {
  const fake = new FakeFs();
  const newFile = () => new OutputFile("x", { exclusive: false, fs: fake });
  const file = isOpen ? newFile() : null;
  const seen: string[] = [];
  const sizes: number[] = [];
  const queued = new QueuedFile(file, {
    onEmpty: () => seen.push("empty"),
    onEnded: (_, error) => seen.push(`ended: ${error?.message ?? "whole"}`),
    onFailed: (error, toBeLeft) => seen.push(`${toBeLeft ? "leave" : "fail"}: ${error.message}`),
    mayWrite: () => "yes",
    onSize: (change) => sizes.push(change),
    onTrouble: (error) => seen.push(`trouble: ${error.message}`),
    ...events,
  });
  return {
    ...{ fake, file, newFile, queued, seen, sizes },
    sum: () => sizes.reduce((sum, change) => sum + change, 0),
    text: () => fake.files.get("x")?.toString(),
    /** Until there is nothing under way that the fake could end. */
    settled: async () => {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + soonMs;
  while (!isSo() && performance.now() < end) await Bun.sleep(1);
  expect(isSo()).toBe(true);
}

const full = "cannot write x at offset 10: no space left on device (ENOSPC)";

describe("what is queued", () => {
  test("is written in its order; that all is out is told, and its size", async () => {
    const { queued, seen, settled, text, sum, file } = setup();
    queued.write(ten, 1, 3);
    queued.write(Buffer.from("abc"), 2, 3);
    expect([queued.bytes, queued.isOpen, queued.isPart]).toEqual([13, true, true]);
    await settled();
    expect([text(), queued.bytes, sum()]).toEqual(["0123456789abc", 0, 13]);
    expect([file?.offset, file?.records, seen.at(-1)]).toEqual([13, 3, "empty"]);
    queued.end();
    await settled();
    expect(seen.at(-1)).toBe("ended: whole");
  });

  test("is closed only once it is out, and what fails then is told", async () => {
    const { fake, queued, seen, settled, text } = setup();
    fake.writeBytesMax = 3;
    queued.write(ten, 1, 1);
    queued.end();
    await until(() => text() === "0123456789");
    await settled();
    expect(seen).toEqual(["empty", "ended: whole"]);
    const other = setup();
    other.queued.write(ten, 1, 1);
    other.queued.end();
    other.fake.faults.push({ call: "sync", code: "EIO" });
    await until(() => other.seen.length === 2);
    expect(other.seen[1]).toStartWith("ended: cannot complete x: input/output error (EIO)");
  });

  test("of a file that is not open waits, behind what the file begins with", async () => {
    const { queued, newFile, settled, text } = setup({}, false);
    queued.write(ten, 1, 1);
    expect([queued.isOpen, queued.isPart, queued.bytes]).toEqual([false, false, 10]);
    expect([queued.stallError.code, queued.stallError.message]).toEqual([
      "OUTPUT_WRITE_FAILED",
      "cannot open the next output file: the one before it was not complete in time",
    ]);
    queued.opened(newFile(), Buffer.from("head "), 1, 5);
    await settled();
    expect(text()).toBe("head 0123456789");
    expect(queued.stallError.message).toStartWith("cannot write x at offset 15: ");
  });

  test.each(["EAGAIN", "EINTR"])("is tried again after %s", async (code) => {
    const { fake, queued, text } = setup();
    fake.faults.push({ call: "write", code });
    queued.write(ten, 1, 1);
    await until(() => text() === "0123456789");
  });

  test("is tried again where nothing was taken", async () => {
    const { fake, queued, text } = setup();
    const { writev } = fake;
    let turn = 0;
    fake.writev = (fd, views, done) => {
      turn += 1;
      if (turn === 1) setImmediate(() => done(null, 0));
      else writev.call(fake, fd, views, done);
    };
    queued.write(ten, 1, 1);
    await until(() => text() === "0123456789");
    expect(turn).toBe(2);
  });

  test("is not tried without a pause where nothing is taken", async () => {
    const { fake, queued, settled } = setup();
    let turns = 0;
    fake.writev = (_fd, _views, done) => {
      turns += 1;
      setImmediate(() => done(null, 0));
    };
    queued.write(ten, 1, 1);
    await settled();
    queued.giveUp();
    expect(turns).toBeLessThan(20);
  });
});

describe("who is asked before bytes are written", () => {
  test("is told how many, and may put it off", async () => {
    const asked: number[] = [];
    let go: () => void = () => undefined;
    const { queued, seen, settled, text } = setup({
      mayWrite: (bytes, again) => {
        asked.push(bytes);
        go = again;
        return asked.length === 1 ? "later" : "yes";
      },
    });
    queued.write(ten, 1, 1);
    queued.write(ten, 1, 1);
    await settled();
    expect([asked, text(), seen]).toEqual([[10], "", []]);
    go();
    await settled();
    expect([asked, text()]).toEqual([[10, 20], "01234567890123456789"]);
  });

  test("may refuse: the file is to be left, without asking for a remedy", async () => {
    const { queued, seen, settled, text } = setup({ mayWrite: () => "never" });
    queued.write(ten, 1, 1);
    await settled();
    expect(seen).toEqual([
      "leave: cannot write x at offset 0: it would be more than --keep-bytes allows",
    ]);
    expect(text()).toBe("");
  });

  test("may answer when it was given up: the file is closed then", async () => {
    let go: () => void = () => undefined;
    const { fake, queued, settled } = setup({
      mayWrite: (_, again) => {
        go = again;
        return "later";
      },
    });
    queued.write(ten, 1, 1);
    queued.giveUp();
    expect(fake.calls.some((call) => call === "close x.part")).toBe(false);
    go();
    await settled();
    expect(fake.calls.filter((call) => call === "close x.part")).toHaveLength(1);
  });
});

describe("a write that failed", () => {
  /** Ten bytes are out, ten do not fit: five of them were written. */
  async function fullAt15(remedy: Remedy, isTorn = false) {
    const told: string[] = [];
    const all = setup({
      onTrouble: (error, then) => {
        told.push(error.message);
        all.fake.capacity = Number.POSITIVE_INFINITY;
        then(remedy);
      },
    });
    all.queued.write(ten, 1, 1);
    await all.settled();
    all.fake.capacity = 15;
    if (isTorn) {
      const { writev } = all.fake;
      let turn = 0;
      all.fake.writev = (fd, views, done) => {
        turn += 1;
        writev.call(all.fake, fd, views, done);
        if (turn === 2) all.fake.faults.push({ call: "truncate", code: "EIO" });
      };
    }
    all.queued.write(ten, 1, 1);
    await all.settled();
    return { ...all, told };
  }

  test("leaves whole blocks, and goes on where that is the remedy", async () => {
    const { told, seen, sum, text } = await fullAt15("again");
    expect(told).toEqual([full]);
    expect([text(), sum()]).toEqual(["01234567890123456789", 20]);
    expect(seen.filter((each) => each !== "empty")).toEqual([]);
  });

  test.each(["leave", "fail"] as const)("is told of where the remedy is %s", async (remedy) => {
    const { fake, queued, seen, sum, text } = await fullAt15(remedy);
    expect(seen.at(-1)).toBe(`${remedy}: ${full}`);
    expect([text(), sum(), queued.bytes]).toEqual(["0123456789", 10, 10]);
    queued.giveUp();
    expect(fake.calls).toContain("close x.part");
  });

  test("is tried again after a time where that is waited for", async () => {
    const { text } = await fullAt15("wait");
    expect(text()).toBe("0123456789");
    await until(() => text() === "01234567890123456789");
  });

  test.each([
    ["again", "leave"],
    ["wait", "leave"],
    ["fail", "fail"],
  ] as const)("and cannot be taken back ends the file: %s becomes %s", async (remedy, end) => {
    const { seen, sum, text } = await fullAt15(remedy, true);
    expect(seen.at(-1)).toStartWith(`${end}: ${full} (nor cut off the unfinished block there: `);
    expect([text(), sum()]).toEqual(["012345678901234", 15]);
  });
});

describe("what was given up", () => {
  test("while a write was under way is taken back, and the file closed then", async () => {
    const { fake, queued, seen, settled, text, sum } = setup();
    queued.write(ten, 1, 2);
    await settled();
    fake.isStalled = true;
    queued.write(ten, 3, 4);
    queued.write(ten, 5, 6);
    expect(queued.giveUp()).toEqual({ records: 8, blocks: 2, bytes: 20, bytesRaw: 10 });
    expect(fake.calls).not.toContain("close x.part");
    fake.isStalled = false;
    fake.release();
    await settled();
    expect(text()).toBe("0123456789");
    expect(fake.calls.filter((call) => call === "close x.part")).toHaveLength(1);
    expect([sum(), seen]).toEqual([20, ["empty"]]);
    queued.write(ten, 1, 1);
    expect(queued.bytes).toBe(0);
  });

  test("while it was waited for another try is closed at once, and not tried", async () => {
    const { fake, queued, text } = setup();
    const { writev } = fake;
    let turns = 0;
    fake.writev = (fd, views, done) => {
      turns += 1;
      writev.call(fake, fd, views, done);
    };
    fake.faults.push({ call: "write", code: "EAGAIN" });
    queued.write(ten, 1, 1);
    await new Promise((resolve) => setImmediate(resolve));
    await until(() => fake.faults.length === 0);
    const cleared = spyOn(globalThis, "clearTimeout");
    expect(queued.giveUp().records).toBe(1);
    expect(cleared).toHaveBeenCalledTimes(1);
    cleared.mockRestore();
    expect(fake.calls).toContain("close x.part");
    await Bun.sleep(30);
    expect([turns, text()]).toEqual([1, undefined]);
    expect(fake.calls.filter((call) => call === "close x.part")).toHaveLength(1);
  });
});

describe("what was given up", () => {
  test("while it was tried again is closed after that", async () => {
    const { fake, queued, settled } = setup();
    const { writev } = fake;
    let turns = 0;
    fake.writev = (fd, views, done) => {
      turns += 1;
      fake.isStalled = turns === 2;
      writev.call(fake, fd, views, done);
    };
    fake.faults.push({ call: "write", code: "EAGAIN" });
    queued.write(ten, 1, 1);
    await until(() => turns === 2);
    queued.giveUp();
    expect(fake.calls).not.toContain("close x.part");
    fake.isStalled = false;
    fake.release();
    await settled();
    expect(fake.calls.filter((call) => call === "close x.part")).toHaveLength(1);
  });

  test("while what failed was taken back is closed after that, and no remedy is asked for", async () => {
    const { fake, queued, seen, settled, text } = setup();
    queued.write(ten, 1, 1);
    await settled();
    fake.capacity = 15;
    const { ftruncate } = fake;
    let isTaken = false;
    fake.ftruncate = (fd, length, done) => {
      isTaken = true;
      fake.isStalled = true;
      ftruncate.call(fake, fd, length, done);
    };
    queued.write(ten, 1, 1);
    await until(() => isTaken);
    queued.giveUp();
    expect(fake.calls).not.toContain("close x.part");
    fake.isStalled = false;
    fake.release();
    await settled();
    expect(fake.calls.filter((call) => call === "close x.part")).toHaveLength(1);
    expect([seen, text()]).toEqual([["empty"], "0123456789"]);
  });
});

describe("what was given up", () => {
  test("or left before it was open is just lost", () => {
    const { queued } = setup({}, false);
    queued.write(ten, 1, 1);
    expect(queued.leave(() => expect.unreachable()).records).toBe(1);
  });

  test("before it was open is closed when it is", async () => {
    const { fake, queued, newFile } = setup({}, false);
    queued.write(ten, 1, 1);
    expect(queued.giveUp().records).toBe(1);
    queued.opened(newFile(), ten, 1, 1);
    expect(fake.calls).toContain("close x.part");
    expect(queued.bytes).toBe(0);
  });

  test("and cannot be closed is no second failure", () => {
    const { fake, queued, seen } = setup();
    fake.faults.push({ call: "close", code: "EIO" });
    queued.giveUp();
    expect(seen).toEqual([]);
  });

  test("at its end is not ended as well", async () => {
    const { fake, queued, seen, settled } = setup();
    fake.isStalled = true;
    queued.end();
    queued.giveUp();
    fake.isStalled = false;
    fake.release();
    await settled();
    expect(seen).toEqual([]);
  });

  test("since it is left has what is out, and its name", async () => {
    const { fake, file, queued, seen, settled } = setup();
    queued.write(ten, 1, 2);
    await settled();
    fake.capacity = 10;
    queued.write(ten, 3, 4);
    await settled();
    const { promise, resolve } = Promise.withResolvers<OutputFile>();
    expect(queued.leave(resolve)).toEqual({ records: 3, blocks: 1, bytes: 10, bytesRaw: 4 });
    expect(await promise).toBe(file as OutputFile);
    expect([file?.fate, fake.files.get("x")?.toString()]).toEqual(["named", "0123456789"]);
    queued.write(ten, 1, 1);
    expect([queued.bytes, seen]).toEqual([0, ["empty", `trouble: ${full}`]]);
  });
});

test("errors that are told are an operator's", async () => {
  const errors: unknown[] = [];
  const { fake, queued, settled } = setup({ onTrouble: (error) => errors.push(error) });
  fake.faults.push({ call: "write", code: "EIO" });
  queued.write(ten, 1, 1);
  await settled();
  expect(errors[0]).toBeInstanceOf(OperatorError);
});
