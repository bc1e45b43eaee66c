// Makes small ELF files for tests of build/pack: whole enough to be read, never run. All of a file
// is one read-only segment at address 0, the dynamic section at its end.

import { DT, EM, ET, encodeSegments, PF, type ProgramHeader, PT } from "../../../build/pack/elf.ts";

/** What a file has; everything has a default. */
export interface ElfRecipe {
  readonly littleEndian?: boolean;
  readonly machine?: number;
  readonly type?: number;
  readonly needed?: readonly string[];
  readonly soname?: string;
  readonly symbols?: readonly SymbolRecipe[];
  /** What tells the number of symbols; GNU where absent. */
  readonly hash?: "gnu" | "sysv" | "section" | "none";
  /** Entries of the dynamic section beyond those that the above need. */
  readonly tags?: readonly (readonly [tag: number, value: number])[];
  /** False for a file without dynamic section. */
  readonly dynamic?: boolean;
  /** Changes the one segment that is loaded. */
  readonly segment?: Partial<ProgramHeader>;
  readonly extraSegments?: readonly ProgramHeader[];
  /** Put into the file as they are, after everything else. */
  readonly contents?: Uint8Array;
  /** Appended to the file, in no segment. */
  readonly unloaded?: Uint8Array;
  /** Puts the program headers there too. */
  readonly headersLast?: boolean;
}

export interface SymbolRecipe {
  readonly name: string;
  readonly defined?: boolean;
  readonly weak?: boolean;
  readonly local?: boolean;
  readonly hiddenVersion?: boolean;
}

/** A program header with nothing in it but what is given. */
export function segment(fields: Partial<ProgramHeader>): ProgramHeader {
  const none = { offset: 0, vaddr: 0, paddr: 0, filesz: 0, memsz: 0, align: 0x1000 };
  return { type: PT.LOAD, flags: PF.R, ...none, ...fields };
}

/** The file's bytes. */
export function buildElf(recipe: ElfRecipe = {}): Uint8Array<ArrayBuffer> {
  const { littleEndian = true, needed = [], dynamic = true, hash = "gnu" } = recipe;
  const out = new Writer(littleEndian);
  // Undefined ones come first, as a GNU hash table wants it.
  const symbols = [...(recipe.symbols ?? [])].sort(
    (a, b) => Number(a.defined ?? true) - Number(b.defined ?? true),
  );
  const strings = new Strings();
  const [names, libraries] = [
    symbols.map(({ name }) => strings.add(name)),
    needed.map(strings.add),
  ];
  const soname = recipe.soname === undefined ? [] : [[DT.SONAME, strings.add(recipe.soname)]];
  const segments = [
    ...(recipe.type === ET.DYN ? [] : [segment({ type: PT.PHDR })]),
    ...(recipe.extraSegments ?? []),
  ];
  const count = segments.length + (dynamic ? 2 : 1);
  out.zeros(64 + count * 56);
  out.bytes(recipe.contents ?? new Uint8Array());
  const table = out.symbols(symbols, names);
  const versions = out.halves([0, ...symbols.map((symbol) => (symbol.hiddenVersion ? 0x8001 : 1))]);
  const undefinedOnes = symbols.filter(({ defined = true }) => !defined).length;
  const hashAt = out.hash(hash, undefinedOnes + 1, symbols.length + 1, recipe.machine);
  const section = hash === "section" ? out.section(table, (symbols.length + 1) * 24) : 0;
  const stringsAt = out.bytes(strings.table());
  const dynamicAt = out.words(
    [
      ...libraries.map((at) => [DT.NEEDED, at]),
      ...soname,
      [DT.STRTAB, stringsAt],
      [DT.STRSZ, strings.table().length],
      [DT.SYMTAB, table],
      [DT.SYMENT, 24],
      [DT.VERSYM, versions],
      ...(hash === "gnu" ? [[DT.GNU_HASH, hashAt]] : []),
      ...(hash === "sysv" ? [[DT.HASH, hashAt]] : []),
      ...(recipe.tags ?? []),
      [DT.NULL, 0],
    ].flat(),
  );
  const end = out.length;
  const size = { filesz: end, memsz: end };
  const load = segment({ ...size, ...recipe.segment });
  const tail = segment({ type: PT.DYNAMIC, offset: dynamicAt, filesz: end - dynamicAt });
  const bytes = out.take();
  const all = [load, ...(dynamic ? [{ ...tail, memsz: tail.filesz }] : []), ...segments];
  const headers = encodeSegments(all, littleEndian);
  bytes.set(headers, 64);
  writeHead(bytes, { ...recipe, count, section });
  if (recipe.headersLast) {
    new DataView(bytes.buffer).setBigUint64(32, BigInt(bytes.length), littleEndian);
    return Uint8Array.from([...bytes, ...headers]);
  }
  return Uint8Array.from([...bytes, ...(recipe.unloaded ?? [])]);
}

function writeHead(
  bytes: Uint8Array,
  { littleEndian = true, machine, type, count, section }: ElfRecipe & Head,
): void {
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, littleEndian ? 1 : 2, 1]);
  view.setUint16(16, type ?? ET.EXEC, littleEndian);
  view.setUint16(18, machine ?? EM.X86_64, littleEndian);
  view.setUint32(20, 1, littleEndian);
  view.setBigUint64(32, 64n, littleEndian);
  view.setBigUint64(40, BigInt(section), littleEndian);
  view.setUint16(52, 64, littleEndian);
  view.setUint16(54, 56, littleEndian);
  view.setUint16(56, count, littleEndian);
  view.setUint16(58, 64, littleEndian);
  view.setUint16(60, section === 0 ? 0 : 1, littleEndian);
}

interface Head {
  readonly count: number;
  readonly section: number;
}

class Strings {
  readonly #bytes: number[] = [0];

  readonly add = (text: string): number => {
    const at = this.#bytes.length;
    this.#bytes.push(...new TextEncoder().encode(text), 0);
    return at;
  };

  table(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }
}

class Writer {
  #out: number[] = [];
  readonly #little: boolean;

  constructor(littleEndian: boolean) {
    this.#little = littleEndian;
  }

  get length(): number {
    return this.#out.length;
  }

  take(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#out);
  }

  zeros(count: number): void {
    this.#out.push(...new Array<number>(count).fill(0));
  }

  bytes(bytes: Uint8Array): number {
    while (this.#out.length % 8 !== 0) this.#out.push(0);
    const at = this.#out.length;
    this.#out.push(...bytes);
    return at;
  }

  words(values: readonly number[]): number {
    return this.#numbers(values, 8, (view, at, value) => {
      view.setBigUint64(at, BigInt(value), this.#little);
    });
  }

  halves(values: readonly number[]): number {
    return this.#numbers(values, 2, (view, at, value) => {
      view.setUint16(at, value, this.#little);
    });
  }

  integers(values: readonly number[]): number {
    return this.#numbers(values, 4, (view, at, value) => {
      view.setUint32(at, value, this.#little);
    });
  }

  symbols(symbols: readonly SymbolRecipe[], names: readonly number[]): number {
    const bytes = new Uint8Array((symbols.length + 1) * 24);
    const view = new DataView(bytes.buffer);
    symbols.forEach(({ defined = true, weak = false, local = false }, index) => {
      const at = (index + 1) * 24;
      view.setUint32(at, names[index] ?? 0, this.#little);
      view.setUint8(at + 4, (local ? 0 : weak ? 2 : 1) << 4);
      view.setUint16(at + 6, defined ? 1 : 0, this.#little);
      view.setBigUint64(at + 8, defined ? 0x1000n : 0n, this.#little);
    });
    return this.bytes(bytes);
  }

  /** A hash table with one bucket. `first` is the first symbol in a GNU table, `end` ends it. */
  hash(kind: ElfRecipe["hash"], first: number, end: number, machine: number | undefined): number {
    const chain = Array.from({ length: end - first }, (_, at) => (at === end - first - 1 ? 1 : 0));
    if (kind === "gnu") {
      const at = this.integers([1, first, 1, 0]);
      this.words([0]);
      this.integers([first < end ? first : 0, ...chain]);
      return at;
    }
    const words = [1, end, 0, ...new Array<number>(end).fill(0)];
    return machine === EM.S390 ? this.words(words) : this.integers(words);
  }

  /** A table of one section header: the dynamic symbols'. */
  section(offset: number, size: number): number {
    const at = this.integers([0, 11, 0, 0]);
    this.words([offset, offset, size, 0, 8, 24]);
    return at;
  }

  #numbers(
    values: readonly number[],
    size: number,
    set: (view: DataView, at: number, value: number) => void,
  ): number {
    const bytes = new Uint8Array(values.length * size);
    const view = new DataView(bytes.buffer);
    values.forEach((value, index) => {
      set(view, index * size, value);
    });
    return this.bytes(bytes);
  }
}
