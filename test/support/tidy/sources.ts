// The files of the repository and their texts, for the tests that look at the sources themselves.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

export const ROOT = join(import.meta.dir, "../../..");

export const filesMax = 20;
export const linesMax = 500;

/** Paths from the root, sorted. @param ending what a path has to match */
export function filesBelow(folder: string, ending = /(?:)/): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => ending.test(name) && statSync(join(ROOT, name)).isFile())
    .sort();
}

export function read(name: string): string {
  return readFileSync(join(ROOT, name), "utf8");
}

export function lineCount(name: string): number {
  return read(name).split("\n").length;
}

/** A file's text as code alone. A comment's place must be told by its line or by a space before it. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** Folders with more files of their own than `filesMax`, with how many. */
export function fullFolders(files: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of files) {
    counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > filesMax);
}
