// Containers and pods that somebody else knows: what is known at once, what comes later and what
// changes, each at the right place among the records. The lookups are scripted.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBatch } from "../../src/capture/batch-reader.ts";
import * as native from "../../src/capture/layout.gen.ts";
import { Collector } from "../../src/collect/collector.ts";
import { type CollectLimits, collectLimits } from "../../src/collect/limits.ts";
import type {
  ContainerFacts,
  ContainerLookup,
  K8sEventFacts,
  PodFacts,
  PodLookup,
} from "../../src/collect/lookups.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { buildBatch, type TestRecord } from "../support/collect/batch-builder.ts";
import { at, flowOptions, startSec } from "../support/collect/collect.ts";
import { RecordingSink } from "../support/collect/recording-sink.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { readSf } from "../support/records/read-sf.ts";

/** Answers what was told to it. */
class Scripted<Facts> {
  readonly asked: string[] = [];
  readonly #known = new Map<string, Facts>();
  changed = new Set<string>();

  tell(facts: Facts, ...ids: readonly string[]): void {
    for (const id of ids) {
      this.#known.set(id, facts);
      if (this.asked.includes(id)) {
        this.changed.add(id);
      }
    }
  }

  find(id: string): Facts | null {
    this.asked.push(id);
    return this.#known.get(id) ?? null;
  }

  takeChanged(): readonly string[] {
    const changed = [...this.changed];
    this.changed.clear();
    return changed;
  }
}

class ScriptedContainers extends Scripted<ContainerFacts> implements ContainerLookup {}

class ScriptedPods extends Scripted<PodFacts> implements PodLookup {
  events: K8sEventFacts[] = [];

  takeEvents(): readonly K8sEventFacts[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}

const web: ContainerFacts = {
  ...{ name: "web", image: "httpd:2", imageid: "deadbeef", type: 7, privileged: true },
};
const pod: PodFacts = {
  ...{ id: "uid-1", name: "web-0", nodeName: "node-1", namespace: "default", restartCount: 0 },
  ...{ hostIP: [1681631424n], internalIP: [2n], selectors: new Map(), services: [] },
  labels: new Map([["app", "web"]]),
};
const event: K8sEventFacts = { component: 2, action: 0, message: '{"type":"ADDED"}' };
const [one, two] = ["0123456789ab", "ba9876543210"] as const;

function setup(limits: Partial<CollectLimits> = {}) {
  const sink = new RecordingSink();
  const [containers, pods] = [new ScriptedContainers(), new ScriptedPods()];
  const all = { ...collectLimits, ...limits };
  const collector = new Collector(sink, flowOptions, all, { containers, pods });
  let seen = 0;
  return {
    ...{ sink, collector, containers, pods },
    /** What these records of a batch make be written, in short. */
    feed: (...records: readonly TestRecord[]) => {
      readBatch(buildBatch(records), collector);
      const written = sink.without("SFHeader", "ProcessEvent").slice(seen);
      seen += written.length;
      return written;
    },
  };
}

function container(handle: number, id: string, change: object = {}): TestRecord {
  return { kind: "container", container: handle, id, ...change } as TestRecord;
}

function process(handle: number, inContainer: number): TestRecord {
  return { kind: "process", process: handle, pid: handle * 10, container: inContainer };
}

function clone(handle: number, ts: bigint): TestRecord {
  return { kind: "processOp", ts, process: handle, tid: 1, op: native.NATIVE_CLONE };
}

function tick(second: number): TestRecord {
  return { kind: "tick", ts: at(second) };
}

const first = [tick(0), container(1, one), process(1, 1), clone(1, at(0, 1))];
const placeholder = { kind: "Container", id: one, name: "incomplete", podId: null };

describe("of a container", () => {
  test("what is known at once is in its first record", () => {
    const { containers, feed } = setup();
    containers.tell(web, one);
    expect(feed(...first)).toMatchObject([{ kind: "Container", id: one, ...web }, {}]);
    expect(feed(tick(1), container(1, one), process(2, 1), clone(2, at(1, 1)))).toHaveLength(1);
    expect(containers.asked).toEqual([one]);
  });

  test("what comes later amends the record at the next tick, once", () => {
    const { containers, feed } = setup();
    expect(feed(...first)).toMatchObject([placeholder, { kind: "Process", state: 0 }]);
    containers.tell(web, one);
    expect(feed(clone(1, at(0, 2)))).toEqual([]);
    expect(feed(tick(1))).toMatchObject([{ kind: "Container", id: one, ...web, podId: null }]);
    expect(feed(tick(2))).toEqual([]);
  });

  test("what changes twice between ticks is told once, and what did not is not", () => {
    const { containers, feed } = setup();
    feed(...first);
    containers.tell(web, one);
    containers.tell({ ...web, name: "later" }, one);
    expect(feed(tick(1))).toMatchObject([{ kind: "Container", name: "later" }]);
    containers.tell({ ...web, name: "later" }, one);
    expect(feed(tick(2))).toEqual([]);
  });

  test("what is taken back stays", () => {
    const { containers, feed } = setup();
    containers.tell(web, one);
    feed(...first);
    containers.find = () => null;
    containers.tell(web, one);
    expect(feed(tick(1))).toEqual([]);
  });

  test("what the capture holds counts, and nobody is asked", () => {
    const { containers, feed } = setup();
    containers.tell(web, one);
    const known = container(1, one, { known: true, name: "recorded", image: "i", imageTag: "t" });
    const records = [tick(0), known, process(1, 1), clone(1, at(0, 1)), tick(1)];
    expect(feed(...records)).toMatchObject([{ kind: "Container", name: "recorded" }, {}]);
    expect(containers.asked).toEqual([]);
  });

  test("what changes while no file had it is told with its next use", () => {
    const { containers, sink, feed } = setup();
    containers.tell(web, one);
    feed(...first);
    sink.rotateAt.add(startSec + 5);
    feed(tick(5));
    containers.tell({ ...web, name: "later" }, one);
    expect(feed(tick(6))).toEqual([]);
    expect(feed(clone(1, at(6, 1)))).toMatchObject([{ kind: "Container", name: "later" }, {}]);
  });

  test("that has been forgotten no change is wanted", () => {
    const { containers, feed } = setup({ containers: 1 });
    feed(...first);
    feed(container(2, two));
    containers.tell(web, one);
    containers.changed.add("never asked for");
    expect(feed(tick(1))).toEqual([]);
    expect(containers.asked).toEqual([one, two]);
  });

  test("that has been forgotten no pod is wanted", () => {
    const { pods, feed } = setup({ containers: 1 });
    feed(...first);
    feed(container(2, two));
    pods.tell(pod, one);
    pods.changed.add("never asked for");
    expect(feed(tick(1))).toEqual([]);
    expect(pods.asked).toEqual([one, two]);
  });
});

test.each([
  ["name", "later"],
  ["image", "httpd:3"],
  ["imageid", "beef"],
  ["type", 5],
  ["privileged", false],
] as const)("of a container, a change of its %s alone is told", (fact, value) => {
  const { containers, feed } = setup();
  containers.tell(web, one);
  feed(...first);
  containers.tell({ ...web, [fact]: value }, one);
  expect(feed(tick(1))).toMatchObject([{ kind: "Container", ...web, [fact]: value }]);
});

describe("a pod", () => {
  const kinds = (records: readonly { readonly kind: string }[]) => records.map(({ kind }) => kind);

  test("that is known at once precedes its container", () => {
    const { pods, feed } = setup();
    pods.tell(pod, one);
    expect(feed(...first)).toMatchObject([
      { kind: "Pod", ...pod, ...time(0) },
      { kind: "Container", id: one, podId: "uid-1" },
      { kind: "Process", containerId: one },
    ]);
  });

  test("that comes later is told at the next tick, and the container again", () => {
    const { pods, feed } = setup();
    expect(feed(...first)).toMatchObject([placeholder, {}]);
    pods.tell(pod, one);
    expect(feed(tick(1))).toMatchObject([
      { kind: "Pod", ...pod, ...time(1) },
      { kind: "Container", id: one, podId: "uid-1" },
    ]);
    expect(feed(tick(2))).toEqual([]);
  });

  test("that changes is told again in full, and its container is not", () => {
    const { pods, feed } = setup();
    pods.tell(pod, one);
    feed(...first);
    pods.tell({ ...pod, restartCount: 1, labels: new Map() }, one);
    expect(feed(tick(1))).toMatchObject([
      { kind: "Pod", ...pod, ...time(1), restartCount: 1, labels: new Map() },
    ]);
    expect(feed(tick(2))).toEqual([]);
  });

  test("of two containers is one", () => {
    const { pods, feed, collector } = setup();
    pods.tell(pod, one, two);
    const second = [container(2, two), process(2, 2), clone(2, at(0, 2))];
    expect(kinds(feed(...first, ...second))).toEqual([
      "Pod",
      "Container",
      "Process",
      "Container",
      "Process",
    ]);
    pods.tell({ ...pod, name: "web-1" }, one, two);
    expect(feed(tick(1))).toMatchObject([{ kind: "Pod", name: "web-1" }]);
    expect(collector.stats()).toMatchObject({ pods: 1, podsEvicted: 0 });
  });

  test("is kept beside others", () => {
    const { pods, feed, collector } = setup();
    pods.tell(pod, one);
    pods.tell({ ...pod, id: "uid-2" }, two);
    feed(...first, container(2, two));
    expect(collector.stats()).toMatchObject({ pods: 2, podsEvicted: 0 });
  });

  test("is another once its container is of another", () => {
    const { pods, feed } = setup();
    pods.tell(pod, one);
    feed(...first);
    pods.tell({ ...pod, id: "uid-2" }, one);
    expect(feed(tick(1))).toMatchObject([
      { kind: "Pod", id: "uid-2" },
      { kind: "Container", podId: "uid-2" },
    ]);
  });
});

describe("a pod, later,", () => {
  test("comes again in the next file, as it was, before its container", () => {
    const { pods, sink, feed } = setup();
    pods.tell(pod, one);
    feed(...first);
    sink.rotateAt.add(startSec + 5);
    expect(feed(tick(5))).toEqual([]);
    expect(feed(clone(1, at(5, 1)))).toMatchObject([
      { kind: "Pod", ...time(0) },
      { kind: "Container", podId: "uid-1" },
      { kind: "Process" },
    ]);
  });

  test("that changed while no file had it is told with its next use", () => {
    const { pods, sink, feed } = setup();
    pods.tell(pod, one);
    feed(...first);
    sink.rotateAt.add(startSec + 5);
    feed(tick(5));
    pods.tell({ ...pod, name: "web-1" }, one);
    expect(feed(tick(6))).toEqual([]);
    expect(feed(clone(1, at(6, 1)))).toMatchObject([{ kind: "Pod", name: "web-1" }, {}, {}]);
  });

  test("is forgotten where there are too many, and its containers keep it", () => {
    const { pods, sink, feed, collector } = setup({ pods: 1 });
    pods.tell(pod, one);
    pods.tell({ ...pod, id: "uid-2" }, two);
    feed(...first, container(2, two), process(2, 2), clone(2, at(0, 2)));
    expect(collector.stats()).toMatchObject({ pods: 1, podsEvicted: 1 });
    sink.rotateAt.add(startSec + 5);
    feed(tick(5));
    expect(feed(clone(1, at(5, 1)))).toMatchObject([{ kind: "Pod", id: "uid-1" }, {}, {}]);
  });
});

describe("what the cluster reports", () => {
  test("is told at the tick, in order and with its time, in the file that begins there", () => {
    const { pods, sink, feed } = setup();
    pods.events = [event, { ...event, action: 1 }];
    sink.rotateAt.add(startSec);
    const kinds = sink.ticks;
    expect(feed(tick(0))).toMatchObject([
      { kind: "K8sEvent", ...event, ...time(0) },
      { kind: "K8sEvent", ...event, action: 1, ...time(0) },
    ]);
    expect(kinds).toEqual([startSec]);
    expect(feed(tick(1))).toEqual([]);
  });
});

test("what came after the last tick is told at the end", () => {
  const { containers, pods, collector, sink, feed } = setup();
  feed(...first);
  containers.tell(web, one);
  pods.tell(pod, one);
  pods.events = [event];
  const { tsLo, tsHi } = time(3);
  collector.finish(tsLo, tsHi);
  expect(sink.records.slice(-3)).toMatchObject([
    { kind: "Pod", tsLo, tsHi },
    { kind: "Container", ...web, podId: "uid-1" },
    { kind: "K8sEvent", tsLo, tsHi },
  ]);
});

test.each(["containers", "pods"] as const)("with answers about %s alone, too", (which) => {
  const { containers, pods } = setup();
  const sink = new RecordingSink();
  const none = { containers: null, pods: null };
  const lookups = { ...none, [which]: which === "pods" ? pods : containers };
  const collector = new Collector(sink, flowOptions, collectLimits, lookups);
  readBatch(buildBatch(first), collector);
  containers.tell(web, one);
  pods.tell(pod, one);
  collector.finish(0, 0);
  const [changed] = sink.of("Container").slice(1);
  expect(changed).toMatchObject(which === "pods" ? { podId: "uid-1" } : web);
});

test("but not in a run without one", () => {
  const { pods, collector, sink } = setup();
  pods.events = [event];
  collector.finish(0, 0);
  expect(sink.records).toHaveLength(1);
});

test("a file of it is whole, and read back as it was", () => {
  const folder = mkdtempSync(join(tmpdir(), "sysflow-lookups-"));
  const path = join(folder, "pods.sf");
  const [containers, pods] = [new ScriptedContainers(), new ScriptedPods()];
  const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec, schema: 6 });
  const outputs = new FanOut([{ output: writer, onFailure: "end" }]);
  const collector = new Collector(outputs, { ...flowOptions, schema: 6 }, collectLimits, {
    ...{ containers, pods },
  });
  readBatch(buildBatch(first), collector);
  containers.tell(web, one);
  pods.tell(pod, one);
  pods.events = [event];
  readBatch(buildBatch([tick(1), container(2, two), process(2, 2), clone(2, at(1, 1))]), collector);
  collector.finish(time(2).tsLo, time(2).tsHi);
  writer.close();
  expect(checkSf(path)).toEqual([]);
  const records = readSf(path);
  expect(records.map(({ kind }) => kind)).toEqual([
    ...["SFHeader", "Container", "Process", "ProcessEvent"],
    ...["Pod", "Container", "K8sEvent", "Container", "Process", "ProcessEvent"],
  ]);
  expect(records[4]?.rec).toMatchObject({ id: "uid-1", labels: { app: "web" }, ts: at(1) });
  expect(records[6]?.rec).toMatchObject({ message: event.message, ts: at(1) });
  rmSync(folder, { recursive: true });
});

test("without lookups there is no count of pods", () => {
  const collector = new Collector(new RecordingSink(), flowOptions);
  expect(Object.keys(collector.stats())).not.toContain("pods");
});

function time(second: number): { tsLo: number; tsHi: number } {
  const ns = at(second);
  return { tsLo: Number(ns & 0xffffffffn), tsHi: Number(ns >> 32n) };
}
