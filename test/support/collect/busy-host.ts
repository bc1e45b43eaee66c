// Batches of a host that is always at work, by the second of event time, the same each time: programs
// that start others, and open, write and close files. For outputs that are to get much.

import type { BatchView } from "../../../src/capture/batch-reader.ts";
import * as native from "../../../src/capture/layout.gen.ts";
import { buildBatch, type TestRecord } from "./batch-builder.ts";
import { at } from "./collect.ts";

const processes = 40;
const paths = 200;
const firstPath = 100;

/** What is known at the start. */
export function hostAtStart(): BatchView {
  const records: TestRecord[] = [
    { kind: "container", container: 1, id: "0123456789ab", known: true, name: "web", image: "a" },
    { kind: "process", process: 1, pid: 1, createTs: at(0), exe: "/sbin/init" },
  ];
  for (let i = 2; i <= processes; i++) {
    const container = i % 3 === 0 ? 1 : 0;
    const parent = i >> 1;
    records.push({ kind: "process", process: i, pid: i, createTs: at(0), parent, container });
  }
  for (let i = 0; i < paths; i++) {
    records.push({
      kind: "path",
      object: firstPath + i,
      path: `/data/${(i * 7919) % 10_007}/file`,
    });
  }
  return buildBatch(records);
}

/** @param part of how many equal parts of the second */
export function hostAtWork(second: number, part: number, parts: number, ops: number): BatchView {
  const records: TestRecord[] = [];
  if (part === 0) {
    const ts = at(second);
    const process = processes + 1 + second;
    const path = `/new/${second}`;
    records.push(
      { kind: "tick", ts },
      { kind: "process", process, pid: 1000 + second, createTs: ts, parent: 2, exe: "/bin/new" },
      { kind: "path", object: firstPath + paths + second, path },
    );
  }
  const span = Math.floor(1e9 / parts);
  for (let i = 0; i < ops; i++) {
    const ts = at(second, part * span + Math.floor((i * span) / ops));
    const n = (second * parts + part) * ops + i;
    // Those that were born last among them: who missed a second lacks them.
    const process = 2 + ((n * 31) % (processes + second));
    const [tid, fd] = [process, 3 + (n % 5)];
    const object = firstPath + ((n * 17) % (paths + second + 1));
    const common = { process, tid, fd, object } as const;
    if (n % 97 === 0) {
      records.push({
        kind: "processOp",
        ts,
        process,
        tid,
        op: native.NATIVE_EXEC,
        mainThread: true,
      });
    }
    records.push(
      { kind: "descriptorOp", ts, ...common, op: native.NATIVE_OPEN },
      { kind: "io", ts, lastTs: ts, ...common, writeOps: 1, writeBytes: (n * 2_654_435_761) % 1e6 },
      { kind: "descriptorOp", ts: ts + 1n, ...common, op: native.NATIVE_CLOSE },
    );
  }
  return buildBatch(records, { lastTs: at(second, part * span + span - 1) });
}
