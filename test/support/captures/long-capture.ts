// A capture that takes long to replay: the events of a small one, again and again. Times go back at
// each turn, which no record's content depends on where it is used.

import fs from "node:fs";
import { gzipSync } from "node:zlib";
import { plainCapture } from "./golden.ts";

/** Turns that are compressed together; all such parts are the same. */
const turnsOfPart = 2000;

/** @param turns at least so many. @returns the path */
export function longCapture(path: string, turns: number): string {
  const bytes = plainCapture("files");
  const start = firstEvent(bytes);
  const events = bytes.subarray(start);
  const part = gzipSync(Buffer.concat(Array.from({ length: turnsOfPart }, () => events)));
  const parts = Array.from({ length: Math.ceil(turns / turnsOfPart) }, () => part);
  fs.writeFileSync(path, Buffer.concat([gzipSync(bytes.subarray(0, start)), ...parts]));
  return path;
}

/** Blocks are type, length, content. Events come last; their types are these. */
function firstEvent(bytes: Buffer): number {
  // The first block has a number that tells the byte order.
  const isLittle = bytes.readUInt32LE(8) === 0x1a2b3c4d;
  const word = (at: number) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  let at = 0;
  while (!eventBlocks.has(word(at))) {
    at += word(at + 4);
  }
  return at;
}

const eventBlocks: ReadonlySet<number> = new Set([0x204, 0x208, 0x216, 0x217, 0x221, 0x222]);
