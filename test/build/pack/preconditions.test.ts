// What the packer refuses, each time naming the file and what to do, and what it makes of files that
// pass. The files are small and made here; test/build/pack/packed-program.test.ts runs real ones.

import { describe, expect, test } from "bun:test";
import { X86_64_V2 } from "../../../build/pack/cpu.ts";
import { DT, ElfError, EM, ET, PF, PT, parseElf } from "../../../build/pack/elf.ts";
import { encodeHead, HEAD_LAYOUT, IMAGES_MAX } from "../../../build/pack/head.ts";
import { packParts } from "../../../build/pack/pack.ts";
import { reportText } from "../../../build/pack/report.ts";
import {
  buildElf,
  type ElfRecipe,
  type SymbolRecipe,
  segment,
} from "../../support/build/elf-builder.ts";

const NO_HEAD = {
  entry: 0,
  programHeaders: 0,
  programHeaderCount: 0,
  images: 0,
  imageCount: 0,
  variables: 0,
  features: 0,
  featureCount: 0,
  refusal: 0,
  advice: 0,
  refusalStatus: 0,
};
const HEAD = encodeHead({ layout: HEAD_LAYOUT, active: 0, ...NO_HEAD }, true);

const PROGRAM: ElfRecipe = {
  needed: ["libone.so", "libc.musl-x86_64.so.1"],
  symbols: [
    { name: "of_one", defined: false },
    { name: "of_libc", defined: false },
    { name: "program_api" },
    { name: "perhaps", defined: false, weak: true },
  ],
};
const LOADER: ElfRecipe = { type: ET.DYN, symbols: [{ name: "of_libc" }], contents: HEAD };
const ONE: ElfRecipe = {
  type: ET.DYN,
  needed: ["libc.so"],
  symbols: [{ name: "of_one" }, { name: "of_libc", defined: false }],
};
const ADDON: ElfRecipe = {
  type: ET.DYN,
  needed: ["libc.so"],
  symbols: [{ name: "program_api", defined: false }, { name: "init" }],
};

interface Change {
  readonly program?: ElfRecipe;
  readonly loader?: ElfRecipe;
  readonly one?: ElfRecipe;
  readonly libraries?: readonly (readonly [name: string, recipe: ElfRecipe])[];
  readonly variables?: readonly string[];
}

/** Packs the files above, changed. */
function packed(change: Change = {}) {
  const file = (name: string, recipe: ElfRecipe) => parseElf(buildElf(recipe), name);
  const own = [["libone.so", { ...ONE, ...change.one }] as const, ["addon", ADDON] as const];
  const libraries = change.libraries ?? own;
  const parts = {
    program: file("program", { ...PROGRAM, ...change.program }),
    loader: file("libc.so", { ...LOADER, ...change.loader }),
    libraries: libraries.map(([name, recipe]) => ({
      name,
      elf: file(`${name}.file`, recipe),
    })),
  };
  return packParts(parts, change.variables ?? ["BAD", "WORSE_*"], X86_64_V2);
}

const undefinedOne = (name: string): SymbolRecipe => ({ name, defined: false });
const writableCode = { flags: PF.R | PF.W | PF.X };
const executableStack = segment({ type: PT.GNU_STACK, flags: PF.R | PF.W | PF.X, align: 16 });

test.each<[string, Change, string]>([
  [
    "a library that is not embedded",
    { program: { needed: ["libtwo.so"] } },
    "program: needs libtwo.so, which is not embedded; embed it as well",
  ],
  [
    "glibc",
    { one: { needed: ["libc.so.6"] } },
    "libone.so.file: needs libc.so.6, which is not embedded; embed it as well",
  ],
  [
    "a symbol that nothing defines",
    { program: { symbols: [undefinedOne("nowhere"), { name: "own" }] } },
    "program: nothing defines nowhere; embed the library that does",
  ],
  [
    "a symbol of an image that is loaded later and for itself only",
    { program: { symbols: [undefinedOne("init"), { name: "program_api" }] } },
    "program: nothing defines init; embed the library that does",
  ],
  [
    "a symbol of a version that is no longer linked to",
    { one: { symbols: [{ name: "of_one", hiddenVersion: true }] } },
    "program: nothing defines of_one; embed the library that does",
  ],
  [
    "a loader that is not ours",
    { loader: { contents: new Uint8Array(0) } },
    "libc.so: it has 0 head markers, not one; give the libc.so that build/toolchain/musl-libc.ts makes",
  ],
  [
    "a loader with two heads",
    { loader: { contents: Uint8Array.from([...HEAD, ...HEAD]) } },
    "libc.so: it has 2 head markers, not one; give the libc.so that build/toolchain/musl-libc.ts makes",
  ],
  [
    "a loader of another layout",
    { loader: { contents: encodeHead({ layout: 9, active: 0, ...NO_HEAD }, true) } },
    `libc.so: its head has layout 9, the packer knows ${HEAD_LAYOUT}; build both from one revision`,
  ],
  [
    "a loader out of a packed program",
    { loader: { contents: encodeHead({ layout: HEAD_LAYOUT, active: 1, ...NO_HEAD }, true) } },
    "libc.so: packed already; give it as it was built",
  ],
  [
    "a packed program",
    { program: { contents: HEAD } },
    "program: packed already; give it as it was linked",
  ],
  [
    "a static program",
    { program: { dynamic: false } },
    "program: linked statically, so there is nothing to pack",
  ],
  ["an object file", { program: { type: 1 } }, "program: of type 1, not a program; link it first"],
  [
    "a shared library as the program",
    { program: { type: ET.DYN } },
    "program: has no PT_PHDR, by which it is found; link it as a program",
  ],
  [
    "a program as a library",
    { one: { type: ET.EXEC } },
    "libone.so.file: of type 2, not a shared library; link with -shared",
  ],
  [
    "a static library",
    { one: { dynamic: false } },
    "libone.so.file: has no dynamic section; link with -shared",
  ],
  [
    "an unknown machine",
    { program: { machine: 3 } },
    "program: machine 3 is unknown; add its row to MACHINES",
  ],
  [
    "another machine",
    { one: { machine: EM.S390 } },
    "libone.so.file: not for x86_64, as the program is; build it anew",
  ],
  [
    "another byte order",
    { one: { littleEndian: false } },
    "libone.so.file: not for x86_64, as the program is; build it anew",
  ],
  [
    "relocations of code",
    { one: { tags: [[DT.TEXTREL, 0]] } },
    "libone.so.file: relocates its code (TEXTREL); compile with -fPIC",
  ],
  [
    "writable code",
    { one: { segment: writableCode } },
    "libone.so.file: the segment at 0x0 is writable and executable; link with -z separate-code",
  ],
  [
    "writable code in the program",
    { program: { segment: writableCode } },
    "program: the segment at 0x0 is writable and executable; link with -z separate-code",
  ],
  [
    "an executable stack",
    { one: { extraSegments: [executableStack] } },
    "libone.so.file: wants an executable stack; link with -z noexecstack",
  ],
  [
    "small pages",
    { one: { segment: { align: 512 } } },
    "libone.so.file: the segment at 0x0 is aligned to 512 bytes; link with -z max-page-size=4096",
  ],
  [
    "segments that share a page",
    { one: { extraSegments: [segment({ vaddr: 0x10, offset: 0x10, align: 0x1000 })] } },
    "libone.so.file: the segment at 0x10 overlaps the one before it; link it anew",
  ],
  [
    "headers that are not loaded",
    { one: { segment: { vaddr: 0x10000 } } },
    "libone.so.file: its headers are not loaded at address 0; use GNU ld's own layout",
  ],
  [
    "an embedded C library",
    { libraries: [["libpthread.so.0", ONE]] },
    'libpthread.so.0.file: cannot be embedded as "libpthread.so.0": that is the C library',
  ],
  [
    "a name given twice",
    {
      libraries: [
        ["libone.so", ONE],
        ["libone.so", ONE],
      ],
    },
    'libone.so.file: a second library named "libone.so"; give each its own',
  ],
  [
    "a loader whose head is not loaded",
    { loader: { contents: new Uint8Array(), unloaded: HEAD } },
    "libc.so: its head is in no loaded segment; build it anew",
  ],
  [
    "a program without anything to load",
    { program: { segment: { type: PT.NOTE } } },
    "program: has no segment to load; link it anew",
  ],
  [
    "a program whose headers are not loaded",
    { program: { headersLast: true } },
    "program: its program headers are in no loaded segment; link it anew",
  ],
  [
    "a check of a CPU that has no CPUID",
    {
      program: { machine: EM.S390 },
      loader: { machine: EM.S390 },
      libraries: [["libone.so", { ...ONE, machine: EM.S390 }]],
    },
    "the loader cannot check a CPU of s390x; give no requirement",
  ],
  [
    "a path as a name",
    { libraries: [["lib/one.so", ONE]] },
    'lib/one.so.file: cannot be embedded as "lib/one.so"; use a plain file name',
  ],
  [
    "too many libraries",
    {
      libraries: Array.from({ length: IMAGES_MAX + 1 }, (_, index) => [`lib${index}.so`, ONE]),
    },
    `${IMAGES_MAX + 1} libraries are more than the loader's ${IMAGES_MAX}`,
  ],
  [
    "a variable that would drop all",
    { variables: ["GOOD", "*"] },
    "no names of environment variables: *; see the list's file",
  ],
  [
    "an assignment as a variable",
    { variables: ["A=b", "C*D"] },
    "no names of environment variables: A=b, C*D; see the list's file",
  ],
])("%s is refused", (_what, change, message) => {
  expect(() => packed(change)).toThrow(new ElfError(message));
});

describe("what passes", () => {
  const { bytes, report } = packed();
  const result = parseElf(bytes, "result");

  test("is entered at the loader, in segments that overlap nowhere", () => {
    const loader = report.images[1];
    expect(result.header.entry).toBe(loader?.base ?? 0);
    const loads = result.segments.filter(({ type }) => type === PT.LOAD);
    expect(loads).toHaveLength(5);
    const pages = loads.map(({ vaddr, memsz }) => [vaddr >> 12, (vaddr + memsz - 1) >> 12]);
    pages.slice(1).forEach(([first = 0], index) => {
      expect(first).toBeGreaterThan(pages[index]?.[1] ?? 0);
    });
  });

  test("has segments to load and a stack, no interpreter, no sections", () => {
    expect(new Set(result.segments.map(({ type }) => type))).toEqual(
      new Set([PT.LOAD, PT.GNU_STACK]),
    );
    expect(result.header).toMatchObject({ shoff: 0, shnum: 0, shstrndx: 0 });
  });

  test("gives the same bytes every time", () => {
    expect(packed()).toEqual({ bytes, report });
  });

  test("has the program's bytes first, but for the header", () => {
    const program = buildElf(PROGRAM);
    expect(bytes.subarray(64, program.length)).toEqual(program.subarray(64));
  });

  test("tells when libraries are loaded and which weak symbols nothing defines", () => {
    const told = report.images.map(({ role, name, loaded, unresolvedWeak }) => [
      role,
      name,
      loaded,
      ...unresolvedWeak,
    ]);
    expect(told).toEqual([
      ["program", "program", "at start", "perhaps"],
      ["loader", "libc.so", "at start"],
      ["library", "libone.so", "at start"],
      ["library", "addon", "by name"],
    ]);
  });

  test("is told as text", () => {
    expect(reportText(report)).toMatchInlineSnapshot(`
      "static ELF for x86_64, 17168 bytes, entered at 0x10000
      stack: the C library's size
      cpu: x86-64-v2 (sse3, ssse3, cx16, sse4.1, sse4.2, popcnt, lahf)
      environment variables dropped: BAD WORSE_*
      program program: at 0x0, 616 bytes, loaded at start
        r-- 0x0..0x268 from offset 0x0
        weak, defined by nothing: perhaps
      loader libc.so: at 0x10000, 512 bytes, loaded at start
        r-- 0x10000..0x10200 from offset 0x1000
      library libone.so: at 0x20000, 440 bytes, loaded at start
        r-- 0x20000..0x201b8 from offset 0x2000
      library addon: at 0x30000, 448 bytes, loaded by name
        r-- 0x30000..0x301c0 from offset 0x3000
      "
    `);
  });
});
