// What outputs of one form have in common: how much of it there is, when it begins anew, what is packed
// once. shared-outputs.prop.test.ts says that no output gets anything else for it.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { SharedTap } from "../../src/avro/shared-tap.ts";
import { SharedRecords } from "../../src/write/encoded-output.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { type SharedOutput, Sharers } from "../../src/write/shared-output.ts";
import { SharedLines } from "../../src/write/stream/json-encoder.ts";
import { JsonWriter } from "../../src/write/stream/json-writer.ts";
import { openStream } from "../../src/write/stream/open-stream.ts";
import { StreamQueue } from "../../src/write/stream/stream-queue.ts";
import {
  sampleFileFlow,
  sampleHeader,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-shared-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Notes where each record is that it is given; all else is nobody's to call. */
class Noting {
  holdsShared = false;
  settled = 0;
  readonly starts: number[] = [];
  end = 0;

  takeEncoded({ pos }: { readonly pos: number }, start: number): boolean {
    this.starts.push(start);
    this.end = Math.max(this.end, pos);
    return true;
  }

  settle(): void {
    this.settled += 1;
  }
}

describe.each([
  { form: "Avro", blockBytes: 80_000, make: (to: Sharers<never>) => new SharedRecords(5, to) },
  { form: "JSON", blockBytes: 262_144, make: (to: Sharers<never>) => new SharedLines(5, to) },
])("what is encoded as $form", ({ blockBytes, make }) => {
  function sent(holdsShared: boolean): Noting {
    const outputs = [new Noting(), new Noting()] as const;
    outputs[1].holdsShared = holdsShared;
    const members = outputs.map((output, at) => ({
      output: output as unknown as SharedOutput<never>,
      at,
    }));
    const shared = make(new Sharers(members, (_, error) => expect(error).toBeNull()));
    for (let i = 0; i < 5000; i++) shared.send(sampleFileFlow(i), shared.outputs);
    expect(outputs[1].starts).toEqual(outputs[0].starts);
    return outputs[1];
  }

  test("begins anew once each has ended a block", () => {
    const { end, settled, starts } = sent(false);
    expect([starts[0], starts.filter((start) => start === 0).length > 2]).toEqual([0, true]);
    expect(starts.length).toBe(5000);
    expect(end).toBeGreaterThanOrEqual(blockBytes);
    expect(end).toBeLessThan(blockBytes + 1000);
    expect(settled).toBe(starts.filter((start) => start === 0).length - 1);
  });

  test("has room for three blocks where one of them has not, which then copies it", () => {
    const { end, settled, starts } = sent(true);
    expect(end).toBeGreaterThanOrEqual(3 * blockBytes);
    expect(end).toBeLessThan(3 * blockBytes + 1000);
    expect(settled).toBe(starts.filter((start) => start === 0).length - 1);
  });
});

test("a stretch is packed once, and anew where the tap has begun anew", () => {
  const tap = new SharedTap(100);
  tap.writeFixed(Buffer.from("one two"));
  const first = tap.deflated(0, 3);
  expect(inflateRawSync(first).toString()).toBe("one");
  expect(tap.deflated(0, 3)).toBe(first);
  expect(inflateRawSync(tap.deflated(0, 7)).toString()).toBe("one two");
  expect(inflateRawSync(tap.deflated(4, 7)).toString()).toBe("two");
  tap.restart();
  tap.writeFixed(Buffer.from("six ten"));
  expect(inflateRawSync(tap.deflated(4, 7)).toString()).toBe("ten");
});

test("a second header stands where it came, in each stream of lines", async () => {
  const paths = ["a", "b"].map((name) => join(folder, name));
  const writers = paths.map((path) => {
    const queue = new StreamQueue(openStream(path, []), { bytesMax: 2 ** 20, whenFull: "drop" });
    return new JsonWriter({ queue, schema: 5, filename: path });
  });
  const outputs = new FanOut(writers.map((output) => ({ output, onFailure: "end" })));
  for (let i = 0; i < 2; i++) {
    outputs.header(sampleHeader);
    outputs.processEvent(sampleProcessEvent(1, i));
    outputs.fileFlow(sampleFileFlow(i));
  }
  for (const writer of writers) {
    writer.close();
    expect(await writer.drained(30_000)).toBe(true);
  }
  for (const path of paths) {
    const lines = fs.readFileSync(path, "utf8").trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as { readonly rec: string });
    const once = ["SFHeader", "ProcessEvent", "FileFlow"];
    expect(records.map(({ rec }) => rec)).toEqual([...once, ...once]);
    expect(records[0]).toMatchObject({ filename: path });
  }
});
