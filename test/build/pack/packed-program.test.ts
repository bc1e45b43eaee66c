// Packed programs as they run: made of small C and C++ sources with the musl toolchain, where that
// and our C library are in the cache already. Each promise of the loader is tried on a real kernel.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../build/base/run.ts";
import { type CpuRequirement, X86_64_V2 } from "../../../build/pack/cpu.ts";
import { PT, parseElf } from "../../../build/pack/elf.ts";
import { packTask } from "../../../build/pack/main.ts";
import { type PackOptions, pack } from "../../../build/pack/pack.ts";
import { TARGETS, type Target } from "../../../build/toolchain/targets.ts";
import { builtMusl, builtToolchain } from "../../support/build/built.ts";

const TARGET: Target = TARGETS["x86_64-linux-musl"];
const SOURCES = join(import.meta.dir, "programs");
const VARIABLES = ["BAD", "WORSE_*", "mixedCase"];
const STACK_BYTES = 0x180000;

const tools = await builtToolchain(TARGET);
const libc = await builtMusl(TARGET);
const isHere = process.arch === "x64" && tools !== null && libc !== null;
const why = isHere ? "" : " (skipped: no musl toolchain or C library in the cache)";

/** How a program ended. */
interface Ended {
  readonly status: number | string;
  readonly out: string;
  readonly err: string;
}

function start(command: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
  const child = Bun.spawnSync([...command], { env: { ...env }, stdin: "ignore" });
  return {
    status: child.signalCode ?? child.exitCode,
    out: child.stdout.toString(),
    err: child.stderr.toString(),
  };
}

let work = "";
const at = (name: string) => join(work, name);

async function compile(): Promise<void> {
  const tool = (name: string) => join(tools ?? "", "bin", `${TARGET.name}-${name}`);
  const cxx = [tool("g++"), "-std=c++20", "-O1", "-fPIC", "-fvisibility=hidden", "-c"];
  const shared = ["-L", join(tools ?? "", "shared"), "-l:libstdc++.so.6"];
  const hardened = ["-Wl,-z,relro,-z,now"];
  const libraries = [
    ["libhelper.so", []],
    ["plugin.so", ["-DPLUGIN"]],
  ] as const;
  for (const [name, options] of libraries) {
    await run([...cxx, ...options, join(SOURCES, "library.cc"), "-o", at(`${name}.o`)]);
    const link = [tool("gcc"), "-shared", at(`${name}.o`), ...shared, ...hardened];
    await run([...link, `-Wl,-soname,${name}`, "-o", at(name)]);
  }
  const inputs = [join(SOURCES, "program.c"), at("libhelper.so"), ...shared];
  const options = ["-O1", "-rdynamic", `-Wl,-z,stack-size=${STACK_BYTES}`];
  for (const [name, kind] of [
    ["fixed", ["-no-pie", "-fno-pie"]],
    ["moved", ["-pie", "-fPIE"]],
  ] as const) {
    await run([tool("gcc"), ...options, ...kind, ...inputs, "-o", at(`${name}.dynamic`)]);
  }
}

function optionsFor(program: string, cpu: CpuRequirement | null = null): PackOptions {
  return {
    program: at(`${program}.dynamic`),
    loader: join(libc ?? "", "libc.so"),
    libraries: [
      { name: "libhelper.so", file: at("libhelper.so") },
      { name: "libstdc++.so.6", file: join(tools ?? "", "shared/libstdc++.so.6") },
      { name: "plugin.so", file: at("plugin.so") },
    ],
    hostileEnvironment: VARIABLES,
    cpu,
  };
}

async function install(name: string, bytes: Uint8Array): Promise<void> {
  await Bun.write(at(name), bytes);
  await chmod(at(name), 0o755);
}

beforeAll(async () => {
  if (!isHere) return;
  work = await mkdtemp(join(tmpdir(), "pack-test-"));
  await compile();
  for (const name of ["fixed", "moved"]) {
    await install(name, (await pack(optionsFor(name))).bytes);
  }
  await install("demanding", (await pack(optionsFor("fixed", X86_64_V2))).bytes);
}, 120_000);

afterAll(async () => {
  if (isHere) await rm(work, { recursive: true });
});

const REPORT = "constructed 42, caught deep 21, 4 threads, here 40\n";
const AUXV = [
  "entries many, wrong 0",
  "page size 4096, random yes",
  "secure 0, uid right",
  "platform x86_64",
  "",
].join("\n");

describe.skipIf(!isHere).each(["fixed", "moved"])(`a packed program, %s${why}`, (name) => {
  const ask = (...args: string[]) => start([at(name), ...args]);

  test("has its libraries: constructors, exceptions, threads, symbols", () => {
    expect(ask("plugin")).toEqual({ status: 0, out: REPORT + REPORT, err: "" });
  });

  const chroot = Bun.which("chroot", { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" });

  test.skipIf(process.getuid?.() !== 0 || chroot === null)(
    "runs where there is nothing else",
    async () => {
      await mkdir(at(`${name}.root`));
      await cp(at(name), at(`${name}.root/program`));
      const ended = start([chroot ?? "", at(`${name}.root`), "/program", "plugin"]);
      expect(ended).toEqual({ status: 0, out: REPORT + REPORT, err: "" });
    },
  );

  test("heeds no variable of the loader's", async () => {
    const env = { LD_PRELOAD: at("plugin.so"), LD_LIBRARY_PATH: work, LD_DEBUG: "all" };
    expect(start([at(name), "plugin"], env)).toEqual({
      status: 0,
      out: REPORT + REPORT,
      err: "",
    });
    // Nor for a library that it has.
    expect(start([at(name), "loaded", "plugin.so"], { LD_PRELOAD: "plugin.so" }).out).toBe(
      "not loaded\n",
    );
  });

  test("tells what is loaded", () => {
    expect(ask("loaded", "libhelper.so").out).toBe("loaded\n");
  });

  test.each([
    "/lib/x86_64-linux-gnu/libc.so.6",
    "./plugin.so",
    "lib/other.so",
    "other.so",
    "plugin",
  ])("opens no file: %s", (file) => {
    const message = `Error loading shared library ${file}: Operation not permitted\n`;
    expect(ask("open", file)).toEqual({ status: 2, out: message + message, err: "" });
  });

  test.each(["plugin.so", "libhelper.so", "libc.so", "libc.musl-x86_64.so.1"])(
    "opens %s, which it has",
    (library) => {
      expect(ask("open", library)).toEqual({ status: 0, out: "opened\nopened\n", err: "" });
    },
  );
});

describe.skipIf(!isHere).each(["fixed", "moved"])(
  `the memory of a packed program, %s${why}`,
  (name) => {
    const ask = (...args: string[]) => start([at(name), ...args]);

    test("drops the variables it was told to, and no others", () => {
      const env = {
        GOOD: "1",
        BAD: "1",
        BADLY: "2",
        WORSE: "3",
        WORSE_: "4",
        WORSE_THAN: "5",
        WORSE_OF_ALL: "",
        MIXEDCASE: "6",
        mixedcase: "7",
        MixedCases: "8",
        worse_still: "9",
        LAST: "10",
      };
      const left = ["BADLY=2", "GOOD=1", "LAST=10", "MixedCases=8", "WORSE=3"];
      expect(
        start([at(name), "environment"], env)
          .out.trim()
          .split("\n")
          .sort(),
      ).toEqual(left);
    });

    test.each([{}, { BAD: "1" }, { BAD: "1", GOOD: "2" }, { GOOD: "2", WORSE_A: "", WORSE_B: "" }])(
      "finds what the kernel tells behind the environment %o",
      (env) => {
        expect(start([at(name), "auxv"], env as Record<string, string>).out).toBe(AUXV);
      },
    );

    test("keeps read-only what was relocated", () => {
      expect(ask("constant").status).toBe("SIGSEGV");
    });

    test("has no memory that is writable and executable", () => {
      const { out } = ask("maps");
      expect(out).toContain(" r-xp ");
      expect(out).not.toMatch(/ .wx. /);
    });

    test("never has its standard descriptors closed", async () => {
      const closing = 'exec 3>"$1" <&- >&- 2>&-; shift; exec "$@"';
      const { status } = start(["sh", "-c", closing, "sh", at("out"), at(name), "descriptors"]);
      expect(status).toBe(0);
      expect(await Bun.file(at("out")).text()).toBe("device at its end takes\n".repeat(3));
    });

    test.skipIf(process.getuid?.() !== 0)("not even where there is no /dev/null", async () => {
      await mkdir(at(`${name}.bare`), { recursive: true });
      await cp(at(name), at(`${name}.bare/program`));
      const closing = 'exec 3>"$1" <&- >&- 2>&-; exec chroot "$2" /program descriptors';
      const { status } = start(["sh", "-c", closing, "sh", at("out"), at(`${name}.bare`)], {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      });
      expect(status).toBe(0);
      expect(await Bun.file(at("out")).text()).toBe("file at its end refuses\n".repeat(3));
    });

    test("gives threads the stack that it asks for", () => {
      expect(ask("stack").out).toBe(`${STACK_BYTES}\n`);
    });
  },
);

describe.skipIf(!isHere).each(["fixed", "moved"])(
  `the file of a packed program, %s${why}`,
  (name) => {
    test("has neither interpreter nor dynamic section, as it had before", async () => {
      const types = async (file: string) => {
        const bytes = new Uint8Array(await Bun.file(file).arrayBuffer());
        return parseElf(bytes, file).segments.map(({ type }) => type);
      };
      const isDynamic = (found: number[]) =>
        found.includes(PT.INTERP) || found.includes(PT.DYNAMIC);
      expect(isDynamic(await types(at(name)))).toBe(false);
      expect(isDynamic(await types(at(`${name}.dynamic`)))).toBe(true);
      const ldd = start(["ldd", at(name)], { PATH: process.env["PATH"] ?? "" });
      expect(ldd.out + ldd.err).toContain("not a dynamic executable");
    });

    test("is refused by strip, which would harm it", async () => {
      await cp(at(name), at(`${name}.stripped`));
      const strip = join(tools ?? "", "bin", `${TARGET.name}-strip`);
      expect(start([strip, at(`${name}.stripped`)]).status).not.toBe(0);
      expect(await Bun.file(at(`${name}.stripped`)).bytes()).toEqual(
        await Bun.file(at(name)).bytes(),
      );
    });

    test("is the same file every time, and cannot be packed again", async () => {
      const { bytes } = await pack(optionsFor(name));
      expect(bytes).toEqual(await Bun.file(at(name)).bytes());
      await cp(at(name), at(`${name}.again.dynamic`));
      await expect(pack(optionsFor(`${name}.again`))).rejects.toThrow(
        `${name}.again.dynamic: packed already; give it as it was linked`,
      );
    });
  },
);

describe.skipIf(!isHere)(`a loader that was not packed${why}`, () => {
  test("is musl's as ever", () => {
    const command = [join(libc ?? "", "libc.so"), at("moved.dynamic")];
    const env = { LD_LIBRARY_PATH: `${work}:${join(tools ?? "", "shared")}`, BAD: "1" };
    expect(start([...command, "plugin"], env).out).toBe(REPORT + REPORT);
    expect(start([...command, "environment"], env).out).toContain("BAD=1\n");
    expect(start([...command, "open", at("plugin.so")], env).out).toBe("opened\nopened\n");
  });
});

describe.skipIf(!isHere)(`a library that fails half-way${why}`, () => {
  test("is not tried again, and the program goes on", async () => {
    const { bytes, report } = await pack(optionsFor("fixed"));
    // The packer would see to it that this cannot be: the plugin's symbol gets another name.
    const buffer = Buffer.from(bytes);
    buffer.write("program_answeX", buffer.lastIndexOf("program_answer"));
    await install("failing", buffer);
    expect(start([at("failing"), "open", "plugin.so"])).toEqual({
      status: 2,
      out:
        "Error relocating plugin.so: program_answeX: symbol not found\n" +
        "Error loading shared library plugin.so: Operation not permitted\n",
      err: "",
    });
    // Its memory stays: it is the program's, not the loader's to give back.
    const base = report.images.find((image) => image.name === "plugin.so")?.base ?? 0;
    expect(start([at("failing"), "maps", "plugin.so"]).out).toContain(base.toString(16));
  });
});

const qemu = Bun.which("qemu-x86_64");
const noQemu = qemu === null ? " (skipped: no qemu-x86_64)" : why;

describe.skipIf(!isHere || qemu === null)(`on a CPU that is${noQemu}`, () => {
  const on = (cpu: string, program: string) => {
    const { err, ...rest } = start([qemu ?? "", "-cpu", cpu, at(program), "auxv"]);
    return { ...rest, err: err.replace(/^qemu-x86_64: warning.*\n/gm, "") };
  };
  const advice =
    "; use one with x86-64-v2 (in a virtual machine, choose the host's own CPU model)\n";

  test.each([
    ["core2duo", "sse4.1, sse4.2, popcnt"],
    ["Nehalem,-popcnt", "popcnt"],
    ["Nehalem,-lahf_lm", "lahf"],
    // Has none of the leaves that LAHF is told in; another leaf's bits would be taken for them.
    ["Nehalem,xlevel=0x80000000,level=1", "lahf"],
    ["kvm64", "ssse3, sse4.1, sse4.2, popcnt, lahf"],
  ])("too old, %s, it says what is missing", (cpu, missing) => {
    const err = `sysflow: cannot run: this CPU lacks ${missing}${advice}`;
    expect(on(cpu, "demanding")).toEqual({ status: 1, out: "", err });
  });

  test.each(["Nehalem", "max"])("new enough, %s, it runs", (cpu) => {
    expect(on(cpu, "demanding")).toEqual({ status: 0, out: AUXV, err: "" });
  });

  test("old, a program that demands nothing runs", () => {
    expect(on("core2duo", "fixed")).toEqual({ status: 0, out: AUXV, err: "" });
  });
});

describe.skipIf(!isHere)(`from the command line${why}`, () => {
  const args = () => {
    const { program, loader, libraries } = optionsFor("fixed");
    const names = libraries.flatMap(({ name, file }) => ["--library", `${name}=${file}`]);
    return ["--program", program, "--loader", loader, ...names];
  };

  test("a dry run tells all and writes nothing", async () => {
    const text = await packTask([...args(), "--dry-run", "--out", at("dry")]);
    expect(text).toMatch(/^static ELF for x86_64, \d+ bytes, entered at 0x/);
    expect(existsSync(at("dry"))).toBe(false);
    const report = JSON.parse(await packTask([...args(), "--dry-run", "--json"]));
    expect(report).toMatchObject({ machine: "x86_64", stackBytes: STACK_BYTES });
    expect(report.images.map(({ name, loaded }: Record<string, string>) => [name, loaded])).toEqual(
      [
        ["fixed.dynamic", "at start"],
        ["libc.so", "at start"],
        ["libhelper.so", "at start"],
        ["libstdc++.so.6", "at start"],
        ["plugin.so", "by name"],
      ],
    );
  });

  test("it packs", async () => {
    await packTask([...args(), "--out", at("packed")]);
    expect(start([at("packed"), "stack"]).out).toBe(`${STACK_BYTES}\n`);
  });

  test.each([
    { extra: [], message: "usage: " },
    { extra: ["--dry-run", "--library", "x"], message: "--library x: not NAME=FILE\nusage: " },
  ])("wrong options are told: $extra", async ({ extra, message }) => {
    await expect(packTask([...args(), ...extra])).rejects.toThrow(message);
  });
});
