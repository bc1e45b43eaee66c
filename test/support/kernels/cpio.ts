// Writes what the kernel unpacks into its first root: a cpio archive of the kind "newc", which is all
// that every kernel takes without a decompressor of its own.

/** One entry. `content` absent: a folder. */
export interface CpioEntry {
  /** Without a slash at its start; its folders come before it. */
  readonly path: string;
  readonly content?: Uint8Array;
  /** Permissions, for instance 0o755. */
  readonly mode: number;
}

const magic = "070701";
const trailer = "TRAILER!!!";
const fileType = 0o100000;
const folderType = 0o040000;

/** @returns the archive in parts, so that a large file need not be copied. */
export function cpio(entries: readonly CpioEntry[]): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (const [index, { path, content, mode }] of entries.entries()) {
    const type = content === undefined ? folderType : fileType;
    const bytes = content ?? new Uint8Array();
    parts.push(header(path, index + 1, type | mode, bytes.length), bytes, padding(bytes.length));
  }
  parts.push(header(trailer, 0, 0, 0));
  return parts;
}

/** Thirteen fields of eight hex digits, then the name; all of it in units of four bytes. */
function header(path: string, inode: number, mode: number, bytes: number): Uint8Array {
  const name = new TextEncoder().encode(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, bytes, 0, 0, 0, 0, name.length, 0];
  const head = magic + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  const length = head.length + name.length;
  const out = new Uint8Array(length + padding(length).length);
  out.set(new TextEncoder().encode(head));
  out.set(name, head.length);
  return out;
}

function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
