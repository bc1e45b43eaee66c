// What leads Debian's compilers to musl, and, where a toolchain is in the cache already, what comes
// out of it. Building one takes minutes, so no test here does.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../build/base/run.ts";
import { LIBRARIES, libelfSources, readyTarget } from "../../build/libs/target-libs.ts";
import { CROSS_BPFTOOL } from "../../build/probe/bpftool.ts";
import { GLIBC_RUNTIMES } from "../../build/toolchain/glibc-runtime.ts";
import { MUSL, specs, wrapper } from "../../build/toolchain/musl-toolchain.ts";
import * as pins from "../../build/toolchain/pins.ts";
import { TARGETS, type Target } from "../../build/toolchain/targets.ts";
import { builtToolchain } from "../support/build/built.ts";

const X86: Target = TARGETS["x86_64-linux-musl"];

describe("specs", () => {
  const sections = new Map(
    specs("s390x")
      .split(/^\*/m)
      .filter((text) => text !== "")
      .map((text) => [text.slice(0, text.indexOf(":")), text.slice(text.indexOf("\n") + 1).trim()]),
  );

  test("link to musl's loader of that machine", () => {
    expect(sections.get("link")).toContain("-dynamic-linker /lib/ld-musl-s390x.so.1");
    expect(specs("x86_64")).toContain("-dynamic-linker /lib/ld-musl-x86_64.so.1");
  });

  test("leave no folder of the host's libraries to be searched", () => {
    expect(sections.get("link_libgcc")).toBe("");
    expect(specs("s390x")).not.toContain("%D");
  });

  test("ask for the index that exceptions are found by", () => {
    expect(sections.get("link")).toContain("--eh-frame-hdr");
  });

  test("name no folder, so that the toolchain can be moved", () => {
    const words = specs("x86_64").split(/[\s;:{}]+/);
    expect(words.filter((word) => word.startsWith("/"))).toEqual(["/lib/ld-musl-x86_64.so.1"]);
  });

  test("start each kind of program with its own object", () => {
    expect(sections.get("startfile")).toBe(
      "%{shared:;static:crt1.o%s;static-pie:rcrt1.o%s;no-pie:crt1.o%s;:Scrt1.o%s} " +
        "crti.o%s crtbeginS.o%s",
    );
  });
});

describe("wrapper", () => {
  const place = (prefix: string) => ({
    prefix: `/gcc/bin/${prefix}-linux-gnu-`,
    include: "/gcc/include",
  });

  test("puts musl's headers after the caller's and after those of C++", () => {
    const text = wrapper(X86, "g++", place("x86_64"));
    const places = ['"$@"', "c++/12.2.0/x86_64-linux-musl", '-idirafter "$root/include"'];
    const found = [...places, "-idirafter /gcc/include"].map((part) => text.indexOf(part));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found[0]).toBeGreaterThan(0);
  });

  test("runs the pinned compiler for the machine, without the host's headers", () => {
    expect(wrapper(X86, "g++", place("x86_64"))).toContain(
      "exec /gcc/bin/x86_64-linux-gnu-g++-12 ",
    );
    expect(wrapper(X86, "gcc", place("x86_64"))).toContain(" -nostdinc ");
    expect(wrapper(X86, "gcc", place("x86_64"))).not.toContain("c++/");
  });
});

describe("pinned packages", () => {
  const packages = [
    ...Object.values(MUSL).flat(),
    ...LIBRARIES.map(({ source }) => source),
    ...Object.values(GLIBC_RUNTIMES).flatMap((row) => row.packages),
    ...CROSS_BPFTOOL,
    ...Object.values(pins).flat(),
  ];

  test.each(packages)("$name $version: every file has a SHA-256", ({ kind, files }) => {
    const names = Object.keys(files);
    const main = kind === "source" ? ".dsc" : ".deb";
    expect(names.filter((name) => name.endsWith(main))).toHaveLength(1);
    for (const hash of Object.values(files)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("each musl row has musl for its architecture", () => {
    for (const target of Object.values<Target>(TARGETS)) {
      if (target.musl === undefined) continue;
      const architecture = target.musl.debian;
      const names = MUSL[architecture]?.map((pkg) => `${pkg.name} ${pkg.architecture}`);
      expect(names).toEqual([`musl ${architecture}`, `musl-dev ${architecture}`]);
    }
  });
});

test("libelf's sources are read from its Makefile.am, over folded lines, without nlist", () => {
  const makefile =
    "EXTRA = x.c\nlibelf_a_SOURCES = elf_a.c \\\n\t\t  gelf_b.c nlist.c \\\n\t elf_c.c\n\nz = y.c";
  expect(libelfSources(makefile)).toEqual(["elf_a.c", "gelf_b.c", "elf_c.c"]);
  expect(() => libelfSources("libelf_so_SOURCES = a.c\n")).toThrow("names no sources");
});

test("this machine's own target stays as it is", async () => {
  const target = TARGETS["x86_64-linux-gnu"];
  expect(await readyTarget(target)).toBe(target);
});

const PROGRAM = `
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

int main() {
  std::string caught;
  std::jthread worker([&] {
    try {
      throw std::filesystem::filesystem_error(
          "sized", std::make_error_code(std::errc::no_such_file_or_directory));
    } catch (const std::exception& error) {
      caught = error.what();
    }
  });
  worker.join();
  std::cout << caught << "; " << std::filesystem::path("/a/../b").lexically_normal() << "\\n";
}
`;

const SAID = 'filesystem error: sized: No such file or directory; "/b"\n';

const folder = await builtToolchain(X86);
const why = folder === null ? " (skipped: no toolchain in the cache)" : "";

describe.skipIf(folder === null)(`${X86.name}${why}`, () => {
  let work = "";
  const cxx = (options: readonly string[]) =>
    run([join(folder ?? "", "bin", X86.cxx), "-std=c++20", "-O1", ...options], { cwd: work });
  const readelf = (...options: string[]) => run(["readelf", "-W", ...options], { cwd: work });

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), "musl-test-"));
    await Bun.write(join(work, "hello.cc"), PROGRAM);
  });

  afterAll(async () => {
    await rm(work, { recursive: true });
  });

  test("a static C++20 program has threads, exceptions and file names", async () => {
    await cxx(["-static", "hello.cc", "-o", "hello"]);
    expect(await run([join(work, "hello")])).toBe(SAID);
    expect(await readelf("-l", "hello")).not.toContain("INTERP");
  });

  test("std::string is that of C++11, which GCC drops unasked where it builds one ABI only", async () => {
    await Bun.write(join(work, "string.cc"), "#include <string>\nvoid f(std::string) {}\n");
    await cxx(["-c", "string.cc", "-o", "string.o"]);
    expect(await run(["nm", "-C", join(work, "string.o")])).toContain("std::__cxx11::basic_string");
  });

  test("a shared object needs the C library and nothing else", async () => {
    await cxx(["-shared", "-fPIC", "hello.cc", "-o", "hello.so"]);
    const needed = (await readelf("-d", "hello.so")).match(/NEEDED.*\[(.*)\]/g) ?? [];
    expect(needed).toHaveLength(1);
    expect(needed[0]).toContain("[libc.so]");
  });

  test("the shared C++ library brings its unwinder and shows none of it", async () => {
    const library = join(folder ?? "", "shared/libstdc++.so.6");
    expect(await readelf("-d", library)).toMatch(/SONAME.*\[libstdc\+\+\.so\.6\]/);
    const symbols = await run(["nm", "-D", library]);
    expect(symbols).toContain("T __cxa_throw");
    expect(symbols).not.toContain("_dl_find_object");
  });
});
