// One output file: how it is opened, partial and refused writes, and a full disk.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../../src/base/errors.ts";
import { OutputFile } from "../../../src/write/file/output-file.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-output-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const ten = Buffer.from("0123456789");

describe("opening", () => {
  test("a new file belongs to its owner only", () => {
    const path = join(folder, "new");
    const file = new OutputFile(path, { exclusive: false });
    file.write(ten, 1);
    expect(fs.statSync(`${path}.part`).mode & 0o777).toBe(0o600);
    file.close();
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
  });

  test("an existing regular file is replaced at the end, and stays as it is until then", () => {
    const path = join(folder, "old");
    fs.writeFileSync(path, "a longer text than the new one");
    const file = new OutputFile(path, { exclusive: false });
    file.write(ten, 1);
    expect(fs.readFileSync(path, "utf8")).toBe("a longer text than the new one");
    file.close();
    expect(fs.readFileSync(path, "utf8")).toBe("0123456789");
  });

  test("a symbolic link is not followed, and what it points to is not touched", () => {
    const [target, link] = [join(folder, "target"), join(folder, "link")];
    fs.writeFileSync(target, "precious");
    fs.symlinkSync(target, link);
    const expected = `cannot create the output file ${link}: it is a symbolic link (ELOOP)`;
    expect(() => new OutputFile(link, { exclusive: false })).toThrow(expected);
    expect(() => new OutputFile(link, { exclusive: true })).toThrow("it exists already (EEXIST)");
    expect(fs.readFileSync(target, "utf8")).toBe("precious");
  });

  test("a dangling symbolic link makes no file", () => {
    const [target, link] = [join(folder, "absent"), join(folder, "dangling")];
    fs.symlinkSync(target, link);
    expect(() => new OutputFile(link, { exclusive: false })).toThrow("ELOOP");
    expect(fs.existsSync(target)).toBe(false);
  });

  test("exclusive refuses a file that exists", () => {
    const path = join(folder, "taken");
    fs.writeFileSync(path, "mine");
    expect(() => new OutputFile(path, { exclusive: true })).toThrow("EEXIST");
    expect(fs.readFileSync(path, "utf8")).toBe("mine");
  });

  test.each([
    ["no-folder/x", "no such file or directory (ENOENT); make its folder first"],
    [".", 'it is a directory (EISDIR); end the path with "/" to write into it'],
  ])("%s", (name, expected) => {
    const path = `${folder}/${name}`;
    const error = thrownBy(() => new OutputFile(path, { exclusive: false }));
    expect(error.code).toBe("OUTPUT_OPEN_FAILED");
    expect(error.message).toBe(`cannot create the output file ${path}: ${expected}`);
  });

  test.each([
    ["/dev/stdout", false],
    ["/dev/fd/1", false],
    ["/dev/fd/1x", true],
    ["/dev/shm/x", true],
    ["/tmp/dev/stdout", true],
  ])("%s: links are refused: %p", (path, refused) => {
    const fake = new FakeFs();
    new OutputFile(path, { exclusive: false, fs: fake });
    const flags = Number.parseInt(fake.calls[0]?.split(" ")[2] ?? "", 8);
    expect((flags & fs.constants.O_NOFOLLOW) !== 0).toBe(refused);
  });

  test("a device is written to as it is", () => {
    const file = new OutputFile("/dev/null", { exclusive: false });
    file.write(ten, 1);
    file.close();
    expect(file.offset).toBe(10);
  });
});

describe("writing", () => {
  test.each([1, 3, 9, 10, 100])("in pieces of %d bytes the whole arrives in order", (most) => {
    const { fake, file } = open();
    fake.writeBytesMax = most;
    file.write(ten, 1);
    file.write(ten, 1);
    expect(fake.files.get("x")?.toString()).toBe("01234567890123456789");
    expect(file.offset).toBe(20);
  });

  test("EINTR and EAGAIN are tried again", () => {
    const { fake, file } = open();
    fake.faults.push({ call: "write", code: "EAGAIN" }, { call: "write", code: "EINTR" });
    file.write(ten, 1);
    expect(fake.files.get("x")?.toString()).toBe("0123456789");
  });

  test("an output that takes nothing for too long is an error", () => {
    const { fake, file } = open({ stallMsMax: 20 });
    fake.faults.push(...Array(10).fill({ call: "write", code: "EAGAIN" }));
    const error = thrownBy(() => file.write(ten, 1));
    expect(error.message).toBe("cannot write x at offset 0: the reader does not keep up (EAGAIN)");
  });

  test("on a full disk the half-written block is taken back", () => {
    const { fake, file } = open();
    file.write(ten, 1);
    fake.capacity = 15;
    const error = thrownBy(() => file.write(ten, 1));
    expect([error.code, error.message]).toEqual([
      "OUTPUT_WRITE_FAILED",
      "cannot write x at offset 10: no space left on device (ENOSPC)",
    ]);
    expect(fake.files.get("x")?.toString()).toBe("0123456789");
  });

  test("where it cannot be taken back the message says so", () => {
    const { fake, file } = open();
    fake.capacity = 5;
    fake.faults.push({ call: "truncate", code: "EIO" });
    expect(thrownBy(() => file.write(ten, 1)).message).toEndWith(
      "(ENOSPC) (nor cut off the unfinished block there: input/output error (EIO))",
    );
  });

  test("nothing is cut off from what is no regular file", () => {
    const fake = new FakeFs();
    fake.isRegular = false;
    fake.openSync("x", fs.constants.O_CREAT, 0);
    const file = new OutputFile("x", { exclusive: false, fs: fake });
    expect([...fake.names.keys()]).toEqual(["x"]);
    fake.capacity = 5;
    expect(() => file.write(ten, 1)).toThrow("ENOSPC");
    expect(fake.calls.filter((call) => call.startsWith("truncate"))).toEqual([]);
  });

  test("a real full device is reported", () => {
    const file = new OutputFile("/dev/full", { exclusive: false });
    expect(thrownBy(() => file.write(ten, 1)).message).toBe(
      "cannot write /dev/full at offset 0: no space left on device (ENOSPC)",
    );
    file.close();
  });
});

describe("closing", () => {
  test("twice closes once", () => {
    const { fake, file } = open();
    file.close();
    file.close();
    expect(fake.calls.filter((call) => call === "close x.part").length).toBe(1);
  });

  test("an error that comes only now is reported", () => {
    const { fake, file } = open();
    fake.faults.push({ call: "close", code: "EDQUOT" });
    expect(thrownBy(() => file.close()).message).toContain("disk quota exceeded (EDQUOT)");
    file.close();
  });
});

describe("the name at the end", () => {
  /** A whole file at `path` whose lock nobody else has. */
  function write(path: string, exclusive: boolean, at: () => void = () => undefined) {
    const file = new OutputFile(path, { exclusive, lock: () => 0 });
    file.write(ten, 1);
    at();
    file.close();
  }

  test("a file that must be new never replaces one that came meanwhile", () => {
    const path = join(folder, "meanwhile");
    const act = () => write(path, true, () => fs.writeFileSync(path, "mine"));
    expect(thrownBy(act).message).toBe(
      `cannot complete ${path}: it exists already (EEXIST); it may still be ${path}.part`,
    );
    expect(fs.readFileSync(path, "utf8")).toBe("mine");
    expect(fs.readFileSync(`${path}.part`, "utf8")).toBe("0123456789");
  });

  test("what someone has put in the place of the part file does not get it", () => {
    const path = join(folder, "swapped");
    write(path, true, () => {
      fs.renameSync(`${path}.part`, `${path}.moved`);
      fs.writeFileSync(`${path}.part`, "theirs");
    });
    expect([path, `${path}.part`, `${path}.moved`].map((each) => fs.existsSync(each))).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("a file system without links gives it all the same", () => {
    const fake = new FakeFs();
    const file = new OutputFile("x", { exclusive: true, fs: fake });
    file.write(ten, 1);
    fake.faults.push({ call: "link", code: "EPERM" });
    file.close();
    expect([...fake.names.keys()]).toEqual(["x"]);
    expect(fake.files.get("x")?.toString()).toBe("0123456789");
  });

  test.each(["sync", "link", "rename", "unlink", "close"])(
    "%s fails: it is told, and closed",
    (call) => {
      const fake = new FakeFs();
      const file = new OutputFile("x", { exclusive: call !== "rename", fs: fake });
      file.write(ten, 1);
      fake.faults.push({ call, code: "EIO" });
      expect(thrownBy(() => file.close()).message).toContain("input/output error (EIO)");
      expect(fake.files.get("x")?.toString()).toBe("0123456789");
      expect(fake.calls.filter((each) => each === "close x.part").length).toBe(1);
    },
  );

  test("the part file of a dead writer is replaced, that of a living one is not", () => {
    const path = join(folder, "left");
    fs.writeFileSync(`${path}.part`, "left");
    const alive = () => new OutputFile(path, { exclusive: false, lock: () => 11 });
    expect(thrownBy(alive).code).toBe("OUTPUT_IN_USE");
    expect(fs.readFileSync(`${path}.part`, "utf8")).toBe("left");
    write(path, false);
    expect(fs.readFileSync(path, "utf8")).toBe("0123456789");
  });

  test("a link that waits there under the part file's name is not followed", () => {
    const [target, path] = [join(folder, "waiting"), join(folder, "trap")];
    fs.writeFileSync(target, "precious");
    fs.symlinkSync(target, `${path}.part`);
    for (const exclusive of [true, false]) {
      expect(() => write(path, exclusive)).toThrow(/ELOOP|EEXIST/);
    }
    expect(fs.readFileSync(target, "utf8")).toBe("precious");
  });
});

function open(options: { stallMsMax?: number } = {}) {
  const fake = new FakeFs();
  const quick = { exclusive: false, stallMsMax: 200 } as const;
  return { fake, file: new OutputFile("x", { ...quick, fs: fake, ...options }) };
}

function thrownBy(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return error as OperatorError;
  }
  throw new Error("nothing was thrown");
}
