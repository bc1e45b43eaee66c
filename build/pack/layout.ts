// Where each image of a packed program goes, in memory and in the file. Images follow the program
// at bases of their own; within an image everything stays as its linker laid it out.

import {
  addressOf,
  ElfError,
  type ElfFile,
  encodeSegments,
  loadSegments,
  PF,
  PROGRAM_HEADER_BYTES,
  type ProgramHeader,
  PT,
  writeHeader,
} from "./elf.ts";
import type { Machine } from "./preconditions.ts";

/** What images are aligned to: the largest page of any machine, so that none ever shares one. */
const IMAGE_ALIGN = 0x10000;

/** Bytes at a place of the file that is being made. */
export interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** An image at its place: its segments with the addresses and offsets they have in the result. */
export interface PlacedImage {
  readonly base: number;
  readonly segments: readonly ProgramHeader[];
  readonly pieces: readonly Piece[];
}

/** Hands out room behind what is there already. */
export interface Cursor {
  address: number;
  offset: number;
}

/** The room behind a program. */
export function cursorAfter(program: ElfFile): Cursor {
  const ends = loadSegments(program).map(({ vaddr, memsz }) => vaddr + memsz);
  return { address: Math.max(...ends), offset: program.bytes.length };
}

/** Gives an image its place and moves the cursor behind it. */
export function placeImage(elf: ElfFile, cursor: Cursor, machine: Machine): PlacedImage {
  const loads = loadSegments(elf);
  const base = roundUp(cursor.address, Math.max(IMAGE_ALIGN, ...loads.map(({ align }) => align)));
  const pieces: Piece[] = [];
  const segments = loads.map((segment) => {
    const offset = roundUp(cursor.offset, machine.pageBytes) + (segment.vaddr % machine.pageBytes);
    // What begins as zeros is written out: it is little, and no kernel has to get it right then.
    const bytes = new Uint8Array(segment.memsz);
    bytes.set(elf.bytes.subarray(segment.offset, segment.offset + segment.filesz));
    pieces.push({ at: offset, bytes });
    cursor.offset = offset + bytes.length;
    cursor.address = base + segment.vaddr + segment.memsz;
    return loadSegment(segment.flags, base + segment.vaddr, offset, bytes.length, machine);
  });
  return { base, segments, pieces };
}

/** The address at which the next table would be. */
export function nextTableAddress(cursor: Cursor): number {
  return roundUp(cursor.address, IMAGE_ALIGN);
}

/** Gives bytes that are only read a segment of their own. */
export function placeTable(bytes: Uint8Array, cursor: Cursor, machine: Machine): PlacedImage {
  const base = nextTableAddress(cursor);
  const offset = roundUp(cursor.offset, machine.pageBytes);
  cursor.offset = offset + bytes.length;
  cursor.address = base + bytes.length;
  const segment = loadSegment(PF.R, base, offset, bytes.length, machine);
  return { base, segments: [segment], pieces: [{ at: offset, bytes }] };
}

/**
 * Where a program's own headers are in memory: its loader reads those, not the result's.
 *
 * @throws ElfError where no segment has them.
 */
export function programHeadersAddress(program: ElfFile): number {
  const { header, name } = program;
  const address = addressOf(program, header.phoff, header.phnum * PROGRAM_HEADER_BYTES);
  if (address !== null) return address;
  throw new ElfError(`${name}: its program headers are in no loaded segment; link it anew`);
}

/** The whole file: the program, and behind it all that was placed. Its headers stand at its end. */
export function assemble(
  program: ElfFile,
  placed: readonly PlacedImage[],
  { entry, stack, cursor }: { entry: number; stack: ProgramHeader; cursor: Cursor },
): Uint8Array {
  const added = placed.flatMap(({ segments }) => segments);
  const segments = [...loadSegments(program), ...added, stack];
  const phoff = roundUp(cursor.offset, 8);
  const bytes = new Uint8Array(phoff + segments.length * PROGRAM_HEADER_BYTES);
  bytes.set(program.bytes);
  for (const { at, bytes: piece } of placed.flatMap(({ pieces }) => pieces)) bytes.set(piece, at);
  bytes.set(encodeSegments(segments, program.littleEndian), phoff);
  // The sections told of the program only, and of a dynamic section that no one has to heed.
  const noSections = { shoff: 0, shentsize: 0, shnum: 0, shstrndx: 0 };
  const header = { ...program.header, ...noSections, entry, phoff, phnum: segments.length };
  writeHeader(bytes, header, program.littleEndian);
  return bytes;
}

/** Writes over bytes of a placed image, by their address in the result. */
export function overwrite(image: PlacedImage, address: number, bytes: Uint8Array): void {
  image.segments.forEach(({ vaddr, memsz }, index) => {
    if (address < vaddr || address + bytes.length > vaddr + memsz) return;
    image.pieces[index]?.bytes.set(bytes, address - vaddr);
  });
}

function loadSegment(
  flags: number,
  vaddr: number,
  offset: number,
  size: number,
  { pageBytes }: Machine,
): ProgramHeader {
  const sizes = { filesz: size, memsz: size };
  return { type: PT.LOAD, flags, offset, vaddr, paddr: vaddr, ...sizes, align: pageBytes };
}

function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
