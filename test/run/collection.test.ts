// Batches whole and in parts: the records are the same, and the next batch finds nothing of the last one.

import { expect, test } from "bun:test";
import type { BatchView } from "../../src/capture/batch-reader.ts";
import { Collection } from "../../src/run/collection.ts";
import { hostAtStart, hostAtWork } from "../support/collect/busy-host.ts";
import { flowOptions } from "../support/collect/collect.ts";
import { RecordingSink } from "../support/collect/recording-sink.ts";

const batches = [hostAtStart(), hostAtWork(0, 0, 1, 2000), hostAtWork(1, 0, 1, 10)];

function recordsOf(handle: (collection: Collection, view: BatchView) => void) {
  const sink = new RecordingSink();
  const collection = new Collection(sink, flowOptions);
  for (const view of batches) handle(collection, view);
  collection.finish();
  return sink.records;
}

test("a batch in parts makes the records that it makes whole", () => {
  const whole = recordsOf(({ handle }, view) => handle(view));
  const parts: number[] = [];
  const inParts = recordsOf((collection, view) => {
    expect(collection.inParts.goOn?.()).toBe(false);
    collection.inParts.handle(view);
    let count = 1;
    while (collection.inParts.goOn?.() === true) count += 1;
    parts.push(count);
  });
  expect(whole.length).toBeGreaterThan(1000);
  expect(inParts).toEqual(whole);
  expect(parts).toEqual(batches.map(({ recordCount }) => Math.ceil(recordCount / 64)));
  expect(parts[1]).toBeGreaterThan(5);
});
