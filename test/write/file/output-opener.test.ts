// Which name a file is opened by: the next one where another writer has taken it, for a minute of names
// at most; and a folder that is not there is made, its last part alone.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../../src/base/errors.ts";
import type { OutputFile } from "../../../src/write/file/output-file.ts";
import { OutputOpener } from "../../../src/write/file/output-opener.ts";
import { Rotation } from "../../../src/write/file/rotation.ts";
import { FakeFs } from "../../support/records/fake-fs.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-opener-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

const start = 1_700_000_000;

function openerOf(path: string, fake?: FakeFs): OutputOpener {
  const rotation = new Rotation({ path, isDirectory: false, intervalSec: 0 });
  return new OutputOpener({
    ...{ rotation, known: undefined, fs: fake, lock: () => 0, isNonBlocking: false },
  });
}

type Opening = (opener: OutputOpener) => Promise<OutputFile | OperatorError>;

const now: Opening = async (opener) => {
  try {
    return opener.open(start);
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return error as OperatorError;
  }
};
const later: Opening = (opener) => new Promise((resolve) => opener.openLater(start, resolve));

/** Its path, or the error's message. */
async function outcome(open: Opening, opener: OutputOpener): Promise<string> {
  const file = await open(opener);
  if (file instanceof OperatorError) {
    return file.message;
  }
  file.close();
  return file.path;
}

describe.each([
  ["at once", now],
  ["later", later],
] as const)("opened %s", (_, open) => {
  test("a name is the first of sixty that nobody has taken", async () => {
    const fake = new FakeFs();
    const take = (ago: number) => fake.openSync(`d/${start + ago}`, fs.constants.O_CREAT, 0);
    for (let i = 0; i < 59; i++) take(i);
    expect(await outcome(open, openerOf("d/", fake))).toBe(`d/${start + 59}`);
    take(59);
    expect(await outcome(open, openerOf("d/", fake))).toBe(
      `cannot create the output file d/${start + 59}: it exists already (EEXIST)`,
    );
  });

  test("a name that is given is no other", async () => {
    const fake = new FakeFs();
    fake.faults.push({ call: "open", code: "EEXIST" }, { call: "open", code: "EIO" });
    expect(await outcome(open, openerOf("x", fake))).toContain("file x: ");
    expect(await outcome(open, openerOf("y", fake))).toBe("y");
  });

  test("any other failure is told at once", async () => {
    const fake = new FakeFs();
    fake.faults.push({ call: "open", code: "EIO" });
    const message = await outcome(open, openerOf("d/", fake));
    expect(message).toContain(`d/${start}: input/output error (EIO)`);
    expect(fake.calls.length).toBe(1);
  });

  test("in a folder that is not there makes it, but not the one above", async () => {
    const folder = fs.mkdtempSync(join(base, "each-"));
    expect(await outcome(open, openerOf(join(folder, "made/")))).toBe(
      join(folder, "made", `${start}`),
    );
    expect(fs.statSync(join(folder, "made")).mode & 0o777).toBe(0o700);
    const message = await outcome(open, openerOf(join(folder, "no/deep/")));
    expect(message).toStartWith(`cannot make the output's folder ${join(folder, "no/deep")}: `);
    expect(message).toContain("no such file or directory (ENOENT)");
    expect(fs.readdirSync(folder)).toEqual(["made"]);
  });

  test("in a folder that is there and leads nowhere tells so, once it was tried to be made", async () => {
    const folder = fs.mkdtempSync(join(base, "each-"));
    fs.symlinkSync(join(folder, "gone"), join(folder, "link"));
    const path = join(folder, "link", `${start}`);
    expect(await outcome(open, openerOf(join(folder, "link/")))).toStartWith(
      `cannot create the output file ${path}: no such file or directory (ENOENT)`,
    );
  });

  test("no folder is made beside a file system that is played", async () => {
    const folder = fs.mkdtempSync(join(base, "each-"));
    const fake = new FakeFs();
    fake.faults.push({ call: "open", code: "ENOENT" });
    const message = await outcome(open, openerOf(join(folder, "x/"), fake));
    expect(message).toContain("(ENOENT)");
    expect([fake.calls.length, fs.readdirSync(folder)]).toEqual([1, []]);
  });
});
