// Where the project's own captures lie, and their content without compression.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const folder = join(import.meta.dir, "../golden");

export function goldenPath(name: string): string {
  return join(folder, name);
}

/** Their names, without the ending. */
export const goldenCaptures: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".scap"))
  .map((name) => name.slice(0, -".scap".length))
  .sort();

export function plainCapture(name: string): Buffer {
  return gunzipSync(readFileSync(goldenPath(`${name}.scap`)));
}
