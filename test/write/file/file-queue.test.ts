// The queue before the files of one output, call by call: who is told what, in which order files are
// opened and ended, and which of an error's remedies are for which policy. Bounds on files are played.

import { describe, expect, test } from "bun:test";
import type { OperatorError } from "../../../src/base/errors.ts";
import type { Lost } from "../../../src/write/byte-queue.ts";
import { FileQueue, type QueueOptions } from "../../../src/write/file/file-queue.ts";
import type { OutputFile } from "../../../src/write/file/output-file.ts";
import { OutputOpener } from "../../../src/write/file/output-opener.ts";
import type { Retention } from "../../../src/write/file/retention.ts";
import { Rotation } from "../../../src/write/file/rotation.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";

const ten = Buffer.from("0123456789");
const soonMs = 5000;
const head = () => ({ bytes: Buffer.from("head "), records: 1, bytesRaw: 1 });

/** Allows what it is told to. */
class FakeRetention {
  readonly seen: string[] = [];
  answers: ("yes" | "later" | "never")[] = [];
  isOpenAllowed = true;
  hasOldest = true;
  go: () => void = () => undefined;

  opened(name: string): void {
    this.seen.push(`opened ${name}`);
  }

  closed({ name, fate }: OutputFile): void {
    this.seen.push(`closed ${name} ${fate}`);
  }

  sizeChanged(change: number): void {
    this.seen.push(`size ${change}`);
  }

  mayWrite(_: number, go: () => void): string {
    this.go = go;
    return this.answers.shift() ?? "yes";
  }

  mayOpen(go: () => void): boolean {
    this.go = go;
    return this.isOpenAllowed;
  }

  removeOldest(done: (isRemoved: boolean) => void): void {
    this.seen.push("remove");
    queueMicrotask(() => done(this.hasOldest));
  }
}

function setup(options: Partial<QueueOptions> = {}, retention: FakeRetention | null = null) {
  const fake = new FakeFs();
  const told: string[] = [];
  const losses: Lost[] = [];
  const rotation = new Rotation({ path: "d/", isDirectory: false, intervalSec: 0 });
  const opener = new OutputOpener({
    ...{ rotation, known: undefined, fs: fake, lock: () => 0, isNonBlocking: true },
  });
  const queue = new FileQueue({
    options: { bytesMax: 100, whenFull: "drop", onDiskFull: "discard", ...options },
    opener,
    retention: retention as unknown as Retention | null,
    onTrouble: (error) => told.push(error === null ? "goes on" : `trouble ${codeOf(error)}`),
    onLeft: (lost, isCurrent) => {
      told.push(isCurrent ? "left" : "left an earlier one");
      losses.push(lost);
    },
    onFull: () => told.push("full"),
    onFailed: (error, lost) => {
      told.push(`failed ${codeOf(error)}`);
      losses.push(...lost);
    },
  });
  return {
    ...{ fake, told, losses, queue, opener },
    text: (name: string) => fake.files.get(name)?.toString(),
  };
}

const codeOf = ({ code, cause }: OperatorError) => (cause as { code?: string })?.code ?? code;
const settled = async () => {
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
};

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + soonMs;
  while (!isSo() && performance.now() < end) await Bun.sleep(1);
  expect(isSo()).toBe(true);
}

describe("files", () => {
  test("one after another: the next is opened once the one before is complete", async () => {
    const retention = new FakeRetention();
    const { fake, queue, opener, text, told } = setup({}, retention);
    const first = queue.begin(opener.open(1));
    fake.isStalled = true;
    first.write(ten, 1, 1);
    queue.end();
    const second = queue.beginLater(2, head);
    second.write(ten, 1, 1);
    expect([queue.isInOrder, queue.bytes, [...fake.names.keys()]]).toEqual([
      ...[false, 20, ["d/1.part"]],
    ]);
    fake.isStalled = false;
    fake.release();
    expect(await queue.drained(soonMs)).toBe(true);
    expect([text("d/1"), text("d/2"), queue.isInOrder]).toEqual([
      ...["0123456789", "head 0123456789", true],
    ]);
    queue.end();
    expect(await queue.drained(soonMs)).toBe(true);
    expect([...fake.names.keys()]).toEqual(["d/1", "d/2"]);
    expect(retention.seen).toEqual([
      ...["opened 1", "size 10", "closed 1 named"],
      ...["opened 2", "size 15", "closed 2 named"],
    ]);
    expect(told).toEqual([]);
  });

  test("that begin later are opened each in its turn", async () => {
    const { fake, queue, text } = setup();
    for (const second of [1, 2, 3]) {
      queue.beginLater(second, head).write(ten, 1, 1);
      expect(await queue.drained(soonMs)).toBe(true);
      queue.end();
    }
    expect(await queue.drained(soonMs)).toBe(true);
    expect(["d/1", "d/2", "d/3"].map(text)).toEqual(new Array(3).fill("head 0123456789"));
    expect([...fake.names.keys()]).toEqual(["d/1", "d/2", "d/3"]);
  });

  test("begin one at a time", () => {
    const { queue, opener } = setup();
    queue.begin(opener.open(1));
    expect(() => queue.begin(opener.open(2))).toThrow("assertion failed");
    expect(() => queue.beginLater(2, head)).toThrow("assertion failed");
    queue.end();
    queue.end();
    queue.beginLater(3, head);
  });

  test("are opened once their number allows it", async () => {
    const retention = new FakeRetention();
    retention.isOpenAllowed = false;
    const { fake, queue, text } = setup({}, retention);
    queue.beginLater(1, head).write(ten, 1, 1);
    await settled();
    expect([[...fake.names.keys()], await queue.drained(0)]).toEqual([[], false]);
    retention.isOpenAllowed = true;
    retention.go();
    expect(await queue.drained(soonMs)).toBe(true);
    expect(text("d/1")).toBe("head 0123456789");
  });

  test("that cannot be opened are tried again after a time, unless that ends it", async () => {
    const { fake, queue, text, told } = setup();
    fake.faults.push({ call: "open", code: "EROFS" });
    queue.beginLater(1, head).write(ten, 1, 1);
    await settled();
    expect(told).toEqual(["trouble EROFS"]);
    await until(() => text("d/2") !== undefined);
    expect(await queue.drained(soonMs)).toBe(true);
    expect(told).toEqual(["trouble EROFS", "goes on"]);

    const stopped = setup({ onDiskFull: "stop" });
    stopped.fake.faults.push({ call: "open", code: "EROFS" });
    stopped.queue.beginLater(1, head).write(ten, 1, 3);
    expect(await stopped.queue.drained(soonMs)).toBe(true);
    expect(stopped.told).toEqual(["failed EROFS"]);
    expect(stopped.losses).toEqual([{ records: 1, blocks: 1, bytes: 10, bytesRaw: 3 }]);
  });
});

describe("a full queue", () => {
  test("is told once, until there is room for half of it", async () => {
    const { fake, queue, opener, told } = setup({ bytesMax: 20 });
    const sink = queue.begin(opener.open(1));
    fake.isStalled = true;
    fake.writeBytesMax = 10;
    sink.write(ten, 1, 1);
    expect([told, queue.hasRoom, queue.takesAgain()]).toEqual([[], true, false]);
    sink.write(ten, 1, 1);
    expect([told, queue.hasRoom, queue.isInOrder]).toEqual([["full"], false, false]);
    sink.write(ten, 1, 1);
    expect([told, queue.takesAgain()]).toEqual([["full"], false]);
    fake.release();
    expect([queue.bytes, queue.takesAgain()]).toEqual([20, false]);
    fake.release();
    expect([queue.bytes, queue.isInOrder]).toEqual([10, false]);
    expect([queue.takesAgain(), queue.takesAgain(), queue.isInOrder]).toEqual([true, false, true]);
    fake.isStalled = false;
    fake.release();
    queue.end();
    expect(await queue.drained(soonMs)).toBe(true);
  });

  test("is not told to who waits", () => {
    const { fake, queue, opener, told } = setup({ bytesMax: 20, whenFull: "wait" });
    const sink = queue.begin(opener.open(1));
    fake.isStalled = true;
    for (let i = 0; i < 5; i++) sink.write(ten, 1, 1);
    expect([told, queue.hasRoom]).toEqual([[], false]);
  });
});

describe("a write that fails", () => {
  async function failing(code: string, options: Partial<QueueOptions>, hasRetention = true) {
    const retention = new FakeRetention();
    const all = setup(options, hasRetention ? retention : null);
    const sink = all.queue.begin(all.opener.open(1));
    sink.write(ten, 1, 2);
    await all.queue.drained(soonMs);
    all.fake.faults.push({ call: "write", code });
    sink.write(ten, 3, 4);
    await settled();
    return { ...all, retention };
  }

  test.each(["ENOSPC", "EIO"])("ends it where that was asked for: %s", async (code) => {
    for (const options of [{ onDiskFull: "stop" }, { onDiskFull: undefined }] as const) {
      const { told, losses, queue } = await failing(code, options as Partial<QueueOptions>);
      expect(told).toEqual([`failed ${code}`]);
      expect(losses).toEqual([{ records: 3, blocks: 1, bytes: 10, bytesRaw: 4 }]);
      expect(await queue.drained(0)).toBe(true);
      queue.giveUp();
      expect(told.length).toBe(1);
    }
  });

  test.each(["ENOSPC", "EDQUOT"])("for a full disk is waited for: %s", async (code) => {
    const { told, queue, text } = await failing(code, {});
    expect([told, text("d/1")]).toEqual([[`trouble ${code}`], "0123456789"]);
    expect(await queue.drained(soonMs)).toBe(true);
    expect([told, text("d/1")]).toEqual([[`trouble ${code}`, "goes on"], "01234567890123456789"]);
  });

  test("again and again is told each time, and that it goes on once", async () => {
    const { fake, queue, opener, told, text } = setup();
    const sink = queue.begin(opener.open(1));
    fake.faults.push({ call: "write", code: "ENOSPC" }, { call: "write", code: "ENOSPC" });
    sink.write(Buffer.from("1"), 1, 1);
    expect(await queue.drained(soonMs)).toBe(true);
    for (const digit of ["2", "3"]) {
      sink.write(Buffer.from(digit), 1, 1);
      expect(await queue.drained(soonMs)).toBe(true);
    }
    expect(told).toEqual(["trouble ENOSPC", "trouble ENOSPC", "goes on"]);
    expect(text("d/1")).toBe("123");
  });

  test("and cannot be taken back ends it where that was asked for", async () => {
    const { fake, queue, opener, told } = setup({ onDiskFull: "stop" });
    fake.faults.push({ call: "write", code: "ENOSPC" }, { call: "truncate", code: "EIO" });
    queue.begin(opener.open(1)).write(ten, 1, 1);
    await settled();
    expect(told).toEqual(["failed ENOSPC"]);
  });

  test("for a full disk has the oldest file removed, and goes on at once", async () => {
    const { told, retention, text } = await failing("ENOSPC", { onDiskFull: "drop-oldest" });
    expect([told, text("d/1")]).toEqual([["trouble ENOSPC", "goes on"], "01234567890123456789"]);
    expect(retention.seen).toEqual(["opened 1", "size 10", "size 0", "remove", "size 10"]);
  });

  test("waits where no old file is kept, or is left", async () => {
    const { told, queue } = await failing("ENOSPC", { onDiskFull: "drop-oldest" }, false);
    expect(told).toEqual(["trouble ENOSPC"]);
    expect(await queue.drained(soonMs)).toBe(true);
    const retention = new FakeRetention();
    retention.hasOldest = false;
    const none = setup({ onDiskFull: "drop-oldest" }, retention);
    const sink = none.queue.begin(none.opener.open(1));
    none.fake.faults.push({ call: "write", code: "ENOSPC" });
    sink.write(ten, 1, 1);
    await settled();
    expect(none.told).toEqual(["trouble ENOSPC"]);
    expect(await none.queue.drained(soonMs)).toBe(true);
  });

  test.each(["discard", "drop-oldest"] as const)(
    "for another reason has the file left: %s",
    async (onDiskFull) => {
      const { told, losses, retention, queue, text } = await failing("EIO", { onDiskFull });
      expect(told).toEqual(["trouble EIO", "trouble EIO", "left"]);
      expect(losses).toEqual([{ records: 3, blocks: 1, bytes: 10, bytesRaw: 4 }]);
      expect([text("d/1"), retention.seen.at(-1)]).toEqual(["0123456789", "closed 1 named"]);
      expect([queue.isInOrder, await queue.drained(0)]).toEqual([true, true]);
      queue.beginLater(2, head);
      expect(await queue.drained(soonMs)).toBe(true);
      expect([told.at(-1), text("d/2")]).toEqual(["goes on", "head "]);
    },
  );
});

describe("a write that fails", () => {
  test("in a file that has ended leaves the one that was begun", async () => {
    const { fake, queue, opener, told, losses, text } = setup();
    const first = queue.begin(opener.open(1));
    first.write(ten, 1, 1);
    await queue.drained(soonMs);
    fake.isStalled = true;
    first.write(ten, 2, 2);
    queue.end();
    queue.beginLater(2, head).write(ten, 3, 3);
    fake.faults.push({ call: "write", code: "EIO" });
    fake.isStalled = false;
    fake.release();
    expect(await queue.drained(soonMs)).toBe(true);
    await settled();
    expect(told).toEqual(["trouble EIO", "trouble EIO", "left an earlier one", "goes on"]);
    expect(losses).toEqual([{ records: 2, blocks: 1, bytes: 10, bytesRaw: 2 }]);
    expect([text("d/1"), text("d/2")]).toEqual(["0123456789", "head 0123456789"]);
  });

  test("to what is no file ends it, whatever was asked for", async () => {
    const { fake, queue, told } = setup();
    fake.isRegular = false;
    fake.openSync("x", 0, 0);
    const rotation = new Rotation({ path: "x", isDirectory: false, intervalSec: 0 });
    const opener = new OutputOpener({
      ...{ rotation, known: undefined, fs: fake, lock: () => 0, isNonBlocking: true },
    });
    fake.faults.push({ call: "write", code: "ENOSPC" });
    queue.begin(opener.open(1)).write(ten, 1, 1);
    await settled();
    expect(told).toEqual(["failed ENOSPC"]);
  });
});

test("bytes that are above any bound have their file left, which is told, and so is what follows", async () => {
  const retention = new FakeRetention();
  retention.answers = ["never"];
  const { queue, opener, told, losses, text } = setup({}, retention);
  queue.begin(opener.open(1)).write(ten, 1, 1);
  await settled();
  expect(told).toEqual(["trouble OUTPUT_WRITE_FAILED", "left"]);
  expect(losses).toEqual([{ records: 1, blocks: 1, bytes: 10, bytesRaw: 1 }]);
  queue.beginLater(2, head);
  expect(await queue.drained(soonMs)).toBe(true);
  expect([told.at(-1), text("d/1"), text("d/2")]).toEqual(["goes on", undefined, "head "]);
});

describe("the end of a file", () => {
  test.each([
    ["stop", ["failed EIO"]],
    ["discard", ["trouble EIO"]],
  ] as const)("that fails, where the policy is %s", async (onDiskFull, wanted) => {
    const retention = new FakeRetention();
    const { fake, queue, opener, told } = setup({ onDiskFull }, retention);
    queue.begin(opener.open(1)).write(ten, 1, 1);
    await queue.drained(soonMs);
    fake.faults.push({ call: "sync", code: "EIO" });
    queue.end();
    expect(await queue.drained(soonMs)).toBe(true);
    expect(told).toEqual([...wanted]);
    expect(retention.seen.at(-1)).toBe(onDiskFull === "stop" ? "size 10" : "closed 1 part");
  });

  test("is waited for so long, and then given up", async () => {
    const { fake, queue, opener, told, losses } = setup();
    queue.giveUp();
    const sink = queue.begin(opener.open(1));
    queue.giveUp();
    expect(told).toEqual([]);
    fake.isStalled = true;
    sink.write(ten, 1, 1);
    queue.end();
    queue.beginLater(2, head).write(ten, 2, 2);
    expect(await queue.drained(10)).toBe(false);
    const drained = queue.drained(soonMs);
    queue.giveUp();
    queue.giveUp();
    expect(await drained).toBe(true);
    expect(told).toEqual(["failed OUTPUT_WRITE_FAILED"]);
    expect(losses.map(({ records }) => records)).toEqual([1, 2]);
    fake.isStalled = false;
    fake.release();
    await settled();
    expect([...fake.names.keys()]).toEqual([]);
  });

  test("that is given up while the next is opened has that closed", async () => {
    const { fake, queue, told } = setup();
    fake.isStalled = true;
    let heads = 0;
    const counted = () => {
      heads += 1;
      return head();
    };
    queue.beginLater(1, counted).write(ten, 1, 1);
    queue.giveUp();
    expect(told).toEqual(["failed OUTPUT_WRITE_FAILED"]);
    fake.isStalled = false;
    fake.release();
    await settled();
    expect(fake.calls.filter((call) => call === "close d/1.part")).toHaveLength(1);
    expect([[...fake.names.keys()], heads]).toEqual([[], 0]);
  });

  test("that was given up fails once, also where the next cannot be opened", async () => {
    const { fake, queue, told, losses } = setup({ onDiskFull: "stop" });
    fake.isStalled = true;
    queue.beginLater(1, head).write(ten, 1, 1);
    queue.giveUp();
    fake.faults.push({ call: "open", code: "EROFS" });
    fake.isStalled = false;
    fake.release();
    await settled();
    expect([told, losses.length]).toEqual([["failed OUTPUT_WRITE_FAILED"], 1]);
  });
});
