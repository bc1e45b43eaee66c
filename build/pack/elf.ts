// Reads and writes 64-bit ELF files of either byte order, by the names that elf(5) gives their
// fields. What is not checked here can be believed of no file: every offset and length is held
// against the bytes there are, so a damaged file gives an ElfError and never a RangeError.

/** What is wrong with an ELF file; the message begins with the file's name. */
export class ElfError extends Error {
  override readonly name = "ElfError";
}

/** The types of program headers that we know, from elf(5) and the GNU extensions. */
export const PT = {
  LOAD: 1,
  DYNAMIC: 2,
  INTERP: 3,
  NOTE: 4,
  PHDR: 6,
  TLS: 7,
  GNU_EH_FRAME: 0x6474e550,
  GNU_STACK: 0x6474e551,
  GNU_RELRO: 0x6474e552,
} as const;
/** Permissions in a program header's `flags`. */
export const PF = { X: 1, W: 2, R: 4 } as const;
/** The kinds of file in a header's `type`. */
export const ET = { EXEC: 2, DYN: 3 } as const;
/** The machines in a header's `machine` that we build for. */
export const EM = { S390: 22, X86_64: 62 } as const;
/** The tags of the dynamic section that we use. */
export const DT = {
  NULL: 0,
  NEEDED: 1,
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  STRSZ: 10,
  SYMENT: 11,
  SONAME: 14,
  TEXTREL: 22,
  FLAGS: 30,
  GNU_HASH: 0x6ffffef5,
  VERSYM: 0x6ffffff0,
} as const;
export const DF_TEXTREL = 4;
const SHT_DYNSYM = 11;
const HEADER_BYTES = 64;

/** A structure's fields by name: where each begins and how many bytes it has. */
type Layout = Readonly<Record<string, readonly [at: number, bytes: 1 | 2 | 4 | 8]>>;
type Struct<L extends Layout> = { readonly [Field in keyof L]: number };

const ELF_HEADER = {
  type: [16, 2],
  machine: [18, 2],
  version: [20, 4],
  entry: [24, 8],
  phoff: [32, 8],
  shoff: [40, 8],
  flags: [48, 4],
  ehsize: [52, 2],
  phentsize: [54, 2],
  phnum: [56, 2],
  shentsize: [58, 2],
  shnum: [60, 2],
  shstrndx: [62, 2],
} as const satisfies Layout;

const PROGRAM_HEADER = {
  type: [0, 4],
  flags: [4, 4],
  offset: [8, 8],
  vaddr: [16, 8],
  paddr: [24, 8],
  filesz: [32, 8],
  memsz: [40, 8],
  align: [48, 8],
} as const satisfies Layout;
export const PROGRAM_HEADER_BYTES = 56;

const SECTION_HEADER = {
  name: [0, 4],
  type: [4, 4],
  flags: [8, 8],
  addr: [16, 8],
  offset: [24, 8],
  size: [32, 8],
  link: [40, 4],
  info: [44, 4],
  addralign: [48, 8],
  entsize: [56, 8],
} as const satisfies Layout;
const SECTION_HEADER_BYTES = 64;

const SYMBOL = {
  name: [0, 4],
  info: [4, 1],
  other: [5, 1],
  shndx: [6, 2],
  value: [8, 8],
  size: [16, 8],
} as const satisfies Layout;
const SYMBOL_BYTES = 24;

export type ElfHeader = Struct<typeof ELF_HEADER>;
export type ProgramHeader = Struct<typeof PROGRAM_HEADER>;

/** A file whose header and program headers are sound. `bytes` are the caller's, not a copy. */
export interface ElfFile {
  /** What the file is called in errors. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly header: ElfHeader;
  readonly segments: readonly ProgramHeader[];
}

/** The dynamic section as far as loading needs it. */
export interface Dynamic {
  readonly needed: readonly string[];
  readonly soname: string | null;
  /** The file wants its code written to when it is loaded. */
  readonly textRelocations: boolean;
  /** The value of each tag that can stand there but once. */
  readonly values: ReadonlyMap<number, number>;
}

/** A symbol of the dynamic symbol table; local ones are left out. */
export interface ElfSymbol {
  readonly name: string;
  readonly defined: boolean;
  readonly weak: boolean;
  /** Defined, but under a version that nobody may link to any more. */
  readonly hiddenVersion: boolean;
}

/** Whether the bytes begin as those of an ELF file do. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && [0x7f, 0x45, 0x4c, 0x46].every((byte, at) => bytes[at] === byte);
}

/**
 * Reads header and program headers.
 *
 * @throws ElfError where the file is none of ours, cut off, or contradicts itself.
 */
export function parseElf(bytes: Uint8Array, name: string): ElfFile {
  if (!isElf(bytes)) throw new ElfError(`${name}: not an ELF file`);
  if (bytes.length < HEADER_BYTES) throw new ElfError(`${name}: cut off within the ELF header`);
  if (bytes[4] !== 2) throw new ElfError(`${name}: not a 64-bit ELF file`);
  const order = bytes[5];
  if (order !== 1 && order !== 2) throw new ElfError(`${name}: unknown byte order ${order}`);
  const littleEndian = order === 1;
  const reader = new Reader(bytes, name, littleEndian);
  const header = reader.struct(ELF_HEADER, 0, "ELF header");
  if (header.phnum > 0 && header.phentsize !== PROGRAM_HEADER_BYTES) {
    throw new ElfError(`${name}: program headers of ${header.phentsize} bytes`);
  }
  if (header.phnum === 0xffff) throw new ElfError(`${name}: too many program headers`);
  const segments = Array.from({ length: header.phnum }, (_, index) => {
    const at = header.phoff + index * PROGRAM_HEADER_BYTES;
    return reader.struct(PROGRAM_HEADER, at, `program header ${index}`);
  });
  segments.forEach((segment, index) => {
    checkSegment(reader, segment, index);
  });
  return { name, bytes, littleEndian, header, segments };
}

function checkSegment(reader: Reader, segment: ProgramHeader, index: number): void {
  const what = `program header ${index}`;
  const stack = segment.type === PT.GNU_STACK;
  if (!stack) reader.range(segment.offset, segment.filesz, what);
  if (!Number.isSafeInteger(segment.vaddr + segment.memsz)) {
    throw new ElfError(`${reader.name}: ${what} ends beyond the address space`);
  }
  if (segment.type !== PT.LOAD) return;
  if (segment.memsz < segment.filesz) {
    throw new ElfError(`${reader.name}: ${what} has more bytes in the file than in memory`);
  }
  const { align } = segment;
  if (align > 1 && (2 ** Math.round(Math.log2(align)) !== align || misaligned(segment))) {
    throw new ElfError(`${reader.name}: ${what} is not aligned as it says (${align})`);
  }
}

function misaligned({ vaddr, offset, align }: ProgramHeader): boolean {
  return vaddr % align !== offset % align;
}

/** The segments that are loaded, in the order of their addresses. */
export function loadSegments(elf: ElfFile): ProgramHeader[] {
  return elf.segments
    .filter((segment) => segment.type === PT.LOAD)
    .sort((a, b) => a.vaddr - b.vaddr);
}

/**
 * Where in the file the `length` bytes at an address of the loaded program are.
 *
 * @throws ElfError when no one segment has all of them from the file.
 */
export function offsetOf(elf: ElfFile, address: number, length: number): number {
  for (const { type, vaddr, filesz, offset } of elf.segments) {
    if (type !== PT.LOAD || address < vaddr) continue;
    if (address + length <= vaddr + filesz) return address - vaddr + offset;
  }
  const range = `${length} bytes at 0x${address.toString(16)}`;
  throw new ElfError(`${elf.name}: ${range} are in no loaded segment`);
}

/** The address at which `length` bytes of the file are loaded, or null when they are not. */
export function addressOf(elf: ElfFile, at: number, length: number): number | null {
  for (const { type, vaddr, filesz, offset } of elf.segments) {
    if (type !== PT.LOAD || at < offset) continue;
    if (at + length <= offset + filesz) return at - offset + vaddr;
  }
  return null;
}

/** The dynamic section; null for a static file. */
export function dynamicOf(elf: ElfFile): Dynamic | null {
  const segment = elf.segments.find(({ type }) => type === PT.DYNAMIC);
  if (segment === undefined) return null;
  const reader = new Reader(elf.bytes, elf.name, elf.littleEndian);
  const values = new Map<number, number>();
  const names: number[] = [];
  for (let at = segment.offset; ; at += 16) {
    if (at + 16 > segment.offset + segment.filesz) {
      throw new ElfError(`${elf.name}: the dynamic section has no end`);
    }
    const tag = reader.integer(at, 8, "dynamic section");
    if (tag === DT.NULL) break;
    const value = reader.integer(at + 8, 8, "dynamic section");
    if (tag === DT.NEEDED) names.push(value);
    else values.set(tag, value);
  }
  const strings = () => stringTable(elf, values);
  const soname = values.get(DT.SONAME);
  return {
    needed: names.map((at) => strings()(at)),
    soname: soname === undefined ? null : strings()(soname),
    textRelocations: values.has(DT.TEXTREL) || ((values.get(DT.FLAGS) ?? 0) & DF_TEXTREL) !== 0,
    values,
  };
}

/** The dynamic symbols, without local ones; none for a static file. */
export function symbolsOf(elf: ElfFile): ElfSymbol[] {
  const dynamic = dynamicOf(elf);
  const table = dynamic?.values.get(DT.SYMTAB);
  if (dynamic === null || table === undefined) return [];
  const size = dynamic.values.get(DT.SYMENT) ?? SYMBOL_BYTES;
  if (size !== SYMBOL_BYTES) throw new ElfError(`${elf.name}: dynamic symbols of ${size} bytes`);
  const reader = new Reader(elf.bytes, elf.name, elf.littleEndian);
  const count = symbolCount(elf, dynamic.values);
  if (count * SYMBOL_BYTES > elf.bytes.length) {
    throw new ElfError(`${elf.name}: ${count} dynamic symbols are more than the file can hold`);
  }
  const start = offsetOf(elf, table, count * SYMBOL_BYTES);
  const string = stringTable(elf, dynamic.values);
  const versions = dynamic.values.get(DT.VERSYM);
  const versionsAt = versions === undefined ? null : offsetOf(elf, versions, count * 2);
  const symbols: ElfSymbol[] = [];
  for (let index = 1; index < count; index++) {
    const { name, info, shndx } = reader.struct(SYMBOL, start + index * SYMBOL_BYTES, "symbol");
    const binding = info >> 4;
    if (binding === 0) continue;
    const version =
      versionsAt === null ? 0 : reader.integer(versionsAt + index * 2, 2, "symbol version");
    symbols.push({
      name: string(name),
      defined: shndx !== 0,
      weak: binding === 2,
      hiddenVersion: version >= 0x8000,
    });
  }
  return symbols;
}

/** How many entries the symbol table has: nothing says so but the tables that point into it. */
function symbolCount(elf: ElfFile, values: ReadonlyMap<number, number>): number {
  const reader = new Reader(elf.bytes, elf.name, elf.littleEndian);
  const hash = values.get(DT.HASH);
  if (hash !== undefined) {
    // The one machine of ours on which the table's words have eight bytes.
    const word = elf.header.machine === EM.S390 ? 8 : 4;
    return reader.integer(offsetOf(elf, hash + word, word), word, "symbol hash table");
  }
  const gnu = values.get(DT.GNU_HASH);
  const counted = gnu === undefined ? null : gnuHashCount(elf, reader, gnu);
  // A GNU table without entries tells nothing of the undefined symbols: those it never has.
  const count = counted ?? sectionCount(elf, reader);
  if (count === null) throw new ElfError(`${elf.name}: nothing tells the number of its symbols`);
  return count;
}

function gnuHashCount(elf: ElfFile, reader: Reader, address: number): number | null {
  const word = (at: number) => reader.integer(offsetOf(elf, at, 4), 4, "GNU hash table");
  const [buckets, first, bloom] = [word(address), word(address + 4), word(address + 8)];
  const bucketsAt = address + 16 + bloom * 8;
  offsetOf(elf, bucketsAt, buckets * 4);
  let last = 0;
  for (let index = 0; index < buckets; index++) {
    last = Math.max(last, word(bucketsAt + index * 4));
  }
  if (last === 0) return null;
  if (last < first) throw new ElfError(`${elf.name}: damaged GNU hash table`);
  // The lowest bit marks the end of a chain; a chain without one ends with the segment's error.
  while ((word(bucketsAt + buckets * 4 + (last - first) * 4) & 1) === 0) last++;
  return last + 1;
}

function sectionCount({ header }: ElfFile, reader: Reader): number | null {
  if (header.shoff === 0 || header.shentsize !== SECTION_HEADER_BYTES) return null;
  for (let index = 0; index < header.shnum; index++) {
    const at = header.shoff + index * SECTION_HEADER_BYTES;
    const section = reader.struct(SECTION_HEADER, at, `section header ${index}`);
    if (section.type === SHT_DYNSYM) return Math.floor(section.size / SYMBOL_BYTES);
  }
  return null;
}

function stringTable(elf: ElfFile, values: ReadonlyMap<number, number>): (at: number) => string {
  const [address, size] = [values.get(DT.STRTAB), values.get(DT.STRSZ)];
  if (address === undefined || size === undefined) {
    throw new ElfError(`${elf.name}: the dynamic section has no string table`);
  }
  const start = offsetOf(elf, address, size);
  const table = elf.bytes.subarray(start, start + size);
  const decoder = new TextDecoder();
  return (at) => {
    const end = at < table.length ? table.indexOf(0, at) : -1;
    if (end < 0) throw new ElfError(`${elf.name}: a name is beyond the string table's end`);
    return decoder.decode(table.subarray(at, end));
  };
}

/** Writes the fields of the header into the first bytes of a file. */
export function writeHeader(bytes: Uint8Array, header: ElfHeader, littleEndian: boolean): void {
  writeStruct(viewOf(bytes), ELF_HEADER, 0, header, littleEndian);
}

/** A table of program headers as it stands in a file. */
export function encodeSegments(segments: readonly ProgramHeader[], littleEndian: boolean) {
  const bytes = new Uint8Array(segments.length * PROGRAM_HEADER_BYTES);
  const view = viewOf(bytes);
  segments.forEach((segment, index) => {
    writeStruct(view, PROGRAM_HEADER, index * PROGRAM_HEADER_BYTES, segment, littleEndian);
  });
  return bytes;
}

class Reader {
  readonly name: string;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array, name: string, littleEndian: boolean) {
    this.name = name;
    this.#view = viewOf(bytes);
    this.#little = littleEndian;
  }

  /** Fails unless the file has these bytes. */
  range(at: number, length: number, what: string): void {
    if (at + length <= this.#view.byteLength) return;
    throw new ElfError(`${this.name}: ${what} is beyond the end of the file`);
  }

  integer(at: number, bytes: 1 | 2 | 4 | 8, what: string): number {
    this.range(at, bytes, what);
    if (bytes === 1) return this.#view.getUint8(at);
    if (bytes === 2) return this.#view.getUint16(at, this.#little);
    if (bytes === 4) return this.#view.getUint32(at, this.#little);
    const value = Number(this.#view.getBigUint64(at, this.#little));
    if (Number.isSafeInteger(value)) return value;
    throw new ElfError(`${this.name}: ${what} has an impossible value`);
  }

  struct<L extends Layout>(layout: L, at: number, what: string): Struct<L> {
    const fields = Object.entries(layout).map(([field, [offset, bytes]]) => [
      field,
      this.integer(at + offset, bytes, what),
    ]);
    return Object.fromEntries(fields) as Struct<L>;
  }
}

function writeStruct<L extends Layout>(
  view: DataView,
  layout: L,
  at: number,
  values: Struct<L>,
  littleEndian: boolean,
): void {
  for (const [field, [offset, bytes]] of Object.entries(layout)) {
    const value = values[field] ?? 0;
    if (bytes === 1) view.setUint8(at + offset, value);
    else if (bytes === 2) view.setUint16(at + offset, value, littleEndian);
    else if (bytes === 4) view.setUint32(at + offset, value, littleEndian);
    else view.setBigUint64(at + offset, BigInt(value), littleEndian);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
