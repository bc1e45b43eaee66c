import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect } from "../../support/collect/collect.ts";

const id = "0123456789ab";

const unknown: TestRecord = { kind: "container", container: 1, id };
const known: TestRecord = {
  kind: "container",
  container: 1,
  id,
  known: true,
  privileged: true,
  type: 6,
  name: "web",
  image: "httpd:2",
  imageTag: "2",
  imageId: "deadbeef",
};

function process(handle: number): TestRecord {
  return { kind: "process", process: handle, pid: handle * 10, container: 1 };
}

function clone(handle: number, ts: bigint): TestRecord {
  return { kind: "processOp", ts, process: handle, tid: 1, op: native.NATIVE_CLONE };
}

const placeholder = {
  kind: "Container",
  id,
  name: "incomplete",
  image: "incomplete:incomplete",
  imageid: "",
  type: 0,
  privileged: false,
  podId: null,
};
const full = {
  kind: "Container",
  id,
  name: "web",
  image: "httpd:2:2",
  imageid: "deadbeef",
  type: 6,
  privileged: true,
  podId: null,
};

function written(records: readonly TestRecord[]): unknown[] {
  return collect([{ kind: "tick", ts: at(0) }, ...records]).sink.without("ProcessEvent");
}

test("a known container, once, before its process", () => {
  const records = [known, process(1), process(2), clone(1, at(0, 1)), clone(2, at(0, 2))];
  expect(written(records)).toMatchObject([full, { kind: "Process", containerId: id }, {}]);
});

describe("metadata that comes later", () => {
  const start = [unknown, process(1), clone(1, at(0, 1)), known, process(2)];

  test("amends the record before the container's next entity", () => {
    expect(written([...start, clone(1, at(0, 2)), clone(2, at(0, 3))])).toMatchObject([
      placeholder,
      { kind: "Process" },
      full,
      { kind: "Process" },
    ]);
  });

  test("or at the next tick, and not twice", () => {
    const ticks: TestRecord[] = [
      { kind: "tick", ts: at(1) },
      { kind: "tick", ts: at(2) },
    ];
    expect(written([...start, ...ticks])).toMatchObject([placeholder, { kind: "Process" }, full]);
    expect(written([...start, ...ticks, clone(2, at(2, 3))])).toHaveLength(4);
  });

  test("before its first use it is just known", () => {
    expect(written([unknown, known, process(1), clone(1, at(0, 1))])).toMatchObject([full, {}]);
  });

  test("what metadata give as empty is empty", () => {
    const empty: TestRecord = { kind: "container", container: 1, id, known: true };
    const records = written([empty, process(1), clone(1, at(0, 1))]);
    expect(records).toMatchObject([
      { kind: "Container", name: "", image: ":", imageid: "", privileged: false },
      {},
    ]);
  });

  test("the same facts again change nothing", () => {
    const records = [known, process(1), clone(1, at(0, 1)), known, process(2), clone(2, at(0, 2))];
    expect(written(records)).toMatchObject([full, { kind: "Process" }, { kind: "Process" }]);
  });
});

const types: readonly [libsinsp: number, wire: number][] = [
  [0, 0],
  [7, 7],
  [9, 9],
  [10, 5],
  [11, 5],
  [0xffff, 5],
];
test.each(types)("libsinsp's type %d is %d on the wire", (type, wire) => {
  const records: TestRecord[] = [{ ...known, type } as TestRecord, process(1), clone(1, at(0, 1))];
  expect(written(records)).toMatchObject([{ type: wire }, {}]);
});

test("one container under two handles is one", () => {
  const { sink, collector } = collect([
    { kind: "tick", ts: at(0) },
    known,
    { ...known, container: 2 } as TestRecord,
    process(1),
    { kind: "process", process: 2, pid: 20, container: 2 },
    clone(1, at(0, 1)),
    clone(2, at(0, 2)),
  ]);
  expect(sink.of("Container")).toHaveLength(1);
  expect(collector.stats().containers).toBe(1);
});
