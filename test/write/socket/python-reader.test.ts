// A reader of sockets that shares nothing with our code, a few lines of Python, gets every record,
// decoded by the schema that `sysflow` says.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { openSender } from "../../../src/capture/sockets.ts";
import { recordKinds } from "../../../src/sysflow/record.gen.ts";
import { deliver, type RecordReceiver } from "../../../src/sysflow/record-sink.ts";
import { sysFlowSchemaJson } from "../../../src/sysflow/schema.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { SocketWriter } from "../../../src/write/socket/socket-writer.ts";
import { arbitraryRecord } from "../../support/records/arbitrary-records.ts";
import { asPythonGives, hasPythonAvro } from "../../support/records/python-avro.ts";
import { pythonReader } from "../../support/records/python-sockets.ts";
import { readSf } from "../../support/records/read-sf.ts";
import { sampleHeader, writeSample } from "../../support/records/sample-records.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-packets-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function writeAll(to: RecordReceiver): void {
  writeSample(to);
  for (const kind of recordKinds.filter((each) => each !== "SFHeader")) {
    for (const record of fc.sample(arbitraryRecord(kind), { numRuns: 50, seed: 2 })) {
      deliver(record, to);
    }
  }
}

describe.skipIf(!hasPythonAvro)("python3-avro (skipped where it is not installed)", () => {
  test.each([5, 6] as const)(
    "reads each packet of schema %d",
    async (schema) => {
      const header = { ...sampleHeader, version: schema };
      const path = join(folder, `as-${schema}.sf`);
      const file = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0, schema });
      file.header(header);
      writeAll(file);
      file.close();
      const [first, ...rest] = readSf(path);
      expect(rest.length).toBe(561);

      const socket = join(folder, `of-${schema}`);
      const reader = await pythonReader(socket, sysFlowSchemaJson(schema), 1 + rest.length);
      const writer = new SocketWriter({
        ...{ sender: openSender(socket), schema, queueBytesMax: 2 ** 26, whenFull: "drop" },
      });
      writer.header(header);
      writeAll(writer);
      writer.close();
      expect(await writer.drained(30_000)).toBe(true);
      const printed = (await reader.ended).split("\n")[1] ?? "";
      const [socketHeader, ...records] = JSON.parse(printed) as unknown[];
      // A socket has no file to name.
      expect(socketHeader).toEqual({ ...(asPythonGives(first as never) as object), filename: "" });
      expect(records).toEqual(rest.map(asPythonGives));
      expect(writer.stats()).toMatchObject({ sent: 562, recordsTotal: 562, unread: 0, cut: 0 });
    },
    60_000,
  );
});
