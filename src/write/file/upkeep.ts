// What a live file output does beside writing: it has a block written at least every second, makes
// whole what dead writers have left under its names, and keeps the number of its files within
// bounds.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { partSuffix } from "../../avro/container-file.ts";
import type { LockFile } from "./part-file.ts";
import { type KeepOptions, Retention } from "./retention.ts";
import { type NameForm, stampOf } from "./rotation.ts";

export interface UpkeepParts {
  /** Null where the file's name is given: then there are no files of earlier runs. */
  readonly form: NameForm | null;
  readonly keep: KeepOptions;
  readonly lock: LockFile | undefined;
  readonly everyMs: number;
  readonly flush: () => void;
  readonly onNotice: (message: string) => void;
}

export const keepAll: KeepOptions = { files: null, ageSec: null, bytes: null };

export class Upkeep {
  readonly retention: Retention | null;
  readonly #parts: UpkeepParts;
  readonly #timer: ReturnType<typeof setInterval>;
  #isOver = false;

  /** Files that were made whole, and the bytes cut off from them. */
  recovered = 0;
  recoveredCut = 0;

  constructor(parts: UpkeepParts) {
    const { form, keep, onNotice } = parts;
    this.#parts = parts;
    this.retention = form === null ? null : new Retention(form, keep, { onFault: onNotice });
    this.#timer = setInterval(() => this.#turn(), parts.everyMs);
    this.#timer.unref();
    if (form !== null && this.retention !== null) {
      void this.#lookAround(form, this.retention);
    }
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  #turn(): void {
    this.#parts.flush();
    this.retention?.tidy();
  }

  async #lookAround(form: NameForm, retention: Retention): Promise<void> {
    for (const { name, bytes } of await retention.scan()) {
      if (this.#isOver) {
        return;
      }
      // Few runs find such a file, and what reads it is some.
      const { recoverPart } = await import("./recovery.ts");
      const path = join(form.folder, name);
      const {
        bytesCut,
        outcome,
        path: whole,
        records,
        why,
      } = await recoverPart(path, this.#parts.lock);
      if (outcome === "whole" || outcome === "empty") {
        retention.othersChanged(-bytes);
        this.recovered += outcome === "whole" ? 1 : 0;
        this.recoveredCut += bytesCut;
      }
      if (whole !== null) {
        retention.add(whole.slice(join(form.folder, "/").length), bytes - bytesCut);
        const cut = `${records} records kept, ${bytesCut} bytes cut off behind the last whole block`;
        this.#parts.onNotice(`${path} was left by a writer that died: now ${whole}, ${cut}`);
      } else if (outcome === "empty") {
        this.#parts.onNotice(
          `${path} was left by a writer that died: removed, no whole block was in its ${bytesCut} bytes`,
        );
      } else if (outcome === "refused") {
        this.#parts.onNotice(`cannot recover ${path}: ${why}; it stays as it is`);
      }
    }
  }
}

/** The latest time in the names that are there, or null. */
export function newestStamp(form: NameForm): number | null {
  let names: readonly string[];
  try {
    names = readdirSync(form.folder);
  } catch {
    // Not there yet, or not to be listed: then a name that is taken is found out when it is made.
    return null;
  }
  let newest: number | null = null;
  for (const name of names) {
    const whole = name.endsWith(partSuffix) ? name.slice(0, -partSuffix.length) : name;
    const stamp = stampOf(form, whole);
    newest = stamp === null ? newest : Math.max(stamp, newest ?? 0);
  }
  return newest;
}
