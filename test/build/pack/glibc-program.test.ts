// A program packed with glibc, as it runs under qemu's emulation of s390x: made of one small C file
// with Debian's cross compiler, where that and the runtime are in place already.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../build/base/run.ts";
import { PT, parseElf } from "../../../build/pack/elf.ts";
import { type GlibcPackOptions, packGlibc } from "../../../build/pack/glibc-pack.ts";
import { TARGETS } from "../../../build/toolchain/targets.ts";
import { builtGlibc } from "../../support/build/built.ts";

const TARGET = TARGETS["s390x-linux-gnu"];
const SOURCE = join(import.meta.dir, "programs/glibc.c");
/** Before the source, so it must not be left out for not being asked for yet. */
const LINK_MATH = "-Wl,--no-as-needed,-lm";
const VARIABLES = ["BAD", "LD_*", "mixedCase"];

const built = await builtGlibc(TARGET);
const runtime = built?.runtime ?? null;
const isHere = runtime !== null && Bun.which("qemu-s390x") !== null;
const why = isHere ? "" : " (skipped: no s390x compiler, runtime in the cache or qemu-s390x)";

let work = "";
const at = (name: string) => join(work, name);
const library = (name: string) => ({ name, file: runtime?.library(name) ?? "" });

const gcc = (options: readonly string[], out: string) =>
  run([`${built?.gcc.prefix}gcc-12`, "-O1", ...options, SOURCE, "-o", at(out)]);

function options(change: Partial<GlibcPackOptions> = {}): GlibcPackOptions {
  return {
    program: at("program"),
    shim: runtime?.shim ?? "",
    loader: runtime?.loader ?? "",
    libraries: [
      library("libc.so.6"),
      library("libm.so.6"),
      { name: "plugin.so", file: at("plugin.so") },
    ],
    hostileEnvironment: VARIABLES,
    ...change,
  };
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  // Given to the emulator itself, LD_DEBUG would be obeyed by its own loader.
  const variables = Object.entries(env).flatMap(([name, value]) => ["-E", `${name}=${value}`]);
  const command = [Bun.which("qemu-s390x") ?? "", ...variables, at("packed"), ...args];
  const child = Bun.spawnSync(command, { env: {}, stdin: "ignore" });
  const lines = child.stdout.toString().trimEnd().split("\n");
  return { status: child.exitCode, lines, err: child.stderr.toString() };
}

beforeAll(async () => {
  if (!isHere) return;
  work = await mkdtemp(join(tmpdir(), "glibc-pack-"));
  await gcc(["-no-pie", "-fno-pie", "-fno-builtin", LINK_MATH], "program");
  for (const name of ["plugin.so", "other.so"]) {
    await gcc(["-shared", "-fPIC", "-DPLUGIN", `-Wl,-soname,${name}`], name);
  }
  await gcc(["-shared", "-fPIC", "-DPLUGIN", "-nostdlib"], "bare.so");
  await Bun.write(at("packed"), (await packGlibc(options())).bytes);
  await chmod(at("packed"), 0o755);
});

afterAll(async () => {
  if (isHere) await rm(work, { recursive: true });
});

describe.skipIf(!isHere)(`packed with glibc${why}`, () => {
  test("the kernel sees a static program", async () => {
    const elf = parseElf(await Bun.file(at("packed")).bytes(), "packed");
    const types = elf.segments.map(({ type }) => type);
    expect(types).not.toContain(PT.INTERP);
    expect(types).not.toContain(PT.DYNAMIC);
    expect(types.filter((type) => type === PT.LOAD).length).toBeGreaterThan(8);
    const whole = parseElf(await Bun.file(at("program")).bytes(), "program").segments;
    expect(whole.map(({ type }) => type)).toContain(PT.INTERP);
  });

  test("it runs, with its libraries, a thread and its own headers", () => {
    const { status, lines, err } = start(["one", "two"]);
    expect(err).toBe("");
    // The program, libc, libm and the loader.
    expect(lines).toEqual(["argument one", "argument two", "images 4, root 9, first header 6"]);
    expect(status).toBe(7);
  });

  test("it loads what is embedded by its name, from any folder, and no file", () => {
    const files = [at("other.so"), "libnss_files.so.2", "/etc/os-release.so"];
    const { lines } = start(["plugin.so", "/nowhere/plugin.so", ...files]);
    expect(lines.slice(0, -1)).toEqual([
      "plugin.so: 42",
      "/nowhere/plugin.so: 42",
      ...files.map((name) => `${name}: no such file`),
    ]);
  });

  test("it never sees hostile variables, and all others in their order", () => {
    const { lines, err } = start([], {
      A: "1",
      BAD: "x",
      BADLY: "2",
      LD_PRELOAD: at("plugin.so"),
      MIXEDCASE: "x",
      LD_DEBUG: "all",
      B: "3",
    });
    expect(err).toBe("");
    // qemu turns their order round.
    const kept = ["variable A=1", "variable BADLY=2", "variable B=3"];
    expect([kept, kept.toReversed()]).toContainEqual(lines.slice(0, -1));
  });

  test("the same files give the same bytes", async () => {
    const { bytes } = await packGlibc(options());
    expect(Buffer.from(bytes).equals(await Bun.file(at("packed")).bytes())).toBe(true);
  });

  test("the report names the places and what is embedded", async () => {
    const { report } = await packGlibc(options());
    expect(report.machine).toBe("s390x");
    expect(report.images.map(({ name }) => name)).toEqual(["libc.so.6", "libm.so.6", "plugin.so"]);
    expect(report.hookedOpens.length).toBeGreaterThan(0);
    expect(report.entry).toBeGreaterThan(report.shimBase);
  });
});

describe.skipIf(!isHere)(`refused by the glibc packer${why}`, () => {
  const refused: readonly (readonly [string, () => Partial<GlibcPackOptions>, string])[] = [
    ["a library is missing", () => ({ libraries: [library("libc.so.6")] }), "needs libm.so.6"],
    [
      "a library has another name",
      () => ({ libraries: [...options().libraries, { name: "x", file: at("plugin.so") }] }),
      "names itself plugin.so, not x",
    ],
    ["the shim is relocated", () => ({ shim: at("plugin.so") }), "has relocations"],
    ["the shim has no head", () => ({ shim: at("bare.so") }), "not one head marker"],
    ["the loader is none", () => ({ loader: at("plugin.so") }), "asks for the loader ld64.so.1"],
    ["it is packed already", () => ({ program: at("packed") }), "linked statically"],
    ["a variable has no name", () => ({ hostileEnvironment: ["A=B"] }), "no names of environment"],
  ];

  test.each(refused)("%s", async (_, change, message) => {
    await expect(packGlibc(options(change()))).rejects.toThrow(message);
  });

  test("the program may be moved", async () => {
    await gcc(["-pie", "-fPIE", LINK_MATH], "moved");
    await expect(packGlibc(options({ program: at("moved") }))).rejects.toThrow("no fixed address");
  });
});
