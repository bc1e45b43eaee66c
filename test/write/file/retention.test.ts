// The bounds on an output's files, each met exactly: what is allowed at once, what waits until an old
// file has gone, and what never is. The files are real, and small.

import { afterAll, beforeEach, describe, expect, spyOn, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutputFile } from "../../../src/write/file/output-file.ts";
import { type KeepOptions, Retention } from "../../../src/write/file/retention.ts";
import { keepAll } from "../../../src/write/file/upkeep.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-retention-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

let folder = "";
let faults: string[] = [];
beforeEach(() => {
  folder = fs.mkdtempSync(join(base, "each-"));
  faults = [];
});

const form = () => ({ folder, prefix: "o.", suffix: ".sf" });
const nameOf = (stamp: number) => `o.${stamp}.sf`;
const put = (name: string, bytes: number) =>
  fs.writeFileSync(join(folder, name), Buffer.alloc(bytes));
const left = () => fs.readdirSync(folder).sort();
const retentionOf = (keep: Partial<KeepOptions>) =>
  new Retention(form(), { ...keepAll, ...keep }, { onFault: (message) => faults.push(message) });

/** After a scan, so that bounds hold. */
async function scanned(keep: Partial<KeepOptions>): Promise<Retention> {
  const retention = retentionOf(keep);
  await retention.scan();
  return retention;
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!isSo() && performance.now() < end) await Bun.sleep(1);
  expect(isSo()).toBe(true);
}

/** The answer, and what resolves when it is worth asking again. */
function asked<Answer>(ask: (go: () => void) => Answer): [Answer, Promise<void>] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [ask(resolve), promise];
}

const closed = (stamp: number, bytes: number, fate: OutputFile["fate"]) =>
  ({ name: nameOf(stamp), offset: bytes, fate }) as OutputFile;

describe("bytes", () => {
  test("without a bound are allowed, though nothing was looked at yet", () => {
    expect(retentionOf({}).mayWrite(2 ** 50, () => undefined)).toBe("yes");
  });

  test("with one wait until what is there was looked at", async () => {
    put(nameOf(1), 6);
    const retention = retentionOf({ bytes: 10 });
    const [answer, again] = asked((go) => retention.mayWrite(1, go));
    expect(answer).toBe("later");
    await retention.scan();
    await again;
    expect(retention.mayWrite(4, () => undefined)).toBe("yes");
    expect(left()).toEqual([nameOf(1)]);
  });

  test("up to the bound are allowed; above it the oldest goes first, and then it is asked anew", async () => {
    put(nameOf(2), 3);
    put(nameOf(10), 3);
    const retention = await scanned({ bytes: 10 });
    expect(retention.mayWrite(4, () => undefined)).toBe("yes");
    const [answer, again] = asked((go) => retention.mayWrite(5, go));
    expect(answer).toBe("later");
    await again;
    expect(left()).toEqual([nameOf(10)]);
    expect([retention.removed, retention.removedBytes]).toEqual([1, 3]);
    expect(retention.mayWrite(7, () => undefined)).toBe("yes");
  });

  test("above the bound by themselves never are, once nothing is left to remove", async () => {
    put(nameOf(1), 3);
    const retention = await scanned({ bytes: 10 });
    const [answer, again] = asked((go) => retention.mayWrite(11, go));
    // While one is being removed there may be room soon.
    expect([answer, retention.mayWrite(11, () => undefined)]).toEqual(["later", "later"]);
    await again;
    expect(retention.mayWrite(11, () => undefined)).toBe("never");
    expect(retention.mayWrite(10, () => undefined)).toBe("yes");
  });

  test("of files being written count, and those that were taken back do not", async () => {
    const retention = await scanned({ bytes: 10 });
    retention.sizeChanged(6);
    expect(retention.mayWrite(5, () => undefined)).toBe("never");
    retention.sizeChanged(-1);
    expect(retention.mayWrite(5, () => undefined)).toBe("yes");
  });

  test("of part files of others count, until these have become something else", async () => {
    put(`${nameOf(1)}.part`, 6);
    put("other.1.sf.part", 1000);
    const retention = retentionOf({ bytes: 10 });
    expect(await retention.scan()).toEqual([{ name: `${nameOf(1)}.part`, bytes: 6 }]);
    expect(retention.mayWrite(5, () => undefined)).toBe("never");
    retention.othersChanged(-6);
    expect(retention.mayWrite(10, () => undefined)).toBe("yes");
  });

  test.each([
    ["named", "later"],
    ["part", "never"],
    ["gone", "yes"],
  ] as const)("of a file that was closed and is %s", async (fate, answer) => {
    const retention = await scanned({ bytes: 10 });
    retention.opened(nameOf(1));
    retention.sizeChanged(6);
    retention.closed(closed(1, 6, fate));
    expect(retention.mayWrite(4, () => undefined)).toBe("yes");
    expect(retention.mayWrite(5, () => undefined)).toBe(answer);
    expect(retention.mayOpen(() => undefined)).toBe(true);
  });

  test("of a file that got a name of another form are nothing that may be removed", async () => {
    const retention = await scanned({ bytes: 10 });
    retention.add("elsewhere", 6);
    expect(retention.mayWrite(4, () => undefined)).toBe("yes");
    expect(retention.mayWrite(5, () => undefined)).toBe("never");
  });

  test("already above the bound at the start are removed until they are not", async () => {
    for (const stamp of [1, 2, 3, 4, 5]) put(nameOf(stamp), 5);
    const retention = await scanned({ bytes: 10 });
    await until(() => retention.removed === 3);
    await Bun.sleep(10);
    expect(left()).toEqual([4, 5].map(nameOf));
  });
});

const notAsked = () => expect.unreachable();

describe("files", () => {
  test("without a bound, and before they were looked at, are allowed", async () => {
    put(nameOf(1), 1);
    expect(retentionOf({ files: 1 }).mayOpen(notAsked)).toBe(true);
    expect((await scanned({})).mayOpen(notAsked)).toBe(true);
    expect(left()).toEqual([nameOf(1)]);
  });

  test("are allowed below the bound, those being written with them", async () => {
    put(nameOf(1), 1);
    const retention = await scanned({ files: 3 });
    expect(retention.mayOpen(notAsked)).toBe(true);
    retention.opened(nameOf(2));
    expect(retention.mayOpen(notAsked)).toBe(true);
    retention.opened(nameOf(3));
    const [isAllowed, again] = asked((go) => retention.mayOpen(go));
    expect(isAllowed).toBe(false);
    await again;
    expect([left(), retention.mayOpen(notAsked)]).toEqual([[], true]);
  });

  test("that are all being written hold none back", async () => {
    const retention = await scanned({ files: 1 });
    retention.opened(nameOf(1));
    expect(retention.mayOpen(notAsked)).toBe(true);
  });

  test("are removed where one more is whole, the oldest by their names, whenever they came", async () => {
    for (const stamp of [5, 30, 4]) put(nameOf(stamp), 1);
    const retention = await scanned({ files: 3 });
    retention.add(nameOf(20), 1);
    await until(() => retention.removed === 1);
    retention.opened(nameOf(40));
    retention.tidy();
    await until(() => retention.removed === 2);
    await Bun.sleep(10);
    // The one that is named last is not there at all.
    expect([left(), retention.removed]).toEqual([[nameOf(30)], 2]);
  });
});

describe("files", () => {
  test("as many as are kept are not too many, and one that was closed is no open one", async () => {
    for (const stamp of [1, 2]) put(nameOf(stamp), 1);
    const retention = await scanned({ files: 4 });
    retention.opened(nameOf(3));
    retention.closed(closed(3, 1, "named"));
    expect(retention.mayOpen(notAsked)).toBe(true);
    retention.opened(nameOf(4));
    retention.tidy();
    await Bun.sleep(10);
    expect([left(), retention.removed]).toEqual([[1, 2].map(nameOf), 0]);
  });

  test("are not removed before it was looked at what there is", async () => {
    for (const stamp of [1, 2]) put(nameOf(stamp), 1);
    const retention = retentionOf({ files: 1 });
    retention.add(nameOf(3), 1);
    retention.tidy();
    await Bun.sleep(10);
    expect(left()).toEqual([1, 2].map(nameOf));
  });

  test("of our names that are none are passed by", async () => {
    fs.mkdirSync(join(folder, nameOf(1)));
    fs.symlinkSync("/dev/null", join(folder, nameOf(2)));
    put(nameOf(3), 1);
    const retention = await scanned({ files: 1 });
    retention.opened(nameOf(4));
    retention.tidy();
    await until(() => retention.removed === 1);
    await Bun.sleep(10);
    expect(left()).toEqual([1, 2].map(nameOf));
  });

  test("of one time go in the order in which they came", async () => {
    for (const name of ["o.07.sf", "o.7.sf"]) put(name, 1);
    const retention = await scanned({});
    await new Promise((resolve) => retention.removeOldest(resolve));
    expect(left()).toEqual(["o.7.sf"]);
  });

  test("whose part file is being written are not looked at", async () => {
    put(`${nameOf(1)}.part`, 100);
    const retention = retentionOf({ bytes: 10 });
    retention.opened(nameOf(1));
    expect(await retention.scan()).toEqual([]);
    expect(retention.mayWrite(10, notAsked)).toBe("yes");
  });

  test("are not kept beyond an age, counted from their last change", async () => {
    const now = 1_700_000_000_000;
    const clock = spyOn(Date, "now").mockReturnValue(now);
    try {
      for (const [stamp, ageMs] of [
        [1, 75_001],
        [2, 75_000],
      ] as const) {
        put(nameOf(stamp), 1);
        const changed = (now - ageMs) / 1000;
        fs.utimesSync(join(folder, nameOf(stamp)), changed, changed);
      }
      const retention = await scanned({ ageSec: 75 });
      await until(() => retention.removed === 1);
      retention.tidy();
      await Bun.sleep(10);
      expect(left()).toEqual([nameOf(2)]);
      clock.mockReturnValue(now + 1);
      retention.tidy();
      await until(() => retention.removed === 2);
      retention.tidy();
    } finally {
      clock.mockRestore();
    }
  });
});

describe("room on a full disk", () => {
  const make = (retention: Retention) =>
    new Promise<boolean>((resolve) => {
      retention.removeOldest(resolve);
    });

  test("is made by the oldest file, as long as there is one", async () => {
    put(nameOf(1), 1);
    put(nameOf(2), 1);
    const retention = await scanned({});
    expect(await make(retention)).toBe(true);
    expect(left()).toEqual([nameOf(2)]);
    expect([await make(retention), await make(retention)]).toEqual([true, false]);
    expect(retention.removed).toBe(2);
  });

  test("may be asked for twice, and one removal serves both, once", async () => {
    for (const stamp of [1, 2]) put(nameOf(stamp), 1);
    const retention = await scanned({});
    let answers = 0;
    retention.removeOldest(() => {
      answers += 1;
    });
    expect(await make(retention)).toBe(true);
    expect([retention.removed, answers, left()]).toEqual([1, 1, [nameOf(2)]]);
    await make(retention);
    expect([retention.removed, answers]).toEqual([2, 1]);
  });

  test("is not made by what has gone, or is no file of ours any more", async () => {
    for (const stamp of [1, 2]) put(nameOf(stamp), 4);
    const retention = await scanned({ bytes: 10 });
    for (const stamp of [1, 2]) fs.rmSync(join(folder, nameOf(stamp)));
    fs.mkdirSync(join(folder, nameOf(2)));
    expect([await make(retention), await make(retention)]).toEqual([false, false]);
    expect([left(), retention.removed, faults]).toEqual([[nameOf(2)], 0, []]);
    expect(retention.mayWrite(10, () => undefined)).toBe("yes");
  });

  test("is not made by a file that cannot be removed: that is told, and it counts on", async () => {
    put(nameOf(1), 4);
    const retention = await scanned({ bytes: 10 });
    const error = Object.assign(new Error("x"), { code: "EPERM" });
    const unlink = spyOn(fs.promises, "unlink").mockRejectedValue(error);
    expect([await make(retention), await make(retention)]).toEqual([false, false]);
    unlink.mockRestore();
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^cannot remove the old file \/.*\/o\.1\.sf: .*\(EPERM\); it stays$/);
    expect(retention.mayWrite(6, () => undefined)).toBe("yes");
    expect(retention.mayWrite(7, () => undefined)).toBe("never");
  });

  test("is not made by one that goes while it is removed", async () => {
    put(nameOf(1), 4);
    const retention = await scanned({ bytes: 10 });
    const error = Object.assign(new Error("x"), { code: "ENOENT" });
    const unlink = spyOn(fs.promises, "unlink").mockRejectedValue(error);
    expect(await make(retention)).toBe(false);
    unlink.mockRestore();
    expect(faults).toEqual([]);
    expect(retention.mayWrite(10, () => undefined)).toBe("yes");
  });
});

test("a folder that is not there has no files", async () => {
  const retention = new Retention({ ...form(), folder: join(folder, "none") }, keepAll, {
    onFault: expect.unreachable,
  });
  expect(await retention.scan()).toEqual([]);
});
