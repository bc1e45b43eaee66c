// Reading and writing .sf files as a program does: from a file, a folder and a stream, to the end or
// not, and writing what it was given or has made itself.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  isSysFlowError,
  type OpenSysFlowOptions,
  openSysFlow,
  type RecordKind,
  recordKinds,
  type SysFlowRecord,
  type SysFlowSource,
  SysFlowWriter,
} from "../../src/index.ts";
import { recordFault } from "../../src/library/record-check.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import { hasPythonAvro, readWithPythonAvro } from "../support/records/python-avro.ts";
import {
  sampleChild,
  sampleFile,
  sampleFileEvent,
  sampleFileFlow,
  sampleHeader,
  sampleNetworkFlow,
  sampleParent,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";
import { sfBytes } from "../support/records/sf-bytes.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-files-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const path = "/old";
const blocks: readonly (readonly SysFlowRecord[])[] = [
  [sampleHeader, sampleParent(), sampleChild(), sampleFile(path)],
  [sampleFileFlow(1), sampleFileFlow(2)],
  [sampleProcessEvent(op.OP_EXEC, 3)],
];
const bytes = sfBytes("deflate", blocks);
const count = blocks.flat().length;

function written(name: string, content: Uint8Array): string {
  const place = join(folder, name);
  fs.mkdirSync(join(place, ".."), { recursive: true });
  fs.writeFileSync(place, content);
  return place;
}

function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    // The descriptor that the folder itself was read with.
    return "";
  }
}

interface Read {
  readonly kinds: readonly RecordKind[];
  readonly error: unknown;
}

async function readAll(source: SysFlowSource, options: OpenSysFlowOptions = {}): Promise<Read> {
  const kinds: RecordKind[] = [];
  try {
    for await (const { record } of openSysFlow(source, options)) {
      kinds.push(record.kind);
    }
    return { kinds, error: null };
  } catch (error) {
    return { kinds, error };
  }
}

async function* chunked(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) {
    yield content.subarray(at, at + size);
    await Promise.resolve();
  }
}

describe("reading", () => {
  test("gives every record with what it refers to", async () => {
    const items = await Array.fromAsync(openSysFlow(written("a.sf", bytes)));
    expect(items.map(({ record }) => record.kind)).toEqual(blocks.flat().map(({ kind }) => kind));
    const flow = items.find(({ record }) => record.kind === "FileFlow");
    expect(flow?.process?.exe).toBe(sampleChild().exe);
    expect(flow?.file1?.path).toBe(path);
    expect(flow?.header.exporter).toBe(sampleHeader.exporter);
  });

  test("gives arrays of a block each", async () => {
    const reader = openSysFlow(written("b.sf", bytes));
    const batches = await Array.fromAsync(reader.batches());
    expect(batches.map((items) => items.length)).toEqual([4, 2, 1]);
    expect(reader.counts).toEqual({ files: 1, faults: 0, records: count, unknown: 0 });
  });

  test.each([1, 7, 100, 1 << 20])("takes a stream in chunks of %d bytes", async (size) => {
    const { error, kinds } = await readAll(chunked(bytes, size));
    expect([error, kinds.length]).toEqual([null, count]);
  });

  test("takes what Node's streams give", async () => {
    const { kinds } = await readAll(fs.createReadStream(written("c.sf", bytes)));
    expect(kinds).toHaveLength(count);
  });

  test("ends a stream that it leaves early", async () => {
    let isEnded = false;
    async function* source() {
      try {
        yield* chunked(bytes, 50);
      } finally {
        isEnded = true;
      }
    }
    for await (const _ of openSysFlow(source())) {
      break;
    }
    expect(isEnded).toBe(true);
  });

  test("reads a block when it is asked for, not before", async () => {
    let given = 0;
    async function* source() {
      for await (const chunk of chunked(bytes, 50)) {
        given += chunk.length;
        yield chunk;
      }
    }
    const iterator = openSysFlow(source())[Symbol.asyncIterator]();
    expect(given).toBe(0);
    await iterator.next();
    expect(given).toBeLessThan(bytes.length);
    await iterator.return?.();
  });
});

describe("reading that ends early", () => {
  test("gives the good part of a damaged file, then the error", async () => {
    const { error, kinds } = await readAll(written("cut.sf", bytes.subarray(0, -5)));
    expect(kinds).toHaveLength(count - 1);
    expect(isSysFlowError(error, "INPUT_CUT")).toBe(true);
  });

  test("goes on with the next file where faults are taken", async () => {
    written("many/1.sf", bytes.subarray(0, -5));
    written("many/2.sf", bytes);
    const faults: string[] = [];
    const onFault = ({ code }: { readonly code: string }) => faults.push(code);
    const { error, kinds } = await readAll(join(folder, "many"), { onFault });
    expect([error, kinds.length, faults]).toEqual([null, 2 * count - 1, ["INPUT_CUT"]]);
    expect((await readAll(join(folder, "many"))).kinds).toHaveLength(count - 1);
  });

  test("says what is not there, and what a stream failed with", async () => {
    expect(isSysFlowError((await readAll("/nowhere")).error, "INPUT_OPEN_FAILED")).toBe(true);
    async function* failing() {
      yield bytes.subarray(0, 400);
      throw new Error("the network has gone");
    }
    const { error } = await readAll(failing());
    expect(isSysFlowError(error, "INPUT_READ_FAILED")).toBe(true);
    expect(String(error)).toContain("the network has gone");
  });

  test("ends with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let records = 0;
    const run = async () => {
      const source = written("d.sf", bytes);
      for await (const _ of openSysFlow(source, { signal: controller.signal })) {
        records += 1;
        controller.abort(reason);
      }
    };
    expect(await run().then(null, (thrown: unknown) => thrown)).toBe(reason);
    // Those of the block that had been read.
    expect(records).toBe(4);
    const open = fs.readdirSync("/proc/self/fd").map((fd) => linkOf(`/proc/self/fd/${fd}`));
    expect(open.filter((path) => path.startsWith(folder))).toEqual([]);
  });
});

describe("writing", () => {
  test("leaves a file that we and others read", async () => {
    const place = join(folder, "w.sf");
    {
      using writer = new SysFlowWriter({ path: place, schema: 6, nodeIp: "192.0.2.1" });
      for (const record of blocks.flat()) {
        writer.write(record);
      }
      writer.write(sampleHeader);
      expect(writer.stats().recordsTotal).toBe(count);
    }
    const items = await Array.fromAsync(openSysFlow(place));
    expect(items).toHaveLength(count);
    expect(items[0]?.record).toMatchObject({ exporter: sampleHeader.exporter, ip: "192.0.2.1" });
  });

  test.skipIf(!hasPythonAvro)("python3-avro reads it too (skipped where it is missing)", () => {
    const place = join(folder, "python.sf");
    const writer = new SysFlowWriter({ path: place });
    for (const record of blocks.flat()) {
      writer.write(record);
    }
    writer.close();
    expect(readWithPythonAvro([place])[0]).toHaveLength(count);
  });

  test("begins with a header of its own where none is given", async () => {
    const place = join(folder, "own.sf");
    const writer = new SysFlowWriter({ path: place, exporter: "own" });
    writer.write(sampleParent());
    writer.flush();
    expect((await readAll(`${place}.part`)).kinds).toEqual(["SFHeader", "Process"]);
    writer.close();
    writer.close();
    expect((await Array.fromAsync(openSysFlow(place)))[0]?.header.exporter).toBe("own");
  });

  test("a record that cannot be written leaves no trace, and the next one is", async () => {
    const place = join(folder, "bad.sf");
    const writer = new SysFlowWriter({ path: place });
    writer.write(sampleParent());
    const bad = { ...sampleFileFlow(1), fd: undefined } as unknown as SysFlowRecord;
    expect(() => writer.write(bad)).toThrow(
      "cannot write the record: FileFlow.fd is no whole number",
    );
    writer.write(sampleFileFlow(2));
    writer.close();
    expect((await readAll(place)).kinds).toEqual(["SFHeader", "Process", "FileFlow"]);
  });

  test("says that it cannot open its file", () => {
    const open = () => new SysFlowWriter({ path: "/etc/passwd/x.sf" });
    expect(open).toThrow("/etc/passwd/x.sf");
  });
});

describe("a record is looked at", () => {
  test.each(recordKinds)("%s: what can be is taken", (kind) => {
    fc.assert(
      fc.property(arbitraryRecord(kind), (record) => {
        expect(recordFault(record, 6)).toBeNull();
      }),
    );
  });

  test.each(recordKinds)("%s: each field that is missing or of another type is named", (kind) => {
    const [record] = fc.sample(arbitraryRecord(kind), { numRuns: 1, seed: 1 });
    for (const name of Object.keys(record ?? {}).filter((field) => field !== "kind")) {
      for (const wrong of [undefined, {}, Number.NaN]) {
        const changed = { ...record, [name]: wrong } as unknown as SysFlowRecord;
        expect(recordFault(changed, 6)).toStartWith(`${kind}.${name} `);
      }
    }
  });

  test.each([
    [null, "it is no object"],
    [{ kind: "Proces" }, 'there is no kind "Proces"'],
    [{ ...sampleParent(), env: ["x", 1] }, "Process.env has an item that is no string"],
    [{ ...sampleParent(), oid: { createLo: 0, createHi: 0 } }, "Process.oid has a hpid that is no"],
    [{ ...sampleParent(), oid: null }, "Process.oid is no object"],
    [{ ...sampleFile("x"), foid: new Uint8Array(3) }, "File.foid is no Uint8Array of 20 bytes"],
    [{ ...sampleParent(), uid: 2 ** 31 }, "Process.uid is no whole number from"],
    [{ ...sampleParent(), state: 3 }, "Process.state is no whole number from 0 to 2"],
    [{ ...sampleFileEvent(op.OP_CHMOD, 1) }, "schema 5 has no flags for chmod"],
    [{ ...sampleNetworkFlow(1), sip6: new Uint8Array(16) }, "schema 5 has no place for IPv6"],
  ])("%#: %j is refused", (record, message) => {
    expect(recordFault(record as unknown as SysFlowRecord, 5)).toContain(message);
  });
});
