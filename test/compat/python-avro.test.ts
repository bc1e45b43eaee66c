// What we write is read by Debian's python3-avro, to the last value; so is what upstream wrote.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { recordKinds } from "../../src/sysflow/record.gen.ts";
import { deliver } from "../../src/sysflow/record-sink.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { referenceFiles, referencePath } from "../support/captures/reference.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import {
  asPythonGives,
  hasPythonAvro,
  readWithPythonAvro,
} from "../support/records/python-avro.ts";
import { readSf } from "../support/records/read-sf.ts";
import { sampleHeader, sampleParent, writeSample } from "../support/records/sample-records.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-python-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe.skipIf(!hasPythonAvro)("python3-avro (skipped where it is not installed)", () => {
  test("reads the sample", () => {
    const path = join(folder, "sample.sf");
    const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0 });
    writer.header(sampleHeader);
    writeSample(writer);
    writer.close();
    expect(readWithPythonAvro([path])[0]).toEqual(readSf(path).map(asPythonGives));
  });

  test("reads any records, over many blocks", () => {
    const path = join(folder, "any.sf");
    const options = { path, rotateIntervalSec: 0, startSec: 0, blockBytesMax: 2000 };
    const writer = new FileWriter(options);
    writer.header(sampleHeader);
    for (const kind of recordKinds.filter((each) => each !== "SFHeader")) {
      for (const record of fc.sample(arbitraryRecord(kind), { numRuns: 50, seed: 1 })) {
        deliver(record, writer);
      }
    }
    writer.close();
    const ours = readSf(path);
    expect(ours.length).toBe(551);
    expect(readWithPythonAvro([path])[0]).toEqual(ours.map(asPythonGives));
  }, 60_000);

  test("reads records of some MB, which a default block has no room for", () => {
    const path = join(folder, "large.sf");
    const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0 });
    writer.header(sampleHeader);
    const exeArgs = "--option=é ".repeat(200_000);
    const env = Array.from({ length: 20_000 }, (_, i) => `NAME_${i}=${"ü".repeat(i % 100)}`);
    writer.process({ ...sampleParent(), exeArgs, env });
    writer.process(sampleParent());
    writer.close();
    const ours = readSf(path);
    expect(ours.map(({ kind }) => kind)).toEqual(["SFHeader", "Process", "Process"]);
    expect(ours[1]?.rec["exeArgs"] === exeArgs).toBe(true);
    expect(ours[1]?.rec["env"]).toEqual(env);
    expect(readWithPythonAvro([path])[0]).toEqual(ours.map(asPythonGives));
  }, 60_000);

  test.each(referenceFiles("captures", "cold_start_capture.sysporter.sf"))(
    "and our reader agree on upstream's %s",
    (name) => {
      const path = referencePath(name);
      expect(readWithPythonAvro([path])[0]).toEqual(readSf(path).map(asPythonGives));
    },
    60_000,
  );
});
