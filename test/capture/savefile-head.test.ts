import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { captureHostName } from "../../src/capture/savefile-head.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sysflow-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function block(type: number, body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + body.length);
  new Uint32Array(bytes.buffer, bytes.byteOffset, 2).set([type, bytes.length]);
  bytes.set(body, 8);
  new Uint32Array(bytes.buffer, bytes.byteOffset + bytes.length - 4, 1).set([bytes.length]);
  return bytes;
}

function machine(name: string): Uint8Array {
  const body = Buffer.alloc(180);
  body.write(name, 20);
  return block(0x201, body);
}

const section = block(0x0a0d0d0a, Buffer.alloc(16));

describe("the host name of", () => {
  test.each([
    ["a capture", Buffer.concat([section, machine("node-1")]), "node-1"],
    ["a compressed one", gzipSync(Buffer.concat([section, machine("node-2")])), "node-2"],
    [
      "a compressed one that is cut",
      gzipSync(Buffer.concat([section, machine("node-3"), Buffer.alloc(100_000, "x")])).subarray(
        0,
        -9,
      ),
      "node-3",
    ],
    [
      "a name that fills its field",
      Buffer.concat([section, machine("n".repeat(128))]),
      "n".repeat(128),
    ],
    ["a capture without that block", Buffer.concat([section, block(0x202, Buffer.alloc(8))]), ""],
    ["a cut capture", section.subarray(0, 20), ""],
    [
      "a section of no length",
      Buffer.concat([block(0x0a0d0d0a, Buffer.alloc(0)).fill(0, 4, 8)]),
      "",
    ],
    ["an empty file", Buffer.alloc(0), ""],
    ["another file", Buffer.from("hello, this is text"), ""],
  ])("%s", (_, bytes, name) => {
    const path = join(folder, "x.scap");
    writeFileSync(path, bytes);
    expect(captureHostName(path)).toBe(name);
  });

  test("what is not there, and a folder", () => {
    expect(captureHostName(join(folder, "none"))).toBe("");
    expect(captureHostName(folder)).toBe("");
  });
});

const reference = join(import.meta.dir, "../../../shared/reference/captures/files-files.scap");
test.skipIf(!existsSync(reference))(
  "a capture of libscap's own (needs ../shared/reference)",
  () => {
    expect(captureHostName(reference)).toBe("canaris");
  },
);
