// Mutants of src/write that no test can tell from the source.

import type { Equivalent } from "../report.ts";
import { bug, inFile, ofTime, quick, replaced, size } from "./in-file.ts";

const everywhere = "it is there on every system that this runs on";
const noCode = "neither is an error's code";

export const ofWrite: readonly Equivalent[] = [
  ...inFile(
    "write/fan-out.ts",
    [
      "this.#only = count === 1 ? (branches[0] as Branch).output : null;",
      quick,
      "count === 1 → false",
      "1 → 0",
    ],
    ["if (this.#only === null) {", quick, "this.#only === null → true"],
    [
      "if (failure !== null) {",
      "what is null is no failure, and no fault that would be thrown",
      "failure !== null → true",
    ],
  ),
  ...inFile("write/record-target.ts", [
    'const target = knownFile("the capture", path);',
    "what it is itself is told nobody",
    '"the capture" → ""',
  ]),
  ...inFile(
    "write/file/file-queue.ts",
    ['const isFull = fullDisk.has(errnoCode(error.cause) ?? "");', noCode, '"" → "x"'],
    [
      "this.#isOpening = true;",
      "the turn of a file comes once",
      "this.#isOpening = true; → ;",
      "true → false",
    ],
  ),
  ...inFile(
    "write/file/output-file.ts",
    ["const retryMs = 10;", ofTime, "10 → 10 + 1"],
    ["this.#stallMsMax = options.stallMsMax ?? 10_000;", ofTime, "10_000 → 10_000 + 1"],
    [
      "const there = standardStreams.test(path) ? null : yield* lstatOrNull(path);",
      quick,
      "standardStreams.test(path) → false",
    ],
    ["const link = standardStreams.test(path) ? 0 : O_NOFOLLOW;", "O_WRONLY is 1", "0 → 1"],
    [
      "const remedy = code === null ? undefined : openRemedies[code];",
      noCode,
      "code === null → false",
    ],
  ),
  ...inFile(
    "write/file/output-opener.ts",
    [
      "if (file instanceof OutputFile) {",
      "what is no error is thrown, and given, as it is",
      "file instanceof OutputFile → false",
      "{ done(file); return; } → {}",
    ],
    [
      "done(error instanceof OperatorError ? error : file);",
      bug,
      "error instanceof OperatorError → true",
    ],
    [
      "const code = error instanceof OperatorError ? errnoCode(error.cause) : null;",
      bug,
      "error instanceof OperatorError → true",
    ],
  ),
  ...inFile("write/file/output-place.ts", [
    "const isGuarded = (stats.mode & sticky) !== 0 && [0, process.geteuid?.()].includes(stats.uid);",
    everywhere,
    "process.geteuid?.() → process.geteuid()",
  ]),
  ...inFile("write/file/part-file.ts", [
    'if (!noLinks.has(errnoCode(error) ?? "")) {',
    noCode,
    '"" → "x"',
  ]),
  ...inFile(
    "write/file/queued-file.ts",
    ["const retryMs = 5;", ofTime, "5 → 5 + 1"],
    ["export const troubleRetryMs = 1000;", ofTime, "1000 → 1000 + 1"],
  ),
  ...inFile(
    "write/file/recovery.ts",
    [
      'return fs.fstatSync(fd).uid === process.geteuid?.() ? null : "it belongs to another user";',
      everywhere,
      "process.geteuid?.() → process.geteuid()",
    ],
    [
      "if (!(error instanceof AvroError)) {",
      bug,
      "!(error instanceof AvroError) → false",
      "{ throw error; } → {}",
    ],
  ),
  ...inFile(
    "write/file/retention.ts",
    [
      "const stats = stamp === null ? null : await ownFile(join(this.#form.folder, name));",
      quick,
      "stamp === null → false",
    ],
    [
      "return stats.isFile() && stats.uid === process.geteuid?.() ? stats : null;",
      everywhere,
      "process.geteuid?.() → process.geteuid()",
    ],
  ),
  ...inFile("write/file/trouble.ts", ["#sinceMs = 0;", replaced, "0 → 1"]),
  ...inFile("write/file/upkeep.ts", [
    "if (form !== null && this.retention !== null) {",
    "neither is null without the other",
    "form !== null && this.retention !== null → form !== null || this.retention !== null",
  ]),
  ...inFile(
    "write/socket/cut-record.ts",
    [
      "return record satisfies never;",
      "there is no other kind of record",
      "record satisfies never → null",
    ],
    [
      "return count === values.length ? values : values.slice(0, count);",
      "a copy is as good as the same list",
      "count === values.length → false",
    ],
    [
      "if (this.#over <= 0) {",
      quick,
      "this.#over <= 0 → false",
      "this.#over <= 0 → this.#over < 0",
      "{ return value; } → {}",
    ],
    [
      "this.#over -= bytes.length - end;",
      "what is left of the text is enough, or nothing",
      "bytes.length - end → bytes.length + end",
    ],
  ),
  ...inFile(
    "write/socket/socket-writer.ts",
    ["const blockBytes = 64 * 1024;", size, "64 → 64 + 1", "1024 → 1024 + 1"],
    ["const flushMs = 20;", ofTime, "20 → 20 + 1"],
    ["const pollMs = 5;", ofTime, "5 → 5 + 1"],
    ["#connection = 0;", replaced, "0 → 1"],
    ["const tap = new Tap(blockBytes + 2 * packetBytesMax);", size, "2 → 2 + 1"],
    ["if (left <= 0) {", ofTime, "left <= 0 → left < 0", "0 → 1"],
    [
      "if (this.#start > blockBytes) {",
      size,
      "this.#start > blockBytes → this.#start >= blockBytes",
    ],
  ),
  ...inFile(
    "write/stream/line-block.ts",
    [
      "const slackBytes = 64 * 1024;",
      size,
      "64 * 1024 → 64 / 1024",
      "64 → 64 + 1",
      "1024 → 1024 + 1",
    ],
    ["const flushMs = 100;", ofTime, "100 → 100 + 1"],
  ),
  ...inFile("write/stream/open-stream.ts", [
    'const remedy = remedies[errnoCode(cause) ?? ""];',
    noCode,
    '"" → "x"',
  ]),
  ...inFile("write/stream/stream-queue.ts", ["const retryMs = 5;", ofTime, "5 → 5 + 1"]),
];
