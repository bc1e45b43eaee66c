// What a set of policy files and folders looks like from outside: which files there are, and of each its
// inode, size and time of change. Two looks that are equal saw the same policies.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemCause } from "../base/errors.ts";

/** Beyond these policies are refused anyhow (policy/language/limits.ts); a look must cost little. */
const filesMax = 1000;
const depthMax = 16;

export function policyFingerprint(paths: readonly string[]): string {
  const lines: string[] = [];
  for (const path of paths) {
    try {
      look(path, 0, lines);
    } catch (error) {
      lines.push(`${path}: ${systemCause(error)}`);
    }
  }
  return lines.join("\n");
}

function look(path: string, depth: number, lines: string[]): void {
  const stats = statSync(path, { bigint: true });
  if (!stats.isDirectory()) {
    lines.push(`${path} ${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}`);
    return;
  }
  if (depth > depthMax) {
    return;
  }
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  for (const entry of entries) {
    const isWanted = entry.isDirectory() || /\.ya?ml$/.test(entry.name);
    if (isWanted && !entry.name.startsWith(".") && lines.length < filesMax) {
      look(join(path, entry.name), depth + 1, lines);
    }
  }
}
