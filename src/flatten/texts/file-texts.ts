// Texts made from a file, kept beside it: its path without what the capture library puts before those
// of sockets, its name, its folder.

import type { Kept } from "../../join/joined-record.ts";
import type { File } from "../../sysflow/record.gen.ts";
import type { FlatContext } from "../attribute.ts";
import { baseName, directoryOf, socketPath, trimmed } from "./paths.ts";

/** All texts of one file. They are parts of its path, so no more memory is taken for them. */
export class FileTexts {
  /** As recorded, white space off the ends. */
  readonly raw: string;
  readonly path: string;
  /** The two ends' addresses before a socket's path; null with others. */
  readonly ends: string | null;
  readonly #oid: Readonly<Uint8Array>;
  #name: string | null = null;
  #directory: string | null = null;
  #oidText: string | null = null;

  constructor(file: File) {
    this.raw = trimmed(file.path);
    const socket = socketPath(this.raw);
    this.path = socket?.path ?? this.raw;
    this.ends = socket?.ends ?? null;
    this.#oid = file.foid;
  }

  /** Of the text as recorded, which has the same end. */
  get name(): string {
    this.#name ??= baseName(this.raw);
    return this.#name;
  }

  get directory(): string {
    this.#directory ??= directoryOf(this.path);
    return this.#directory;
  }

  /** 40 digits. */
  get oid(): string {
    this.#oidText ??= Buffer.from(this.#oid).toString("hex");
    return this.#oidText;
  }
}

/** Of the file that the record names first; null where it names none or that is not known. */
export function fileTexts({ keptFile }: FlatContext): FileTexts | null {
  return keptFile === null ? null : textsOf(keptFile);
}

/** Of the second file of an event that has two. */
export function newFileTexts({ keptNewFile }: FlatContext): FileTexts | null {
  return keptNewFile === null ? null : textsOf(keptNewFile);
}

/** What a join keeps beside a file is put there by nobody else. */
function textsOf(kept: Kept<File>): FileTexts {
  let texts = kept.derived as FileTexts | null;
  if (texts === null) {
    texts = new FileTexts(kept.record);
    kept.derived = texts;
  }
  return texts;
}
