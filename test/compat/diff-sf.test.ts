// The comparison of two files: pairing, order, explanations.

import { describe, expect, test } from "bun:test";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import {
  type Difference,
  diffRecords,
  diffSf,
  type Explanation,
  expectSame,
  explain,
  formatDifference,
} from "../support/records/diff-sf.ts";
import type { SfRecord, SfValue } from "../support/records/read-sf.ts";
import { sampleSfRecords } from "../support/records/sample-records.ts";

const sample = sampleSfRecords();
const fileFlow = 8;

test("a file is the same as itself, whatever path its header names", () => {
  const other = edited((records) => change(records, 0, { filename: "elsewhere" }));
  expect(diffRecords(sample, other)).toEqual([]);
});

describe("one difference each", () => {
  test.each<[string, (records: SfRecord[]) => void, string, string]>([
    ["a counter", (r) => change(r, fileFlow, { numRRecvOps: 9n }), "numRRecvOps", "FileFlow"],
    ["an exporter", (r) => change(r, 0, { exporter: "x" }), "exporter", "SFHeader"],
    ["an environment", (r) => change(r, 3, { env: [] }), "env", "Process"],
    ["a record less", (r) => r.splice(fileFlow, 1), "(record)", "FileFlow"],
    ["a file less in front", (r) => r.splice(5, 1), "(record)", "File"],
    ["another place", (r) => r.splice(5, 0, ...r.splice(fileFlow, 1)), "(order)", "FileFlow"],
  ])("%s", (_, edit, field, kind) => {
    const theirs = edited(edit);
    const differences = diffRecords(sample, theirs);
    expect(differences.map((each) => [each.field, each.kind])).toEqual([[field, kind]]);
    const back = diffRecords(theirs, sample);
    expect(back.map((each) => [each.field, each.kind])).toEqual([[field, kind]]);
  });
});

test("another creation time is a difference of the pair, not another process", () => {
  const oid = { createTS: 5n, hpid: 1001n };
  const theirs = edited((records) => change(records, fileFlow, { procOID: oid }));
  expect(diffRecords(sample, theirs).map((each) => each.field)).toEqual(["procOID"]);
});

test("records that look alike are paired in their order", () => {
  const twice = edited((r) => r.splice(fileFlow, 0, { ...(r[fileFlow] as SfRecord) }));
  const theirs = [...twice];
  change(theirs, fileFlow + 1, { fd: 3, numRRecvOps: 5n });
  const differences = diffRecords(twice, renumbered(theirs));
  expect(differences.map((each) => [each.field, each.ourIndex])).toEqual([
    ["numRRecvOps", fileFlow + 1],
  ]);
});

test("the text of a difference names places, process, flags, path and both values", () => {
  const theirs = edited((records) => change(records, fileFlow, { numRRecvOps: 9n }));
  expect(diffRecords(sample, theirs).map(formatDifference)).toEqual([
    "#8/8 FileFlow /bin/sh[1001] 0x580 /old fd 3 numRRecvOps: ours 2n, theirs 9n".replace(
      /(\d+)n/g,
      '"$1n"',
    ),
  ]);
});

describe("explanations", () => {
  const theirs = edited((records) => {
    change(records, fileFlow, { numRRecvOps: 9n, openFlags: 3 });
    change(records, 9, { proto: 17 });
  });
  const differences = diffRecords(sample, theirs);
  const fits: Explanation = { kind: "FileFlow", class: "ours-right", reason: "a" };
  const fitsOne: Explanation = {
    field: "proto",
    where: (each: Difference) => each.theirs === "17",
    class: "later",
    reason: "b",
  };
  const fitsNone: Explanation = { kind: "File", class: "library-version", reason: "c" };

  test("each difference goes to the first that fits; the rest is unexplained", () => {
    const result = explain(differences, [fits]);
    expect(result.unexplained.map((each) => each.field)).toEqual(["proto"]);
    expect(result.explained.get(fits)?.length).toBe(2);
    expect(result.unused).toEqual([]);
  });

  test("an explanation that nothing needs is named", () => {
    const result = explain(differences, [fits, fitsOne, fitsNone]);
    expect([result.unexplained, result.unused]).toEqual([[], [fitsNone]]);
  });
});

describe.skipIf(!hasReference)("upstream's files (skipped without reference data)", () => {
  const ours = referencePath("captures/files-files.sysporter.sf");
  const golden = referencePath("captures/files-files.golden.sf");
  const args: Explanation = {
    kind: "Process",
    field: "exeArgs",
    class: "library-version",
    reason: "an extra space",
  };

  test.each(["alpine-alpine", "setuid-setuid", "objectstore-ls"])(
    "%s: golden and built",
    (name) => {
      expect(
        diffSf(
          referencePath(`captures/${name}.golden.sf`),
          referencePath(`captures/${name}.sysporter.sf`),
        ),
      ).toEqual([]);
    },
  );

  test("expectSame passes with the one explanation, and not without it or with one more", () => {
    expectSame(ours, golden, [args]);
    expect(() => expectSame(ours, golden)).toThrow("in 1 unexplained places\n#4/4 Process");
    expect(() => expectSame(ours, golden, [args, { ...args, kind: "File" }])).toThrow("not needed");
  });
});

function edited(edit: (records: SfRecord[]) => void): readonly SfRecord[] {
  const records = [...sample];
  edit(records);
  return renumbered(records);
}

function change(records: SfRecord[], index: number, fields: Record<string, SfValue>): void {
  const record = records[index] as SfRecord;
  records[index] = { ...record, rec: { ...record.rec, ...fields } };
}

function renumbered(records: readonly SfRecord[]): readonly SfRecord[] {
  return records.map((record, index) => ({ ...record, index }));
}
