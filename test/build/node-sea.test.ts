// Node's blob and where it goes in Node's file, in both byte orders, byte by byte.

import { describe, expect, test } from "bun:test";
import { offsetOf, PT, parseElf } from "../../build/pack/elf.ts";
import { injectSea, seaBlob } from "../../build/pack/node-sea.ts";
import { buildElf, type ElfRecipe, segment } from "../support/build/elf-builder.ts";

const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:";
const blob = Uint8Array.from([1, 2, 3, 4, 5]);

/** What a Node has, as far as injecting goes: a fuse, a note and room in its program headers. */
function node(recipe: ElfRecipe & { readonly fuse?: string } = {}) {
  const contents = new TextEncoder().encode(recipe.fuse ?? `${FUSE}0`);
  const extraSegments = recipe.extraSegments ?? [segment({ type: PT.NOTE, filesz: 4, memsz: 4 })];
  return parseElf(buildElf({ ...recipe, contents, extraSegments }), "node");
}

test.each([
  ["big-endian", false],
  ["little-endian", true],
])("the blob, %s", (_, littleEndian) => {
  const bytes = seaBlob("é();", "a.cjs", littleEndian);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  expect(view.getUint32(0, littleEndian)).toBe(0x143da20);
  expect(view.getUint32(4, littleEndian)).toBe(1);
  expect(view.getBigUint64(8, littleEndian)).toBe(5n);
  expect(new TextDecoder().decode(bytes.subarray(16, 21))).toBe("a.cjs");
  expect(view.getBigUint64(21, littleEndian)).toBe(5n);
  expect(new TextDecoder().decode(bytes.subarray(29))).toBe("é();");
});

describe.each([
  ["big-endian", false],
  ["little-endian", true],
])("injected, %s", (_, littleEndian) => {
  const original = node({ littleEndian });
  const injected = parseElf(injectSea(original, blob), "injected");
  const note = injected.segments.find(({ type }) => type === PT.NOTE);

  test("the note has Node's name and the blob, and is loaded", () => {
    const at = offsetOf(injected, note?.vaddr ?? 0, note?.filesz ?? 0);
    const bytes = injected.bytes.subarray(at, at + (note?.filesz ?? 0));
    const view = new DataView(bytes.slice().buffer);
    const sizes = [0, 4, 8].map((place) => view.getUint32(place, littleEndian));
    expect(sizes).toEqual([14, 5, 0]);
    expect(Buffer.from(bytes.subarray(12, 28)).toString("latin1")).toBe("NODE_SEA_BLOB\0\0\0");
    expect([...bytes.subarray(28)]).toEqual([1, 2, 3, 4, 5, 0, 0, 0]);
    expect(at).toBe(note?.offset ?? 0);
  });

  test("the headers stay where they were, without the one that names them", () => {
    expect(injected.header.phoff).toBe(original.header.phoff);
    expect(injected.segments.length).toBe(original.segments.length);
    expect(injected.segments.some(({ type }) => type === PT.PHDR)).toBe(false);
  });

  test("the fuse is blown, and no other byte of the program has changed", () => {
    const text = Buffer.from(injected.bytes).toString("latin1");
    expect(text).toContain(`${FUSE}1`);
    const headers = 64 + original.segments.length * 56;
    const rest = (bytes: Uint8Array) => [...bytes.subarray(headers, original.bytes.length)];
    const changed = rest(injected.bytes).filter((byte, at) => byte !== rest(original.bytes)[at]);
    expect(changed).toEqual(["1".charCodeAt(0)]);
  });
});

test.each([
  ["no fuse", node({ fuse: "none" }), "no Node that runs embedded scripts"],
  ["two fuses", node({ fuse: `${FUSE}0 ${FUSE}0` }), "no Node that runs embedded scripts"],
  ["a script already", node({ fuse: `${FUSE}1` }), "has an embedded script already"],
  ["no note to replace", node({ extraSegments: [] }), "no room for a note"],
])("%s is refused", (_, elf, why) => {
  expect(() => injectSea(elf, blob)).toThrow(why);
});
