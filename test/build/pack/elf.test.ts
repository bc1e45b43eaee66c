// Reading and writing ELF files, sound ones and every kind of damaged one.

import { describe, expect, test } from "bun:test";
import {
  addressOf,
  DF_TEXTREL,
  DT,
  dynamicOf,
  ElfError,
  EM,
  ET,
  encodeSegments,
  offsetOf,
  PF,
  PT,
  parseElf,
  symbolsOf,
  writeHeader,
} from "../../../build/pack/elf.ts";
import { buildElf, type ElfRecipe, segment } from "../../support/build/elf-builder.ts";

const LIBRARY: ElfRecipe = {
  type: ET.DYN,
  soname: "libx.so.1",
  needed: ["libc.so", "liby.so"],
  symbols: [
    { name: "wanted", defined: false },
    { name: "perhaps", defined: false, weak: true },
    { name: "given" },
    { name: "given_weakly", weak: true },
    { name: "old", hiddenVersion: true },
    { name: "local", local: true },
  ],
};

/** Everything that is read of a file. */
function readAll(bytes: Uint8Array) {
  const elf = parseElf(bytes, "file");
  return { elf, dynamic: dynamicOf(elf), symbols: symbolsOf(elf) };
}

const orders = [
  { order: "little-endian", littleEndian: true, machine: EM.X86_64 },
  { order: "big-endian", littleEndian: false, machine: EM.S390 },
];

describe.each(orders)("a sound $order file", ({ littleEndian, machine }) => {
  const recipe = { ...LIBRARY, littleEndian, machine };

  test("has its header and segments", () => {
    const { elf } = readAll(buildElf(recipe));
    expect(elf.littleEndian).toBe(littleEndian);
    expect(elf.header).toMatchObject({ type: ET.DYN, machine, phoff: 64, phnum: 2, ehsize: 64 });
    expect(elf.segments.map(({ type }) => type)).toEqual([PT.LOAD, PT.DYNAMIC]);
  });

  test("tells what it needs and is called", () => {
    const { dynamic } = readAll(buildElf(recipe));
    expect(dynamic?.needed).toEqual(["libc.so", "liby.so"]);
    expect(dynamic?.soname).toBe("libx.so.1");
    expect(dynamic?.textRelocations).toBe(false);
  });

  test.each(["gnu", "sysv", "section"] as const)("has its symbols, counted by %s", (hash) => {
    const { symbols } = readAll(buildElf({ ...recipe, hash }));
    const seen = symbols.map(({ name, defined, weak, hiddenVersion }) => [
      name,
      ...(defined ? ["defined"] : []),
      ...(weak ? ["weak"] : []),
      ...(hiddenVersion ? ["hidden"] : []),
    ]);
    expect(seen).toEqual([
      ["wanted"],
      ["perhaps", "weak"],
      ["given", "defined"],
      ["given_weakly", "defined", "weak"],
      ["old", "defined", "hidden"],
    ]);
  });

  test("is the same after its headers are written anew", () => {
    const bytes = buildElf(recipe);
    const { header, segments } = parseElf(bytes, "file");
    const copy = bytes.slice();
    copy.fill(0xff, 16, 64 + segments.length * 56);
    writeHeader(copy, header, littleEndian);
    copy.set(encodeSegments(segments, littleEndian), header.phoff);
    expect(copy).toEqual(bytes);
  });
});

describe("symbols that no hash table counts", () => {
  const symbols = [{ name: "wanted", defined: false }];

  test("are counted by the section headers", () => {
    const elf = parseElf(buildElf({ symbols, hash: "section" }), "file");
    expect(symbolsOf(elf).map(({ name }) => name)).toEqual(["wanted"]);
  });

  test("are an error where nothing else counts them", () => {
    const elf = parseElf(buildElf({ symbols, hash: "gnu" }), "file");
    expect(() => symbolsOf(elf)).toThrow("file: nothing tells the number of its symbols");
  });
});

test("a file without dynamic section has no symbols", () => {
  const elf = parseElf(buildElf({ dynamic: false }), "file");
  expect(dynamicOf(elf)).toBeNull();
  expect(symbolsOf(elf)).toEqual([]);
});

test.each([{ tags: [[DT.TEXTREL, 0]] as const }, { tags: [[DT.FLAGS, DF_TEXTREL]] as const }])(
  "text relocations are seen by $tags",
  ({ tags }) => {
    expect(dynamicOf(parseElf(buildElf({ tags }), "file"))?.textRelocations).toBe(true);
  },
);

describe("places", () => {
  const code = segment({ flags: PF.R | PF.X, offset: 0, vaddr: 0x5000, filesz: 64, memsz: 100 });
  const elf = parseElf(buildElf({ extraSegments: [code] }), "file");

  test.each([
    { address: 0, length: 4, at: 0 },
    { address: 0x5000, length: 64, at: 0 },
    { address: 0x503f, length: 1, at: 63 },
  ])("$length bytes at address $address are at $at", ({ address, length, at }) => {
    expect(offsetOf(elf, address, length)).toBe(at);
  });

  test.each([
    { address: 0x5000, length: 65, why: "the rest is zeros that are in no file" },
    { address: 0x4fff, length: 2, why: "it begins too early" },
    { address: 2 ** 52, length: 1, why: "there is nothing" },
  ])("$length bytes at $address are nowhere: $why", ({ address, length }) => {
    expect(() => offsetOf(elf, address, length)).toThrow(/^file: \d+ bytes at 0x\w+ are in no/);
  });

  test("an offset has an address only within a loaded segment", () => {
    expect(addressOf(elf, 16, 8)).toBe(16);
    expect(addressOf(elf, elf.bytes.length - 1, 2)).toBeNull();
  });
});

describe("damage that is told", () => {
  const whole = buildElf(LIBRARY);
  const u16 = (at: number, value: number) => edit((view) => view.setUint16(at, value, true));
  const u64 = (at: number, value: bigint) => edit((view) => view.setBigUint64(at, value, true));

  function edit(change: (view: DataView) => void): Uint8Array {
    const bytes = whole.slice();
    change(new DataView(bytes.buffer));
    return bytes;
  }

  test.each([
    ["no ELF", new TextEncoder().encode("#!/bin/sh\n"), "file: not an ELF file"],
    ["nothing", new Uint8Array(), "file: not an ELF file"],
    ["the header's end", whole.slice(0, 63), "file: cut off within the ELF header"],
    ["32 bits", edit((view) => view.setUint8(4, 1)), "file: not a 64-bit ELF file"],
    ["byte order", edit((view) => view.setUint8(5, 3)), "file: unknown byte order 3"],
    [
      "the other byte order",
      edit((view) => view.setUint8(5, 2)),
      "file: ELF header has an impossible value",
    ],
    ["phentsize", u16(54, 32), "file: program headers of 32 bytes"],
    ["phnum", u16(56, 0xffff), "file: too many program headers"],
    ["phnum", u16(56, 0x1000), /^file: program header \d+ (is beyond|has an impossible)/],
    ["phoff", u64(32, 1n << 40n), "file: program header 0 is beyond the end of the file"],
    ["phoff", u64(32, 1n << 63n), "file: ELF header has an impossible value"],
    ["filesz", u64(64 + 32, 1n << 40n), "file: program header 0 is beyond the end of the file"],
    ["memsz", u64(64 + 40, 1n), "file: program header 0 has more bytes in the file than in memory"],
    ["vaddr", u64(64 + 16, (1n << 53n) - 1n), "file: program header 0 ends beyond the address"],
    ["align", u64(64 + 48, 3n), "file: program header 0 is not aligned as it says (3)"],
    [
      "vaddr and align",
      u64(64 + 16, 8n),
      "file: program header 0 is not aligned as it says (4096)",
    ],
  ])("of the header, in %s, is told", (_field, bytes, message) => {
    expect(() => readAll(bytes)).toThrow(message);
    expect(() => readAll(bytes)).toThrow(ElfError);
  });

  /** The place of a dynamic entry's value. */
  function entryOf(tag: number): number {
    const { segments } = parseElf(whole, "file");
    const start = segments.find(({ type }) => type === PT.DYNAMIC)?.offset ?? 0;
    const view = new DataView(whole.buffer);
    for (let at = start; ; at += 16) {
      if (Number(view.getBigUint64(at, true)) === tag) return at + 8;
    }
  }

  test.each([
    ["STRTAB", u64(entryOf(DT.STRTAB), 1n << 40n), "are in no loaded segment"],
    ["STRSZ", u64(entryOf(DT.STRSZ), 4n), "file: a name is beyond the string table's end"],
    ["SYMTAB", u64(entryOf(DT.SYMTAB), 1n << 40n), "are in no loaded segment"],
    ["SYMENT", u64(entryOf(DT.SYMENT), 16n), "file: dynamic symbols of 16 bytes"],
    ["GNU_HASH", u64(entryOf(DT.GNU_HASH), 1n << 40n), "are in no loaded segment"],
    ["NEEDED", u64(entryOf(DT.NEEDED), 1n << 20n), "file: a name is beyond the string table's end"],
    ["NULL", u64(entryOf(DT.NULL) - 8, 1n << 20n), "file: the dynamic section has no end"],
    ["tag", u64(entryOf(DT.STRTAB) - 8, 77n), "file: the dynamic section has no string table"],
  ])("of the dynamic section, in %s, is told", (_field, bytes, message) => {
    expect(() => readAll(bytes)).toThrow(message);
    expect(() => readAll(bytes)).toThrow(ElfError);
  });

  test("a GNU hash table whose chains begin before its first symbol is told", () => {
    const elf = parseElf(buildElf(LIBRARY), "file");
    const at = dynamicOf(elf)?.values.get(DT.GNU_HASH) ?? 0;
    // The one bucket, after four words and the bloom filter.
    new DataView(elf.bytes.buffer).setUint32(at + 24, 1, true);
    expect(() => symbolsOf(elf)).toThrow("file: damaged GNU hash table");
  });

  test("a hash table that counts more symbols than there can be is told", () => {
    const sysv = buildElf({ ...LIBRARY, hash: "sysv" });
    const elf = parseElf(sysv, "file");
    const at = dynamicOf(elf)?.values.get(DT.HASH) ?? 0;
    new DataView(sysv.buffer).setUint32(at + 4, 0xffffffff, true);
    expect(() => symbolsOf(elf)).toThrow("4294967295 dynamic symbols are more than the file");
  });
});

describe("damage of any kind", () => {
  const whole = buildElf(LIBRARY);

  test.each(orders)("cutting a $order file anywhere gives an ElfError", (order) => {
    const file = buildElf({ ...LIBRARY, ...order });
    for (let length = 0; length < file.length; length++) {
      expect(() => readAll(file.slice(0, length))).toThrow(ElfError);
    }
  });

  test.each(orders)("any byte of a $order file changed gives a result or an ElfError", (order) => {
    const file = buildElf({ ...LIBRARY, ...order });
    for (let at = 0; at < file.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const bytes = file.slice();
        bytes[at] = value;
        expect(outcome(bytes)).not.toBe("another error");
      }
    }
  });

  test("two fields swapped give a result or an ElfError", () => {
    for (let a = 16; a < 64 + 2 * 56; a += 8) {
      for (let b = a + 8; b < 64 + 2 * 56; b += 8) {
        const bytes = whole.slice();
        bytes.set(whole.subarray(b, b + 8), a);
        bytes.set(whole.subarray(a, a + 8), b);
        expect(outcome(bytes)).not.toBe("another error");
      }
    }
  });

  test("a sound file is read, so that the above shows something", () => {
    expect(outcome(whole)).toBe("read");
    expect(outcome(whole.subarray(1))).toBe("refused");
  });
});

function outcome(bytes: Uint8Array): string {
  try {
    readAll(bytes);
    return "read";
  } catch (error) {
    return error instanceof ElfError ? "refused" : "another error";
  }
}
