// The life of a part file, call by call: how it is made and locked, how a dead one is removed, and how
// it gets its name on file systems that lack something.

import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { runNow, step } from "../../../src/write/file/output-fs.ts";
import {
  isAt,
  isLockedElsewhere,
  type LockFile,
  lstatOrNull,
  makePart,
  publish,
  removeDeadPart,
  syncFolder,
  takeLock,
} from "../../../src/write/file/part-file.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = fs.constants;
const free = () => 0;
const taken = () => 11;
const noLocks = () => 95;

function withFile(name: string): FakeFs {
  const fake = new FakeFs();
  fake.openSync(name, O_CREAT, 0);
  fake.calls.length = 0;
  return fake;
}

const names = (fake: FakeFs) => [...fake.names.keys()];
const opens = (fake: FakeFs) => fake.calls.filter((call) => call.startsWith("open "));

test.each<[string, LockFile | undefined, boolean, boolean]>([
  ["free", free, true, false],
  ["another's", taken, false, true],
  ["not known there", noLocks, true, true],
  ["not to be had", undefined, true, true],
])("a lock that is %s", (_, lock, isTaken, isElsewhere) => {
  expect([takeLock(3, lock), isLockedElsewhere(3, lock)]).toEqual([isTaken, isElsewhere]);
});

describe("what is not there", () => {
  test.each(["ENOENT", "ENOTDIR"])("is nothing: %s", (code) => {
    const fake = withFile("x");
    fake.lstatSync = () => {
      throw Object.assign(new Error(code), { code });
    };
    expect(runNow(fake, lstatOrNull("x"))).toBeNull();
  });

  test("or may not be looked at is told apart", () => {
    const fake = withFile("x");
    fake.lstatSync = () => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    };
    expect(() => runNow(fake, lstatOrNull("x"))).toThrow("EACCES");
  });
});

describe("a part file", () => {
  test("is made anew, to be appended to, through no link, and for its owner", () => {
    const fake = new FakeFs();
    runNow(fake, makePart("x.part", free));
    const flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW;
    expect(opens(fake)).toEqual([`open x.part ${flags.toString(8)} 600`]);
  });

  test("is made where there are no locks", () => {
    expect(runNow(new FakeFs(), makePart("x.part", noLocks))).toBe(0);
  });

  test.each<[string, LockFile, (fake: FakeFs) => void]>([
    ["locked", taken, () => undefined],
    ["removed", free, (fake) => fake.names.delete("x.part")],
    [
      "replaced",
      free,
      (fake) => {
        fake.names.delete("x.part");
        fake.openSync("x.part", O_CREAT, 0);
      },
    ],
  ])("that another has %s meanwhile is none of ours, and closed", (_, lock, act) => {
    const fake = new FakeFs();
    const make = () =>
      runNow(
        fake,
        makePart("x.part", (fd) => {
          act(fake);
          return lock(fd);
        }),
      );
    expect(make).toThrow("EEXIST");
    expect(fake.calls.at(-1)).toBe("close x.part");
  });

  test("of a dead writer is removed, and closed; it is no pipe's end that would be waited for", () => {
    const fake = withFile("x.part");
    expect(runNow(fake, removeDeadPart("x.part", free))).toBe(true);
    const flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
    expect(fake.calls).toEqual([`open x.part ${flags.toString(8)} 600`, "close x.part"]);
    expect(names(fake)).toEqual([]);
  });

  test.each([[taken], [noLocks], [undefined]])("of one that may live stays: %p", (lock) => {
    const fake = withFile("x.part");
    expect(runNow(fake, removeDeadPart("x.part", lock))).toBe(false);
    expect([names(fake), fake.calls.at(-1)]).toEqual([["x.part"], "close x.part"]);
  });

  test("that cannot be removed is closed all the same", () => {
    const fake = withFile("x.part");
    fake.faults.push({ call: "unlink", code: "EIO" });
    expect(() => runNow(fake, removeDeadPart("x.part", free))).toThrow("EIO");
    expect(fake.calls.at(-1)).toBe("close x.part");
  });
});

test("a name leads to an open file, to another, or to nothing", () => {
  const fake = new FakeFs();
  const [x, y] = [fake.openSync("x", O_CREAT, 0), fake.openSync("y", O_CREAT, 0)];
  const at = (path: string, fd: number) => runNow(fake, isAt(path, fd));
  expect([at("x", x), at("y", y), at("x", y), at("z", x)]).toEqual([true, true, false, false]);
  const own = fake.fstatSync(x);
  fake.lstatSync = () => ({ ...own, dev: own.dev + 1n });
  expect(at("x", x)).toBe(false);
});

describe("its name", () => {
  test("may replace another where it need not be new", () => {
    const fake = withFile("x.part");
    fake.openSync("x", O_CREAT, 0);
    runNow(fake, publish("x.part", "x", false));
    expect([names(fake), fake.calls.at(-1)]).toEqual([["x"], "rename x"]);
  });

  test("that must be new is linked first, and the other taken away", () => {
    const fake = withFile("x.part");
    const file = fake.names.get("x.part");
    runNow(fake, publish("x.part", "x", true));
    expect(fake.calls).toEqual(["link x"]);
    expect([...fake.names]).toEqual([["x", file as never]]);
  });

  test.each(["EPERM", "ENOSYS", "EOPNOTSUPP", "ENOTSUP", "EMLINK"])(
    "without links (%s) is made first, for its owner, and then replaced",
    (code) => {
      const fake = withFile("x.part");
      const file = fake.names.get("x.part");
      fake.faults.push({ call: "link", code });
      runNow(fake, publish("x.part", "x", true));
      const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
      expect(fake.calls.slice(1)).toEqual([
        `open x ${flags.toString(8)} 600`,
        "close x",
        "rename x",
      ]);
      expect([...fake.names]).toEqual([["x", file as never]]);
    },
  );

  test("that has been taken is left to who has it, with links and without", () => {
    for (const faults of [[], [{ call: "link", code: "EPERM" }]]) {
      const fake = withFile("x.part");
      fake.openSync("x", O_CREAT, 0);
      fake.faults.push(...faults);
      expect(() => runNow(fake, publish("x.part", "x", true))).toThrow("EEXIST");
      expect(names(fake)).toEqual(["x.part", "x"]);
    }
  });

  test("is not made otherwise after any other failure", () => {
    const fake = withFile("x.part");
    fake.faults.push({ call: "link", code: "EIO" });
    expect(() => runNow(fake, publish("x.part", "x", true))).toThrow("EIO");
    expect([names(fake), opens(fake)]).toEqual([["x.part"], []]);
  });
});

describe("the folder", () => {
  test("is synced and closed, also where that fails", () => {
    const fake = new FakeFs();
    runNow(fake, syncFolder("d/x"));
    fake.faults.push({ call: "sync", code: "EIO" });
    expect(() => runNow(fake, syncFolder("d/x"))).toThrow("EIO");
    expect(fake.calls).toEqual(["sync d", "close d", "sync d", "close d"]);
  });

  test("that may not be read is left alone", () => {
    const fake = new FakeFs();
    fake.openSync = () => {
      throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    };
    runNow(fake, syncFolder("d/x"));
    expect(fake.calls).toEqual([]);
  });
});

test("steps that catch what a call throws go on with the next", () => {
  const fake = withFile("x");
  fake.faults.push({ call: "link", code: "EIO" });
  function* steps() {
    try {
      yield* step.link("x", "y");
    } catch {
      return yield* step.lstat("x");
    }
    return null;
  }
  expect(runNow(fake, steps())?.ino).toBe(1n);
});
