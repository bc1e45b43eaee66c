// Reads all there is at a place that an operator names: a file, the files of a folder in their order,
// or standard input. A file that is damaged or cut is read as far as it is good; the caller is told,
// and the next one is read.

import fs from "node:fs/promises";
import { join } from "node:path";
import { systemCause } from "../base/errors.ts";
import type { RecordReceiver } from "../sysflow/record-sink.ts";
import { byStamp } from "./file-order.ts";
import { InputFault } from "./input-fault.ts";
import { readInto } from "./read-into.ts";
import { SfReader } from "./sf-reader.ts";

/** Stands for standard input. */
export const standardInput = "-";

export interface ReadOptions {
  /** Called for each file that is not read to its end, and where there is none, with why. */
  readonly onFault: (fault: InputFault) => void;
  /** Ends the reading between two blocks. */
  readonly signal?: AbortSignal;
}

export interface ReadCounts {
  /** Files begun. */
  files: number;
  /** Files that were not read to their end. */
  faults: number;
  /** Records given. */
  records: number;
  /** Records of kinds that are not known, and were not given. */
  unknown: number;
}

/**
 * Gives all records of a place, in order; ids begin anew with each header. Rejects with what `to`
 * throws, and with nothing else.
 */
export async function readRecords(
  place: string,
  to: RecordReceiver,
  options: ReadOptions,
): Promise<Readonly<ReadCounts>> {
  const counts: ReadCounts = { files: 0, faults: 0, records: 0, unknown: 0 };
  const onFault = (fault: InputFault) => {
    counts.faults += 1;
    options.onFault(fault);
  };
  const paths = await orFault(filesAt(place), onFault);
  for (const path of paths ?? []) {
    if (options.signal?.aborted === true) {
      break;
    }
    counts.files += 1;
    await readFile(path, to, { ...options, onFault }, counts);
  }
  return counts;
}

/** The files at a place, in the order in which they were written. Rejects with an InputFault. */
async function filesAt(place: string): Promise<readonly string[]> {
  if (place === standardInput) {
    return [place];
  }
  let paths: readonly string[];
  try {
    if (!(await fs.stat(place)).isDirectory()) {
      return [place];
    }
    paths = await filesIn(place);
  } catch (cause) {
    throw openFailed(place, cause);
  }
  if (paths.length === 0) {
    throw new InputFault("INPUT_EMPTY", `cannot read ${place}: there is no file in that folder`);
  }
  return paths;
}

/** Neither hidden files nor those of folders below; of others none that would wait for a writer. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const names = (await fs.readdir(folder)).filter((name) => !name.startsWith("."));
  const paths: string[] = [];
  for (const name of names.sort(byStamp)) {
    const path = join(folder, name);
    if ((await fs.stat(path)).isFile()) {
      paths.push(path);
    }
  }
  return paths;
}

async function readFile(
  path: string,
  to: RecordReceiver,
  { onFault, signal }: ReadOptions,
  counts: ReadCounts,
): Promise<void> {
  const isInput = path === standardInput;
  const handle = isInput ? null : await orFault(opened(path), onFault);
  if (handle === undefined) {
    return;
  }
  const reader = new SfReader(isInput ? "standard input" : path);
  const descriptor = handle?.fd ?? 0;
  try {
    await orFault(readAll(reader, descriptor, to, signal), onFault);
  } finally {
    counts.records += reader.records;
    counts.unknown += reader.unknown;
    await handle?.close();
  }
}

async function readAll(
  reader: SfReader,
  descriptor: number,
  to: RecordReceiver,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let step = reader.next(to); step !== "end"; step = reader.next(to)) {
    if (signal?.aborted === true) {
      return;
    }
    if (step === "more") {
      await fill(reader, descriptor);
    }
  }
}

async function fill(reader: SfReader, descriptor: number): Promise<void> {
  try {
    reader.filled(await readInto(descriptor, reader.room()));
  } catch (cause) {
    throw reader.readFailed(cause);
  }
}

async function opened(path: string): Promise<fs.FileHandle> {
  try {
    return await fs.open(path);
  } catch (cause) {
    throw openFailed(path, cause);
  }
}

function openFailed(path: string, cause: unknown): InputFault {
  const message = `cannot read ${path}: ${systemCause(cause)}; name a file or folder to be read`;
  return new InputFault("INPUT_OPEN_FAILED", message, { cause });
}

/** @returns undefined where there was a fault, which was told */
async function orFault<T>(
  work: Promise<T>,
  onFault: (fault: InputFault) => void,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InputFault)) {
      throw error;
    }
    onFault(error);
    return undefined;
  }
}
