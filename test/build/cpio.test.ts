// The archive that guests are booted from, read by the usual program where there is one: qemu's guests
// say nothing where it is wrong.

import { expect, test } from "bun:test";
import { cpio } from "../support/kernels/cpio.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("entries begin at multiples of four, with sizes and modes in hex", () => {
  const entries = [
    { path: "bin", mode: 0o755 },
    { path: "bin/a", content: new TextEncoder().encode("hello"), mode: 0o644 },
  ];
  const whole = text(Buffer.concat(cpio(entries)));
  expect(whole.length % 4).toBe(0);
  const heads = [...whole.matchAll(/070701/g)].map(({ index }) => index);
  expect(heads.map((at) => at % 4)).toEqual([0, 0, 0]);
  const fields = heads.map((at) => whole.slice(at + 6, at + 110).match(/.{8}/g) ?? []);
  expect(fields.map((each) => Number.parseInt(each[1] ?? "", 16).toString(8))).toEqual([
    "40755",
    "100644",
    "0",
  ]);
  expect(fields.map((each) => Number.parseInt(each[6] ?? "", 16))).toEqual([0, 5, 0]);
  expect(whole).toContain("bin/a\0");
  expect(whole).toContain("hello\0\0\0");
  expect(whole).toContain("TRAILER!!!\0");
});
