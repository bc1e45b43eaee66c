// The packers' only way to the file system: ELF files by path, each named in errors by its own name.

import { basename } from "node:path";
import { type ElfFile, parseElf } from "./elf.ts";
import type { Library } from "./preconditions.ts";

/** A library's file, and the name that programs load it by. */
export interface LibraryFile {
  readonly name: string;
  readonly file: string;
}

/** @throws ElfError naming the file, when it is no whole ELF file. */
export async function readElf(file: string): Promise<ElfFile> {
  return parseElf(await Bun.file(file).bytes(), basename(file));
}

/** @throws ElfError as `readElf` does. */
export async function readLibraries(files: readonly LibraryFile[]): Promise<Library[]> {
  return await Promise.all(
    files.map(async ({ name, file }) => ({ name, elf: await readElf(file) })),
  );
}
