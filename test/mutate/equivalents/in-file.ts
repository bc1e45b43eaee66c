// A short form for the lists of this folder: the rows of one file.

import type { Equivalent } from "../report.ts";

/** A line of a source, why these changes of it cannot be told from it, and the changes. */
type Row = readonly [line: string, why: string, ...changes: readonly string[]];

export function inFile(file: string, ...rows: readonly Row[]): readonly Equivalent[] {
  return rows.map(([line, why, ...changes]) => ({ file: `src/${file}`, line, changes, why }));
}

/** Reasons that many have. */
export const size = "how much room is made at once: no result depends on it";
export const quick = "a shorter way to the same result";
export const replaced = "a first value that nobody sees: another comes before it is looked at";
export const ofTime = "a time that nothing depends on";
export const bug = "what it tells apart would be a bug, and ends the program in both";
