import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import {
  at,
  collect,
  collectBatches,
  initAndProcess,
  startSec,
} from "../../support/collect/collect.ts";
import { RecordingSink, type Written } from "../../support/collect/recording-sink.ts";

const sockets: readonly TestRecord[] = [
  ...initAndProcess,
  { kind: "tick", ts: at(0) },
  { kind: "socket", object: 5, sip: 0x0100007f, sport: 40000, dip: 0xff00a8c0, dport: 443 },
  {
    kind: "socket",
    object: 6,
    family: 6,
    sip6: documented(1, 2),
    dip6: documented(255, 254, 253, 252),
  },
];

/** An address of 2001:db8::/32 from its last bytes. */
function documented(...last: number[]): number[] {
  return [0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(12 - last.length).fill(0), ...last];
}

function descriptorOp(ts: bigint, nativeOp: native.NativeOp, more: object = {}): TestRecord {
  const base = { process: 1, tid: 100, fd: 3, object: 5, type: "4", op: nativeOp, ts };
  return { kind: "descriptorOp", ...base, ...more };
}

function io(ts: bigint, more: object = {}): TestRecord {
  return {
    kind: "io",
    ts,
    process: 1,
    tid: 100,
    fd: 3,
    object: 5,
    type: "4",
    writeOps: 1,
    ...more,
  };
}

function flowsOf(records: readonly TestRecord[], options = {}): Written[] {
  return collect([...sockets, ...records], options).sink.of("NetworkFlow");
}

test("connect, send, receive, shutdown, close: one record with everything", () => {
  const { sink, collector } = collect([
    ...sockets,
    descriptorOp(at(0, 1), native.NATIVE_CONNECT, { ret: -115 }),
    io(at(0, 2), { writeBytes: 9, readOps: 3, readBytes: 2 ** 33 }),
    descriptorOp(at(0, 3), native.NATIVE_SHUTDOWN),
    descriptorOp(at(0, 4), native.NATIVE_CLOSE),
  ]);
  expect(sink.without("Process")).toEqual([
    {
      kind: "NetworkFlow",
      procOID: `${at(0)}/100`,
      ts: at(0, 1),
      tid: 100,
      opFlags: op.OP_CONNECT | op.OP_WRITE_SEND | op.OP_READ_RECV | op.OP_SHUTDOWN | op.OP_CLOSE,
      endTs: at(0, 4),
      tuple: [16777343, 40000, 0xff00a8c0 | 0, 443],
      proto: 6,
      fd: 3,
      reads: [3, 2 ** 33],
      writes: [1, 9],
    },
  ]);
  expect(collector.stats().networkFlows).toBe(0);
});

const protocols: readonly [proto: number, written: number][] = [
  [6, 6],
  [17, 17],
  [1, 1],
  [254, 254],
  [-1, -1],
  [58, 58],
  [132, 132],
  [256, -1],
];
test.each(protocols)("protocol %p is written as %p", (proto, written) => {
  const flows = flowsOf([
    { kind: "socket", object: 7, proto },
    descriptorOp(at(0, 1), native.NATIVE_CLOSE, { object: 7 }),
  ]);
  expect(flows).toMatchObject([{ proto: written, opFlags: op.OP_CLOSE }]);
});

const ipv6Operations: readonly TestRecord[] = [
  ...sockets,
  descriptorOp(at(0, 1), native.NATIVE_ACCEPT, { object: 6 }),
  io(at(0, 2), { object: 6, readOps: 2, writeOps: 3 }),
  descriptorOp(at(0, 3), native.NATIVE_CLOSE, { object: 6 }),
];

test("schema 5: IPv6 operations are counted and make nothing", () => {
  const { sink, collector } = collect(ipv6Operations, { schema: 5 });
  expect(sink.without()).toEqual([]);
  expect(collector.stats().ipv6Skipped).toBe(7);
});

describe("schema 6", () => {
  const schema = 6;
  const hex = (bytes: readonly number[]) => Buffer.from(bytes).toString("hex");

  test("the header says so", () => {
    expect(collect([], { schema }).sink.of("SFHeader")).toMatchObject([{ version: 6 }]);
  });

  test("IPv6 operations make a flow with both addresses in network order, and 0 for IPv4's", () => {
    const { sink, collector } = collect(ipv6Operations, { schema });
    expect(sink.of("NetworkFlow")).toMatchObject([
      {
        opFlags: op.OP_ACCEPT | op.OP_READ_RECV | op.OP_WRITE_SEND | op.OP_CLOSE,
        tuple: [0, 1000, 0, 80],
        sip6: "20010db8000000000000000000000102",
        dip6: "20010db80000000000000000fffefdfc",
        reads: [2, 0],
        writes: [3, 0],
      },
    ]);
    expect(collector.stats().ipv6Skipped).toBe(0);
  });

  test("an IPv4 flow has no IPv6 addresses", () => {
    const { sink } = collect([...sockets, descriptorOp(at(0, 1), native.NATIVE_CLOSE)], { schema });
    const [flow] = sink.of("NetworkFlow");
    expect(Object.keys(flow ?? {})).not.toContain("sip6");
    expect(flow).toMatchObject({ tuple: [16777343, 40000, 0xff00a8c0 | 0, 443] });
  });

  test.each([
    ["the same ends", documented(1), documented(2), true],
    ["another source", documented(3), documented(2), false],
    ["another destination", documented(1), documented(3), false],
    ["a source whose words have changed places", documented(1, 0, 0, 0, 0), documented(2), false],
    ["source and destination exchanged", documented(2), documented(1), false],
  ])("under a new handle, %s", (_, sip6, dip6, isSame) => {
    const flows = flowsOf(
      [
        { kind: "socket", object: 7, family: 6, sip6: documented(1), dip6: documented(2) },
        { kind: "socket", object: 8, family: 6, sip6, dip6 },
        io(at(0, 1), { object: 7 }),
        descriptorOp(at(0, 2), native.NATIVE_SHUTDOWN, { object: 8 }),
        descriptorOp(at(0, 3), native.NATIVE_CLOSE, { object: 8 }),
      ],
      { schema },
    );
    const own = { sip6: hex(sip6), dip6: hex(dip6) };
    expect(flows.length).toBe(isSame ? 1 : 2);
    expect(flows).toMatchObject(
      [{ ...own, ts: isSame ? at(0, 1) : at(0, 2) }, {}].slice(0, flows.length),
    );
  });

  test("an IPv6 end of zeros is not the IPv4 end 0.0.0.0", () => {
    const zeros = new Array<number>(16).fill(0);
    const flows = flowsOf(
      [
        { kind: "socket", object: 7, family: 6, sip6: zeros, dip6: zeros },
        { kind: "socket", object: 8, family: 4, sip: 0, dip: 0 },
        io(at(0, 1), { object: 7 }),
        descriptorOp(at(0, 2), native.NATIVE_CLOSE, { object: 8, fd: 9 }),
        descriptorOp(at(0, 3), native.NATIVE_CLOSE, { object: 7 }),
      ],
      { schema },
    );
    expect(flows.map((f) => [f.ts, f.sip6 ?? null])).toEqual([
      [at(0, 2), null],
      [at(0, 1), "0".repeat(32)],
    ]);
  });
});

describe("which flow an operation belongs to", () => {
  test("equal ends under a new handle are the same flow, other ends another", () => {
    const flows = flowsOf([
      io(at(0, 1)),
      { kind: "objectReset" },
      { kind: "socket", object: 50, sip: 0x0100007f, sport: 40000, dip: 0xff00a8c0, dport: 443 },
      { kind: "socket", object: 51, sip: 0x0100007f, sport: 40001, dip: 0xff00a8c0, dport: 443 },
      io(at(0, 2), { object: 50 }),
      io(at(0, 3), { object: 51, fd: 9 }),
      descriptorOp(at(0, 4), native.NATIVE_CLOSE, { object: 50 }),
      descriptorOp(at(0, 5), native.NATIVE_CLOSE, { object: 51, fd: 9 }),
    ]);
    expect(flows.map((f) => [f.ts, f.writes])).toEqual([
      [at(0, 1), [2, 0]],
      [at(0, 3), [1, 0]],
    ]);
  });

  test("a socket's close ends its flows with all peers, and no other socket's", () => {
    const flows = flowsOf([
      { kind: "socket", object: 50, dport: 1 },
      { kind: "socket", object: 51, dport: 2 },
      io(at(0, 1), { object: 50 }),
      io(at(0, 2), { object: 51 }),
      io(at(0, 3), { object: 50, tid: 101 }),
      io(at(0, 4), { object: 50, fd: 9 }),
      descriptorOp(at(0, 5), native.NATIVE_CLOSE, { object: 51 }),
      io(at(0, 6), { object: 50 }),
    ]);
    const ends = flows.map((f) => [(f["tuple"] as number[])[3], f.tid, f.fd, f.ts, f.opFlags]);
    const [tid, fd] = [flows[0]?.tid, flows[0]?.fd];
    expect(ends).toEqual([
      [2, tid, fd, at(0, 2), op.OP_WRITE_SEND | op.OP_CLOSE],
      [1, tid, fd, at(0, 1), op.OP_WRITE_SEND | op.OP_CLOSE],
      [1, 101, fd, at(0, 3), op.OP_WRITE_SEND | op.OP_TRUNCATE],
    ]);
  });

  test("each thread has its own; a close ends them all, accepted and connected ones first", () => {
    const flows = flowsOf([
      io(at(0, 1), { tid: 101 }),
      descriptorOp(at(0, 2), native.NATIVE_ACCEPT, { tid: 102 }),
      io(at(0, 3), { tid: 103 }),
      descriptorOp(at(0, 4), native.NATIVE_CONNECT, { tid: 104 }),
      descriptorOp(at(0, 5), native.NATIVE_CLOSE, { tid: 103 }),
    ]);
    expect(flows.map((f) => f.tid)).toEqual([102, 104, 101, 103]);
    const truncated = flows.map((f) => ((f.opFlags as number) & op.OP_TRUNCATE) !== 0);
    expect(truncated).toEqual([true, true, true, false]);
  });
});

test("a socket that ends without a close has no flow left, with whomever", () => {
  const flows = flowsOf([
    { kind: "socket", object: 50, dport: 1 },
    { kind: "socket", object: 51, dport: 2 },
    io(at(0, 1), { object: 50 }),
    io(at(0, 2), { object: 50, tid: 101 }),
    descriptorOp(at(0, 3), native.NATIVE_ENDED, { object: 51 }),
    descriptorOp(at(0, 4), native.NATIVE_ENDED, { object: 51 }),
  ]);
  expect(flows.map((f) => [f.ts, f.endTs, f.opFlags])).toEqual([
    [at(0, 1), at(0, 3), op.OP_WRITE_SEND | op.OP_CLOSE],
    [at(0, 2), at(0, 3), op.OP_WRITE_SEND | op.OP_TRUNCATE],
  ]);
});

test("network flows are in all modes", () => {
  const records = [io(at(0, 1)), descriptorOp(at(0, 2), native.NATIVE_CLOSE)];
  for (const mode of ["flow", "consume", "nofiles"] as const) {
    expect(flowsOf(records, { mode, fileOnly: true, fileReadMode: 1 })).toHaveLength(1);
  }
});

test("export after 30 seconds, then only what happened since", () => {
  const sink = collectBatches(
    [
      [...sockets, io(at(0, 1), { writeBytes: 5 })],
      [{ kind: "tick", ts: at(30, 7) }],
      [io(at(30, 9), { writeBytes: 6 })],
    ],
    { lastTs: at(31) },
  );
  expect(sink.of("NetworkFlow")).toMatchObject([
    { ts: at(0, 1), endTs: at(30, 7), opFlags: op.OP_WRITE_SEND, writes: [1, 5] },
    { ts: at(30, 7), endTs: at(31), opFlags: op.OP_WRITE_SEND | op.OP_TRUNCATE, writes: [1, 6] },
  ]);
});

test("a flow that goes on in a new file has its process before it", () => {
  const sink = new RecordingSink();
  sink.rotateAt.add(startSec + 20);
  const ticks = [20, 30].map((second) => ({ kind: "tick", ts: at(second) }) as const);
  collect([...sockets, io(at(0, 1)), ...ticks], {}, sink);
  const kinds = sink.without().map(({ kind }) => kind);
  expect(kinds).toEqual(["Process", "Process", "Process", "Process", "NetworkFlow"]);
});
