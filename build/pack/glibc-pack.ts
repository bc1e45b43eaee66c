// Makes one static ELF file of a program for glibc, the C library of runtimes that have no build for
// musl. Unlike the musl packer's result it embeds the libraries as files: glibc's loader maps them
// itself, from memory, led by the shim (build/toolchain/glibc/shim.c) that is entered first.

import { basename } from "node:path";
import { DT, dynamicOf, ElfError, type ElfFile, ET, offsetOf, PT } from "./elf.ts";
import { encodeShimWords, findShim, type ShimImage } from "./glibc-head.ts";
import { hookOpens } from "./glibc-loader.ts";
import {
  assemble,
  cursorAfter,
  nextTableAddress,
  overwrite,
  placeImage,
  placeTable,
  programHeadersAddress,
} from "./layout.ts";
import {
  checkForm,
  checkLinkage,
  checkVariables,
  type Library,
  type Machine,
  stackSegment,
} from "./preconditions.ts";
import { type LibraryFile, readElf, readLibraries } from "./read-elf.ts";

/** What goes into a program packed with glibc. All files by path. */
export interface GlibcPackOptions {
  /** A dynamic program with a fixed address (ET_EXEC). */
  readonly program: string;
  /** What build/toolchain/glibc/shim.c compiles to. */
  readonly shim: string;
  /** glibc's own loader, as Debian ships it. */
  readonly loader: string;
  /** Libraries and the names that programs load them by; nothing else can be loaded. */
  readonly libraries: readonly LibraryFile[];
  /** Environment variables that the program never sees; `NAME*` is all that begin with NAME. */
  readonly hostileEnvironment: readonly string[];
}

/** A packed program, to be written to a file that may be executed. */
export interface GlibcPacked {
  readonly bytes: Uint8Array;
  readonly report: GlibcReport;
}

/** What was packed. */
export interface GlibcReport {
  readonly machine: string;
  readonly bytes: number;
  readonly entry: number;
  readonly shimBase: number;
  readonly loaderBase: number;
  /** Where in the loader files were opened. */
  readonly hookedOpens: readonly number[];
  readonly images: readonly { readonly name: string; readonly length: number }[];
  /** Weak symbols that nothing defines, by image; the program's is "". */
  readonly unresolvedWeak: ReadonlyMap<string, readonly string[]>;
}

interface GlibcParts {
  readonly program: ElfFile;
  readonly shim: ElfFile;
  readonly loader: ElfFile;
  /** With the loader under the name that programs need it by. */
  readonly libraries: readonly Library[];
}

/**
 * Packs. The same files give the same bytes.
 *
 * @throws ElfError naming a file and what to do, when a precondition does not hold.
 */
export async function packGlibc(options: GlibcPackOptions): Promise<GlibcPacked> {
  const parts: GlibcParts = {
    program: await readElf(options.program),
    shim: await readElf(options.shim),
    loader: await readElf(options.loader),
    libraries: await readLibraries(options.libraries),
  };
  return packParts(parts, options.hostileEnvironment);
}

function packParts(parts: GlibcParts, variables: readonly string[]): GlibcPacked {
  const { program, shim, loader } = parts;
  const { machine, unresolvedWeak } = checkParts(parts);
  checkVariables(variables);
  const places = findShim(shim);

  const little = program.littleEndian;
  const cursor = cursorAfter(program);
  const placedShim = placeImage(shim, cursor, machine);
  const placedLoader = placeImage(loader, cursor, machine);
  const files = parts.libraries.map(({ elf }) => placeTable(elf.bytes, cursor, machine));
  const texts = new Texts(nextTableAddress(cursor));
  const images: ShimImage[] = parts.libraries.map(({ name, elf }, index) => ({
    name: texts.add(name),
    address: files[index]?.base ?? 0,
    length: elf.bytes.length,
  }));
  const words = {
    entry: program.header.entry,
    programHeaders: programHeadersAddress(program),
    programHeaderCount: program.header.phnum,
    loaderBase: placedLoader.base,
    loaderEntry: placedLoader.base + loader.header.entry,
    variables: texts.add(variables.map((name) => `${name}\0`).join("")),
    imageCount: images.length,
  };
  const table = placeTable(texts.bytes(), cursor, machine);
  const head = encodeShimWords(words, images, little);
  overwrite(placedShim, placedShim.base + places.head + head.at, head.bytes);
  const hooks = hookOpens(loader, placedShim.base + places.openHook - placedLoader.base);
  for (const { address, bytes } of hooks) {
    overwrite(placedLoader, placedLoader.base + address, bytes);
  }
  const entry = placedShim.base + shim.header.entry;
  const placed = [placedShim, placedLoader, ...files, table];
  const bytes = assemble(program, placed, { entry, stack: stackSegment(program), cursor });
  const names = images.map(({ length }, index) => ({
    name: parts.libraries[index]?.name ?? "",
    length,
  }));
  const bases = { shimBase: placedShim.base, loaderBase: placedLoader.base };
  const hookedOpens = hooks.map(({ address }) => address);
  const report = { machine: machine.name, bytes: bytes.length, entry, hookedOpens };
  return { bytes, report: { ...report, ...bases, images: names, unresolvedWeak } };
}

/** Texts that end in NUL, at an address. */
class Texts {
  readonly #address: number;
  readonly #bytes: number[] = [];

  constructor(address: number) {
    this.#address = address;
  }

  /** The text's address. */
  add(text: string): number {
    const at = this.#address + this.#bytes.length;
    this.#bytes.push(...new TextEncoder().encode(text), 0);
    return at;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** @throws ElfError naming the file and what to do */
function checkParts(parts: GlibcParts): {
  readonly machine: Machine;
  readonly unresolvedWeak: GlibcReport["unresolvedWeak"];
} {
  const { program, shim, loader, libraries } = parts;
  if (program.header.type !== ET.EXEC) {
    throw new ElfError(`${program.name}: has no fixed address; link it with -no-pie`);
  }
  const machine = checkForm({ program, loader: shim, libraries: [] });
  for (const elf of [loader, ...libraries.map(({ elf }) => elf)]) {
    checkForm({ program, loader: elf, libraries: [] });
  }
  const relocations = dynamicOf(shim)?.values;
  if (relocations?.has(DT_RELA) || relocations?.has(DT.TEXTREL)) {
    throw new ElfError(`${shim.name}: has relocations, which nothing would do; hide its symbols`);
  }
  const soname = dynamicOf(loader)?.soname ?? loader.name;
  const wanted = interpreter(program);
  if (wanted !== soname) {
    throw new ElfError(`${program.name}: asks for the loader ${wanted}, not ${soname}`);
  }
  for (const { name, elf } of libraries) {
    const own = dynamicOf(elf)?.soname ?? name;
    if (own !== name) throw new ElfError(`${elf.name}: names itself ${own}, not ${name}`);
  }
  // The loader is in memory already: it needs no file, but others need it by its name.
  const all = { program, loader, libraries: [...libraries, { name: soname, elf: loader }] };
  const { unresolvedWeak } = checkLinkage(all, machine);
  return { machine, unresolvedWeak };
}

const DT_RELA = 7;

/** The last part of the path in PT_INTERP. */
function interpreter(program: ElfFile): string {
  const segment = program.segments.find(({ type }) => type === PT.INTERP);
  if (segment === undefined) throw new ElfError(`${program.name}: names no loader`);
  const at = offsetOf(program, segment.vaddr, segment.filesz);
  const path = new TextDecoder().decode(program.bytes.subarray(at, at + segment.filesz));
  return basename(path.replace(/\0.*$/s, ""));
}
