// Which rules fire at which deed: the records of a run, asked of a policy engine. A record belongs to the
// deed whose program is its process or a parent of it.

import { basename } from "node:path";
import type { JoinedRecord } from "../../../src/join/joined-record.ts";
import { Joiner } from "../../../src/join/joiner.ts";
import { compilePolicies } from "../../../src/policy/engine/policies.ts";
import type { SourceFile } from "../../../src/policy/language/source-text.ts";
import type { LoadedRule } from "../../../src/policy/load/loaded.ts";
import { readRecords } from "../../../src/read/read-records.ts";

export interface Fired {
  /** How often each rule fired, by the names of deeds; of deeds at which some did. */
  readonly at: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** The same of all records, whoever did it. */
  readonly inAll: Readonly<Record<string, number>>;
  /** Those that are run. */
  readonly rules: readonly LoadedRule[];
  /** Rules that are not run, since no record can answer them. */
  readonly skipped: readonly string[];
}

/** @param deeds their names */
export async function firedAt(
  path: string,
  files: readonly SourceFile[],
  deeds: readonly string[],
): Promise<Fired> {
  const { engine, skipped } = await compilePolicies(files, {
    mode: "default",
    skipUnsupported: true,
  });
  const known = new Set(deeds);
  const at = new Map<string, Record<string, number>>();
  const inAll: Record<string, number> = {};
  const joined = (of: JoinedRecord) => {
    if (!engine.match(of)) return;
    const deed = programsOf(of).find((name) => known.has(name));
    const ofDeed = deed === undefined ? {} : (at.get(deed) ?? {});
    if (deed !== undefined) at.set(deed, ofDeed);
    for (const index of engine.matches.subarray(0, engine.matchCount)) {
      const name = engine.rules[index]?.name ?? "";
      for (const times of [ofDeed, inAll]) times[name] = (times[name] ?? 0) + 1;
    }
  };
  const onFault = (fault: Error) => {
    throw fault;
  };
  await readRecords(path, new Joiner({ joined }), { onFault });
  return { at, inAll, rules: engine.rules, skipped: skipped.map(({ name }) => name) };
}

function programsOf({ process, parents }: JoinedRecord): readonly string[] {
  return process === null ? [] : [process, ...parents].map(({ exe }) => basename(exe));
}
