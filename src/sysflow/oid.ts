// Process identities. An OID is creation time and host pid, unique on one host at one time; a pid
// alone is not. To find a process, go by pid first and then compare with `sameOid`.

import type { Oid } from "./record.gen.ts";

/** Halves may be signed or unsigned: both are compared as 32-bit patterns. */
export function sameOid(a: Oid, b: Oid): boolean {
  return (
    a.hpid === b.hpid &&
    (a.createLo | 0) === (b.createLo | 0) &&
    (a.createHi | 0) === (b.createHi | 0)
  );
}
