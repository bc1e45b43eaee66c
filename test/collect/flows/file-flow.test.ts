import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { OPEN_RDONLY, OPEN_RDWR, OPEN_WRONLY } from "../../../src/sysflow/open-flags.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect, collectBatches, initAndProcess } from "../../support/collect/collect.ts";
import type { Written } from "../../support/collect/recording-sink.ts";

const paths: readonly TestRecord[] = [
  ...initAndProcess,
  { kind: "tick", ts: at(0) },
  { kind: "path", object: 5, path: "/tmp/a" },
  { kind: "path", object: 6, path: "/tmp/b" },
];

function descriptorOp(ts: bigint, nativeOp: native.NativeOp, more: object = {}): TestRecord {
  const base = { process: 1, tid: 100, fd: 3, object: 5, op: nativeOp, ts };
  return { kind: "descriptorOp", ...base, ...more };
}

function io(ts: bigint, more: object = {}): TestRecord {
  return { kind: "io", ts, process: 1, tid: 100, fd: 3, object: 5, readOps: 1, ...more };
}

const processOid = `${at(0)}/100`;

function flowsOf(records: readonly TestRecord[], options = {}): Written[] {
  return collect([...paths, ...records], options).sink.of("FileFlow");
}

describe("a flow's life", () => {
  test("open, read, write, close: one record with everything", () => {
    const { sink, collector } = collect([
      ...paths,
      descriptorOp(at(0, 1), native.NATIVE_OPEN, { openFlags: OPEN_RDWR }),
      io(at(0, 2), {
        lastTs: at(0, 3),
        readOps: 2,
        readBytes: 10,
        writeOps: 1,
        writeBytes: 2 ** 40,
      }),
      descriptorOp(at(0, 9), native.NATIVE_CLOSE),
    ]);
    expect(sink.without().map((r) => r.kind)).toEqual(["Process", "Process", "File", "FileFlow"]);
    expect(sink.of("File")).toEqual([
      {
        kind: "File",
        state: 2,
        foid: new Bun.CryptoHasher("sha1").update("/tmp/a").digest("hex"),
        ts: at(0, 1),
        restype: "f",
        path: "/tmp/a",
        containerId: null,
      },
    ]);
    expect(sink.of("FileFlow")).toEqual([
      {
        kind: "FileFlow",
        procOID: processOid,
        ts: at(0, 1),
        tid: 100,
        opFlags: op.OP_OPEN | op.OP_READ_RECV | op.OP_WRITE_SEND | op.OP_CLOSE,
        openFlags: OPEN_RDWR,
        endTs: at(0, 9),
        fileOID: new Bun.CryptoHasher("sha1").update("/tmp/a").digest("hex"),
        fd: 3,
        reads: [2, 10],
        writes: [1, 2 ** 40],
      },
    ]);
    expect(collector.stats()).toMatchObject({ fileFlows: 0, files: 1 });
  });

  test("a close without a flow is a flow of its own", () => {
    expect(flowsOf([descriptorOp(at(0, 1), native.NATIVE_CLOSE)])).toMatchObject([
      { ts: at(0, 1), endTs: at(0, 1), opFlags: op.OP_CLOSE, openFlags: 0 },
    ]);
  });

  const singleOps: readonly [name: string, nativeOp: native.NativeOp, flag: number][] = [
    ["accept", native.NATIVE_ACCEPT, op.OP_ACCEPT],
    ["connect", native.NATIVE_CONNECT, op.OP_CONNECT],
    ["shutdown", native.NATIVE_SHUTDOWN, op.OP_SHUTDOWN],
    ["mmap", native.NATIVE_MMAP, op.OP_MMAP],
    ["setns", native.NATIVE_SETNS, op.OP_SETNS],
  ];
  test.each(singleOps)("%s starts a flow and sets its flag", (_, nativeOp, flag) => {
    const flows = flowsOf([
      descriptorOp(at(0, 1), nativeOp),
      descriptorOp(at(0, 2), native.NATIVE_CLOSE),
    ]);
    expect(flows).toMatchObject([{ ts: at(0, 1), opFlags: flag | op.OP_CLOSE }]);
  });

  test("another file, thread or descriptor is another flow", () => {
    const sink = collectBatches(
      [[...paths, io(at(0, 1)), io(at(0, 2), { object: 6 }), io(at(0, 3), { tid: 101 })]],
      { lastTs: at(0, 9) },
    );
    expect(sink.of("FileFlow").map((f) => [f.ts, f.opFlags])).toEqual([
      [at(0, 1), op.OP_READ_RECV | op.OP_TRUNCATE],
      [at(0, 2), op.OP_READ_RECV | op.OP_TRUNCATE],
      [at(0, 3), op.OP_READ_RECV | op.OP_TRUNCATE],
    ]);
  });

  test("the same path under a new handle goes on with its flow", () => {
    const flows = flowsOf([
      io(at(0, 1), { readBytes: 1 }),
      { kind: "objectReset" },
      { kind: "path", object: 77, path: "/tmp/a" },
      io(at(0, 2), { object: 77, readBytes: 2 }),
      descriptorOp(at(0, 3), native.NATIVE_CLOSE, { object: 77 }),
    ]);
    expect(flows).toMatchObject([{ ts: at(0, 1), reads: [2, 3] }]);
  });
});

describe("the end of a descriptor without a close", () => {
  test("ends its flow as by one", () => {
    const flows = flowsOf([
      descriptorOp(at(0, 1), native.NATIVE_OPEN),
      descriptorOp(at(0, 2), native.NATIVE_ENDED),
      descriptorOp(at(0, 3), native.NATIVE_ENDED),
    ]);
    expect(flows).toMatchObject([{ endTs: at(0, 2), opFlags: op.OP_OPEN | op.OP_CLOSE }]);
  });

  test("ends another thread's flow as another thread's close does", () => {
    const flows = flowsOf([
      descriptorOp(at(0, 1), native.NATIVE_OPEN),
      descriptorOp(at(0, 2), native.NATIVE_ENDED, { tid: 101 }),
    ]);
    expect(flows).toMatchObject([{ tid: 100, opFlags: op.OP_OPEN | op.OP_TRUNCATE }]);
  });

  test("makes no record where there is no flow, not of its file either", () => {
    const { sink } = collect([...paths, descriptorOp(at(0, 1), native.NATIVE_ENDED)]);
    expect([...sink.of("FileFlow"), ...sink.of("File")]).toEqual([]);
  });

  test("where other threads still have theirs of the number, only its own thread's flow ends", () => {
    const flows = flowsOf([
      descriptorOp(at(0, 1), native.NATIVE_OPEN),
      descriptorOp(at(0, 2), native.NATIVE_OPEN, { tid: 101 }),
      descriptorOp(at(0, 3), native.NATIVE_ENDED, { tid: 101, ret: 1 }),
      descriptorOp(at(0, 4), native.NATIVE_ENDED, { tid: 102, ret: 1 }),
    ]);
    expect(flows).toMatchObject([{ tid: 101, opFlags: op.OP_OPEN | op.OP_CLOSE }]);
  });
});

test("thread 12 on descriptor 0 and thread 1 on 2 do not collide, as in upstream's joined text", () => {
  const flows = collectBatches(
    [[...paths, io(at(0, 1), { tid: 12, fd: 0 }), io(at(0, 2), { tid: 1, fd: 2 })]],
    { lastTs: at(0, 9) },
  ).of("FileFlow");
  expect(flows.map(({ tid, fd, reads }) => [tid, fd, reads])).toEqual([
    [12, 0, [1, 0]],
    [1, 2, [1, 0]],
  ]);
});

test("a flow does not end before its last operation, though a late event precedes its vanishing", () => {
  const [flow] = flowsOf([
    descriptorOp(at(0, 1), native.NATIVE_OPEN, { openFlags: OPEN_RDONLY }),
    descriptorOp(at(0, 9), native.NATIVE_MMAP),
    descriptorOp(at(0, 5), native.NATIVE_MMAP),
    { kind: "processGone", process: 1 },
  ]);
  expect([flow?.ts, flow?.endTs]).toEqual([at(0, 1), at(0, 9)]);
});

test("what other operations carry is no flag of an open", () => {
  const [flow] = flowsOf([
    descriptorOp(at(0, 1), native.NATIVE_OPEN, { openFlags: OPEN_RDONLY }),
    descriptorOp(at(0, 2), native.NATIVE_MMAP, { openFlags: OPEN_RDWR }),
    descriptorOp(at(0, 3), native.NATIVE_CLOSE),
  ]);
  expect(flow?.openFlags).toBe(OPEN_RDONLY);
});

test("a flow does not end before it began, though another CPU's event comes late", () => {
  const close = descriptorOp(at(0, 3), native.NATIVE_CLOSE);
  const [flow] = flowsOf([descriptorOp(at(0, 5), native.NATIVE_OPEN), close]);
  expect(flow).toMatchObject({ ts: at(0, 5), endTs: at(0, 5) });
});

describe("which descriptors make flows", () => {
  const types: readonly [type: string, always: boolean, withFileOnly: boolean][] = [
    ["f", true, true],
    ["d", true, false],
    ["u", true, false],
    ["p", true, false],
    ["e", false, false],
    ["t", false, false],
    ["4", false, false],
    ["?", false, false],
  ];
  test.each(types)("type %s", (type, always, withFileOnly) => {
    const records = [descriptorOp(at(0, 1), native.NATIVE_CLOSE, { type })];
    expect(flowsOf(records)).toHaveLength(always ? 1 : 0);
    expect(flowsOf(records, { fileOnly: true })).toHaveLength(withFileOnly ? 1 : 0);
  });

  test("what makes no flow writes no entity either", () => {
    const { sink } = collect([...paths, descriptorOp(at(0, 1), native.NATIVE_OPEN, { type: "e" })]);
    expect(sink.without()).toEqual([]);
  });
});

describe("close by one of several threads", () => {
  test("the others' flows first, opened ones in front, then its own", () => {
    const flows = flowsOf([
      io(at(0, 1), { tid: 101 }),
      io(at(0, 2), { tid: 100 }),
      descriptorOp(at(0, 3), native.NATIVE_OPEN, { tid: 102 }),
      io(at(0, 4), { tid: 103 }),
      io(at(0, 5), { tid: 104, fd: 4 }),
      io(at(0, 6), { tid: 105, object: 6 }),
      descriptorOp(at(0, 7), native.NATIVE_CLOSE, { tid: 100 }),
    ]);
    expect(flows.map((f) => [f.tid, f.endTs])).toEqual([
      [102, at(0, 7)],
      [101, at(0, 7)],
      [103, at(0, 7)],
      [100, at(0, 7)],
    ]);
    expect(flows.map((f) => f.opFlags)).toEqual([
      op.OP_OPEN | op.OP_TRUNCATE,
      op.OP_READ_RECV | op.OP_TRUNCATE,
      op.OP_READ_RECV | op.OP_TRUNCATE,
      op.OP_READ_RECV | op.OP_CLOSE,
    ]);
  });

  test("also where the closing thread has no flow of its own", () => {
    const flows = flowsOf([
      io(at(0, 1), { tid: 101 }),
      io(at(0, 2), { tid: 102 }),
      descriptorOp(at(0, 3), native.NATIVE_CLOSE, { tid: 100 }),
    ]);
    expect(flows.map((f) => f.tid)).toEqual([101, 102, 100]);
  });

  test("a single other thread's flow is found too", () => {
    const flows = flowsOf([
      io(at(0, 1), { tid: 101 }),
      descriptorOp(at(0, 3), native.NATIVE_CLOSE, { tid: 100 }),
    ]);
    expect(flows.map((f) => f.tid)).toEqual([101, 100]);
  });
});

describe("export", () => {
  test("after 30 seconds the flow is written and starts anew, keeping its open flags", () => {
    const { sink } = collect([
      ...paths,
      descriptorOp(at(0, 1), native.NATIVE_OPEN, { openFlags: OPEN_WRONLY }),
      { kind: "tick", ts: at(29, 5) },
      { kind: "tick", ts: at(30, 5) },
      io(at(31, 0), { readOps: 0, writeOps: 1, writeBytes: 7 }),
      descriptorOp(at(32), native.NATIVE_CLOSE),
    ]);
    expect(sink.of("FileFlow")).toMatchObject([
      { ts: at(0, 1), endTs: at(30, 5), opFlags: op.OP_OPEN, openFlags: OPEN_WRONLY },
      {
        ts: at(30, 5),
        endTs: at(32),
        opFlags: op.OP_WRITE_SEND | op.OP_CLOSE,
        openFlags: OPEN_WRONLY,
        writes: [1, 7],
      },
    ]);
  });

  test("a part without operations is not written, and 60 idle seconds end the flow", () => {
    const { sink, collector } = collect([
      ...paths,
      io(at(0, 1)),
      { kind: "tick", ts: at(30) },
      { kind: "tick", ts: at(59) },
      { kind: "tick", ts: at(60) },
    ]);
    expect(sink.of("FileFlow")).toMatchObject([{ ts: at(0, 1), endTs: at(30) }]);
    expect(collector.stats().fileFlows).toBe(0);
  });

  test("an idle flow in a gap of the capture is written before it is given up", () => {
    const { sink, collector } = collect([...paths, io(at(0, 1)), { kind: "tick", ts: at(100) }]);
    expect(sink.of("FileFlow")).toMatchObject([{ ts: at(0, 1), endTs: at(100), reads: [1, 0] }]);
    expect(collector.stats().fileFlows).toBe(0);
  });

  test("any operation keeps a flow from being idle", () => {
    const { collector } = collect([
      ...paths,
      io(at(0, 1)),
      { kind: "tick", ts: at(20) },
      descriptorOp(at(20, 1), native.NATIVE_MMAP),
      { kind: "tick", ts: at(79) },
    ]);
    expect(collector.stats().fileFlows).toBe(1);
  });

  test("goes by the second of the last export, not of the start", () => {
    const { sink } = collect([
      ...paths,
      io(at(0, 1)),
      { kind: "tick", ts: at(10) },
      io(at(10, 1), { fd: 4 }),
      { kind: "tick", ts: at(35) },
      { kind: "tick", ts: at(40) },
    ]);
    expect(sink.of("FileFlow").map((f) => [f.fd, f.endTs])).toEqual([
      [3, at(35)],
      [4, at(40)],
    ]);
  });
});

describe("modes", () => {
  const everything = [
    descriptorOp(at(0, 1), native.NATIVE_OPEN, { openFlags: OPEN_RDONLY }),
    io(at(0, 2)),
    descriptorOp(at(0, 3), native.NATIVE_CLOSE),
  ];

  test("consume: an open is a flow, other operations are left out", () => {
    expect(flowsOf(everything, { mode: "consume" })).toMatchObject([
      { ts: at(0, 1), endTs: at(0, 1), opFlags: op.OP_OPEN, openFlags: OPEN_RDONLY, reads: [0, 0] },
    ]);
  });

  test("consume with FILE_READ_MODE: 1 drops opens to read, 2 drops nothing", () => {
    expect(flowsOf(everything, { mode: "consume", fileReadMode: 1 })).toEqual([]);
    expect(flowsOf(everything, { mode: "consume", fileReadMode: 2 })).toHaveLength(1);
  });

  test("consume: what is left out does not show at the end, and what is filtered is counted", () => {
    const records = [...paths, ...everything];
    const sink = collectBatches([records], { lastTs: at(1) }, { mode: "consume" });
    expect(sink.of("FileFlow")).toHaveLength(1);
    const { collector } = collect(records, { mode: "consume", fileReadMode: 1 });
    expect(collector.stats()).toMatchObject({ filteredFlows: 1, fileFlows: 0 });
  });

  test("nofiles: nothing at all", () => {
    const { sink } = collect([...paths, ...everything], { mode: "nofiles" });
    expect(sink.without()).toEqual([]);
  });

  test("a filtered flow still writes its file, and is counted", () => {
    const { sink, collector } = collect([...paths, ...everything], { fileReadMode: 1 });
    expect(sink.without("Process").map((r) => r.kind)).toEqual(["File"]);
    expect(collector.stats().filteredFlows).toBe(1);
  });

  test("the filter holds at the end of the run too", () => {
    const sink = collectBatches([[...paths, io(at(0, 1))]], { lastTs: at(1) }, { fileReadMode: 1 });
    expect(sink.of("FileFlow")).toEqual([]);
  });
});
