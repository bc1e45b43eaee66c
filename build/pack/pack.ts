// Makes one static ELF file of a dynamic program, its loader and its libraries. Each gets segments of
// its own after the program's, so the kernel maps them all; the loader is entered first and finds
// the others in memory instead of in files. Pack last: `bun build --compile` knows nothing of what is
// in the result. It has no section headers, so that `strip` refuses it instead of harming it.

import type { CpuRequirement } from "./cpu.ts";
import { encodeHead, encodeTables, findHead, HEAD_LAYOUT } from "./head.ts";
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
  checkCpu,
  checkForm,
  checkLinkage,
  checkVariables,
  type Parts,
  stackSegment,
} from "./preconditions.ts";
import { type LibraryFile, readElf, readLibraries } from "./read-elf.ts";
import { type PackReport, reportOf } from "./report.ts";

/** What goes into a packed program. */
export interface PackOptions {
  /** The path of a dynamic program for musl, complete but for its libraries. */
  readonly program: string;
  /** The path of the libc.so that `muslLibc` makes. */
  readonly loader: string;
  /** Libraries and the names that programs load them by; nothing else can be loaded. */
  readonly libraries: readonly LibraryFile[];
  /** Environment variables that the program never sees; `NAME*` is all that begin with NAME. */
  readonly hostileEnvironment: readonly string[];
  /** What the CPU must have; null for no check. */
  readonly cpu: CpuRequirement | null;
}

/** A packed program, to be written to a file that may be executed. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly report: PackReport;
}

/**
 * Packs. The same files give the same bytes.
 *
 * @throws ElfError naming a file and what to do, when a precondition does not hold.
 */
export async function pack(options: PackOptions): Promise<Packed> {
  const parts: Parts = {
    program: await readElf(options.program),
    loader: await readElf(options.loader),
    libraries: await readLibraries(options.libraries),
  };
  return packParts(parts, options.hostileEnvironment, options.cpu);
}

/** Packs files that were read already. @throws ElfError as `pack` does. */
export function packParts(
  parts: Parts,
  variables: readonly string[],
  cpu: CpuRequirement | null,
): Packed {
  const machine = checkForm(parts);
  checkVariables(variables);
  checkCpu(cpu, machine);
  const headAddress = findHead(parts.loader);
  const linkage = checkLinkage(parts, machine);

  const { program } = parts;
  const cursor = cursorAfter(program);
  const loader = placeImage(parts.loader, cursor, machine);
  const libraries = parts.libraries.map(({ elf }) => placeImage(elf, cursor, machine));
  const images = parts.libraries.map(({ name }, index) => ({
    name,
    base: libraries[index]?.base ?? 0,
  }));
  const tables = encodeTables(
    { images, variables, cpu },
    nextTableAddress(cursor),
    loader.base,
    program.littleEndian,
  );
  const table = placeTable(tables.bytes, cursor, machine);
  const head = {
    layout: HEAD_LAYOUT,
    active: 1,
    entry: program.header.entry - loader.base,
    programHeaders: programHeadersAddress(program) - loader.base,
    programHeaderCount: program.header.phnum,
    refusalStatus: cpu?.status ?? 0,
    ...tables.words,
  };
  overwrite(loader, loader.base + headAddress, encodeHead(head, program.littleEndian));

  const placed = [loader, ...libraries, table];
  const stack = stackSegment(program);
  const entry = loader.base + parts.loader.header.entry;
  const bytes = assemble(program, placed, { entry, stack, cursor });
  const settled = { parts, machine, linkage, loader, libraries, variables, cpu, entry };
  return {
    bytes,
    report: reportOf({ ...settled, bytes: bytes.length, stackBytes: stack.memsz }),
  };
}
