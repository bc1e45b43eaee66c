// The replacements of musl's slow parts, where a toolchain is in the cache already: that they come
// into a program whole, in the place of musl's and libstdc++'s, and that they do not get out of a
// shared library. What they do is tested in native/test/.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../build/base/run.ts";
import { muslFast } from "../../build/toolchain/musl-fast.ts";
import { muslToolchain } from "../../build/toolchain/musl-toolchain.ts";
import { TARGETS } from "../../build/toolchain/targets.ts";
import { builtToolchain } from "../support/build/built.ts";

const X86 = TARGETS["x86_64-linux-musl"];
/** For a compiler on a busy machine. */
const COMPILE_MS = 60_000;
const MEMORY = ["memchr", "memcmp", "memcpy", "memmove"];
const NEW_DELETE = ["_Znam", "_Znwm", "_ZdaPv", "_ZdaPvm", "_ZdlPv", "_ZdlPvm"];

/** Uses a few of them only, one through libstdc++ and one through musl. */
const PROGRAM = `
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
extern "C" __attribute__((visibility("default"))) int Answer(int count, char** words) {
  auto text = std::make_unique<std::string>();
  for (int i = 0; i < count; i++) text->append(words[i], strlen(words[i]));
  char copy[16] = {};
  memcpy(copy, text->data(), text->size() % sizeof copy);
  return static_cast<int>(strnlen(copy, sizeof copy));
}
int main(int count, char** words) { std::printf("%d\\n", Answer(count - 1, words + 1)); }
`;

test("a target of another C library has none", async () => {
  expect(await muslFast(TARGETS["x86_64-linux-gnu"])).toBeNull();
});

describe.skipIf((await builtToolchain(X86)) === null)(
  "the archive (needs the toolchain in the cache)",
  () => {
    let folder = "";
    let archive = "";
    let compile: (...options: readonly string[]) => Promise<void>;
    let symbols: (file: string, ...options: readonly string[]) => Promise<Map<string, string>>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sysflow-musl-fast-"));
      archive = (await muslFast(X86)) ?? "";
      const tools = await muslToolchain(X86);
      await Bun.write(join(folder, "program.cc"), PROGRAM);
      compile = async (...options) => {
        const flags = ["-O1", "-fno-builtin", "-fPIC", "-fvisibility=hidden"];
        await run([tools.tool("g++"), ...flags, join(folder, "program.cc"), ...options]);
      };
      symbols = async (file, ...options) => {
        const lines = (
          await run([tools.tool("nm"), "-P", "--defined-only", ...options, file])
        ).split("\n");
        const words = lines.map((line) => line.split(" "));
        return new Map(words.map(([name = "", kind = ""]) => [name, kind]));
      };
    });

    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    test("holds the functions and calls none of them for another", async () => {
      const found = await symbols(archive);
      expect([...MEMORY, ...NEW_DELETE].filter((name) => found.get(name) !== "T")).toEqual([]);
      const tools = await muslToolchain(X86);
      const wanted = await run([tools.tool("nm"), "-u", "-P", "-A", archive]);
      const memory = wanted.split("\n").filter((line) => line.includes("fast_mem"));
      expect(memory.filter((line) => / U /.test(line))).toEqual([]);
    });

    test(
      "a static program has ours, and none of musl's beside them",
      async () => {
        const program = join(folder, "program");
        await compile("-static", archive, "-o", program);
        const found = await symbols(program);
        expect([...MEMORY, "_Znwm", "_ZdlPvm"].filter((name) => found.get(name) !== "T")).toEqual(
          [],
        );
        // A name that only the object of musl's own memcpy brings.
        expect(found.has("__memcpy_fwd")).toBe(false);
        expect(await run([program, "four", "teen"])).toBe("8\n");
        const plain = join(folder, "plain");
        await compile("-static", "-o", plain);
        expect((await symbols(plain)).has("__memcpy_fwd")).toBe(true);
      },
      COMPILE_MS,
    );

    test(
      "a shared library has them for itself",
      async () => {
        const library = join(folder, "library.so");
        const options = ["-shared", archive, "-Wl,--exclude-libs,ALL", "-Wl,-Bsymbolic"];
        await compile(...options, "-o", library);
        const exported = await symbols(library, "-D");
        expect(exported.get("Answer")).toBe("T");
        expect([...MEMORY, ...NEW_DELETE].filter((name) => exported.has(name))).toEqual([]);
        const own = await symbols(library);
        expect(["memcpy", "_Znwm", "_ZdlPvm"].filter((name) => own.get(name) !== "t")).toEqual([]);
      },
      COMPILE_MS,
    );
  },
);
