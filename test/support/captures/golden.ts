// Where the project's own captures lie, their content without compression, and the records that
// must come out of them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { SfRecord } from "../records/read-sf.ts";

const folder = join(import.meta.dir, "../../golden");
/** SYSFLOW_TEST_CAPTURES=s390x takes the same captures in the byte order of that machine. */
const captures = join(folder, process.env["SYSFLOW_TEST_CAPTURES"] ?? "");

export function goldenPath(name: string): string {
  return join(name.endsWith(".scap") ? captures : folder, name);
}

/** Their names, without the ending. */
export const goldenCaptures: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".scap"))
  .map((name) => name.slice(0, -".scap".length))
  .sort();

export function plainCapture(name: string): Buffer {
  return gunzipSync(readFileSync(goldenPath(`${name}.scap`)));
}

/** How its records were made, beside `everyRecord`: they are in the schema that has a place for them. */
export function goldenOptions(name: string): readonly string[] {
  return ["ipv6", "syscalls"].includes(name) ? ["--schema", "6"] : [];
}

/** A record as golden files have it: longs as text, since JSON would round them; no path written to. */
export function goldenLine({ kind, rec }: SfRecord): string {
  const { filename: _, ...rest } = rec;
  return JSON.stringify({ kind, ...rest }, (__, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}

/** All lines of NAME.jsonl. */
export function goldenLines(name: string): string[] {
  return readFileSync(goldenPath(`${name}.jsonl`), "utf8")
    .trimEnd()
    .split("\n");
}
