// Mutants of src/collect/tables that no test can tell from the source.

import type { Equivalent } from "../report.ts";
import { inFile, quick, replaced, size } from "./in-file.ts";

const anyOrder = "only the order of these numbers counts";

export const ofTables: readonly Equivalent[] = [
  ...inFile("collect/tables/container-table.ts", [
    "if (oldest !== null) {",
    "a table that is full has an oldest entry",
    "oldest !== null → true",
  ]),
  ...inFile(
    "collect/tables/file-table.ts",
    ["#hashNext = 0;", "any large step spreads the hashes, wherever it begins", "0 → 1"],
    [
      "if (entry === null || entry.container !== container || !entry.inTable) {",
      quick,
      "entry === null || entry.container !== container || !entry.in… → true",
    ],
    ["path.file = entry;", quick, "path.file = entry; → ;"],
    [
      "if (entry.writtenGeneration !== this.#generations.newest) {",
      quick,
      "entry.writtenGeneration !== this.#generations.newest → true",
    ],
    [
      "if (entry !== null && entry.container === container && entry.inTable) {",
      quick,
      "entry !== null && entry.container === container && entry.inT… → false",
      "{ return entry; } → {}",
    ],
    [
      "this.#hashNext = (this.#hashNext + 0x9e3779b1) | 0;",
      "any large step that is no power of two spreads the hashes",
      "0x9e3779b1 → 0x9e3779b1 + 1",
      "this.#hashNext + 0x9e3779b1 → this.#hashNext - 0x9e3779b1",
      "0 → 1",
    ],
  ),
  ...inFile(
    "collect/tables/flow-table.ts",
    ["#sequenceNext = 1;", anyOrder, "1 → 0"],
    [
      "if (this.#size >= this.#buckets.length) {",
      size,
      "this.#size >= this.#buckets.length → this.#size > this.#buckets.length",
    ],
    [
      "if (this.#groupSize >= this.#groupBuckets.length) {",
      size,
      "this.#groupSize >= this.#groupBuckets.length → this.#groupSize > this.#groupBuckets.length",
    ],
    [
      "flow.process.socketFlows?.remove(flow);",
      "there are some from the first flow of a socket on",
      "flow.process.socketFlows?.remove(flow) → flow.process.socketFlows.remove(flow)",
    ],
  ),
  ...inFile("collect/tables/long-texts.ts", ["#process = 0;", replaced, "0 → 1"]),
  ...inFile(
    "collect/tables/pod-table.ts",
    ["#tsLo = 0;", replaced, "0 → 1"],
    ["#tsHi = 0;", replaced, "0 → 1"],
    ["if (receivers === 0) {", quick, "receivers === 0 → false", "{ return; } → {}"],
  ),
  ...inFile(
    "collect/tables/process-table.ts",
    ["#idNext = 1;", anyOrder, "1 → 0"],
    [
      "if (entry.writtenGeneration === this.#generations.newest) {",
      quick,
      "entry.writtenGeneration === this.#generations.newest → false",
      "{ return false; } → {}",
    ],
    [
      "const likely = entry.parent === null ? record : entry.parent.record;",
      "texts that are not taken from there are decoded",
      "entry.parent === null → true",
    ],
    [
      'return count === 0 ? "" : batch.string(at + PROCESS_ARGS).replaceAll("\\0", " ");',
      quick,
      "count === 0 → false",
    ],
    ["return kept === bytes ? text : argumentText(kept);", quick, "kept === bytes → false"],
    [
      "return { bytes: isWhole ? bytes : Buffer.from(kept), strings };",
      "a copy is as good as the same bytes",
      "isWhole → false",
    ],
    ["if (to === all) {", quick, "to === all → false"],
    [
      "if (entry.orphanIn === this.#generations.all) {",
      quick,
      "entry.orphanIn === this.#generations.all → false",
      "{ record.poid = null; } → {}",
    ],
    ["record.poid = null;", quick, "record.poid = null; → ;"],
    [
      "const orphans = record.poid === null ? 0 : to & entry.orphanIn;",
      quick,
      "record.poid === null → false",
      "0 → 1",
    ],
    [
      "if (orphans === 0 && entry.earlier === null) {",
      quick,
      "orphans === 0 && entry.earlier === null → false",
      "{ this.#sink.process(record, to); return; } → {}",
    ],
    [
      "entry.siblingNext = null;",
      "a link that nobody follows without a parent, and that a new parent sets",
      "entry.siblingNext = null; → ;",
    ],
  ),
];
