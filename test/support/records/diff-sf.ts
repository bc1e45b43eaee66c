// Compares two .sf files record by record, field by field. Records are paired by what they are
// about, so one record more does not shift the rest; a record in another place is one difference.
// With a list of explanations it says which differences nobody has explained, and which
// explanations nothing needs any more.

import { readSf, type SfRecord, type SfValue } from "./read-sf.ts";

export interface Difference {
  readonly kind: string;
  /** What the record is about, in words: process, flags, path. */
  readonly key: string;
  /** Dotted name; `(record)` where one side has none, `(order)` where it stands elsewhere. */
  readonly field: string;
  readonly ours: string;
  readonly theirs: string;
  /** Positions in the files, or null where that side has no such record. */
  readonly ourIndex: number | null;
  readonly theirIndex: number | null;
  readonly ourRecord: SfRecord | null;
  readonly theirRecord: SfRecord | null;
}

export type ExplanationClass = "ours-right" | "later" | "library-version";

/** Explains a difference that meets all of what is given here. */
export interface Explanation {
  readonly kind?: string;
  readonly field?: string;
  readonly where?: (difference: Difference) => boolean;
  readonly class: ExplanationClass;
  readonly reason: string;
}

export interface ExplainedDiff {
  readonly unexplained: readonly Difference[];
  readonly unused: readonly Explanation[];
  readonly explained: ReadonlyMap<Explanation, readonly Difference[]>;
}

export function diffSf(ourPath: string, theirPath: string): readonly Difference[] {
  return diffRecords(readSf(ourPath), readSf(theirPath));
}

/** Every difference goes to the first explanation that fits it. */
export function explain(
  differences: readonly Difference[],
  explanations: readonly Explanation[],
): ExplainedDiff {
  const explained = new Map<Explanation, Difference[]>();
  const unexplained: Difference[] = [];
  for (const difference of differences) {
    const explanation = explanations.find((each) => fits(each, difference));
    if (explanation === undefined) {
      unexplained.push(difference);
    } else {
      const list = explained.get(explanation) ?? [];
      list.push(difference);
      explained.set(explanation, list);
    }
  }
  const unused = explanations.filter((each) => !explained.has(each));
  return { unexplained, unused, explained };
}

/**
 * For a test: the two files are the same but for what the list explains, and the list has nothing
 * to spare.
 * @throws Error that names each unexplained difference and each unused explanation.
 */
export function expectSame(
  ourPath: string,
  theirPath: string,
  explanations: readonly Explanation[] = [],
): void {
  const { unexplained, unused } = explain(diffSf(ourPath, theirPath), explanations);
  if (unexplained.length === 0 && unused.length === 0) {
    return;
  }
  const shown = unexplained.slice(0, 40).map(formatDifference);
  const rest = unexplained.length - shown.length;
  const lines = [
    `${ourPath} differs from ${theirPath} in ${unexplained.length} unexplained places`,
    ...shown,
    ...(rest > 0 ? [`… and ${rest} more`] : []),
    ...unused.map((each) => `not needed: ${each.class}: ${each.reason}`),
  ];
  throw new Error(lines.join("\n"));
}

export function formatDifference(difference: Difference): string {
  const { ourIndex, theirIndex, kind, key, field, ours, theirs } = difference;
  const place = `#${ourIndex ?? "-"}/${theirIndex ?? "-"}`;
  return `${place} ${kind} ${key} ${field}: ours ${ours}, theirs ${theirs}`;
}

export function diffRecords(
  ours: readonly SfRecord[],
  theirs: readonly SfRecord[],
): readonly Difference[] {
  const ourKeys = keysOf(ours);
  const theirKeys = keysOf(theirs);
  const theirPlaces = new Map(theirKeys.map((key, place) => [key, place]));
  const pairs = ourKeys.map((key) => theirPlaces.get(key) ?? -1);
  const inOrder = longestRising(pairs);
  const ourLabels = new Labels(ours);
  const differences: Difference[] = [];
  ours.forEach((our, place) => {
    const pair = pairs[place] ?? -1;
    const their = theirs[pair] ?? null;
    const make = differ(our, their, ourLabels.of(our));
    if (their === null) {
      differences.push(make("(record)", "present", "absent"));
      return;
    }
    if (!inOrder.has(place)) {
      differences.push(make("(order)", String(our.index), String(their.index)));
    }
    compareFields(our, their, make, differences);
  });
  const taken = new Set(pairs);
  const theirLabels = new Labels(theirs);
  theirs.forEach((their, place) => {
    if (!taken.has(place)) {
      const make = differ(null, their, theirLabels.of(their));
      differences.push(make("(record)", "absent", "present"));
    }
  });
  return differences;
}

type Differ = (field: string, ours: string, theirs: string) => Difference;

function differ(our: SfRecord | null, their: SfRecord | null, key: string): Differ {
  return (field, ours, theirs) => ({
    kind: (our ?? their)?.kind ?? "",
    key,
    field,
    ours,
    theirs,
    ourIndex: our?.index ?? null,
    theirIndex: their?.index ?? null,
    ourRecord: our,
    theirRecord: their,
  });
}

function fits(explanation: Explanation, difference: Difference): boolean {
  return (
    (explanation.kind === undefined || explanation.kind === difference.kind) &&
    (explanation.field === undefined || explanation.field === difference.field) &&
    (explanation.where === undefined || explanation.where(difference))
  );
}

function compareFields(our: SfRecord, their: SfRecord, make: Differ, out: Difference[]): void {
  for (const field of new Set([...Object.keys(our.rec), ...Object.keys(their.rec)])) {
    // The path a file was written to is not part of what it says.
    if (our.kind === "SFHeader" && field === "filename") {
      continue;
    }
    const [ourText, theirText] = [show(our.rec[field]), show(their.rec[field])];
    if (ourText !== theirText) {
      out.push(make(field, ourText, theirText));
    }
  }
}

/** Stable and exact: equal texts are equal values. */
function show(value: SfValue | undefined): string {
  return (
    JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each)) ?? "absent"
  );
}

/** What identifies each record, made unique by counting those that look alike. */
function keysOf(records: readonly SfRecord[]): readonly string[] {
  const seen = new Map<string, number>();
  return records.map((record) => {
    const key = keyOf(record);
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return `${key}#${nth}`;
  });
}

function keyOf(record: SfRecord): string {
  const fields = identity[record.kind] ?? [];
  return [record.kind, ...fields.map((field) => identify(record.rec[field]))].join(" ");
}

/** Of an OID only the pid: another creation time is a difference in a pair, not another process. */
function identify(value: SfValue | undefined): string {
  const hpid = (value as { hpid?: bigint } | null | undefined)?.hpid;
  return hpid === undefined ? show(value) : `pid ${hpid}`;
}

/** Not the counters, flags of flows or end: those are compared, and would hide what pairs. */
const identity: Readonly<Record<string, readonly string[]>> = {
  SFHeader: [],
  Container: ["id"],
  Process: ["oid"],
  File: ["oid"],
  ProcessEvent: ["procOID", "tid", "opFlags", "ts"],
  FileEvent: ["procOID", "tid", "opFlags", "ts"],
  NetworkFlow: ["procOID", "tid", "fd", "ts"],
  FileFlow: ["procOID", "tid", "fd", "fileOID", "ts"],
  ProcessFlow: ["procOID", "ts"],
  Pod: ["id"],
  K8sEvent: ["kind", "action", "ts"],
};

/** Places of `pairs` in the longest rising run of its non-negative values. */
function longestRising(pairs: readonly number[]): ReadonlySet<number> {
  const tails: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  pairs.forEach((value, place) => {
    if (value < 0) {
      return;
    }
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] ?? 0] ?? 0) < value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    before[place] = low > 0 ? (tails[low - 1] ?? -1) : -1;
    tails[low] = place;
  });
  const run = new Set<number>();
  for (let place = tails.at(-1) ?? -1; place >= 0; place = before[place] ?? -1) {
    run.add(place);
  }
  return run;
}

/** Words for a record: the executable and the path instead of its ids. */
class Labels {
  readonly #exes = new Map<string, string>();
  readonly #paths = new Map<string, string>();

  constructor(records: readonly SfRecord[]) {
    for (const { kind, rec } of records) {
      if (kind === "Process") {
        this.#exes.set(show(rec["oid"]), String(rec["exe"]));
      } else if (kind === "File") {
        this.#paths.set(String(rec["oid"]), String(rec["path"]));
      }
    }
  }

  of({ kind, rec }: SfRecord): string {
    switch (kind) {
      case "SFHeader":
        return "";
      case "Container":
      case "Pod":
        return String(rec["id"]);
      case "File":
        return String(rec["path"]);
      case "Process":
        return this.#process(rec["oid"]);
      default:
        return this.#action(rec);
    }
  }

  #process(oid: SfValue | undefined): string {
    const hpid = (oid as { hpid?: bigint } | undefined)?.hpid;
    return `${this.#exes.get(show(oid)) ?? "?"}[${hpid}]`;
  }

  #action(rec: SfRecord["rec"]): string {
    const parts = [this.#process(rec["procOID"]), `0x${Number(rec["opFlags"]).toString(16)}`];
    const file = rec["fileOID"];
    if (file !== undefined) {
      parts.push(this.#paths.get(String(file)) ?? String(file));
    }
    if (rec["fd"] !== undefined) {
      parts.push(`fd ${rec["fd"]}`);
    }
    return parts.join(" ");
  }
}
