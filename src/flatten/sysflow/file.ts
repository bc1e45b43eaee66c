// SysFlow's own attributes of files: the record's, and the second one of events that have two.

import { OPEN_RDONLY, OPEN_WRONLY } from "../../sysflow/open-flags.ts";
import type { File } from "../../sysflow/record.gen.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer, NONE } from "../define.ts";
import { KIND_FE, KIND_FF, KIND_NF } from "../record-kinds.ts";
import { fileTexts, newFileTexts } from "../texts/file-texts.ts";
import { openFlagNames } from "../texts/flag-names.ts";

const byFile = new Definer("file", KIND_FE | KIND_FF);
/** By the record: an owner is the first file alone. */
const byNewFile = new Definer("record", KIND_FE);
const opened = new Definer("record", KIND_FF);

export const typeOf = ({ restype }: File) => String.fromCharCode(restype);

export function openFlagsOf({ record }: FlatContext): number {
  return record.kind === "FileFlow" ? record.openFlags : NONE;
}

/** Whether all bits of a file flow's open flags are set that are asked for. */
export function hasOpenFlags(bits: number) {
  return (of: FlatContext) => {
    const flags = openFlagsOf(of);
    return Number.isNaN(flags) ? NONE : Number((flags & bits) === bits);
  };
}

export function fdOf({ record }: FlatContext): number {
  return "fd" in record ? record.fd : NONE;
}

export const fileAttributes: readonly Attribute[] = [
  byFile.text("sf.file.name", "name of the file, without its folder", (of) => {
    return fileTexts(of)?.name ?? null;
  }),
  byFile.text("sf.file.path", "path of the file, or what stands for one", (of) => {
    return fileTexts(of)?.path ?? null;
  }),
  byFile.text("sf.file.symlink", "addresses that stood before the path of a socket", (of) => {
    return fileTexts(of)?.ends ?? null;
  }),
  byFile.text("sf.file.oid", "what the file is named by: a hash of container and path", (of) => {
    return fileTexts(of)?.oid ?? null;
  }),
  byFile.text("sf.file.directory", "folder of the file", (of) => {
    return fileTexts(of)?.directory ?? null;
  }),
  byNewFile.text("sf.file.newname", "name of the second file", (of) => {
    return newFileTexts(of)?.name ?? null;
  }),
  byNewFile.text("sf.file.newpath", "path of the second file, such as what it became", (of) => {
    return newFileTexts(of)?.path ?? null;
  }),
  byNewFile.text("sf.file.newsymlink", "addresses that stood before it", (of) => {
    return newFileTexts(of)?.ends ?? null;
  }),
  byNewFile.text("sf.file.newoid", "what the second file is named by", (of) => {
    return newFileTexts(of)?.oid ?? null;
  }),
  byNewFile.text("sf.file.newdirectory", "folder of the second file", (of) => {
    return newFileTexts(of)?.directory ?? null;
  }),
  byFile.text(
    "sf.file.type",
    "f file, d directory, u Unix socket, p pipe, ? unknown",
    ({ file }) => (file === null ? null : typeOf(file)),
  ),
  opened.boolean("sf.file.is_open_write", "opened for writing", hasOpenFlags(OPEN_WRONLY)),
  opened.boolean("sf.file.is_open_read", "opened for reading", hasOpenFlags(OPEN_RDONLY)),
  new Definer("record", KIND_FF | KIND_NF).integer("sf.file.fd", "file descriptor", fdOf),
  opened.list(
    "sf.file.openflags",
    "how it was opened, such as RDONLY and CREAT; NONE where that was not seen",
    (of) => openFlagNames(openFlagsOf(of)).items,
    (of) => openFlagNames(openFlagsOf(of)).text,
  ),
];
