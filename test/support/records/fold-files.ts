// For comparisons with upstream, which has one File for all pipes and sockets without a name: they are
// one on both sides then, and the rest is left as it is.

import { type Difference, diffRecords } from "./diff-sf.ts";
import { readSf, type SfRecord, type SfValue } from "./read-sf.ts";

/** What /proc calls pipes and sockets without a name, and how we tell those of unknown inode. */
const unnamed = /^(pipe|socket):\[\??\d+\]$/;
const fileFields = ["fileOID", "newFileOID"];

export function diffFolded(ourPath: string, theirPath: string): readonly Difference[] {
  return diffRecords(foldFiles(readSf(ourPath)), foldFiles(readSf(theirPath)));
}

/** The records with one File for a path, named by it. */
function foldFiles(records: readonly SfRecord[]): readonly SfRecord[] {
  const ids = new Map<string, string>();
  const seen = new Set<string>();
  return records.flatMap((record) => {
    const { kind, rec } = record;
    if (kind !== "File") {
      return [{ ...record, rec: withIds(rec, ids) }];
    }
    const path = String(rec["path"]).replace(unnamed, "");
    const id = isFolded(rec) ? `${rec["containerId"]} ${path}` : String(rec["oid"]);
    ids.set(String(rec["oid"]), id);
    if (isFolded(rec) && seen.has(id)) {
      return [];
    }
    seen.add(id);
    return [{ ...record, rec: { ...rec, path, oid: id } }];
  });
}

function isFolded(rec: SfRecord["rec"]): boolean {
  return ["p", "u"].includes(String.fromCharCode(Number(rec["restype"])));
}

function withIds(rec: SfRecord["rec"], ids: ReadonlyMap<string, string>): SfRecord["rec"] {
  const changed: Record<string, SfValue> = {};
  for (const field of fileFields) {
    const id = ids.get(String(rec[field]));
    if (id !== undefined) {
      changed[field] = id;
    }
  }
  return { ...rec, ...changed };
}
