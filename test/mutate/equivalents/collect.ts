// Mutants of src/collect that no test can tell from the source.

import type { Equivalent } from "../report.ts";
import { inFile, quick, replaced, size } from "./in-file.ts";

const nobody = "in the generation before the first one nobody has anything";
const unwatched = "only processes and files are asked whether they were written";

/** Of an entity, what outputs have before it was given to any. */
const given = ["given: OutputSet = 0;", nobody, "0 → 1"] as const;
const zeros = [
  ["procOID: { createLo: 0, createHi: 0, hpid: 0 },", replaced, "0 → 1"],
  ...(["tsLo: 0,", "tsHi: 0,", "tid: 0,", "opFlags: 0,", "ret: 0,"] as const).map(
    (line) => [line, replaced, "0 → 1"] as const,
  ),
] as const;

export const ofCollect: readonly Equivalent[] = [
  ...inFile(
    "collect/collector.ts",
    ["#tsLo = 0;", replaced, "0 → 1"],
    ["#tsHi = 0;", replaced, "0 → 1"],
    ["if (anew !== 0) {", "where none begins anew nothing is lacking", "anew !== 0 → true"],
  ),
  ...inFile(
    "collect/entries/container-entry.ts",
    ["writtenGeneration = 0;", unwatched, "0 → 1"],
    given,
    ["givenGeneration = 0;", "nobody was given it then", "0 → 1"],
    ["met: OutputSet = 0;", "an output that has not met it lacks it, and gets it", "0 → 1"],
    ["stale: OutputSet = 0;", "an output that has not met it lacks it, and gets it", "0 → 1"],
  ),
  ...inFile("collect/entries/file-entry.ts", given),
  ...inFile("collect/entries/pod-entry.ts", ["writtenGeneration = 0;", unwatched, "0 → 1"], given, [
    "givenGeneration = 0;",
    "nobody was given it then",
    "0 → 1",
  ]),
  ...inFile(
    "collect/entries/process-entry.ts",
    given,
    ["sequence = 0;", replaced, "0 → 1"],
    ["exportSecond = 0;", replaced, "0 → 1"],
    ["updateSecond = 0;", replaced, "0 → 1"],
    ["hash = 0;", replaced, "0 → 1"],
  ),
  ...inFile("collect/entries/socket-flows.ts", [
    "if (there.size === 0) {",
    "a set without flows is as good as none",
    "there.size === 0 → false",
    "{ this.#byFd.delete(flow.fd); } → {}",
  ]),
  ...inFile(
    "collect/entries/socket-object.ts",
    ["const socketWords = new Int32Array(2 * addressWords + 1);", size, "2 → 2 + 1"],
    [
      "for (let i = 0; i < addressWords; i++) {",
      "one word more of each is of the other address and of the ports, which are put there anyway",
      "i < addressWords → i <= addressWords",
    ],
  ),
  ...inFile("collect/event-time.ts", [
    "return aHi >>> 0 === bHi >>> 0 ? aLo >>> 0 > bLo >>> 0 : aHi >>> 0 > bHi >>> 0;",
    "they are not equal there",
    "aHi >>> 0 > bHi >>> 0 → aHi >>> 0 >= bHi >>> 0",
  ]),
  ...inFile("collect/events/file-event.ts", ...zeros),
  ...inFile("collect/events/process-event.ts", ...zeros),
  ...inFile(
    "collect/flows/data-flows.ts",
    ["second = 0;", replaced, "0 → 1"],
    ["if (others.length === 0) {", quick, "others.length === 0 → false", "{ return; } → {}"],
  ),
  ...inFile("collect/flows/file-flow.ts", [
    'if (isFilteredRead(this.#options.fileReadMode, "", OP_OPEN, openFlags)) {',
    "neither is a path of the system's",
    '"" → "x"',
  ]),
  ...inFile("collect/flows/process-flow.ts", [
    "} else if (ret < 0) {",
    "it is not 0 there",
    "ret < 0 → ret <= 0",
    "0 → 1",
  ]),
  ...inFile(
    "collect/generations.ts",
    [
      "for (let i = 0; i < outputsMax && all >> i !== 0; i++) {",
      "a set of 32 bits has no more than `outputsMax` above 0",
      "i < outputsMax → i <= outputsMax",
    ],
    [
      "for (let i = 0; i < this.#begun.length; i++) {",
      "there is no output of that number, and nothing is later than what is not there",
      "i < this.#begun.length → i <= this.#begun.length",
    ],
  ),
];
