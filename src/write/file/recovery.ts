// Makes whole files of part files that dead writers have left. A part file is kept to the end of its
// last whole block, in which every record is good, and gets its name. One whose writer lives is left
// alone. A newcomer's trap: a part file may be large, so it is read a window at a time.

import fs from "node:fs";
import { join } from "node:path";
import { AvroError } from "../../avro/avro-error.ts";
import { partSuffix } from "../../avro/container-file.ts";
import { ContainerReader } from "../../avro/container-reader.ts";
import { ReadTap } from "../../avro/read-tap.ts";
import { errnoCode, OperatorError, systemCause } from "../../base/errors.ts";
import { decoderOfSchema, type RecordDecoder } from "../../sysflow/record-decoder.ts";
import { type OutputStats, realFs, runLater, type Steps, step } from "./output-fs.ts";
import { isLockedElsewhere, type LockFile, lstatOrNull, publish, syncFolder } from "./part-file.ts";

export interface Recovered {
  readonly part: string;
  /**
   * `whole`: it has its name. `empty`: no whole block was in it, and it was removed. `alive`: its
   * writer lives. `refused`: it is no file of ours, or something failed; it was left as it is.
   */
  readonly outcome: "whole" | "empty" | "alive" | "refused";
  /** The name that it got, or null. */
  readonly path: string | null;
  readonly records: number;
  /** What was kept, and what was behind the last whole block. */
  readonly bytes: number;
  readonly bytesCut: number;
  /** Why it was refused, or null. */
  readonly why: string | null;
}

/**
 * The part files at these places: files, and folders that have some. Those below are not looked at.
 * @returns with the sum of their bytes. @throws OperatorError INPUT_OPEN_FAILED
 */
export function partsAt(places: readonly string[]): {
  readonly parts: readonly string[];
  readonly bytes: number;
} {
  const parts = places.flatMap((place) => {
    try {
      if (!fs.statSync(place).isDirectory()) {
        return [place];
      }
      const names = fs.readdirSync(place).filter((name) => name.endsWith(partSuffix));
      return names.sort().map((name) => join(place, name));
    } catch (cause) {
      throw openFailed(place, cause);
    }
  });
  const bytes = parts.reduce((sum, part) => {
    return sum + (fs.lstatSync(part, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
  return { parts, bytes };
}

function openFailed(place: string, cause: unknown): OperatorError {
  const message = `cannot read ${place}: ${systemCause(cause)}; name a part file or a folder`;
  return new OperatorError("INPUT_OPEN_FAILED", message, { cause });
}

/** @param onRead is told how many bytes more were read */
export async function recoverPart(
  part: string,
  lock: LockFile | undefined,
  onRead?: (bytes: number) => void,
): Promise<Recovered> {
  if (!part.endsWith(partSuffix)) {
    return refused(part, `its name does not end in ${partSuffix}`);
  }
  try {
    const { O_RDWR, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
    const fd = await run(step.open(part, O_RDWR | O_NOFOLLOW | O_NONBLOCK));
    try {
      return await recoverOpen(part, fd, lock, onRead);
    } finally {
      await run(step.close(fd));
    }
  } catch (error) {
    return refused(part, systemCause(error));
  }
}

async function recoverOpen(
  part: string,
  fd: number,
  lock: LockFile | undefined,
  onRead: ((bytes: number) => void) | undefined,
): Promise<Recovered> {
  const stats = await run(step.fstat(fd));
  const why = whyNot(fd, stats);
  if (why !== null) {
    return refused(part, why);
  }
  if (isLockedElsewhere(fd, lock)) {
    return { ...refused(part, null), outcome: "alive" };
  }
  const there = await run(lstatOrNull(part));
  if (there === null || there.dev !== stats.dev || there.ino !== stats.ino) {
    return refused(part, "another process was quicker");
  }
  const content = await readContent(fd, onRead);
  if (content.why !== null) {
    return refused(part, content.why);
  }
  const { records, goodBytes } = content;
  const kept = { part, records, bytes: goodBytes, bytesCut: Number(stats.size) - goodBytes, why };
  if (records === 0) {
    await run(step.unlink(part));
    return { ...kept, outcome: "empty", path: null, bytes: 0, bytesCut: Number(stats.size) };
  }
  await run(step.truncate(fd, goodBytes));
  await run(step.sync(fd));
  const path = await run(naming(part, stats));
  await run(syncFolder(path));
  return { ...kept, outcome: "whole", path };
}

/** As root we meet files of others; what is not ours is not cut. */
function whyNot(fd: number, stats: OutputStats): string | null {
  if (!stats.isFile()) {
    return "it is no regular file";
  }
  return fs.fstatSync(fd).uid === process.geteuid?.() ? null : "it belongs to another user";
}

interface Content {
  readonly records: number;
  readonly goodBytes: number;
  /** Why it is not to be touched, or null. */
  readonly why: string | null;
}

async function readContent(
  fd: number,
  onRead: ((bytes: number) => void) | undefined,
): Promise<Content> {
  const reader = new ContainerReader();
  let decode: RecordDecoder | null = null;
  let [records, goodBytes, at] = [0, 0, 0];
  const more = async () => {
    const read = await readAt(fd, reader.room(), at);
    at += read;
    reader.filled(read);
    onRead?.(read);
  };
  try {
    for (;;) {
      decode ??= decoderOf(reader);
      const block = decode === null ? null : reader.next();
      if (block === "end") {
        break;
      }
      if (block === null || decode === null) {
        await more();
      } else {
        check(block.data, block.records, decode);
        records += block.records;
        goodBytes = reader.position;
      }
    }
  } catch (error) {
    if (!(error instanceof AvroError)) {
      throw error;
    }
    // Cut within its header it may still be ours; what begins otherwise, or has another schema, is not.
    if (decode === null && error.fault !== "cut" && !(await isEmpty(fd))) {
      return { records: 0, goodBytes: 0, why: `it is no SysFlow file: ${error.message}` };
    }
  }
  return { records, goodBytes, why: null };
}

/** Null where more bytes are needed. */
function decoderOf(reader: ContainerReader): RecordDecoder | null {
  const header = reader.header();
  return header === null ? null : decoderOfSchema(header.schemaJson);
}

/** @throws AvroError where a record is not good */
function check(data: Buffer, records: number, decode: RecordDecoder): void {
  const tap = new ReadTap();
  tap.reset(data);
  for (let i = 0; i < records; i++) {
    decode(tap);
    tap.check();
  }
}

async function isEmpty(fd: number): Promise<boolean> {
  return (await run(step.fstat(fd))).size === 0n;
}

function readAt(fd: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, position, (error, read) => {
      if (error) {
        reject(error);
      } else {
        resolve(read);
      }
    });
  });
}

const nameTriesMax = 60;

/** Its own name or, where that is taken and ends in a time, that of one of the next seconds. */
function* naming(part: string, own: OutputStats): Steps<string> {
  let path = part.slice(0, -partSuffix.length);
  for (let tries = 1; ; tries++) {
    const there = yield* lstatOrNull(path);
    if (there !== null && there.dev === own.dev && there.ino === own.ino) {
      // Its writer died between giving it its name and taking away the other.
      yield* step.unlink(part);
      return path;
    }
    try {
      yield* publish(part, path, true);
      return path;
    } catch (error) {
      const next = nextName(path);
      if (errnoCode(error) !== "EEXIST" || next === null || tries === nameTriesMax) {
        throw error;
      }
      path = next;
    }
  }
}

function nextName(path: string): string | null {
  const [, head, digits, suffix] = /^(.*?)([0-9]{9,12})(\.\w+)?$/s.exec(path) ?? [];
  return digits === undefined ? null : `${head}${Number(digits) + 1}${suffix ?? ""}`;
}

function refused(part: string, why: string | null): Recovered {
  return { part, outcome: "refused", path: null, records: 0, bytes: 0, bytesCut: 0, why };
}

function run<T>(steps: Steps<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    runLater(realFs, steps, (error, result) => {
      if (error === null) {
        resolve(result as T);
      } else {
        reject(error);
      }
    });
  });
}
