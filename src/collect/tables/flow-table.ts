// All open data flows. A flow is one thread's use of one descriptor on one object, so it is found
// by (process, tid, fd, object). The object is part of the key because a descriptor whose close was
// not seen can come back with another object. There are three more orders, so that each way of
// ending flows visits only the flows that end: the flows of a thread (exit), the flows of all
// threads on one descriptor and object (close), and all flows by the second of their last export
// (tick). The links are in the flows themselves.

import { assert } from "../../base/assert.ts";
import { EntryOrder } from "../../base/entry-order.ts";
import { hashKeyOfRun, mixNumbers, scrambled } from "../../base/keyed-hash.ts";
import {
  type DataFlow,
  FlowGroup,
  type FlowObject,
  type ProcessEntry,
  ThreadFlows,
} from "../entries/process-entry.ts";
import { SocketFlows } from "../entries/socket-flows.ts";
import { type CollectLimits, collectLimits } from "../limits.ts";

const bucketsAtStart = 1024;

export class FlowTable {
  #buckets: (DataFlow | null)[] = new Array(bucketsAtStart).fill(null);
  #groupBuckets: (FlowGroup | null)[] = new Array(bucketsAtStart).fill(null);
  #size = 0;
  #groupSize = 0;
  #sequenceNext = 1;
  readonly #exportOrder = new EntryOrder<DataFlow>();
  readonly #limits: CollectLimits;

  constructor(limits: CollectLimits = collectLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Descriptors with open flows, in processes where more than one thread has had flows. */
  get groupCount(): number {
    return this.#groupSize;
  }

  /** What finding a flow or a group costs at most, for tests. */
  get longestChain(): number {
    return Math.max(longestOf(this.#buckets), longestOf(this.#groupBuckets));
  }

  get longestUnexported(): DataFlow | null {
    return this.#exportOrder.first;
  }

  find(process: ProcessEntry, tid: number, fd: number, object: FlowObject): DataFlow | null {
    const hash = hashOf(process.id, tid, fd, object.hash);
    const buckets = this.#buckets;
    let flow = buckets[hash & (buckets.length - 1)] as DataFlow | null;
    while (flow !== null) {
      if (
        flow.hash === hash &&
        flow.process === process &&
        flow.tid === tid &&
        flow.fd === fd &&
        isSameObject(flow.object, object)
      ) {
        return flow;
      }
      flow = flow.bucketNext;
    }
    return null;
  }

  /** @param second the current second of event time. */
  add(flow: DataFlow, second: number): void {
    flow.sequence = this.#sequenceNext++;
    flow.hash = hashOf(flow.process.id, flow.tid, flow.fd, flow.object.hash);
    if (this.#size >= this.#buckets.length) {
      this.#buckets = grownBuckets(this.#buckets);
    }
    const index = flow.hash & (this.#buckets.length - 1);
    flow.bucketNext = this.#buckets[index] as DataFlow | null;
    this.#buckets[index] = flow;
    this.#size += 1;
    this.#addToThread(flow);
    if (flow.process.isShared) {
      this.#addToGroup(flow);
    }
    if (flow.isOfSocket) {
      flow.process.socketFlows ??= new SocketFlows();
      flow.process.socketFlows.add(flow);
    }
    flow.exportSecond = second;
    this.#exportOrder.append(flow);
  }

  remove(flow: DataFlow): void {
    unlinkFromBucket(this.#buckets, flow);
    this.#size -= 1;
    removeFromThread(flow, this.#limits.idleThreads);
    if (flow.group !== null) {
      this.#removeFromGroup(flow, flow.group);
    }
    if (flow.isOfSocket) {
      flow.process.socketFlows?.remove(flow);
    }
    this.#exportOrder.remove(flow);
  }

  /** Notes an export at `second`: the flow is then the one exported last. */
  markExported(flow: DataFlow, second: number): void {
    flow.exportSecond = second;
    this.#exportOrder.touch(flow);
  }

  /** Puts into `into` the open flows of other threads on the same descriptor and object. */
  ofOtherThreads(
    process: ProcessEntry,
    tid: number,
    fd: number,
    object: FlowObject,
    into: DataFlow[],
  ): void {
    if (!process.isShared) {
      if (process.soleTid !== tid && process.soleTid !== -1) {
        const flow = this.find(process, process.soleTid, fd, object);
        if (flow !== null) {
          into.push(flow);
        }
      }
      return;
    }
    const group = this.#findGroup(process, fd, object, hashOf(process.id, 0, fd, object.hash));
    for (let flow = group?.first ?? null; flow !== null; flow = flow.groupNext) {
      if (flow.tid !== tid) {
        into.push(flow);
      }
    }
  }

  /** Puts into `into` the open flows of a thread, in the order of their start. */
  ofThread(process: ProcessEntry, tid: number, into: DataFlow[]): void {
    pushFlows(threadFlowsOf(process, tid), into);
  }

  /** Puts into `into` the open flows of all threads, in the order of their start. */
  ofProcess(process: ProcessEntry, into: DataFlow[]): void {
    pushFlows(process.leaderFlows, into);
    if (process.threadFlows !== null) {
      for (const flows of process.threadFlows.values()) {
        pushFlows(flows, into);
      }
      into.sort(bySequence);
    }
  }

  /** Forgets a thread that has ended; it must have no open flows. */
  forgetThread(process: ProcessEntry, tid: number): void {
    const flows = threadFlowsOf(process, tid);
    assert(flows === null || flows.first === null, "a thread's flows end before it is forgotten");
    process.threadFlows?.delete(scrambled(tid));
  }

  #addToThread(flow: DataFlow): void {
    let flows = threadFlowsOf(flow.process, flow.tid);
    if (flows === null) {
      flows = this.#newThread(flow.process, flow.tid);
    }
    flow.thread = flows;
    flow.threadPrevious = flows.last;
    if (flows.last === null) {
      flows.first = flow;
    } else {
      flows.last.threadNext = flow;
    }
    flows.last = flow;
  }

  #newThread(process: ProcessEntry, tid: number): ThreadFlows {
    const flows = new ThreadFlows();
    if (tid === process.record.oid.hpid) {
      process.leaderFlows = flows;
    } else {
      process.threadFlows ??= new Map();
      process.threadFlows.set(scrambled(tid), flows);
    }
    if (process.soleTid === -1) {
      process.soleTid = tid;
    } else if (!process.isShared) {
      // Most processes have one thread and need no groups: they begin with the second thread.
      process.isShared = true;
      const open: DataFlow[] = [];
      this.ofProcess(process, open);
      for (const flow of open) {
        this.#addToGroup(flow);
      }
    }
    return flows;
  }

  #findGroup(
    process: ProcessEntry,
    fd: number,
    object: FlowObject,
    hash: number,
  ): FlowGroup | null {
    const buckets = this.#groupBuckets;
    let group = buckets[hash & (buckets.length - 1)] as FlowGroup | null;
    while (group !== null) {
      if (
        group.hash === hash &&
        group.process === process &&
        group.fd === fd &&
        isSameObject(group.object, object)
      ) {
        return group;
      }
      group = group.bucketNext;
    }
    return null;
  }

  #addToGroup(flow: DataFlow): void {
    const hash = hashOf(flow.process.id, 0, flow.fd, flow.object.hash);
    let group = this.#findGroup(flow.process, flow.fd, flow.object, hash);
    if (group === null) {
      group = new FlowGroup(flow.process, flow.fd, flow.object, hash);
      if (this.#groupSize >= this.#groupBuckets.length) {
        this.#groupBuckets = grownBuckets(this.#groupBuckets);
      }
      const index = hash & (this.#groupBuckets.length - 1);
      group.bucketNext = this.#groupBuckets[index] as FlowGroup | null;
      this.#groupBuckets[index] = group;
      this.#groupSize += 1;
    }
    flow.group = group;
    flow.groupPrevious = group.last;
    if (group.last === null) {
      group.first = flow;
    } else {
      group.last.groupNext = flow;
    }
    group.last = flow;
  }

  #removeFromGroup(flow: DataFlow, group: FlowGroup): void {
    if (flow.groupPrevious === null) {
      group.first = flow.groupNext;
    } else {
      flow.groupPrevious.groupNext = flow.groupNext;
    }
    if (flow.groupNext === null) {
      group.last = flow.groupPrevious;
    } else {
      flow.groupNext.groupPrevious = flow.groupPrevious;
    }
    flow.group = null;
    flow.groupPrevious = null;
    flow.groupNext = null;
    if (group.first === null) {
      unlinkFromBucket(this.#groupBuckets, group);
      this.#groupSize -= 1;
    }
  }
}

interface Chained<T> {
  readonly hash: number;
  bucketNext: T | null;
}

function longestOf<T extends Chained<T>>(buckets: readonly (T | null)[]): number {
  let longest = 0;
  for (const head of buckets) {
    let length = 0;
    for (let at = head; at !== null; at = at.bucketNext) {
      length += 1;
    }
    longest = Math.max(longest, length);
  }
  return longest;
}

function unlinkFromBucket<T extends Chained<T>>(buckets: (T | null)[], item: T): void {
  const index = item.hash & (buckets.length - 1);
  let previous: T | null = null;
  let at = buckets[index] as T | null;
  while (at !== item) {
    assert(at !== null, "what is removed is in its bucket");
    previous = at;
    at = at.bucketNext;
  }
  if (previous === null) {
    buckets[index] = item.bucketNext;
  } else {
    previous.bucketNext = item.bucketNext;
  }
  item.bucketNext = null;
}

function grownBuckets<T extends Chained<T>>(buckets: (T | null)[]): (T | null)[] {
  const grown: (T | null)[] = new Array(buckets.length * 2).fill(null);
  const mask = grown.length - 1;
  for (const head of buckets) {
    let at = head;
    while (at !== null) {
      const next: T | null = at.bucketNext;
      at.bucketNext = grown[at.hash & mask] as T | null;
      grown[at.hash & mask] = at;
      at = next;
    }
  }
  return grown;
}

function removeFromThread(flow: DataFlow, idleThreadsMax: number): void {
  const flows = flow.thread;
  assert(flows !== null, "an open flow belongs to a thread");
  const { threadFlows } = flow.process;
  // Its exit may never be seen: dropped, or turned down by a filter.
  if (flows.first === flows.last && threadFlows !== null && threadFlows.size > idleThreadsMax) {
    threadFlows.delete(scrambled(flow.tid));
  }
  if (flow.threadPrevious === null) {
    flows.first = flow.threadNext;
  } else {
    flow.threadPrevious.threadNext = flow.threadNext;
  }
  if (flow.threadNext === null) {
    flows.last = flow.threadPrevious;
  } else {
    flow.threadNext.threadPrevious = flow.threadPrevious;
  }
  flow.thread = null;
  flow.threadPrevious = null;
  flow.threadNext = null;
}

function threadFlowsOf(process: ProcessEntry, tid: number): ThreadFlows | null {
  if (tid === process.record.oid.hpid) {
    return process.leaderFlows;
  }
  return process.threadFlows?.get(scrambled(tid)) ?? null;
}

function pushFlows(flows: ThreadFlows | null, into: DataFlow[]): void {
  for (let flow = flows?.first ?? null; flow !== null; flow = flow.threadNext) {
    into.push(flow);
  }
}

function bySequence(a: DataFlow, b: DataFlow): number {
  return a.sequence - b.sequence;
}

/** A file is one object in the table; a socket's ends may come as several equal ones. */
function isSameObject(a: FlowObject, b: FlowObject): boolean {
  return a === b || (a.isSocket && b.isSocket && a.hasEndsOf(b));
}

function hashOf(processId: number, tid: number, fd: number, objectHash: number): number {
  return mixNumbers(processId, tid, fd, objectHash, hashKeyOfRun);
}
