// Identities. An OID is creation time and host pid, unique on one host at one time; a pid alone is
// not. To find a process, go by pid first and then compare with `sameOid`. A FOID is made of a path
// and the container that it is seen in.

import { createHash } from "node:crypto";
import type { Oid } from "./record.gen.ts";
import type { Foid } from "./values.ts";

/** Halves may be signed or unsigned: both are compared as 32-bit patterns. */
export function sameOid(a: Oid, b: Oid): boolean {
  return (
    a.hpid === b.hpid &&
    (a.createLo | 0) === (b.createLo | 0) &&
    (a.createHi | 0) === (b.createHi | 0)
  );
}

export function foidOf(containerId: string | null, path: string): Foid {
  return createHash("sha1")
    .update(containerId === null ? path : containerId + path)
    .digest();
}
