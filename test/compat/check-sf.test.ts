// The checker sees each kind of damage: the right sample, with one thing made wrong.

import { describe, expect, test } from "bun:test";
import { checkRecords } from "../support/records/check-sf.ts";
import type { SfRecord, SfValue } from "../support/records/read-sf.ts";
import { sampleSecondsHi, sampleSfRecords } from "../support/records/sample-records.ts";

// Positions in the sample.
const [container, parent, child, clone, oldFile, newFile] = [1, 2, 3, 4, 5, 6];
const [rename, fileFlow, networkFlow, processFlow, exit] = [7, 8, 9, 10, 11];

test("the sample has no violation", () => {
  expect(checkRecords(sampleSfRecords())).toEqual([]);
});

describe("a field made wrong", () => {
  test.each<[string, number, Record<string, SfValue>, string]>([
    ["no exporter", 0, { exporter: "" }, "header-exporter"],
    ["a parent that is not there", child, { poid: oid(77n) }, "dangling-parent"],
    ["a process that is its own parent", child, { poid: oid(1001n, 2n) }, "own-parent"],
    ["a process made later than seen", parent, { ts: 1n }, "ts-before-create"],
    ["a container that is not there", oldFile, { containerId: "beef" }, "dangling-container"],
    ["another path under the same id", newFile, { path: "/old" }, "foid"],
    ["a MODIFIED file", oldFile, { state: "MODIFIED" }, "file-modified"],
    ["a file type of no meaning", oldFile, { restype: 120 }, "restype"],
    ["an unknown process", clone, { procOID: oid(77n) }, "dangling-process"],
    ["two flags in an event", clone, { opFlags: 3 }, "one-flag"],
    ["no flag in an event", clone, { opFlags: 0 }, "one-flag"],
    ["a file flag in a process event", clone, { opFlags: 0x8000 }, "foreign-flag"],
    ["arguments of a CLONE", clone, { args: ["x"] }, "args"],
    ["a tid of 0", clone, { tid: 0n }, "tid"],
    ["RENAME with one file", rename, { newFileOID: null }, "second-file"],
    ["RENAME of an unknown file", rename, { fileOID: "00" }, "dangling-file"],
    ["UNLINK with two files", rename, { opFlags: 0x40000 }, "second-file"],
    ["a flow of an unknown file", fileFlow, { fileOID: "00" }, "dangling-file"],
    ["an empty flow", fileFlow, { opFlags: 0, numRRecvOps: 0n, numRRecvBytes: 0n }, "flow-empty"],
    ["only TRUNCATE", networkFlow, { opFlags: 0x800 }, "flow-empty"],
    ["both ends", fileFlow, { opFlags: 0xd80 }, "close-and-truncate"],
    ["MMAP of a connection", networkFlow, { opFlags: 0x2a40 }, "foreign-flag"],
    ["an end before the start", fileFlow, { ts: 1n << 62n }, "ends-before-start"],
    ["reads without their flag", fileFlow, { opFlags: 0x480 }, "counter"],
    ["a write flag without writes", networkFlow, { numWSendOps: 0n }, "counter"],
    ["bytes without an operation", fileFlow, { numWSendBytes: 1n }, "bytes"],
    ["a negative descriptor", fileFlow, { fd: -1 }, "fd"],
    ["CONNECT on a regular file", fileFlow, { opFlags: 0x5c0 }, "socket-flags"],
    ["exits without their flag", processFlow, { opFlags: 1 }, "counter"],
    ["clones without their flag", processFlow, { opFlags: 4 }, "counter"],
    ["time that goes back", exit, { ts: 1n }, "time-order"],
    ["MODIFIED before a CLONE", child, { state: "MODIFIED" }, "modified-alone"],
    ["MODIFIED of a process not known", child, { state: "MODIFIED" }, "modified-unknown"],
  ])("%s", (_, index, change, rule) => {
    const records = [...sampleSfRecords()];
    records[index] = changed(records[index], change);
    expect(rulesOf(records)).toContain(rule);
  });
});

describe("what depends on the schema", () => {
  const [some, zero] = [`${"0".repeat(31)}1`, { sip: 0, dip: 0 }];
  const both = { sip6: some, dip6: some };

  test.each<[string, bigint, number, Record<string, SfValue>, readonly string[]]>([
    ["5: IPv6 ends", 5n, networkFlow, { ...zero, ...both }, ["addresses"]],
    ["5: CHMOD", 5n, rename, { opFlags: 0x200000, newFileOID: null }, ["foreign-flag"]],
    ["6: no IPv6 ends", 6n, networkFlow, { sip6: null, dip6: null }, []],
    ["6: IPv6 ends", 6n, networkFlow, { ...zero, ...both }, []],
    ["6: no place for IPv6 ends", 6n, networkFlow, {}, ["addresses"]],
    ["6: one IPv6 end", 6n, networkFlow, { ...zero, ...both, dip6: null }, ["addresses"]],
    ["6: ends of both kinds", 6n, networkFlow, both, ["addresses"]],
    ["6: CHMOD", 6n, rename, { opFlags: 0x200000, newFileOID: null, args: ["0644"] }, []],
    ["6: CHMOD to nothing", 6n, rename, { opFlags: 0x200000, newFileOID: null }, ["args"]],
    ["6: MOUNT, its flags unknown", 6n, rename, { opFlags: 0x800000, args: ["proc"] }, []],
    ["6: of an unknown kind", 6n, rename, { opFlags: 0x8000000 }, ["foreign-flag"]],
  ])("%s", (_, version, index, change, rules) => {
    const records = sampleSfRecords().map((record) =>
      record.kind === "NetworkFlow" && version === 6n
        ? changed(record, { sip6: null, dip6: null })
        : record,
    );
    records[0] = changed(records[0], { version });
    const target = changed(at(sampleSfRecords() as SfRecord[], index), change);
    records[index] = target;
    expect(rulesOf(records).filter((rule) => rule !== "second-file")).toEqual([...rules]);
  });
});

describe("a record missing, doubled or moved", () => {
  test.each<[string, (records: SfRecord[]) => void, string]>([
    ["no header", (records) => records.shift(), "header-first"],
    ["two headers", (records) => records.push(at(records, 0)), "header-once"],
    ["no container", (records) => records.splice(container, 1), "dangling-container"],
    ["no parent", (records) => records.splice(parent, 1), "dangling-parent"],
    ["no process", (records) => records.splice(child, 1), "dangling-process"],
    ["no file", (records) => records.splice(oldFile, 1), "dangling-file"],
    ["a container twice", (records) => again(records, container), "entity-repeated"],
    ["a process twice", (records) => again(records, child), "entity-repeated"],
    ["a file twice", (records) => again(records, newFile), "entity-repeated"],
    ["a flow after the exit", (records) => records.push(at(records, fileFlow)), "after-exit"],
    [
      "a pod that comes too late",
      (records) => {
        records[container] = changed(records[container], { podId: "p" });
        records.push({ index: 0, kind: "Pod", rec: { id: "p" } });
      },
      "dangling-pod",
    ],
    [
      "MODIFIED at the end",
      (records) => records.push(changed(records[child], { state: "MODIFIED" })),
      "modified-alone",
    ],
    ["a record of no collector", (records) => records.push(networkEvent), "kind"],
  ])("%s", (_, change, rule) => {
    const records = [...sampleSfRecords()];
    change(records);
    expect(rulesOf(records)).toContain(rule);
  });
});

describe("what is allowed", () => {
  test("a process sent again MODIFIED right before its EXEC", () => {
    const records = [...sampleSfRecords()];
    const modified = changed(records[child], { state: "MODIFIED" });
    const exec = changed(records[clone], { opFlags: 2 });
    records.splice(clone + 1, 0, modified, exec);
    expect(rulesOf(records)).toEqual([]);
  });

  test("a container sent again once its image is known", () => {
    const records = [...sampleSfRecords()];
    records.splice(clone, 0, changed(records[container], { image: "other" }));
    expect(rulesOf(records)).toEqual([]);
  });
});

const networkEvent: SfRecord = { index: 0, kind: "NetworkEvent", rec: {} };

function rulesOf(records: readonly SfRecord[]): readonly string[] {
  const numbered = records.map((record, index) => ({ ...record, index }));
  return checkRecords(numbered).map((violation) => violation.rule);
}

function changed(record: SfRecord | undefined, change: Record<string, SfValue>): SfRecord {
  if (record === undefined) {
    throw new Error("no such record in the sample");
  }
  return { ...record, rec: { ...record.rec, ...change } };
}

function at(records: readonly SfRecord[], index: number): SfRecord {
  return changed(records[index], {});
}

function again(records: SfRecord[], index: number): void {
  records.splice(index + 1, 0, at(records, index));
}

/** @param low the low half of the sample's creation times. */
function oid(hpid: bigint, low = 0n): SfValue {
  return { createTS: (BigInt(sampleSecondsHi) << 32n) | low, hpid };
}
