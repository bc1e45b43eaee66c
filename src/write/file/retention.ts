// How many of its files one output keeps: by number, age and sum of bytes. Files of earlier runs with
// the same names count, and so does the one that is being written. Before bytes are written there is
// room for them, so the sum is never above its bound. Nothing is removed but regular files of our own
// whose names have the form of this output's.

import fs from "node:fs/promises";
import { join } from "node:path";
import { partSuffix } from "../../avro/container-file.ts";
import { nowMs } from "../../base/clock.ts";
import { errnoCode, systemCause } from "../../base/errors.ts";
import type { OutputFile } from "./output-file.ts";
import { type NameForm, stampOf } from "./rotation.ts";

export interface KeepOptions {
  /** At least 1: the file being written is one of them. Null for any number, as the others. */
  readonly files: number | null;
  readonly ageSec: number | null;
  readonly bytes: number | null;
}

export interface RetentionEvents {
  /** A file could not be removed; it is not tried again. */
  readonly onFault: (message: string) => void;
}

interface Kept {
  readonly name: string;
  readonly stamp: number;
  readonly bytes: number;
  readonly changedMs: number;
}

export class Retention {
  readonly #form: NameForm;
  readonly #keep: KeepOptions;
  readonly #events: RetentionEvents;
  /** The oldest first. */
  #kept: Kept[] = [];
  /** Of files that are whole, of those being written, and of those that are not ours to remove. */
  #keptBytes = 0;
  #openBytes = 0;
  #otherBytes = 0;
  readonly #openNames = new Set<string>();
  #isScanned = false;
  #isRemoving = false;
  /** Called after the scan and after each removal. */
  #waiting: (() => void)[] = [];

  /** Files removed, and their bytes. */
  removed = 0;
  removedBytes = 0;

  constructor(form: NameForm, keep: KeepOptions, events: RetentionEvents) {
    this.#form = form;
    this.#keep = keep;
    this.#events = events;
  }

  /**
   * Looks at what earlier runs have left. Until then nothing is allowed that has a bound.
   * @returns the part files that are not this output's own, some perhaps of writers that live
   */
  async scan(): Promise<readonly { readonly name: string; readonly bytes: number }[]> {
    const parts: { name: string; bytes: number }[] = [];
    for (const name of (await namesIn(this.#form.folder)).toSorted()) {
      const isPart = name.endsWith(partSuffix);
      const stamp = stampOf(this.#form, isPart ? name.slice(0, -partSuffix.length) : name);
      const stats = stamp === null ? null : await ownFile(join(this.#form.folder, name));
      if (stamp === null || stats === null) {
        continue;
      }
      if (this.#openNames.has(name)) {
        continue;
      }
      if (isPart) {
        parts.push({ name, bytes: stats.size });
        this.#otherBytes += stats.size;
      } else {
        this.#add({ name, stamp, bytes: stats.size, changedMs: stats.mtimeMs });
      }
    }
    this.#isScanned = true;
    this.#goOn();
    this.tidy();
    return parts;
  }

  /** A part file of another writer, or what has become of one: so many bytes more or less. */
  othersChanged(bytes: number): void {
    this.#otherBytes += bytes;
  }

  /** @param go is called when it is worth asking again, where the answer is `later` */
  mayWrite(bytes: number, go: () => void): "yes" | "later" | "never" {
    const { bytes: bytesMax } = this.#keep;
    if (bytesMax === null) {
      return "yes";
    }
    if (this.#isScanned && this.#bytes + bytes <= bytesMax) {
      return "yes";
    }
    if (this.#isScanned && this.#kept.length === 0 && !this.#isRemoving) {
      return "never";
    }
    this.#waiting.push(go);
    this.#removeOldest();
    return "later";
  }

  /** The same for one more file. */
  mayOpen(go: () => void): boolean {
    const { files } = this.#keep;
    if (files === null || !this.#isScanned || this.#kept.length + this.#openNames.size < files) {
      return true;
    }
    if (this.#kept.length === 0 && !this.#isRemoving) {
      return true;
    }
    this.#waiting.push(go);
    this.#removeOldest();
    return false;
  }

  /** @param name that it gets in the end */
  opened(name: string): void {
    this.#openNames.add(`${name}${partSuffix}`);
  }

  /** Of the files being written. */
  sizeChanged(bytes: number): void {
    this.#openBytes += bytes;
  }

  closed({ fate, name, offset: bytes }: OutputFile): void {
    this.#openNames.delete(`${name}${partSuffix}`);
    this.#openBytes -= bytes;
    if (fate === "named") {
      this.add(name, bytes);
    } else if (fate === "part") {
      this.#otherBytes += bytes;
    }
  }

  /** One more whole file is there. */
  add(name: string, bytes: number): void {
    const stamp = stampOf(this.#form, name);
    if (stamp === null) {
      this.#otherBytes += bytes;
    } else {
      this.#add({ name, stamp, bytes, changedMs: nowMs() });
      this.tidy();
    }
  }

  /** To be called now and then: files grow old. */
  tidy(): void {
    const { files, ageSec, bytes } = this.#keep;
    const oldest = this.#kept[0];
    if (!this.#isScanned || this.#isRemoving || oldest === undefined) {
      return;
    }
    const isOld = ageSec !== null && nowMs() - oldest.changedMs > ageSec * 1000;
    const isOver =
      (files !== null && this.#kept.length + this.#openNames.size > files) ||
      (bytes !== null && this.#bytes > bytes);
    if (isOld || isOver) {
      this.#waiting.push(() => this.tidy());
      this.#removeOldest();
    }
  }

  /** Makes room on a full disk. @param done gets whether a file was removed */
  removeOldest(done: (isRemoved: boolean) => void): void {
    const before = this.removed;
    if (this.#kept.length === 0 && !this.#isRemoving) {
      done(false);
      return;
    }
    this.#waiting.push(() => done(this.removed > before));
    this.#removeOldest();
  }

  get #bytes(): number {
    return this.#keptBytes + this.#openBytes + this.#otherBytes;
  }

  #add(file: Kept): void {
    const at = this.#kept.findLastIndex(({ stamp }) => stamp <= file.stamp);
    this.#kept.splice(at + 1, 0, file);
    this.#keptBytes += file.bytes;
  }

  /** One at a time. */
  #removeOldest(): void {
    const oldest = this.#isRemoving ? undefined : this.#kept.shift();
    if (oldest !== undefined) {
      this.#isRemoving = true;
      void this.#remove(oldest).finally(() => {
        this.#isRemoving = false;
        this.#goOn();
      });
    }
  }

  async #remove({ name, bytes }: Kept): Promise<void> {
    const path = join(this.#form.folder, name);
    try {
      // Whoever has put something else there keeps it. Removing follows no link.
      if ((await ownFile(path)) !== null) {
        await fs.unlink(path);
        this.removed += 1;
        this.removedBytes += bytes;
      }
    } catch (error) {
      if (errnoCode(error) !== "ENOENT") {
        this.#otherBytes += bytes;
        this.#events.onFault(`cannot remove the old file ${path}: ${systemCause(error)}; it stays`);
      }
    }
    this.#keptBytes -= bytes;
  }

  #goOn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) {
      go();
    }
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await fs.readdir(folder);
  } catch {
    // Not there yet, or not to be listed: then there is nothing that we could remove.
    return [];
  }
}

/** Null for anything but a regular file of the user that we run as. */
async function ownFile(path: string) {
  try {
    const stats = await fs.lstat(path);
    return stats.isFile() && stats.uid === process.geteuid?.() ? stats : null;
  } catch {
    return null;
  }
}
