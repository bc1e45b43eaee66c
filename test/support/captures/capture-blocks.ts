// The blocks of a capture file (pcapng): taken apart, changed and put together again, in the byte
// order of this machine.

import { endianness } from "node:os";

export interface Block {
  readonly type: number;
  /** Between the length at its head and the one at its end. */
  readonly content: Buffer;
}

export const sectionHeader = 0x0a0d0d0a;
/** Falco's, as libs 0.20 writes them. */
export const blockTypes = {
  machine: 0x201,
  processes: 0x215,
  descriptors: 0x218,
  interfaces: 0x219,
  users: 0x220,
} as const;

const isLittle = endianness() === "LE";

export function blocksOf(capture: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < capture.length; ) {
    const [type, bytes] = [wordAt(capture, at), wordAt(capture, at + 4)];
    blocks.push({ type, content: capture.subarray(at + 8, at + bytes - 4) });
    at += bytes;
  }
  return blocks;
}

export function captureOf(blocks: readonly Block[]): Buffer {
  return Buffer.concat(
    blocks.flatMap(({ type, content }) => {
      const bytes = words(content.length + 12);
      return [words(type), bytes, content, bytes];
    }),
  );
}

/** Options as pcapng has them: code and text each, and the end of options. */
export function options(...pairs: readonly (readonly [number, string])[]): Buffer {
  const parts = pairs.flatMap(([code, text]) => {
    const value = Buffer.from(text);
    return [halves(code, value.length), value, Buffer.alloc(-value.length & 3)];
  });
  return Buffer.concat([...parts, halves(0, 0)]);
}

export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    isLittle ? bytes.writeUInt32LE(value, 4 * i) : bytes.writeUInt32BE(value, 4 * i);
  });
  return bytes;
}

function halves(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => {
    isLittle ? bytes.writeUInt16LE(value, 2 * i) : bytes.writeUInt16BE(value, 2 * i);
  });
  return bytes;
}

function wordAt(bytes: Buffer, at: number): number {
  return isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}
