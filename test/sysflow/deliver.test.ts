// Each kind of record is given where the receiver takes that kind, and nowhere else.

import { expect, test } from "bun:test";
import { recordKinds, type SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { deliver, outputsMax, type RecordReceiver } from "../../src/sysflow/record-sink.ts";

const takers: Readonly<Record<SysFlowRecord["kind"], keyof RecordReceiver>> = {
  SFHeader: "header",
  Container: "container",
  Process: "process",
  File: "file",
  ProcessEvent: "processEvent",
  NetworkFlow: "networkFlow",
  FileFlow: "fileFlow",
  FileEvent: "fileEvent",
  NetworkEvent: "networkEvent",
  ProcessFlow: "processFlow",
  Pod: "pod",
  K8sEvent: "k8sEvent",
};

test.each(recordKinds)("a %s", (kind) => {
  const taken: string[] = [];
  const receiver = Object.fromEntries(
    Object.values(takers).map((name) => [
      name,
      (record: SysFlowRecord) => taken.push(`${name} ${record.kind}`),
    ]),
  ) as unknown as RecordReceiver;
  deliver({ kind } as SysFlowRecord, receiver);
  expect(taken).toEqual([`${takers[kind]} ${kind}`]);
});

test("as many outputs as a number has bits beside its sign", () => {
  expect(1 << (outputsMax - 1)).toBe(2 ** (outputsMax - 1));
  expect(1 << outputsMax).toBeLessThan(0);
});
