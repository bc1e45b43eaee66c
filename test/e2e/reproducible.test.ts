// What makes two builds of one commit the same file: nothing of the machine, the user or the folder is
// in it. Two whole builds take half an hour; here the bundle is made twice, in folders of other names
// and depths, and the shipped file is searched.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { sha256File } from "../../build/base/cache.ts";
import { cacheRoot } from "../../build/base/cache-root.ts";
import { run } from "../../build/base/run.ts";
import { COMPILE_FLAGS } from "../../build/compile.ts";
import { NO_FOLDERS } from "../../build/ship/shipped.ts";
import { shippedFile, whyNotShipped } from "../support/program/shipped.ts";

const ROOT = join(import.meta.dir, "../..");

/** Packages that are large, and that nothing of ours is made of. */
const TOOLS = /\/node_modules\/(@oven|@biomejs|@typescript|@oxc-\w+|typescript|knip)$/;

describe("the bundle", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "reproducible-"));
  });
  afterAll(async () => await rm(folder, { recursive: true }));

  /** The SHA-256 of a program that is compiled in a clone at `place`. */
  async function bundledAt(place: string): Promise<string> {
    const clone = join(folder, place);
    await mkdir(clone, { recursive: true });
    for (const name of ["src", "package.json", "tsconfig.json", "bunfig.toml"]) {
      await cp(join(ROOT, name), join(clone, name), { recursive: true });
    }
    // No link: paths of what is bundled would lead out of the clone.
    await cp(join(ROOT, "node_modules"), join(clone, "node_modules"), {
      recursive: true,
      filter: (path) => !TOOLS.test(path),
    });
    const flags = [
      ...COMPILE_FLAGS,
      ...NO_FOLDERS,
      "--minify-syntax",
      `--outfile=${join(clone, "out/sysflow")}`,
    ];
    await run([process.execPath, "build", "src/main.ts", ...flags], { cwd: clone });
    return await sha256File(join(clone, "out/sysflow"));
  }

  test("is the same from another folder", async () => {
    expect(await bundledAt("another/and/deeper")).toBe(await bundledAt("one"));
  }, 60_000);
});

describe.skipIf(whyNotShipped !== null)(`the shipped file (${whyNotShipped ?? "built"})`, () => {
  const traces = [ROOT, cacheRoot(), homedir(), hostname(), ".part-"];

  // A short name, such as /root or localhost, is a word in programs of its own right.
  test.each(traces.filter((trace) => trace.length > 8 || trace === ".part-"))(
    "has no trace of %s",
    async (trace) => {
      const bytes = Buffer.from(await Bun.file(shippedFile).arrayBuffer());
      expect(findTrace(bytes, trace, "latin1")).toBe(-1);
      expect(findTrace(bytes, trace, "utf16le")).toBe(-1);
    },
  );
});

/**
 * Where a trace is, or -1. The runtime has the program itself as a file in a folder of its own, whose
 * name ends like that of a clone in root's home.
 */
function findTrace(bytes: Buffer, trace: string, encoding: "latin1" | "utf16le"): number {
  const wanted = Buffer.from(trace, encoding);
  const inProgram = Buffer.from("/$bunfs", encoding);
  let at = bytes.indexOf(wanted);
  while (at !== -1 && bytes.subarray(at - inProgram.length, at).equals(inProgram)) {
    at = bytes.indexOf(wanted, at + 1);
  }
  return at;
}
