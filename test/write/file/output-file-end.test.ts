// What becomes of an output file: what it is opened as, its fate at the end, where it lies, what is taken
// back, and for how long an output may take nothing.

import { describe, expect, spyOn, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../../src/base/errors.ts";
import { OutputFile, type OutputFileOptions } from "../../../src/write/file/output-file.ts";
import { knownFile } from "../../../src/write/known-file.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";

const ten = Buffer.from("0123456789");
const quick = { exclusive: false, stallMsMax: 200 } as const;

function opened(options: Partial<OutputFileOptions> = {}) {
  const fake = new FakeFs();
  return { fake, file: new OutputFile("x", { ...quick, fs: fake, ...options }) };
}

/** What is no regular file, such as a pipe. */
function openedPipe(options: Partial<OutputFileOptions> = {}) {
  const fake = new FakeFs();
  fake.isRegular = false;
  fake.openSync("x", fs.constants.O_CREAT, 0);
  fake.calls.length = 0;
  return { fake, file: new OutputFile("x", { ...quick, fs: fake, ...options }) };
}

const closedLater = (file: OutputFile) =>
  new Promise<OperatorError | null>((resolve) => file.closeLater(resolve));

const systemError = (code: string) => Object.assign(new Error(code), { code });

function thrownBy(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return error as OperatorError;
  }
  throw new Error("nothing was thrown");
}

describe.each([
  ["at once", async (file: OutputFile) => file.close()],
  ["later", closedLater],
] as const)("closed %s, a file", (_, close) => {
  const names = ({ names }: FakeFs) => [...names.keys()];

  test("with records is synced and has its name", async () => {
    const { fake, file } = opened();
    expect([file.isPart, file.fate, file.name]).toEqual([true, "part", "x"]);
    file.write(ten, 1);
    await close(file);
    expect([file.fate, names(fake)]).toEqual(["named", ["x"]]);
    expect(fake.calls.slice(1)).toEqual([
      ...["sync x.part", "rename x", "close x.part", "sync .", "close ."],
    ]);
  });

  test("without any is gone, and its folder knows", async () => {
    const { fake, file } = opened();
    file.write(ten, 0);
    await close(file);
    expect([file.fate, names(fake)]).toEqual(["gone", []]);
    expect(fake.calls.slice(1)).toEqual(["close x.part", "sync .", "close ."]);
  });

  test.each([1, 0])("that was moved (%d records) is left where it is", async (records) => {
    const { fake, file } = opened();
    file.write(ten, records);
    fake.names.set("moved", fake.names.get("x.part") as never);
    fake.names.delete("x.part");
    fake.openSync("x.part", fs.constants.O_CREAT, 0);
    await close(file);
    expect(file.fate).toBe(records > 0 ? "gone" : "part");
    expect(names(fake)).toEqual(["moved", "x.part"]);
  });

  test("that has not all that was written stays a part file", async () => {
    const { fake, file } = opened();
    file.write(ten, 1);
    (fake.names.get("x.part") as { bytes: Buffer }).bytes = ten.subarray(1);
    await close(file);
    expect([file.fate, names(fake)]).toEqual(["part", ["x.part"]]);
  });

  test("is closed once", async () => {
    const { fake, file } = opened();
    expect((await close(file)) ?? null).toBeNull();
    file.close();
    expect(fake.calls.filter((call) => call === "close x.part")).toHaveLength(1);
  });

  test("that is a pipe is closed, and nothing else", async () => {
    const { fake, file } = openedPipe();
    expect([file.isPart, file.place]).toEqual([false, "here"]);
    file.write(ten, 1);
    fake.calls.length = 0;
    await close(file);
    expect([fake.calls, names(fake)]).toEqual([["close x"], ["x"]]);
    file.removePart();
    expect(names(fake)).toEqual(["x"]);
  });
});

test("what fails at the end is told with what may be left", async () => {
  const { fake, file } = opened();
  file.write(ten, 1);
  fake.faults.push({ call: "sync", code: "EIO" });
  const error = await closedLater(file);
  expect(error?.code).toBe("OUTPUT_WRITE_FAILED");
  expect(error?.message).toBe(
    "cannot complete x: input/output error (EIO); it may still be x.part",
  );
  const pipe = openedPipe();
  pipe.fake.faults.push({ call: "close", code: "EIO" });
  expect((await closedLater(pipe.file))?.message).toBe(
    "cannot complete x: input/output error (EIO)",
  );
});

describe("where it lies", () => {
  test("is its part file's name, as long as all of it is there", () => {
    const { fake, file } = opened();
    file.write(ten, 1);
    expect(file.place).toBe("here");
    const own = fake.names.get("x.part") as { bytes: Buffer };
    own.bytes = ten.subarray(0, 9);
    expect(file.place).toBe("cut");
    fake.names.delete("x.part");
    expect(file.place).toBe("gone");
    fake.openSync("x.part", fs.constants.O_CREAT, 0);
    expect(file.place).toBe("gone");
  });

  test("is no matter of what is no file", () => {
    const { fake, file } = openedPipe();
    fake.names.delete("x");
    expect(file.place).toBe("here");
  });

  test("may be made free", () => {
    const { fake, file } = opened();
    file.removePart();
    expect([...fake.names.keys()]).toEqual([]);
  });

  test("is another device's", () => {
    const { fake, file } = opened();
    const stats = fake.lstatSync("x.part");
    fake.lstatSync = () => ({ ...stats, dev: stats.dev + 1n });
    expect(file.place).toBe("gone");
  });
});

describe("what is taken back later", () => {
  const takenBack = (file: OutputFile) =>
    new Promise<[string, boolean]>((resolve) => {
      file.takeBackLater(systemError("ENOSPC"), ({ message }, isTorn) =>
        resolve([message, isTorn]),
      );
    });
  const full = "cannot write x at offset 10: no space left on device (ENOSPC)";

  test("is what lies behind the last whole write", async () => {
    const { fake, file } = opened();
    file.write(ten, 1);
    (fake.names.get("x.part") as { bytes: Buffer }).bytes = Buffer.concat([ten, ten]);
    expect(await takenBack(file)).toEqual([full, false]);
    expect(fake.files.get("x")?.toString()).toBe("0123456789");
  });

  test("and stays where it cannot be", async () => {
    const { fake, file } = opened();
    file.write(ten, 1);
    fake.faults.push({ call: "truncate", code: "EIO" });
    const torn = " (nor cut off the unfinished block there: input/output error (EIO))";
    expect(await takenBack(file)).toEqual([`${full}${torn}`, true]);
  });

  test("also in a file that took the place of a dead one", () => {
    const fake = new FakeFs();
    fake.openSync("x.part", fs.constants.O_CREAT, 0);
    const file = new OutputFile("x", { ...quick, fs: fake, lock: () => 0 });
    fake.capacity = 5;
    expect(() => file.write(ten, 1)).toThrow("ENOSPC");
    expect(fake.files.get("x")?.toString()).toBe("");
  });

  test("is nothing of a pipe", async () => {
    const { fake, file } = openedPipe();
    file.write(ten, 1);
    expect(await takenBack(file)).toEqual([full, false]);
    expect(fake.calls.filter((call) => call.startsWith("truncate"))).toEqual([]);
  });

  test("is nothing after the end", () => {
    const { fake, file } = opened();
    file.close();
    expect(file.takeBack()).toBe("");
    expect(fake.calls.filter((call) => call.startsWith("truncate"))).toEqual([]);
  });
});

describe("an output that takes nothing", () => {
  const again = { call: "write", code: "EAGAIN" } as const;

  test("is tried again so long, and not longer", () => {
    const { fake, file } = opened({ stallMsMax: 20 });
    fake.faults.push(again, again);
    file.write(ten, 1);
    expect([file.offset, file.records]).toEqual([10, 1]);
    fake.faults.push(again, again, again);
    expect(thrownBy(() => file.write(ten, 1)).message).toContain("at offset 10: ");
    expect(fake.faults).toEqual([]);
  });

  test("has its time anew once it takes something", () => {
    const { fake, file } = opened({ stallMsMax: 1 });
    const { writeSync } = fake;
    let turn = 0;
    fake.writeSync = (fd, bytes, offset) => {
      turn += 1;
      return turn % 2 === 0 ? writeSync.call(fake, fd, bytes, offset, 1) : 0;
    };
    file.write(ten, 1);
    expect([turn, fake.files.get("x")?.toString()]).toEqual([20, "0123456789"]);
  });

  test("is waited for", () => {
    const { fake, file } = opened({ stallMsMax: 60 });
    fake.faults.push(again, again, again, again);
    const start = performance.now();
    file.write(ten, 1);
    expect(performance.now() - start).toBeGreaterThan(35);
  });

  test("for any other reason is not tried again", () => {
    const { fake, file } = opened();
    fake.faults.push({ call: "write", code: "EIO" }, { call: "write", code: "EIO" });
    expect(thrownBy(() => file.write(ten, 1)).message).toContain("(EIO)");
    expect(fake.faults).toHaveLength(1);
  });

  test("without an error is told in words", () => {
    const { fake, file } = opened({ stallMsMax: 0 });
    fake.writeSync = () => 0;
    const error = thrownBy(() => file.write(ten, 1));
    expect(error.message).toBe("cannot write x at offset 0: it takes no more bytes");
  });

  test("is told with its place where it is given up", () => {
    const { file } = opened();
    file.write(ten, 1);
    expect([file.stallError.code, file.stallError.message]).toEqual([
      "OUTPUT_WRITE_FAILED",
      "cannot write x at offset 10: what was left at the end did not get there in time",
    ]);
  });
});

describe("a pipe that must not wait", () => {
  const { O_WRONLY, O_NONBLOCK } = fs.constants;

  test("is opened once more for that", () => {
    const { fake, file } = openedPipe({ isNonBlocking: true });
    const again = "/proc/self/fd/1";
    expect(fake.calls).toEqual([
      `open x ${(O_WRONLY | fs.constants.O_NOFOLLOW).toString(8)} 600`,
      `open ${again} ${(O_WRONLY | O_NONBLOCK).toString(8)} 0`,
      "close x",
    ]);
    file.write(ten, 1);
    expect([fake.files.get("x"), fake.files.get(again)].map(String)).toEqual(["", `${ten}`]);
  });

  test("is used as it is where that cannot be", () => {
    const fake = new FakeFs();
    fake.isRegular = false;
    fake.openSync("x", fs.constants.O_CREAT, 0);
    const { openSync } = fake;
    fake.openSync = (path, flags, mode) => {
      if (path.startsWith("/proc")) throw systemError("ENOENT");
      return openSync.call(fake, path, flags, mode);
    };
    const file = new OutputFile("x", { exclusive: false, fs: fake, isNonBlocking: true });
    const writes = spyOn(fake, "writeSync");
    file.write(ten, 1);
    expect(writes.mock.calls.map(([fd]) => fd)).toEqual([1]);
    expect(fake.files.get("x")?.toString()).toBe("0123456789");
    expect(fake.calls).not.toContain("close x");
  });

  test("is only what is no file", () => {
    const { fake } = opened({ isNonBlocking: true });
    expect(fake.calls.length).toBe(1);
    expect(openedPipe().fake.calls.length).toBe(1);
  });
});

describe("a standard stream", () => {
  const path = "/dev/stdout";

  test("that is a file is emptied, once it is known to be one, and has no other name", () => {
    const fake = new FakeFs();
    const file = new OutputFile(path, { exclusive: true, fs: fake });
    expect(fake.calls).toEqual([
      `open ${path} ${fs.constants.O_WRONLY.toString(8)} 600`,
      `truncate ${path} 0`,
    ]);
    file.write(ten, 1);
    file.close();
    expect([file.isPart, file.path, [...fake.names.keys()]]).toEqual([false, path, [path]]);
  });

  test("that is none is not", () => {
    const fake = new FakeFs();
    fake.isRegular = false;
    new OutputFile(path, { exclusive: false, fs: fake });
    expect(fake.calls.length).toBe(1);
  });

  test.each(["truncate", "close"])("that fails is closed, and the first error told: %s", (also) => {
    const fake = new FakeFs();
    fake.faults.push({ call: "truncate", code: "EIO" });
    if (also === "close") fake.faults.push({ call: "close", code: "EDQUOT" });
    const error = thrownBy(() => new OutputFile(path, { exclusive: false, fs: fake }));
    expect(error.message).toBe(`cannot create the output file ${path}: input/output error (EIO)`);
    expect(fake.calls.at(-1)).toBe(`close ${path}`);
  });
});

describe("an output that cannot be opened", () => {
  const openLater = (fake: FakeFs) =>
    new Promise<OutputFile | OperatorError>((resolve) => {
      OutputFile.openLater("x", { exclusive: false, fs: fake }, resolve);
    });

  test.each([
    ["EACCES", "; write elsewhere or change the rights of the folder"],
    ["EISDIR", '; end the path with "/" to write into it'],
    ["ELOOP", "; links are not followed, give the path it points to"],
    ["ENOENT", "; make its folder first"],
    ["ENOSPC", "; free some space or write elsewhere"],
    ["EROFS", "; write elsewhere"],
    ["EMFILE", ""],
  ])("is told with what helps: %s", async (code, remedy) => {
    const fake = new FakeFs();
    fake.faults.push({ call: "open", code }, { call: "open", code });
    const errors = [
      thrownBy(() => new OutputFile("x", { exclusive: false, fs: fake })),
      await openLater(fake),
    ];
    for (const error of errors as OperatorError[]) {
      expect([error.code, (error.cause as { code: string }).code]).toEqual([
        "OUTPUT_OPEN_FAILED",
        code,
      ]);
      const [, why = "", help = ""] =
        /^cannot create the output file x: ([^;]*)(.*)$/.exec(error.message) ?? [];
      expect([why.includes(code), help]).toEqual([true, remedy]);
    }
  });

  test("since it is something else already is told as that, and stays as it is", () => {
    const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-known-"));
    const path = join(folder, "capture");
    fs.writeFileSync(path, "precious");
    const known = [knownFile("the capture", path)].filter((each) => each !== null);
    const fd = fs.openSync(path, "r+");
    for (const place of [path, `/dev/fd/${fd}`]) {
      const error = thrownBy(() => new OutputFile(place, { exclusive: false, known }));
      expect(error.code).toBe("OUTPUT_IN_USE");
    }
    expect(fs.readFileSync(path, "utf8")).toBe("precious");
    expect(fs.readdirSync(folder)).toEqual(["capture"]);
    fs.closeSync(fd);
    fs.rmSync(folder, { recursive: true });
  });

  test("since another may write it is told as that, at once and later", async () => {
    const fake = new FakeFs();
    fake.openSync("x.part", fs.constants.O_CREAT, 0);
    const message =
      "cannot write x: another process seems to write it, there is x.part; " +
      "write elsewhere, or remove that file where no sysflow runs";
    const now = thrownBy(() => new OutputFile("x", { exclusive: false, fs: fake }));
    const later = (await openLater(fake)) as OperatorError;
    expect([now, later].map((error) => [error.code, error.message])).toEqual([
      ["OUTPUT_IN_USE", message],
      ["OUTPUT_IN_USE", message],
    ]);
    expect(await openLater(new FakeFs())).toBeInstanceOf(OutputFile);
  });
});
