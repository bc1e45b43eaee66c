// Files that must not be written to: those that are read, and those that something else writes to, by
// whatever name; and the folder that an output gets where there is none.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../src/base/errors.ts";
import { exitStatus } from "../../src/base/exit-status.ts";
import { knownFile, refuseKnown } from "../../src/write/known-file.ts";
import { makeLastFolder } from "../../src/write/output-folder.ts";
import { prepareTarget } from "../../src/write/record-target.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-known-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(join(base, "each-"));
  fs.writeFileSync(join(folder, "one"), "1");
  fs.writeFileSync(join(folder, "two"), "2");
});

function thrownBy(act: () => unknown): OperatorError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return error as OperatorError;
  }
  throw new Error("nothing was thrown");
}

describe("a known file", () => {
  test("is the same by each of its names, and by descriptor", () => {
    const one = join(folder, "one");
    fs.linkSync(one, join(folder, "hard"));
    fs.symlinkSync(one, join(folder, "soft"));
    const known = knownFile("the input", one);
    expect(known?.what).toBe("the input");
    const fd = fs.openSync(one, "r");
    try {
      for (const place of [join(folder, "hard"), join(folder, "soft"), `${folder}/./one`, fd]) {
        expect(knownFile("the input", place)).toEqual(known);
      }
    } finally {
      fs.closeSync(fd);
    }
    expect(knownFile("the input", join(folder, "two"))).not.toEqual(known);
  });

  test("is a regular one only: several may write to what is none, and nobody to what is absent", () => {
    const places = ["/dev/null", folder, join(folder, "absent"), 1_000_000];
    expect(places.map((place) => knownFile("x", place))).toEqual([null, null, null, null]);
  });

  test("is refused with what it is, as a wrong word; another on the same disk is not", () => {
    const known = ["one", "two"].map((name) => knownFile(`the file ${name}`, join(folder, name)));
    const [one, two] = known;
    if (one === undefined || one === null || two === undefined || two === null) {
      throw new Error("they are there");
    }
    const error = thrownBy(() => refuseKnown("x", { dev: two.dev, ino: two.ino }, [one, two]));
    expect([error.code, error.exitStatus]).toEqual(["OUTPUT_IN_USE", exitStatus.USAGE]);
    expect(error.message).toBe(
      "cannot write x: it is the file two, by this name or another; nothing was written; " +
        "write elsewhere",
    );
    refuseKnown("x", one, [two]);
    // A file of another disk may have the same number.
    refuseKnown("x", { dev: one.dev + 1n, ino: one.ino }, [one, two]);
    refuseKnown("x", one, []);
  });
});

describe("the folder of an output", () => {
  test("is made for its owner alone, and left as it is where it is there", () => {
    makeLastFolder(join(folder, "new", "x.sf"));
    expect(fs.statSync(join(folder, "new")).mode & 0o777).toBe(0o700);
    fs.chmodSync(join(folder, "new"), 0o750);
    makeLastFolder(join(folder, "new", "y.sf"));
    expect(fs.statSync(join(folder, "new")).mode & 0o777).toBe(0o750);
  });

  test("is the last of the path only: a mistyped path is noticed", () => {
    const error = thrownBy(() => makeLastFolder(join(folder, "a", "b", "x.sf")));
    expect([error.code, error.message]).toEqual([
      "OUTPUT_OPEN_FAILED",
      `cannot make the output's folder ${folder}/a/b: no such file or directory (ENOENT); ` +
        "make the folders above it first",
    ]);
    expect(fs.existsSync(join(folder, "a"))).toBe(false);
  });

  test("that cannot be made for another reason is told without that advice", () => {
    const error = thrownBy(() => makeLastFolder(join(folder, "one", "b", "x.sf")));
    expect(error.message).toEndWith("/one/b: a part of the path is not a directory (ENOTDIR)");
  });
});

describe("a capture's place", () => {
  test("gets its folder, and the file is not made yet", () => {
    prepareTarget(join(folder, "new", "x.scap"), undefined, "");
    expect(fs.readdirSync(join(folder, "new"))).toEqual([]);
    prepareTarget(join(folder, "new", "x.scap"), undefined, "");
    prepareTarget(join(folder, "y.scap"), "/bin/true", "/bin");
    expect(fs.readdirSync(folder).sort()).toEqual(["new", "one", "two"]);
  });

  test("is never the command that is run, by path or found by its name", () => {
    const one = join(folder, "one");
    const calls = [
      [one, ""],
      ["one", `/absent:${folder}`],
      ["one", `${folder}:/absent`],
    ] as const;
    for (const [program, search] of calls) {
      const error = thrownBy(() => prepareTarget(one, program, search));
      expect(error.code).toBe("OUTPUT_IN_USE");
      expect(error.message).toContain("it is the command to run, by this name or another");
    }
    expect(fs.readFileSync(one, "utf8")).toBe("1");
  });

  test("an empty place of the search is where we are", () => {
    const here = process.cwd();
    process.chdir(folder);
    try {
      for (const search of ["", ":/absent", "/absent:"]) {
        expect(() => prepareTarget("one", "one", search)).toThrow("the command to run");
      }
      prepareTarget("one", "one", "/absent");
    } finally {
      process.chdir(here);
    }
  });

  test("may be a file that is there and not the command, whatever is of that name elsewhere", () => {
    prepareTarget(join(folder, "two"), join(folder, "one"), folder);
    prepareTarget(join(folder, "two"), "one", folder);
    // A path is not searched for.
    fs.mkdirSync(join(folder, "sub"));
    fs.writeFileSync(join(folder, "sub", "x"), "");
    prepareTarget(join(folder, "sub", "x"), "sub/x", folder);
    prepareTarget(join(folder, "two"), undefined, folder);
    expect(fs.readFileSync(join(folder, "two"), "utf8")).toBe("2");
  });

  test.each(["standard input", "standard output", "standard error"])(
    "is never what %s is redirected from or to",
    (name) => {
      const descriptor = ["standard input", "standard output", "standard error"].indexOf(name);
      const path = join(folder, "one");
      const real = fs.fstatSync;
      // As a shell would have it; the test's own streams are others.
      const played = (fd: number, options: { readonly bigint: true }) =>
        fd === descriptor ? fs.statSync(path, options) : fs.statSync("/dev/null", options);
      fs.fstatSync = played as typeof fs.fstatSync;
      try {
        expect(() => prepareTarget(path, undefined, "")).toThrow(`it is ${name}, by this name`);
        prepareTarget(join(folder, "two"), undefined, "");
      } finally {
        fs.fstatSync = real;
      }
    },
  );
});
