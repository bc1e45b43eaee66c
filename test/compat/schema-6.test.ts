// Files of schema 6 for readers that know 5 alone, which resolve them as the Avro specification says:
// avsc and python3-avro, with upstream's schema and with ours. They see what a run in schema 5 writes,
// and flows over IPv6 with addresses of 0.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { records as recordTypes } from "../../src/sysflow/fields.ts";
import { fileEventFlagsOf6 } from "../../src/sysflow/op-flags.gen.ts";
import { recordKinds } from "../../src/sysflow/record.gen.ts";
import { deliver } from "../../src/sysflow/record-sink.ts";
import { sysFlowSchema } from "../../src/sysflow/schema.ts";
import { restype } from "../../src/sysflow/values.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { goldenPath } from "../support/captures/golden.ts";
import { referenceFiles, referencePath } from "../support/captures/reference.ts";
import { replay } from "../support/captures/replay.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import { readByAvsc } from "../support/records/avsc-sf.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { type Difference, diffRecords, formatDifference } from "../support/records/diff-sf.ts";
import {
  asPythonGives,
  hasPythonAvro,
  readWithPythonAvro,
} from "../support/records/python-avro.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { sampleHeader, writeSample } from "../support/records/sample-records.ts";

const upstream = referencePath("avsc/SysFlow.avsc");
/** Schemas of version 5 to resolve to, by whose they are. */
const readers: readonly (readonly [whose: string, schema: unknown])[] = [
  ["ours", sysFlowSchema(5)],
  ...(fs.existsSync(upstream)
    ? [["upstream's", JSON.parse(fs.readFileSync(upstream, "utf8"))] as const]
    : []),
];
const none = readers.length === 1 ? " (upstream's schema skipped without reference data)" : "";

const hasAddon = fs.existsSync(join(import.meta.dir, "../../dist/capture.node"));

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-schema-6-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const kinds = recordKinds.filter((kind) => kind !== "SFHeader");

describe(`any records${none}`, () => {
  const path = join(folder, "any.sf");
  let records: readonly SfRecord[] = [];

  beforeAll(() => {
    const options = { path, rotateIntervalSec: 0, startSec: 0, blockBytesMax: 2000 };
    const writer = new FileWriter({ ...options, schema: 6 });
    writer.header({ ...sampleHeader, version: 6 });
    for (const kind of kinds) {
      for (const record of fc.sample(arbitraryRecord(kind), { numRuns: 50, seed: 1 })) {
        deliver(record, writer);
      }
    }
    writer.close();
    records = readByAvsc(path);
  });

  test("are read by avsc, with all that schema 6 adds", () => {
    expect(records.length).toBe(551);
    expect(records[0]?.rec["version"]).toBe(6n);
    const having = (name: string) =>
      records.filter(({ rec }) => rec[name] !== undefined && rec[name] !== null).length;
    expect(having("sip6")).toBeGreaterThan(20);
    expect(records.filter(({ kind }) => kind === "FileEvent")).toHaveLength(50);
    expect(having("args")).toBe(100);
  });

  test.skipIf(!hasPythonAvro)("are read by python3-avro (skipped without it)", () => {
    expect(readWithPythonAvro([path])[0]).toEqual(records.map(asPythonGives));
  });

  test.each(readers)("are read with %s schema 5, but for what it has no place for", (_, schema) => {
    expect(readByAvsc(path, schema)).toEqual(records.map(asOf5));
  });

  test.skipIf(!hasPythonAvro).each(readers)(
    "are so by python3-avro with %s schema 5 (skipped without it)",
    (_, schema) => {
      const read = readWithPythonAvro([path], JSON.stringify(schema))[0];
      expect(read).toEqual(records.map((record) => asPythonGives(asOf5(record))));
    },
  );
});

test("a file of schema 5 is read with schema 6, and what that adds is empty", () => {
  const path = join(folder, "sample.sf");
  const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0 });
  writer.header(sampleHeader);
  writeSample(writer);
  writer.close();
  const read = readByAvsc(path, sysFlowSchema(6));
  expect(read.map(asOf5)).toEqual([...readSf(path)]);
  const ofKind = (kind: string) => read.find((record) => record.kind === kind)?.rec;
  expect(ofKind("NetworkFlow")).toMatchObject({ sip6: null, dip6: null });
  expect(ofKind("FileEvent")).toMatchObject({ args: [] });
});

/** Our own capture with IPv6 in it, and upstream's. */
const captures: readonly string[] = [
  goldenPath("ipv6.scap"),
  ...referenceFiles("captures", ".scap").map(referencePath),
];

describe.skipIf(!hasAddon)("captures (skipped without dist/capture.node)", () => {
  test.each(captures)(
    "%s: a reader of 5 sees what a run in 5 writes",
    (capture) => {
      const [path5, path6] = [join(folder, "5.sf"), join(folder, "6.sf")];
      replay(capture, path5);
      replay(capture, path6, {}, 6);
      expect(checkSf(path6)).toEqual([]);
      const added = new Set(
        readSf(path6)
          .filter(isOnlyIn6)
          .map(({ index }) => index),
      );
      for (const [, schema] of readers) {
        const seen = readByAvsc(path6, schema);
        for (const index of added) {
          const { kind, rec } = seen[index] as SfRecord;
          expect(kind === "NetworkFlow" ? [rec["sip"], rec["dip"]] : [0, 0]).toEqual([0, 0]);
        }
        const both = seen.filter(({ index }) => !added.has(index));
        const differences = diffRecords(readSf(path5), both);
        expect(differences.filter((each) => !isExpected(each)).map(formatDifference)).toEqual([]);
      }
      if (capture === captures[0]) {
        expect(added.size).toBeGreaterThan(5);
      }
    },
    60_000,
  );
});

/** What schema 5 has no record for. */
function isOnlyIn6({ kind, rec }: SfRecord): boolean {
  return kind === "NetworkFlow"
    ? rec["sip6"] !== null
    : kind === "FileEvent" && (Number(rec["opFlags"]) & fileEventFlagsOf6) !== 0;
}

/**
 * An entity is sent when something first refers to it, which may be such a record; a file event does
 * not tell what kind of file it is.
 */
function isExpected({ kind, field, theirs, ourIndex }: Difference): boolean {
  if (kind === "SFHeader") {
    return field === "version";
  }
  if (kind === "File" && field === "restype") {
    return theirs === String(restype.UNKNOWN);
  }
  const isEntity = kind === "Process" || kind === "File" || kind === "Container";
  return isEntity && (["(order)", "ts", "state"].includes(field) || ourIndex === null);
}

/** The record as schema 5 has it. */
function asOf5(record: SfRecord): SfRecord {
  const fields = recordTypes.find(({ name }) => name === record.kind)?.fields ?? [];
  const added = fields.flatMap(({ name, since }) => (since === 6 ? [name] : []));
  const kept = Object.entries(record.rec).filter(([name]) => !added.includes(name));
  return { ...record, rec: Object.fromEntries(kept) };
}
