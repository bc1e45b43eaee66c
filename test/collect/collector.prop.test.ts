// Random sequences of events: the collector must write what the plain model of the flow rules says,
// and the very same records however the events are added up and cut into batches.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { collectBatches, flowOptions, startSec } from "../support/collect/collect.ts";
import type { RecordingSink } from "../support/collect/recording-sink.ts";
import { asModelRecords } from "../support/models/as-model-record.ts";
import { FlowModel } from "../support/models/flow-model.ts";
import type { ModelObject, ModelRecord } from "../support/models/model-event.ts";
import {
  type Cuts,
  NativeModel,
  type SimpleEvent,
  type TimedEvent,
} from "../support/models/native-model.ts";

const numRuns = 400;
const processes = [1, 2] as const;

const objects: readonly ModelObject[] = [
  { type: "f", name: "/a" },
  { type: "f", name: "/b" },
  { type: "4", name: "0.0.0.0:40000->0.0.0.0:0" },
  { type: "4", name: "0.0.0.0:40001->0.0.0.0:0" },
];

/** The leader's id is the process's hundred. */
const anyPlace = fc
  .record({
    process: fc.constantFrom(...processes),
    thread: fc.integer({ min: 0, max: 2 }),
    fd: fc.integer({ min: 3, max: 4 }),
    object: fc.constantFrom(...objects),
    bytes: fc.constantFrom(0, 1, 2 ** 33),
  })
  .map(({ thread, ...place }) => ({ ...place, tid: place.process * 100 + thread }));

const descriptorTypes = ["close", "accept", "connect", "shutdown", "mmap", "setns"] as const;

const waiting = (seconds: number) => ({ type: "wait", seconds });

const anyEvent: fc.Arbitrary<SimpleEvent> = fc.oneof(
  { weight: 10, arbitrary: typed({ type: "read" }, { type: "write" }) },
  { weight: 2, arbitrary: typed({ type: "open", openFlags: 1 }, { type: "open", openFlags: 3 }) },
  { weight: 5, arbitrary: typed(...descriptorTypes.map((type) => ({ type }))) },
  {
    weight: 1,
    arbitrary: typed({ type: "clone", ret: 0 }, { type: "clone", ret: -11 }).map(inThread),
  },
  { weight: 1, arbitrary: typed({ type: "exit", ret: 0 }).map(inThread) },
  { weight: 1, arbitrary: typed({ type: "exit", ret: 0 }, { type: "vanish" }).map(inLeader) },
  {
    weight: 2,
    arbitrary: typed(...[1, 2, 15, 29, 30, 31, 60, 100].map(waiting)),
  },
);

function typed(...kinds: readonly object[]): fc.Arbitrary<SimpleEvent> {
  const anyKind = fc.constantFrom(...kinds);
  return fc.tuple(anyPlace, anyKind).map(([at, kind]) => ({ ...at, ...kind }) as SimpleEvent);
}

/** Thread events are those of threads, process events those of leaders. */
function inThread(event: SimpleEvent): SimpleEvent {
  const tid = Math.max(event.tid, event.process * 100 + 1);
  return { ...event, tid, isMain: false, isThread: true } as SimpleEvent;
}

function inLeader(event: SimpleEvent): SimpleEvent {
  return { ...event, tid: event.process * 100, isMain: true } as SimpleEvent;
}

const anyEvents = fc.array(anyEvent, { maxLength: 60, size: "max" });

const anyCuts: fc.Arbitrary<Cuts> = fc.record({
  isUncoalesced: fc.boolean(),
  batches: fc.array(fc.nat(60)).map((indices) => new Set(indices)),
  resets: fc.array(fc.nat(60)).map((indices) => new Set(indices)),
});

/** Events are 1 ms apart, but for waits. */
function timed(events: readonly SimpleEvent[]): TimedEvent[] {
  let ts = BigInt(startSec) * 1_000_000_000n;
  return events.map((event) => {
    ts += event.type === "wait" ? BigInt(event.seconds) * 1_000_000_000n : 1_000_000n;
    return { event, ts };
  });
}

function run(events: readonly TimedEvent[], cuts: Cuts, processFlows: boolean): RecordingSink {
  const lastTs = events.at(-1)?.ts ?? 0n;
  return collectBatches(new NativeModel(cuts, events).batches, { lastTs }, { processFlows });
}

function predict(events: readonly TimedEvent[], processFlows: boolean): readonly ModelRecord[] {
  // Each incarnation of a process is a process of its own: its number plus ten for each before.
  const now = new Map<number, number>(processes.map((p) => [p, p]));
  const model = new FlowModel({ ...flowOptions, processFlows }, (id) => {
    const name = `${Math.floor(id / 10)}/${(id % 10) * 100}`;
    return { name, parent: null, container: null };
  });
  // Processes are finished in the order in which they appeared.
  let order: number[] = [];
  let second = -1n;
  for (const { event, ts } of events) {
    if (ts / 1_000_000_000n !== second) {
      second = ts / 1_000_000_000n;
      model.tick(Number(second), ts);
    }
    const process = now.get(event.process) as number;
    model.event({ ...event, process }, ts);
    if (event.type === "vanish") {
      now.set(event.process, process + 10);
      order = order.filter((p) => p !== process);
    } else if (event.type !== "wait" && !order.includes(process)) {
      order.push(process);
    }
  }
  model.finish(order, events.at(-1)?.ts ?? 0n);
  return model.written;
}

test("flows and events are those of the one-event-at-a-time model", () => {
  fc.assert(
    fc.property(anyEvents, anyCuts, fc.boolean(), (events, cuts, processFlows) => {
      const steps = timed(events);
      const { records } = run(steps, cuts, processFlows);
      expect(asModelRecords(records)).toEqual([...predict(steps, processFlows)]);
    }),
    { numRuns },
  );
});

test("cutting into batches, adding up and new handles change no record", () => {
  const uncut: Cuts = { isUncoalesced: false, batches: new Set(), resets: new Set() };
  fc.assert(
    fc.property(anyEvents, anyCuts, fc.boolean(), (events, cuts, processFlows) => {
      const steps = timed(events);
      const expected = run(steps, uncut, processFlows).records;
      expect(run(steps, cuts, processFlows).records).toEqual(expected);
    }),
    { numRuns },
  );
});

test("every record refers only to entities before it, and each entity comes once", () => {
  fc.assert(
    fc.property(anyEvents, anyCuts, (events, cuts) => {
      const seen = new Set<unknown>();
      for (const r of run(timed(events), cuts, true).without()) {
        if (r.kind === "Process" || r.kind === "File") {
          const id = r.kind === "Process" ? r.oid : r.foid;
          expect(seen.has(id)).toBe(false);
          seen.add(id);
        } else {
          expect(seen.has(r.procOID)).toBe(true);
          expect(r.kind !== "FileFlow" || seen.has(r.fileOID)).toBe(true);
        }
      }
    }),
    { numRuns },
  );
});
