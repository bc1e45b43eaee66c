// Reads all there is at a place that an operator names: a file, the files of a folder in their order,
// or standard input; or what a stream brings. A file that is damaged or cut is read as far as it is
// good; the caller is told, and the next one is read. Who wants to go at his own pace takes it block
// by block: nothing is read before it is asked for.

import fs from "node:fs/promises";
import { join } from "node:path";
import { partSuffix } from "../avro/container-file.ts";
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
  /** Called with how many bytes each read has brought. */
  readonly onBytes?: (bytes: number) => void;
}

export interface ReadCounts {
  /** Files begun. */
  files: number;
  /** Files that were not read to their end. */
  faults: number;
  /** Records given, of blocks that were given whole. */
  records: number;
  /** Records of kinds that are not known, and were not given. */
  unknown: number;
}

export function readCounts(): ReadCounts {
  return { files: 0, faults: 0, records: 0, unknown: 0 };
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
  const counts = readCounts();
  const blocks = readBlocks(place, to, options, counts);
  while (!(await blocks.next()).done) {
    // Each block's records were given by then.
  }
  return counts;
}

/**
 * The same, block by block: each step gives the records of at least one block, but the last.
 * @param counts is added to as it goes
 */
export async function* readBlocks(
  place: string,
  to: RecordReceiver,
  options: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<void, void, void> {
  const onFault = countedFaults(options, counts);
  const paths = await orFault(filesAt(place), onFault);
  for (const path of paths ?? []) {
    if (options.signal?.aborted === true) {
      break;
    }
    counts.files += 1;
    yield* readFile(path, to, { ...options, onFault }, counts);
  }
}

/**
 * The same for a stream of bytes, which is one file from its first byte on.
 * @param name what messages call it
 * @param chunks ended where the reading ends early; a rejection is a fault
 */
export async function* readStream(
  name: string,
  chunks: AsyncIterable<Uint8Array>,
  to: RecordReceiver,
  options: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<void, void, void> {
  const reader = new SfReader(name);
  const source = new ChunkSource(chunks);
  counts.files += 1;
  yield* readAll(
    reader,
    source,
    to,
    { ...options, onFault: countedFaults(options, counts) },
    counts,
  );
}

function countedFaults({ onFault }: ReadOptions, counts: ReadCounts): ReadOptions["onFault"] {
  return (fault) => {
    counts.faults += 1;
    onFault(fault);
  };
}

/** Where the bytes of one file come from. */
interface ByteSource {
  /** @returns how many bytes were put there; 0 at the end. Rejects with a system error. */
  read(into: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** A chunk may be larger than the room for it: the rest waits. */
class ChunkSource implements ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        return 0;
      }
      this.#rest = new Uint8Array(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
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

/**
 * Neither hidden files nor those of folders below, nor what is still being written; of others none that
 * would wait for a writer.
 */
async function filesIn(folder: string): Promise<readonly string[]> {
  const all = await fs.readdir(folder);
  const names = all.filter((name) => !(name.startsWith(".") || name.endsWith(partSuffix)));
  const paths: string[] = [];
  for (const name of names.sort(byStamp)) {
    const path = join(folder, name);
    if ((await fs.stat(path)).isFile()) {
      paths.push(path);
    }
  }
  return paths;
}

async function* readFile(
  path: string,
  to: RecordReceiver,
  options: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<void, void, void> {
  const isInput = path === standardInput;
  const handle = isInput ? null : await orFault(opened(path), options.onFault);
  if (handle === undefined) {
    return;
  }
  const descriptor = handle?.fd ?? 0;
  const source: ByteSource = {
    read: (into) => readInto(descriptor, into),
    close: async () => await handle?.close(),
  };
  yield* readAll(new SfReader(isInput ? "standard input" : path), source, to, options, counts);
}

async function* readAll(
  reader: SfReader,
  source: ByteSource,
  to: RecordReceiver,
  { onBytes, onFault, signal }: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<void, void, void> {
  const before = { ...counts };
  try {
    for (let step = reader.next(to); step !== "end"; step = reader.next(to)) {
      if (step === "more") {
        const bytes = await fill(reader, source);
        onBytes?.(bytes);
      } else {
        counts.records = before.records + reader.records;
        counts.unknown = before.unknown + reader.unknown;
        yield;
      }
      if (signal?.aborted === true) {
        return;
      }
    }
  } catch (error) {
    if (!(error instanceof InputFault)) {
      throw error;
    }
    onFault(error);
  } finally {
    await source.close();
  }
}

/** @returns how many bytes came */
async function fill(reader: SfReader, source: ByteSource): Promise<number> {
  try {
    const bytes = await source.read(reader.room());
    reader.filled(bytes);
    return bytes;
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
    if (error instanceof InputFault) {
      onFault(error);
      return undefined;
    }
    throw error;
  }
}
