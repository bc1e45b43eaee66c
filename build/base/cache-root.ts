// Where results of long steps and logs of builds are kept: outside the repository, for all clones.

import { homedir } from "node:os";
import { join } from "node:path";

/** The folder all cached results live in. */
export function cacheRoot(): string {
  const base = process.env["XDG_CACHE_HOME"];
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "sysflow");
}
