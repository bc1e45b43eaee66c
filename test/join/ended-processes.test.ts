// A store of a long run holds the processes that live, and some of those that have ended.

import { describe, expect, test } from "bun:test";
import type { JoinedRecord } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { joinLimits } from "../../src/join/limits.ts";
import { OP_CLONE, OP_EXIT } from "../../src/sysflow/op-flags.gen.ts";
import type { Oid, Process } from "../../src/sysflow/record.gen.ts";
import { sampleParent, sampleProcessEvent } from "../support/records/sample-records.ts";

const endedMax = 3;

class Store {
  readonly records: Joiner;
  #last: JoinedRecord | null = null;

  constructor(max = endedMax) {
    const to = {
      joined: (record: JoinedRecord) => {
        this.#last = record;
      },
    };
    this.records = new Joiner(to, { ...joinLimits, endedProcesses: max });
  }

  begin(hpid: number, parent: number | null = null): void {
    this.records.process(process(hpid, parent));
  }

  /** @param tid of its first thread, unless another is said */
  end(hpid: number, tid = hpid): void {
    this.records.processEvent({ ...sampleProcessEvent(OP_EXIT, 5), procOID: oid(hpid), tid });
  }

  /** A record of it comes. @returns whether it is known, and its parents by number */
  see(hpid: number): readonly [isKnown: boolean, parents: readonly number[], cut: string | null] {
    this.records.processEvent({ ...sampleProcessEvent(OP_CLONE, 5), procOID: oid(hpid) });
    const { process: known, parents, parentsCut } = this.#last as JoinedRecord;
    return [known !== null, parents.map((each) => each.oid.hpid), parentsCut];
  }

  get held(): number {
    return this.records.stats().processes.held;
  }
}

function oid(hpid: number): Oid {
  return { createLo: 4, createHi: 2, hpid };
}

function process(hpid: number, parent: number | null): Process {
  const poid = parent === null ? null : oid(parent);
  return { ...sampleParent(), oid: oid(hpid), poid, containerId: null };
}

let passed = 1000;

/** So many more processes begin and end. */
function pass(store: Store, count: number): void {
  for (let i = 0; i < count; i++) {
    passed += 1;
    store.begin(passed);
    store.end(passed);
  }
}

describe("a process that has ended", () => {
  test("is known until so many more have ended, and is no eviction then", () => {
    const store = new Store();
    store.begin(1);
    store.begin(2);
    store.end(2);
    pass(store, endedMax - 1);
    expect(store.held).toBe(2 + endedMax - 1);
    pass(store, 1);
    expect(store.held).toBe(1 + endedMax);
    expect(store.see(2)).toEqual([false, [], "unknown"]);
    expect(store.see(1)).toEqual([true, [], null]);
    expect(store.records.stats().processes).toMatchObject({ evicted: 0, unknown: 1 });
  });

  test("stays as long as records name it", () => {
    const store = new Store();
    store.begin(1);
    store.end(1);
    for (let round = 0; round < 50; round++) {
      expect(store.see(1)[0]).toBe(true);
      pass(store, endedMax);
    }
    pass(store, endedMax);
    expect(store.see(1)[0]).toBe(false);
  });

  test("stays as long as it has children, and goes after the last of them", () => {
    const store = new Store();
    store.begin(1);
    store.begin(2, 1);
    store.begin(3, 2);
    store.end(1);
    store.end(2);
    pass(store, 50);
    expect(store.see(3)).toEqual([true, [2, 1], null]);
    store.end(3);
    pass(store, 50);
    expect(store.held).toBe(endedMax);
    expect([1, 2, 3].map((hpid) => store.see(hpid)[0])).toEqual([false, false, false]);
  });

  test("that is told anew lives: its first thread alone had ended", () => {
    const store = new Store();
    store.begin(1);
    store.end(1);
    store.begin(1);
    pass(store, 50);
    expect(store.see(1)[0]).toBe(true);
  });

  test("has ended once, however often it is said", () => {
    const store = new Store();
    store.begin(1);
    store.begin(2);
    store.end(1);
    for (let i = 0; i < 50; i++) {
      store.end(2);
    }
    expect(store.see(1)[0]).toBe(true);
  });
});

test("another thread's end is not the process's", () => {
  const store = new Store();
  store.begin(1);
  store.end(1, 7);
  pass(store, 50);
  expect(store.see(1)[0]).toBe(true);
});

test("a header forgets those that have ended too", () => {
  const store = new Store(1);
  store.begin(1);
  store.end(1);
  store.records.forget();
  store.begin(1);
  store.begin(2);
  store.end(2);
  expect(store.see(1)[0]).toBe(true);
  expect(store.held).toBe(2);
});

test("a million processes take the room of the last ones", () => {
  const store = new Store(100);
  store.begin(1);
  for (let hpid = 2; hpid < 1_000_000; hpid++) {
    store.begin(hpid, hpid % 7 === 0 ? 1 : hpid - 1);
    store.end(hpid);
  }
  expect(store.held).toBeLessThan(300);
  expect(store.records.stats().processes.evicted).toBe(0);
});
