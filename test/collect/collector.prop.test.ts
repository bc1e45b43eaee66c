// Random sequences of events: the collector must write what the plain model of the flow rules says,
// and the very same records however the events are added up and cut into batches.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { collectBatches, startSec } from "../support/collect.ts";
import { FlowModel, type ModelEvent, type ModelRecord } from "../support/flow-model.ts";
import { type Cuts, NativeModel, type TimedEvent, tidOf } from "../support/native-model.ts";
import type { RecordingSink, Written } from "../support/recording-sink.ts";

const numRuns = 400;
const processes = [1, 2] as const;

const place = fc.record({
  process: fc.constantFrom(...processes),
  tid: fc.integer({ min: 0, max: 2 }),
  fd: fc.integer({ min: 3, max: 4 }),
  object: fc.integer({ min: 0, max: 3 }),
  bytes: fc.constantFrom(0, 1, 2 ** 33),
});

const descriptorTypes = ["open", "close", "accept", "connect", "shutdown", "mmap"] as const;

const anyEvent: fc.Arbitrary<ModelEvent> = fc.oneof(
  { weight: 10, arbitrary: typed(fc.constantFrom("read", "write")) },
  { weight: 6, arbitrary: typed(fc.constantFrom(...descriptorTypes)) },
  { weight: 1, arbitrary: typed(fc.constantFrom("threadStart", "threadExit")) },
  { weight: 1, arbitrary: typed(fc.constantFrom("exit", "vanish")) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(place, fc.constantFrom(1, 2, 15, 29, 30, 31, 60, 100))
      .map(([at, seconds]) => ({ ...at, type: "wait" as const, seconds })),
  },
);

function typed<T extends Exclude<ModelEvent["type"], "wait">>(
  type: fc.Arbitrary<T>,
): fc.Arbitrary<ModelEvent> {
  return fc.tuple(place, type).map(([at, type]) => {
    // Thread events are those of threads, process events those of leaders.
    const isThread = type === "threadStart" || type === "threadExit";
    const tid = isThread ? Math.max(at.tid, 1) : type === "exit" || type === "vanish" ? 0 : at.tid;
    return { ...at, tid, type } as ModelEvent;
  });
}

const anyEvents = fc.array(anyEvent, { maxLength: 60, size: "max" });

const anyCuts: fc.Arbitrary<Cuts> = fc.record({
  isUncoalesced: fc.boolean(),
  batches: fc.array(fc.nat(60)).map((indices) => new Set(indices)),
  resets: fc.array(fc.nat(60)).map((indices) => new Set(indices)),
});

/** Events are 1 ms apart, but for waits. */
function timed(events: readonly ModelEvent[]): TimedEvent[] {
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
  const incarnations = new Map<number, number>();
  const nameOf = (p: number) => `${incarnations.get(p) ?? 0}/${tidOf(p, 0)}`;
  const model = new FlowModel(processFlows, nameOf);
  // Processes are finished in the order in which they appeared.
  let order: number[] = [];
  let second = -1n;
  for (const { event, ts } of events) {
    if (ts / 1_000_000_000n !== second) {
      second = ts / 1_000_000_000n;
      model.tick(Number(second), ts);
    }
    model.event(event, ts);
    if (event.type === "vanish") {
      incarnations.set(event.process, (incarnations.get(event.process) ?? 0) + 1);
      order = order.filter((p) => p !== event.process);
    } else if (event.type !== "wait" && !order.includes(event.process)) {
      order.push(event.process);
    }
  }
  model.finish(order, events.at(-1)?.ts ?? 0n);
  return model.written;
}

function comparable(sink: RecordingSink): ModelRecord[] {
  return sink.without("Process", "File", "Container").map(asModelRecord);
}

function asModelRecord(r: Written): ModelRecord {
  const process = r.procOID as string;
  const leader = Number(process.split("/")[1]);
  const ts = r.ts as bigint;
  return {
    kind: r.kind,
    process,
    tid: r.tid === undefined ? 0 : (r.tid as number) - leader,
    opFlags: r.opFlags as number,
    ts,
    endTs: (r.endTs as bigint | undefined) ?? ts,
    what: describe(r),
  };
}

function describe(r: Written): string {
  switch (r.kind) {
    case "FileFlow":
      return [r.fd, nameOfFoid.get(r.fileOID as string), r.reads, r.writes].join();
    case "NetworkFlow":
      return [r.fd, (r.tuple as number[])[1], r.reads, r.writes].join();
    case "ProcessFlow":
      return [r.cloned, r.exited].join();
    default:
      return "";
  }
}

const nameOfFoid = new Map(
  ["/a", "/b"].map((path) => [new Bun.CryptoHasher("sha1").update(path).digest("hex"), path]),
);

test("flows and events are those of the one-event-at-a-time model", () => {
  fc.assert(
    fc.property(anyEvents, anyCuts, fc.boolean(), (events, cuts, processFlows) => {
      const steps = timed(events);
      expect(comparable(run(steps, cuts, processFlows))).toEqual([...predict(steps, processFlows)]);
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
