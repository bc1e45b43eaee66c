// What a reader of joined records may keep beside entities, and how it learns that a chain of parents
// may have changed.

import { describe, expect, test } from "bun:test";
import type { JoinedRecord } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { OP_RENAME } from "../../src/sysflow/op-flags.gen.ts";
import type { Oid, Pod, Process } from "../../src/sysflow/record.gen.ts";
import {
  sampleContainer,
  sampleFile,
  sampleFileEvent,
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";

class Last {
  #last: JoinedRecord | null = null;

  joined(record: JoinedRecord): void {
    this.#last = record;
  }

  get now(): JoinedRecord {
    if (this.#last === null) {
      throw new Error("nothing was joined yet");
    }
    return this.#last;
  }
}

function setup() {
  const last = new Last();
  return { last, records: new Joiner(last) };
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

const pod: Pod = {
  kind: "Pod",
  ...{ tsLo: 1, tsHi: 2, id: "p", name: "web-0", nodeName: "node", namespace: "default" },
  ...{ hostIP: [], internalIP: [], restartCount: 0, services: [] },
  labels: new Map(),
  selectors: new Map(),
};

describe("what is kept beside an entity", () => {
  test("is emptied when it is told anew, and not before", () => {
    const { last, records } = setup();
    const first = process(1);
    records.process(first);
    const derived = {};
    const kept = last.now.keptProcess;
    expect(kept?.derived).toBeNull();
    if (kept !== null) {
      kept.derived = derived;
    }
    records.processEvent({ ...sampleProcessEvent(1, 1), procOID: first.oid });
    expect(last.now.keptProcess?.derived).toBe(derived);
    records.process(first);
    expect(last.now.keptProcess?.derived).toBeNull();
  });

  test("is there for all that is joined, and for nothing else", () => {
    const { last, records } = setup();
    const child = { ...process(2, 1), containerId: sampleContainer().id };
    records.pod(pod);
    expect(last.now.keptPod).not.toBeNull();
    records.container({ ...sampleContainer(), podId: "p" });
    records.process(process(1));
    records.process(child);
    records.file(sampleFile("/old"));
    records.file(sampleFile("/new"));
    records.fileEvent({
      ...sampleFileEvent(OP_RENAME, 1),
      procOID: child.oid,
    });
    const { keptProcess, keptParent, keptFile, keptNewFile, keptContainer, keptPod } = last.now;
    const all = [keptProcess, keptParent, keptFile, keptNewFile, keptContainer, keptPod];
    expect(new Set(all).size).toBe(6);
    expect(all).not.toContain(null);
    records.header(sampleHeader);
    const { now } = last;
    expect([now.keptProcess, now.keptParent, now.keptFile, now.keptNewFile]).toEqual(
      Array(4).fill(null),
    );
    expect([now.keptContainer, now.keptPod]).toEqual([null, null]);
  });
});

describe("the version of parents", () => {
  const event = (hpid: number) => ({ ...sampleProcessEvent(1, 1), procOID: oid(hpid) });

  test("stays while nothing changes that was looked at", () => {
    const { last, records } = setup();
    records.process(process(1));
    records.process(process(2, 1));
    records.processEvent(event(2));
    expect(last.now.parents).toHaveLength(1);
    const before = last.now.parentsVersion;
    records.process(process(3, 2));
    records.process(process(3, 2));
    records.processEvent(event(2));
    expect(last.now.parentsVersion).toBe(before);
  });

  test.each(["parents", "parent"] as const)("grows when one changes that %s gave", (look) => {
    const { last, records } = setup();
    records.process(process(1));
    records.process(process(2, 1));
    records.processEvent(event(2));
    expect(last.now[look]).not.toBeNull();
    const before = last.now.parentsVersion;
    records.process(process(1, null, { exe: "/changed" }));
    expect(last.now.parentsVersion).toBeGreaterThan(before);
    records.processEvent(event(2));
    expect(last.now.parent?.exe).toBe("/changed");
  });

  test.each(["parents", "parent"] as const)("grows when one comes that %s lacked", (look) => {
    const { last, records } = setup();
    records.process(process(2, 1));
    records.processEvent(event(2));
    expect(last.now[look]?.toString() ?? "").toBe("");
    const before = last.now.parentsVersion;
    records.process(process(1));
    expect(last.now.parentsVersion).toBeGreaterThan(before);
    records.processEvent(event(2));
    expect(last.now.parent).toMatchObject({ oid: oid(1) });
  });

  test("stays when another comes than is lacking, and not where very many are", () => {
    const { last, records } = setup();
    const grows = (hpid: number) => {
      const { parentsVersion } = last.now;
      records.process(process(hpid));
      return last.now.parentsVersion > parentsVersion;
    };
    records.process(process(2, 1));
    expect(last.now.parent).toBeNull();
    expect(grows(3)).toBe(false);
    for (let hpid = 10_000; hpid < 10_000 + 1024; hpid++) {
      records.process(process(hpid, hpid + 10_000));
      expect(last.now.parents).toEqual([]);
    }
    expect(grows(4)).toBe(true);
    expect(grows(5)).toBe(false);
  });

  test("a process that is its own parent has none", () => {
    const { last, records } = setup();
    records.process(process(1, 1));
    expect(last.now.parent).toBeNull();
    expect(last.now.keptParent).toBeNull();
  });
});

test("the header is joined to all that follows", () => {
  const { last, records } = setup();
  records.process(process(1));
  expect(last.now.header).toBeNull();
  records.header(sampleHeader);
  records.process(process(1));
  expect(last.now.header).toEqual(sampleHeader);
  expect(last.now.header).not.toBe(sampleHeader);
});
