// Whether a container is of the user whose runtime tells of it. Each user may run a runtime, and what
// claims to be one could tell lies about the containers of others.

import { readFileSync } from "node:fs";

/**
 * @param pid the container's first process as its runtime says, by the host's number
 * @returns true where that process is in the container and its users are the user's, and root is not
 *   among them. The kernel lets nobody else have such a map.
 */
export function isOfUser(hostRoot: string, pid: number, id: string, uid: number): boolean {
  const process = `${hostRoot}/proc/${pid}`;
  const cgroups = readText(`${process}/cgroup`);
  const rows = readText(`${process}/uid_map`)
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const has = (wanted: number) =>
    rows.some(([, first = 0, count = 0]) => first <= wanted && wanted < first + count);
  return cgroups.includes(id) && has(uid) && !has(0);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It has ended.
    return "";
  }
}
