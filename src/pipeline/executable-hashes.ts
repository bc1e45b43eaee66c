// The action `hash`: md5, sha1 and sha256 of the executable of a live process, read through /proc, so
// that it is that of its own container, and that which really runs though its path has gone. All is
// bounded: how large a file may be, how much is read in a second, how many wait, what is kept. Whoever
// makes processes chooses none of it.

import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { monotonicMs } from "../base/clock.ts";

export interface Hashes {
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
}

/** A process by its number and when it began: a later one may have the number. */
export interface HashedProcess {
  readonly pid: number;
  /** Seconds since 1970. */
  readonly beganSec: number;
}

export interface HashOptions {
  /** Where /proc is. */
  readonly proc: string;
  readonly fileBytesMax?: number;
  readonly waitMsMax?: number;
}

const fileBytesMaxDefault = 64 * 1024 * 1024;
const waitMsMaxDefault = 2000;
const pendingMax = 64;
const keptMax = 1024;
const chunkBytes = 256 * 1024;
/** After each chunk: at most 32 MiB a second are read, a fifth of one CPU. */
const pauseMs = 8;
/** The kernel counts a process's begin from that of the host, which it tells in whole seconds. */
const beganSecMax = 2;
/** Of the times in /proc, on every architecture. */
const ticksPerSec = 100;

export class ExecutableHashes {
  readonly #options: HashOptions;
  /** By what identifies a file's contents, the one that was asked for last at the end. */
  readonly #kept = new Map<string, Promise<Hashes | null>>();
  /** One file is read at a time. */
  #queue: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #bootSec: Promise<number> | null = null;
  /** How many were asked for, and not told. */
  left = 0;

  constructor(options: HashOptions) {
    this.#options = options;
  }

  /** Whether one more may be asked for; where not, it is counted. */
  get hasRoom(): boolean {
    if (this.#pending < pendingMax) {
      return true;
    }
    this.left += 1;
    return false;
  }

  /** Resolves with null where they cannot be had in time, which is counted. Never rejects. */
  async of(process: HashedProcess): Promise<Hashes | null> {
    this.#pending += 1;
    const wait = after(this.#options.waitMsMax ?? waitMsMaxDefault);
    try {
      const hashes = await Promise.race([this.#of(process).catch(() => null), wait.over]);
      this.left += Number(hashes === null);
      return hashes;
    } finally {
      wait.cancel();
      this.#pending -= 1;
    }
  }

  async #of({ beganSec, pid }: HashedProcess): Promise<Hashes | null> {
    const file = await fs.open(`${this.#options.proc}/${pid}/exe`, "r");
    try {
      // Looked at only once the file is open: until then another process can get the number.
      const began = await this.#beganSec(pid);
      const stats = await file.stat({ bigint: true });
      const isRight = Math.abs(began - beganSec) <= beganSecMax && stats.isFile();
      if (!isRight || stats.size > BigInt(this.#options.fileBytesMax ?? fileBytesMaxDefault)) {
        return null;
      }
      const { ctimeNs, dev, ino, mtimeNs, size } = stats;
      return await this.#read([dev, ino, size, mtimeNs, ctimeNs].join(), file);
    } finally {
      await file.close();
    }
  }

  #read(key: string, file: fs.FileHandle): Promise<Hashes | null> {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    const made = this.#queue.then(() => hashesOf(file));
    this.#queue = made.catch(() => this.#kept.delete(key));
    this.#kept.set(key, made);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptMax && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
    return made;
  }

  async #beganSec(pid: number): Promise<number> {
    const text = await fs.readFile(`${this.#options.proc}/${pid}/stat`, "utf8");
    // The name may hold anything but ends with the last parenthesis; the begin is the 20th behind it.
    const ticks = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19]);
    this.#bootSec ??= this.#readBootSec();
    return (await this.#bootSec) + ticks / ticksPerSec;
  }

  async #readBootSec(): Promise<number> {
    const text = await fs.readFile(`${this.#options.proc}/stat`, "utf8");
    return Number(/^btime ([0-9]+)$/m.exec(text)?.[1] ?? Number.NaN);
  }
}

async function hashesOf(file: fs.FileHandle): Promise<Hashes | null> {
  const [md5, sha1, sha256] = ["md5", "sha1", "sha256"].map((name) => createHash(name));
  const buffer = Buffer.alloc(chunkBytes);
  const end = monotonicMs() + readMsMax;
  let position = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
    if (bytesRead === 0) {
      break;
    }
    position += bytesRead;
    const bytes = buffer.subarray(0, bytesRead);
    md5?.update(bytes);
    sha1?.update(bytes);
    sha256?.update(bytes);
    // One that grows while it is read, or a disk that hardly answers.
    if (monotonicMs() > end) {
      return null;
    }
    await after(pauseMs).over;
  }
  const texts = [md5, sha1, sha256].map((hash) => hash?.digest("hex") ?? "");
  return { md5: texts[0] ?? "", sha1: texts[1] ?? "", sha256: texts[2] ?? "" };
}

const readMsMax = 10_000;

function after(ms: number): { readonly over: Promise<null>; readonly cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  return { over, cancel: () => clearTimeout(timer) };
}
