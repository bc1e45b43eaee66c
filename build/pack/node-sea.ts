// Puts a script into Node's own program, as a single executable application: Node looks for a note of
// a certain name among its program headers and, where it finds one, runs what is in it. Node's usual
// tool for that damages s390x files; this only adds a segment at the end.

import {
  ElfError,
  type ElfFile,
  encodeSegments,
  loadSegments,
  PF,
  type ProgramHeader,
  PT,
  writeHeader,
} from "./elf.ts";

/** Node's own numbers, from its src/node_sea.cc; the layout is that of releases 20 to 22. */
const BLOB_MAGIC = 0x143da20;
const QUIET_ABOUT_EXPERIMENTS = 1;
const NOTE_NAME = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:";

/** What the segments of the injected file are aligned to. */
const ALIGN = 0x10000;

/**
 * The blob that Node reads: flags, the script's name, the script.
 *
 * @param path the script's name in stack traces.
 */
export function seaBlob(script: string, path: string, littleEndian: boolean): Uint8Array {
  const encode = (text: string) => Buffer.from(text, "utf8");
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    littleEndian ? bytes.writeUInt32LE(value) : bytes.writeUInt32BE(value);
    return bytes;
  };
  const length = (bytes: Buffer) => {
    const count = Buffer.alloc(8);
    const size = BigInt(bytes.length);
    littleEndian ? count.writeBigUInt64LE(size) : count.writeBigUInt64BE(size);
    return count;
  };
  const strings = [encode(path), encode(script)];
  const head = [word(BLOB_MAGIC), word(QUIET_ABOUT_EXPERIMENTS)];
  return Buffer.concat([...head, ...strings.flatMap((bytes) => [length(bytes), bytes])]);
}

/**
 * A copy of Node's program that runs the blob.
 *
 * @throws ElfError when it is no Node that can be injected into, or has a blob already.
 */
export function injectSea(node: ElfFile, blob: Uint8Array): Uint8Array {
  const note = encodeNote(blob, node.littleEndian);
  const loads = loadSegments(node);
  const end = Math.max(...loads.map(({ vaddr, memsz }) => vaddr + memsz));
  const [vaddr, offset] = [roundUp(end), roundUp(node.bytes.length)];
  const size = { filesz: note.length, memsz: note.length };
  const place = { offset, vaddr, paddr: vaddr, ...size };
  const segments = withNote(node, { ...place, flags: PF.R });
  const bytes = new Uint8Array(offset + note.length);
  bytes.set(node.bytes);
  bytes.set(note, offset);
  bytes.set(encodeSegments(segments, node.littleEndian), node.header.phoff);
  writeHeader(bytes, { ...node.header, phnum: segments.length }, node.littleEndian);
  setFuse(node.name, bytes);
  return bytes;
}

/** The note must be in memory: its segment takes the place of the header that names the headers. */
function withNote(
  node: ElfFile,
  place: Omit<ProgramHeader, "type" | "align">,
): readonly ProgramHeader[] {
  const segments = node.segments
    .filter(({ type }) => type !== PT.PHDR)
    .map((segment) => (segment.type === PT.NOTE ? { ...place, type: PT.NOTE, align: 4 } : segment));
  const last = segments.findLastIndex(({ type }) => type === PT.LOAD);
  segments.splice(last + 1, 0, { ...place, type: PT.LOAD, align: ALIGN });
  const notes = segments.filter(({ type }) => type === PT.NOTE).length;
  if (notes === 1 && segments.length <= node.segments.length) return segments;
  throw new ElfError(`${node.name}: its program headers have no room for a note; use Node's own`);
}

function encodeNote(blob: Uint8Array, littleEndian: boolean): Uint8Array {
  const name = Buffer.from(`${NOTE_NAME}\0`, "latin1");
  const head = Buffer.alloc(12);
  const fields = [name.length, blob.length, 0];
  fields.forEach((value, index) => {
    littleEndian ? head.writeUInt32LE(value, index * 4) : head.writeUInt32BE(value, index * 4);
  });
  const padding = (bytes: Uint8Array) => Buffer.alloc(-bytes.length & 3);
  return Buffer.concat([head, name, padding(name), blob, padding(blob)]);
}

/** Without this Node does not look for a note at all. */
function setFuse(name: string, bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer);
  const at = file.indexOf(FUSE);
  if (at < 0 || file.indexOf(FUSE, at + 1) >= 0) {
    throw new ElfError(`${name}: no Node that runs embedded scripts; use a release from 20 on`);
  }
  const state = at + FUSE.length;
  if (file[state] !== "0".charCodeAt(0)) {
    throw new ElfError(`${name}: has an embedded script already; give Node's own program`);
  }
  file[state] = "1".charCodeAt(0);
}

function roundUp(value: number): number {
  return Math.ceil(value / ALIGN) * ALIGN;
}
