// What is joined to a record of each kind, where chains of parents are cut and why, and what hostile
// files come to: floods, loops, the same ids again, records before their entities.

import { describe, expect, test } from "bun:test";
import type { JoinedReceiver, JoinedRecord } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { itemChars, type JoinLimits, joinLimits } from "../../src/join/limits.ts";
import type {
  Container,
  File,
  K8sEvent,
  Oid,
  Pod,
  Process,
  SysFlowRecord,
} from "../../src/sysflow/record.gen.ts";
import {
  sampleContainer,
  sampleFile,
  sampleFileEvent,
  sampleFileFlow,
  sampleHeader,
  sampleNetworkFlow,
  sampleParent,
  sampleProcessEvent,
  sampleProcessFlow,
} from "../support/records/sample-records.ts";

/** What was joined last, which is all that is valid. */
class Last implements JoinedReceiver {
  joins = 0;
  last: JoinedRecord | null = null;

  joined(record: JoinedRecord): void {
    this.joins += 1;
    this.last = record;
  }

  get now(): JoinedRecord {
    if (this.last === null) {
      throw new Error("nothing was joined yet");
    }
    return this.last;
  }
}

function setup(limits: Partial<JoinLimits> = {}) {
  const last = new Last();
  return { last, records: new Joiner(last, { ...joinLimits, ...limits }) };
}

function oid(hpid: number): Oid {
  return { createLo: 4, createHi: 2, hpid };
}

function process(
  hpid: number,
  parent: number | null = null,
  change: Partial<Process> = {},
): Process {
  const poid = parent === null ? null : oid(parent);
  return { ...sampleParent(), oid: oid(hpid), poid, containerId: null, env: [], ...change };
}

function eventOf(hpid: number) {
  return { ...sampleProcessEvent(2, 5), procOID: oid(hpid) };
}

const pod: Pod = {
  kind: "Pod",
  ...{ tsLo: 1, tsHi: 2, id: "uid-1", name: "web-0", nodeName: "node", namespace: "default" },
  ...{ hostIP: [1n], internalIP: [2n], restartCount: 0, services: [] },
  labels: new Map([["app", "web"]]),
  selectors: new Map(),
};
const container: Container = { ...sampleContainer(), id: "c1", podId: "uid-1" };
const old: File = { ...sampleFile("/old"), containerId: "c1" };
const other: File = { ...sampleFile("/new"), containerId: null };

describe("each record comes with what it refers to", () => {
  const inContainer = process(7, 1, { containerId: "c1" });
  const of = { procOID: oid(7) };
  const cases: readonly (readonly [string, SysFlowRecord, Partial<JoinedRecord>])[] = [
    ["pod", pod, { pod }],
    ["container", container, { container, pod }],
    ["process", inContainer, { process: inContainer, container, pod, parents: [process(1)] }],
    ["file", old, { file: old, container, pod }],
    [
      "processEvent",
      { ...sampleProcessEvent(2, 5), ...of },
      { process: inContainer, container, pod, parents: [process(1)] },
    ],
    [
      "processFlow",
      { ...sampleProcessFlow(5), ...of },
      { process: inContainer, container, pod, parents: [process(1)] },
    ],
    [
      "networkFlow",
      { ...sampleNetworkFlow(5), ...of },
      { process: inContainer, container, pod, parents: [process(1)] },
    ],
    [
      "networkEvent",
      {
        ...{ kind: "NetworkEvent", ...of, tsLo: 1, tsHi: 1, tid: 7, opFlags: 32 },
        ...{ sip: 1, sport: 2, dip: 3, dport: 4, proto: 6, ret: 0 },
      },
      { process: inContainer, container, pod, parents: [process(1)] },
    ],
    [
      "fileFlow",
      { ...sampleFileFlow(5), ...of, fileOID: old.foid },
      { process: inContainer, container, pod, parents: [process(1)], file: old },
    ],
    [
      "fileEvent",
      { ...sampleFileEvent(2 ** 20, 5), ...of, fileOID: old.foid, newFileOID: other.foid },
      { process: inContainer, container, pod, parents: [process(1)], file: old, newFile: other },
    ],
    ["k8sEvent", { kind: "K8sEvent", component: 2, action: 0, tsLo: 1, tsHi: 1, message: "" }, {}],
  ];

  test.each(cases)("%s", (method, record, expected) => {
    const { last, records } = setup();
    records.pod(pod);
    records.container(container);
    records.process(process(1));
    records.process(inContainer);
    records.file(old);
    records.file(other);
    const { joins } = last;
    (records as unknown as Record<string, (record: SysFlowRecord) => void>)[method]?.(record);
    const { process: joined, parents, parentsCut, file, newFile, ...rest } = last.now;
    expect(last.joins).toBe(joins + 1);
    const { container: within, pod: its } = last.now;
    expect({ joined, parents, parentsCut, file, newFile, within, its }).toEqual({
      joined: expected.process ?? null,
      parents: expected.parents ?? [],
      parentsCut: null,
      file: expected.file ?? null,
      newFile: expected.newFile ?? null,
      within: expected.container ?? null,
      its: expected.pod ?? null,
    });
    expect(rest.record).toBe(record);
    const { unknownParents, ...kinds } = records.stats();
    expect(Object.values(kinds).map(({ unknown }) => unknown)).toEqual([0, 0, 0, 0]);
    expect(unknownParents).toBe(0);
  });
});

test("a record has nothing of the one before", () => {
  const { last, records } = setup();
  const k8sEvent = { kind: "K8sEvent", component: 2, action: 0, tsLo: 1, tsHi: 1, message: "" };
  records.file(old);
  records.file(other);
  const both = { fileOID: old.foid, newFileOID: other.foid };
  records.fileEvent({ ...sampleFileEvent(2 ** 20, 5), procOID: oid(7), ...both });
  expect([last.now.file, last.now.newFile, last.now.parentsCut]).toEqual([old, other, "unknown"]);
  records.fileEvent({ ...sampleFileEvent(2 ** 20, 5), fileOID: old.foid, newFileOID: null });
  expect([last.now.file, last.now.newFile]).toEqual([old, null]);
  records.k8sEvent(k8sEvent as K8sEvent);
  expect([last.now.file, last.now.parentsCut]).toEqual([null, null]);
});

describe("what is not known", () => {
  test("is null, and counted by kind", () => {
    const { last, records } = setup();
    records.fileEvent({ ...sampleFileEvent(2 ** 20, 5), procOID: oid(7) });
    const { process: joined, parents, parentsCut, file, newFile } = last.now;
    expect([joined, parents, parentsCut, file, newFile]).toEqual([null, [], "unknown", null, null]);
    records.process(process(7, 6, { containerId: "c1" }));
    expect([last.now.parents, last.now.parentsCut]).toEqual([[], "unknown"]);
    records.container(container);
    expect(last.now.pod).toBeNull();
    const { unknownParents, processes, files, containers, pods } = records.stats();
    expect([unknownParents, processes.unknown, files.unknown]).toEqual([1, 1, 2]);
    expect([containers.unknown, pods.unknown]).toEqual([1, 1]);
  });

  test("is known to the records after its own", () => {
    const { last, records } = setup();
    records.process(process(7, 6));
    records.process(process(6));
    records.processEvent(eventOf(7));
    expect(last.now.parents).toEqual([process(6)]);
  });
});

test("an entity is as it was last told, whatever its owner does to the record since", () => {
  const { last, records } = setup();
  const live = process(7);
  records.process(live);
  live.exe = "/changed";
  records.processEvent(eventOf(7));
  expect(last.now.process?.exe).toBe("/bin/sh");
  records.process(live);
  records.processEvent(eventOf(7));
  expect(last.now.process?.exe).toBe("/changed");
});

test("the halves of a time are the same number, signed or not", () => {
  const { last, records } = setup();
  records.process(
    process(7, null, { oid: { createLo: 0xffffffff, createHi: 0xfffffffe, hpid: 7 } }),
  );
  records.processEvent({ ...eventOf(7), procOID: { createLo: -1, createHi: -2, hpid: 7 } });
  expect(last.now.process).not.toBeNull();
});

test.each([
  ["time", { createLo: 2, createHi: 2, hpid: 7 }],
  ["time's other half", { createLo: 4, createHi: 3, hpid: 7 }],
  ["pid", { createLo: 4, createHi: 2, hpid: 8 }],
  ["pid beyond 32 bits", { createLo: 4, createHi: 2, hpid: 7 + 2 ** 32 }],
])("a process of another %s is another", (_, procOID) => {
  const { last, records } = setup();
  records.process(process(7));
  records.processEvent({ ...eventOf(7), procOID });
  expect(last.now.process).toBeNull();
});

test("with a header all ids begin anew, and what comes again under them is another", () => {
  const { last, records } = setup();
  records.process(process(6));
  records.process(process(7, 6, { containerId: "c1" }));
  records.container(container);
  records.file(old);
  records.header(sampleHeader);
  expect(last.now.record).toBe(sampleHeader);
  expect(last.joins).toBe(5);
  const { processes, files, containers } = records.stats();
  expect([processes.held, files.held, containers.held]).toEqual([0, 0, 0]);
  records.fileFlow({ ...sampleFileFlow(5), procOID: oid(7), fileOID: old.foid });
  expect([last.now.process, last.now.file]).toEqual([null, null]);
  records.process(process(7, 6, { exe: "/second" }));
  records.processEvent(eventOf(7));
  expect([last.now.process?.exe, last.now.parentsCut]).toEqual(["/second", "unknown"]);
});

describe("a chain of parents", () => {
  test("begins with the nearest and ends at who has none", () => {
    const { last, records } = setup();
    for (const hpid of [1, 2, 3, 4]) {
      records.process(process(hpid, hpid === 1 ? null : hpid - 1));
    }
    records.processEvent(eventOf(4));
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual([3, 2, 1]);
    expect(last.now.parentsCut).toBeNull();
    // The same object serves the next record, and holds nothing of this one.
    records.processEvent(eventOf(2));
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual([1]);
    records.processEvent(eventOf(9));
    expect(last.now.parents).toEqual([]);
  });

  test("is of the parents told last", () => {
    const { last, records } = setup();
    records.process(process(1));
    records.process(process(2));
    records.process(process(3, 1));
    records.process(process(3, 2));
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual([2]);
    records.process(process(3, null));
    expect(last.now.parents).toEqual([]);
  });

  test("is cut where it is as long as is allowed", () => {
    const { last, records } = setup({ parents: 2 });
    for (const hpid of [1, 2, 3, 4]) {
      records.process(process(hpid, hpid === 1 ? null : hpid - 1));
    }
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual([3, 2]);
    expect(last.now.parentsCut).toBe("depth");
    records.processEvent(eventOf(3));
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual([2, 1]);
    expect(last.now.parentsCut).toBeNull();
  });

  test.each([
    ["itself", [[5, 5]], []],
    [
      "its child",
      [
        [5, 6],
        [6, 5],
      ],
      [6],
    ],
    [
      "each other further up",
      [
        [5, 6],
        [6, 7],
        [7, 8],
        [8, 7],
      ],
      [6, 7, 8],
    ],
  ])("of one who is the child of %s is cut there", (_, pairs, parents) => {
    const { last, records } = setup();
    for (const round of [1, 2]) {
      for (const [hpid = 0, parent = 0] of pairs) {
        records.process(process(hpid, parent, { exe: `/round-${round}` }));
      }
    }
    records.processEvent(eventOf(5));
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual(parents);
    expect(last.now.parentsCut).toBe("loop");
  });
});

describe("a full store", () => {
  const two = { entries: 2, chars: 1e6 };

  test("gives up the oldest where all are needed, and says that it was there", () => {
    const { last, records } = setup({ processes: two });
    records.process(process(1));
    records.process(process(2, 1));
    records.process(process(3, 2));
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual([2]);
    expect(last.now.parentsCut).toBe("evicted");
    // It stays "evicted" when the child is told again, and is a parent once it is told again itself.
    records.process(process(2, 1));
    expect([last.now.parents, last.now.parentsCut]).toEqual([[], "evicted"]);
    const { processes, unknownParents } = records.stats();
    expect([processes.held, processes.evicted, unknownParents]).toEqual([2, 1, 0]);
    records.process(process(1));
    records.processEvent(eventOf(2));
    expect(last.now.parents.map((each) => each.oid.hpid)).toEqual([1]);
    expect(last.now.parentsCut).toBeNull();
  });

  test("keeps what is used", () => {
    const { last, records } = setup({ processes: two, files: two });
    records.process(process(1));
    records.process(process(2));
    records.processEvent(eventOf(1));
    records.process(process(3));
    records.processEvent(eventOf(1));
    expect(last.now.process).not.toBeNull();
    records.file(old);
    records.file(other);
    records.fileFlow({ ...sampleFileFlow(5), fileOID: old.foid });
    records.file(sampleFile("/third"));
    records.fileFlow({ ...sampleFileFlow(5), fileOID: old.foid });
    expect(last.now.file).toEqual(old);
    expect(records.stats().files).toMatchObject({ held: 2, evicted: 1 });
  });

  test("keeps parents longer than others, and looking at them changes nothing", () => {
    for (const isLookedAt of [false, true]) {
      const { last, records } = setup({ processes: { entries: 3, chars: 1e6 } });
      records.process(process(1));
      records.process(process(2, 1));
      for (let hpid = 10; hpid < 20; hpid++) {
        records.processEvent(eventOf(2));
        expect(isLookedAt ? last.now.parents.length : 1).toBe(1);
        records.process(process(hpid));
      }
      records.processEvent(eventOf(2));
      expect(last.now.parents).toEqual([process(1)]);
      expect(records.stats().processes.evicted).toBe(9);
    }
  });

  test("gives up parents too once their children went", () => {
    const { records } = setup({ processes: { entries: 3, chars: 1e6 } });
    for (let hpid = 1; hpid < 100; hpid += 2) {
      records.process(process(hpid));
      records.process(process(hpid + 1, hpid));
    }
    expect(records.stats().processes).toMatchObject({ held: 3, evicted: 97 });
  });
});

describe("a store full of long texts", () => {
  test("counts characters and list items", () => {
    const bare = process(1).exe.length + "-c true".length + "root".length * 2 + "/".length;
    for (const [room, held] of [
      [0, 2],
      [-1, 1],
    ] as const) {
      const chars = 2 * (bare + itemChars + 3) + room;
      const { records } = setup({ processes: { entries: 9, chars } });
      records.process(process(1, null, { env: ["A=1"] }));
      records.process(process(2, null, { env: ["B=2"] }));
      expect(records.stats().processes.held).toBe(held);
      // The same again needs no more room.
      records.process(process(2, null, { env: ["B=2"] }));
      expect(records.stats().processes.held).toBe(held);
      records.process(process(2, null, { env: ["B=23"] }));
      expect(records.stats().processes.held).toBe(1);
    }
  });

  test("keeps the newest, however long it is", () => {
    const { last, records } = setup({ files: { entries: 9, chars: 10 } });
    records.file(sampleFile("/a"));
    records.file(sampleFile(`/${"long".repeat(9)}`));
    expect(last.now.file).not.toBeNull();
    expect(records.stats().files).toMatchObject({ held: 1, evicted: 1 });
    records.file(sampleFile("/b"));
    expect(records.stats().files).toMatchObject({ held: 1, evicted: 2 });
  });

  test("of containers and pods counts what hangs on them", () => {
    const long = { chars: 1000, entries: 9 };
    const { records } = setup({ containers: long, pods: long });
    for (let n = 0; n < 9; n++) {
      records.container({ ...container, id: `c${n}`, image: "i".repeat(400) });
      const labels = new Map(Array.from({ length: 24 }, (_, i) => [`${i}`, ""] as const));
      records.pod({ ...pod, id: `p${n}`, labels });
    }
    const { containers, pods } = records.stats();
    expect([containers.held, containers.evicted, pods.held, pods.evicted]).toEqual([2, 7, 2, 7]);
  });
});

describe("a flood", () => {
  const floods = 50_000;
  const hundred = { entries: 100, chars: 1e6 };
  const small: Partial<JoinLimits> = { processes: hundred, files: hundred, containers: hundred };

  test("of processes without end is as a hundred of them", () => {
    const { last, records } = setup(small);
    for (let hpid = 1; hpid <= floods; hpid++) {
      // Each the child of the one before, so that each but the last is a parent.
      records.process(process(hpid, hpid - 1));
    }
    expect(last.joins).toBe(floods);
    expect(last.now.parents.length).toBeLessThan(100);
    expect(last.now.parentsCut).toBe("evicted");
    expect(records.stats().processes).toMatchObject({ held: 100, evicted: floods - 100 });
  });

  test("of children of one parent keeps it", () => {
    const { last, records } = setup(small);
    records.process(process(1));
    for (let hpid = 2; hpid <= floods; hpid++) {
      records.process(process(hpid, 1));
    }
    expect(last.now.parents).toEqual([process(1)]);
  });

  test("of files and containers, each in one that never came", () => {
    const { records } = setup(small);
    const file = sampleFile("/x");
    for (let n = 0; n < floods; n++) {
      const foid = new Uint8Array(20);
      new DataView(foid.buffer).setUint32(n % 16, n + 1);
      records.file({ ...file, foid, containerId: `none-${n}` });
      records.container({ ...container, id: `c${n}` });
    }
    const { files, containers } = records.stats();
    expect([files.held, containers.held]).toEqual([100, 100]);
    expect([files.evicted, containers.evicted]).toEqual([floods - 100, floods - 100]);
    expect(containers.unknown).toBe(floods);
  });
});
