// The opens of glibc's loader become calls: which bytes, where, and what is refused.

import { expect, test } from "bun:test";
import { EM, PF, parseElf } from "../../../build/pack/elf.ts";
import { hookOpens } from "../../../build/pack/glibc-loader.ts";
import { buildElf } from "../../support/build/elf-builder.ts";

/** lghi %r1,288; svc 0; lghi %r1,-4096. */
const OPEN = [0xa7, 0x19, 0x01, 0x20, 0x0a, 0x00, 0xa7, 0x19, 0xf0, 0x00];

function loader(contents: readonly number[], machine: number = EM.S390, flags = PF.R | PF.X) {
  const recipe = { littleEndian: false, machine, segment: { flags } };
  return parseElf(buildElf({ ...recipe, contents: Uint8Array.from(contents) }), "ld64.so.1");
}

test("each open becomes a call that reaches the hook from where it stands", () => {
  const elf = loader([...OPEN, 0x07, 0x07, ...OPEN]);
  const found = hookOpens(elf, 0x10000);
  expect(found.length).toBe(2);
  expect((found[1]?.address ?? 0) - (found[0]?.address ?? 0)).toBe(12);
  for (const { address, bytes } of found) {
    const view = new DataView(bytes.buffer);
    expect(bytes.length).toBe(6);
    expect(view.getUint16(0)).toBe(0xc015);
    expect(address + view.getInt32(2) * 2).toBe(0x10000);
  }
});

test("a hook before the loader is reached too", () => {
  const [open] = hookOpens(loader(OPEN), -0x20000);
  const distance = new DataView(open?.bytes.buffer ?? new ArrayBuffer(6)).getInt32(2) * 2;
  expect((open?.address ?? 0) + distance).toBe(-0x20000);
});

test("a hook too far away is an error", () => {
  expect(() => hookOpens(loader(OPEN), 2 ** 33)).toThrow("no brasl reaches");
});

test.each([
  ["none", loader([1, 2, 3]), "opens no file in the way that is known"],
  ["one that goes on otherwise", loader([...OPEN.slice(0, 6), 7, 7, 7, 7]), "in a way that is not"],
  ["only outside of code", loader(OPEN, EM.S390, PF.R), "opens no file"],
  ["a machine without a row", loader(OPEN, 183), "machine 183 has no row"],
])("%s is refused", (_, elf, why) => {
  expect(() => hookOpens(elf, 0)).toThrow(why);
});
