// The beginning of a capture, and the host name in it, for the header's default exporter. libscap reads the same
// block into its machine info but keeps it inside; the first few hundred bytes are enough here.

import { closeSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";
import { gunzipBeginning } from "../base/deflate.ts";

const headBytes = 64 * 1024;
const sectionHeaderBlock = 0x0a0d0d0a;
/** libscap's machine info block. */
const machineInfoBlock = 0x201;
/** CPUs (32 bit), memory and greatest pid (64 bit each) come before the name. */
const hostNameOffset = 20;
const hostNameBytes = 128;
const blockHeadBytes = 8;

/** @returns "" where the file names no host or cannot be read: opening it tells why. */
export function captureHostName(path: string): string {
  const head = readHead(path);
  if (head === null || head.length < blockHeadBytes) {
    return "";
  }
  let at = 0;
  while (at + blockHeadBytes <= head.length) {
    const type = readWord(head, at);
    const bytes = readWord(head, at + 4);
    if (type === machineInfoBlock) {
      return nameAt(head, at + blockHeadBytes + hostNameOffset);
    }
    if (type !== sectionHeaderBlock || bytes < blockHeadBytes) {
      return "";
    }
    at += bytes;
  }
  return "";
}

const beginningBytes = 32 * 1024;

/**
 * What a capture begins with, decompressed: the machine and its processes. Two captures that are not
 * copies of each other differ in it. Empty where it cannot be read: opening it tells why.
 */
export function captureBeginning(path: string): Uint8Array {
  return readHead(path)?.subarray(0, beginningBytes) ?? new Uint8Array();
}

/** A capture is in the byte order of its machine, and only ours can be replayed. */
function readWord(head: Buffer, at: number): number {
  return endianness() === "LE" ? head.readUInt32LE(at) : head.readUInt32BE(at);
}

function nameAt(head: Buffer, at: number): string {
  const field = head.subarray(at, at + hostNameBytes);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.length : end);
}

function readHead(path: string): Buffer | null {
  try {
    const file = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(headBytes);
      const raw = buffer.subarray(0, readSync(file, buffer, 0, headBytes, 0));
      const isGzip = raw[0] === 0x1f && raw[1] === 0x8b;
      return isGzip ? gunzipBeginning(raw) : raw;
    } finally {
      closeSync(file);
    }
  } catch {
    // Unreadable or damaged: the engine meets the same trouble and names it.
    return null;
  }
}
