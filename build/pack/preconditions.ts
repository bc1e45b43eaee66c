// What must hold of the files before they are packed. The kernel and the loader check little of it:
// a program that breaks one of these rules would end with a bare signal on some machine, some day.

import type { CpuRequirement } from "./cpu.ts";
import {
  dynamicOf,
  ElfError,
  type ElfFile,
  EM,
  ET,
  loadSegments,
  PF,
  PROGRAM_HEADER_BYTES,
  type ProgramHeader,
  PT,
  symbolsOf,
} from "./elf.ts";
import { countMarkers, IMAGES_MAX } from "./head.ts";

/** A machine that we pack for. */
export interface Machine {
  /** The word in the name of musl's C library, as `uname -m` has it. */
  readonly name: string;
  /** The largest page that kernels for it use, in bytes. */
  readonly pageBytes: number;
}

const MACHINES: ReadonlyMap<number, Machine> = new Map([
  [EM.X86_64, { name: "x86_64", pageBytes: 4096 }],
  [EM.S390, { name: "s390x", pageBytes: 4096 }],
]);

/** A library with the name by which it is looked up. */
export interface Library {
  readonly name: string;
  readonly elf: ElfFile;
}

/** The files of one pack. */
export interface Parts {
  readonly program: ElfFile;
  readonly loader: ElfFile;
  readonly libraries: readonly Library[];
}

/** What was found out about symbols. */
export interface Linkage {
  /** Names of libraries that the program needs itself, in the order in which they are loaded. */
  readonly atStart: readonly string[];
  /** Weak symbols that nothing defines, by the name of the image; the program's is "". */
  readonly unresolvedWeak: ReadonlyMap<string, readonly string[]>;
}

/** Checks the files' form. @throws ElfError naming the file and what to do. */
export function checkForm(parts: Parts): Machine {
  const { program, loader, libraries } = parts;
  const machine = MACHINES.get(program.header.machine);
  if (machine === undefined) {
    const number = program.header.machine;
    throw new ElfError(`${program.name}: machine ${number} is unknown; add its row to MACHINES`);
  }
  checkProgram(program);
  for (const elf of [loader, ...libraries.map(({ elf }) => elf)]) {
    if (
      elf.header.machine !== program.header.machine ||
      elf.littleEndian !== program.littleEndian
    ) {
      throw new ElfError(`${elf.name}: not for ${machine.name}, as the program is; build it anew`);
    }
    checkImage(elf);
  }
  for (const elf of [program, loader, ...libraries.map(({ elf }) => elf)]) {
    checkSegments(elf, machine);
  }
  checkNames(libraries, machine);
  return machine;
}

function checkProgram(program: ElfFile): void {
  const { name, header } = program;
  if (header.type !== ET.EXEC && header.type !== ET.DYN) {
    throw new ElfError(`${name}: of type ${header.type}, not a program; link it first`);
  }
  if (countMarkers(program.bytes) > 0) {
    throw new ElfError(`${name}: packed already; give it as it was linked`);
  }
  if (!program.segments.some(({ type }) => type === PT.DYNAMIC)) {
    throw new ElfError(`${name}: linked statically, so there is nothing to pack`);
  }
  if (header.type === ET.DYN && !program.segments.some(({ type }) => type === PT.PHDR)) {
    throw new ElfError(`${name}: has no PT_PHDR, by which it is found; link it as a program`);
  }
}

function checkImage(elf: ElfFile): void {
  const { name, header, segments } = elf;
  if (header.type !== ET.DYN) {
    throw new ElfError(`${name}: of type ${header.type}, not a shared library; link with -shared`);
  }
  if (!segments.some(({ type }) => type === PT.DYNAMIC)) {
    throw new ElfError(`${name}: has no dynamic section; link with -shared`);
  }
  const first = loadSegments(elf)[0];
  const end = header.phoff + header.phnum * PROGRAM_HEADER_BYTES;
  if (first === undefined || first.vaddr !== 0 || first.offset !== 0 || end > first.filesz) {
    throw new ElfError(`${name}: its headers are not loaded at address 0; use GNU ld's own layout`);
  }
}

/** Pages are what the kernel protects, so no two segments may share one. */
function checkSegments(elf: ElfFile, { pageBytes }: Machine): void {
  let end = 0;
  for (const segment of loadSegments(elf)) {
    const where = `${elf.name}: the segment at 0x${segment.vaddr.toString(16)}`;
    if ((segment.flags & (PF.W | PF.X)) === (PF.W | PF.X)) {
      throw new ElfError(`${where} is writable and executable; link with -z separate-code`);
    }
    if (segment.align % pageBytes !== 0 || segment.align === 0) {
      const option = `-z max-page-size=${pageBytes}`;
      throw new ElfError(`${where} is aligned to ${segment.align} bytes; link with ${option}`);
    }
    if (segment.vaddr - (segment.vaddr % pageBytes) < end) {
      throw new ElfError(`${where} overlaps the one before it; link it anew`);
    }
    end = Math.ceil((segment.vaddr + segment.memsz) / pageBytes) * pageBytes;
  }
  if (end === 0) throw new ElfError(`${elf.name}: has no segment to load; link it anew`);
  const stack = elf.segments.find(({ type }) => type === PT.GNU_STACK);
  if (stack !== undefined && (stack.flags & PF.X) !== 0) {
    throw new ElfError(`${elf.name}: wants an executable stack; link with -z noexecstack`);
  }
  if (dynamicOf(elf)?.textRelocations) {
    throw new ElfError(`${elf.name}: relocates its code (TEXTREL); compile with -fPIC`);
  }
}

function checkNames(libraries: readonly Library[], machine: Machine): void {
  if (libraries.length > IMAGES_MAX) {
    throw new ElfError(`${libraries.length} libraries are more than the loader's ${IMAGES_MAX}`);
  }
  const names = new Set<string>();
  for (const { name, elf } of libraries) {
    if (!/^[\w.+-]+$/.test(name)) {
      throw new ElfError(`${elf.name}: cannot be embedded as "${name}"; use a plain file name`);
    }
    // musl takes a request for any of these as one for itself.
    if (/^lib(c|pthread|rt|m|dl|util|xnet)\./.test(name) || isLoader(name, machine)) {
      throw new ElfError(`${elf.name}: cannot be embedded as "${name}": that is the C library`);
    }
    if (names.has(name))
      throw new ElfError(`${elf.name}: a second library named "${name}"; give each its own`);
    names.add(name);
  }
}

function isLoader(name: string, machine: Machine): boolean {
  return name === "libc.so" || name === `libc.musl-${machine.name}.so.1`;
}

/** Checks that every library and symbol that an image needs is there. @throws ElfError if not. */
export function checkLinkage(parts: Parts, machine: Machine): Linkage {
  const { program, loader, libraries } = parts;
  const byName = new Map(libraries.map((library) => [library.name, library.elf]));
  const atStart = closure(program, byName, machine);
  const images = new Map([program, loader, ...byName.values()].map((elf) => [elf, scan(elf)]));
  const defined = (elfs: readonly ElfFile[]) =>
    new Set(elfs.flatMap((elf) => images.get(elf)?.defined ?? []));
  const elfsOf = (names: readonly string[]) => names.flatMap((name) => byName.get(name) ?? []);
  const global = defined([program, loader, ...elfsOf(atStart)]);
  const unresolvedWeak = new Map<string, readonly string[]>();
  for (const { name, elf } of [{ name: "", elf: program }, ...libraries]) {
    const undefinedOnes = images.get(elf)?.undefinedOnes ?? [];
    // One that is opened later sees the symbols of its own libraries too.
    const own = defined([elf, ...elfsOf(closure(elf, byName, machine))]);
    const missing = undefinedOnes.filter(
      (symbol) => !global.has(symbol.name) && !own.has(symbol.name),
    );
    const strong = missing.filter(({ weak }) => !weak).map((symbol) => symbol.name);
    if (strong.length > 0) {
      const list = strong.slice(0, 10).join(", ");
      const more = strong.length > 10 ? ` and ${strong.length - 10} more` : "";
      throw new ElfError(
        `${elf.name}: nothing defines ${list}${more}; embed the library that does`,
      );
    }
    unresolvedWeak.set(name, missing.map((symbol) => symbol.name).sort());
  }
  return { atStart, unresolvedWeak };
}

/** The libraries that an image needs, and those that these need, breadth first as musl does. */
function closure(
  image: ElfFile,
  byName: ReadonlyMap<string, ElfFile>,
  machine: Machine,
): readonly string[] {
  const names: string[] = [];
  const queue: ElfFile[] = [image];
  for (let elf = queue.shift(); elf !== undefined; elf = queue.shift()) {
    for (const name of dynamicOf(elf)?.needed ?? []) {
      if (isLoader(name, machine) || names.includes(name)) continue;
      const library = byName.get(name);
      if (library === undefined) {
        throw new ElfError(`${elf.name}: needs ${name}, which is not embedded; embed it as well`);
      }
      names.push(name);
      queue.push(library);
    }
  }
  return names;
}

function scan(elf: ElfFile) {
  const symbols = symbolsOf(elf);
  return {
    defined: symbols
      .filter((symbol) => symbol.defined && !symbol.hiddenVersion)
      .map((symbol) => symbol.name),
    undefinedOnes: symbols.filter((symbol) => !symbol.defined),
  };
}

/** Checks the names of environment variables: one may end in `*`, which stands for any rest. */
export function checkVariables(names: readonly string[]): void {
  const wrong = names.filter((name) => !/^[A-Za-z_]\w*\*?$/.test(name));
  if (wrong.length === 0) return;
  throw new ElfError(`no names of environment variables: ${wrong.join(", ")}; see the list's file`);
}

/** Checks that the loader can ask this machine's CPU for its features. */
export function checkCpu(cpu: CpuRequirement | null, machine: Machine): void {
  if (cpu === null || machine.name === "x86_64") return;
  throw new ElfError(`the loader cannot check a CPU of ${machine.name}; give no requirement`);
}

/** The segment that tells the size of stacks, or the one that asks for nothing special. */
export function stackSegment(program: ElfFile): ProgramHeader {
  const stack = program.segments.find(({ type }) => type === PT.GNU_STACK);
  const none = { offset: 0, vaddr: 0, paddr: 0, filesz: 0, memsz: 0, align: 16 };
  return stack ?? { type: PT.GNU_STACK, flags: PF.R | PF.W, ...none };
}
