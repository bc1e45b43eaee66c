// Socket readers that sleep, die, come back, send rubbish and take half of a packet, beside a file
// that is well: the run never waits for them, the file is byte for byte what it is alone, and every
// record was received or is counted.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBatch } from "../../../src/capture/batch-reader.ts";
import { openSender } from "../../../src/capture/sockets.ts";
import { Collector } from "../../../src/collect/collector.ts";
import type { RecordOutput } from "../../../src/sysflow/record-sink.ts";
import { FanOut } from "../../../src/write/fan-out.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { type SocketStats, SocketWriter } from "../../../src/write/socket/socket-writer.ts";
import { JsonWriter } from "../../../src/write/stream/json-writer.ts";
import { openStream } from "../../../src/write/stream/open-stream.ts";
import { StreamQueue } from "../../../src/write/stream/stream-queue.ts";
import { hostAtStart, hostAtWork } from "../../support/collect/busy-host.ts";
import { flowOptions, startSec } from "../../support/collect/collect.ts";
import { pythonActor } from "../../support/records/python-sockets.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-readers-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const seconds = 40;
const parts = 5;
const ops = 200;
/** Slept: any wait for a reader would be longer. */
const longestMsMax = 100;
const file = join(folder, "well.sf");

function fileWriter(): FileWriter {
  return new FileWriter({
    path: file,
    ...{ rotateIntervalSec: 0, startSec, markerSeed: Buffer.from("well") },
    queue: { bytesMax: 2 ** 26, whenFull: "drop" },
    // Blocks by their size alone: that of each second depends on how fast this machine is.
    flushMs: 1_000_000,
  });
}

/** How long this thread has run or waited for a CPU: what is missing of a time it has slept. */
function onCpuMs(): number {
  const [run = 0, waited = 0] = fs
    .readFileSync("/proc/thread-self/schedstat", "utf8")
    .split(" ")
    .map(Number);
  return (run + waited) / 1e6;
}

/** @param pauseMs between two parts of a second. @returns the longest time that a part slept */
async function run(
  outputs: readonly RecordOutput[],
  pauseMs: number,
  failures: string[] = [],
): Promise<number> {
  const onFailed = ({ message }: Error) => failures.push(message);
  const fanOut = new FanOut(outputs.map((output) => ({ output, onFailure: "goOn", onFailed })));
  const collector = new Collector(fanOut, flowOptions);
  readBatch(hostAtStart(), collector);
  let longest = 0;
  for (let second = 0; second < seconds; second++) {
    for (let part = 0; part < parts; part++) {
      const batch = hostAtWork(second, part, parts, ops);
      const start = performance.now() - onCpuMs();
      readBatch(batch, collector);
      fanOut.check();
      longest = Math.max(longest, performance.now() - onCpuMs() - start);
      await Bun.sleep(pauseMs);
    }
  }
  collector.finish(0, 0x7000_0000);
  return longest;
}

async function closed(file: FileWriter): Promise<Buffer> {
  file.close();
  expect(await file.drained(10_000)).toBe(true);
  return fs.readFileSync(file.path === "" ? join(folder, "well.sf") : file.path);
}

/** All that were handed over, by what became of them. */
function expectSum(stats: SocketStats, received: number): void {
  const { sent, unread, unconnected, dropped, lost, tooLong, refused, recordsTotal } = stats;
  expect(sent + unconnected + dropped + lost + tooLong + refused).toBe(recordsTotal);
  // What the kernel held when a reader died is known to within what that one read last of all.
  expect(received).toBeLessThanOrEqual(sent);
  expect(received).toBeGreaterThanOrEqual(sent - unread);
}

const readers: Readonly<Record<string, readonly string[]>> = {
  "sleeps, and then reads on": ["accept", "read 100", "sleep 1"],
  "dies, and comes back": ["accept", "read 100", "die", "sleep 0.3", "accept"],
  "dies with its queue full": ["accept", "read 50", "sleep 0.7", "die", "accept"],
  "sends rubbish": ["accept", "garbage 1000", "read 100", "garbage 1000"],
  "takes half of a packet": ["accept", "cut 3", "read 10", "cut 1", "half-close"],
  "closes at once, again and again": ["accept", "die", "accept", "die", "accept", "die", "accept"],
};

describe("beside a file that is well", () => {
  test.each(Object.entries(readers))("a reader that %s", async (name, acts) => {
    const aloneFile = fileWriter();
    await run([aloneFile], 0);
    const alone = await closed(aloneFile);

    const socket = join(folder, name.replaceAll(" ", "-"));
    const reader = await pythonActor(socket, acts);
    const writer = new SocketWriter({
      ...{ sender: openSender(socket), queueBytesMax: 128 * 1024, whenFull: "drop" },
    });
    const besideFile = fileWriter();
    const longestMs = await run([writer, besideFile], 10);
    // As soon as the reader has done what it does, all that is left gets to it.
    await reader.prints("did all");
    writer.rotateDue();
    writer.close();
    const isDrained = await writer.drained(10_000);
    writer.giveUp();
    expect((await closed(besideFile)).equals(alone)).toBe(true);
    const received = Number((await reader.ended).trim().split("\n").at(-1));
    const stats = writer.stats();
    expect([isDrained, stats.connections]).toEqual([
      true,
      acts.filter((act) => act === "accept").length,
    ]);
    expectSum(stats, received);
    expect(received).toBeGreaterThan(100);
    expect(longestMs).toBeLessThan(longestMsMax);
  });

  test("one that reads nothing, and lines of JSON that fail", async () => {
    const aloneFile = fileWriter();
    await run([aloneFile], 0);
    const alone = await closed(aloneFile);

    const socket = join(folder, "stuck");
    const reader = await pythonActor(socket, ["accept", "sleep 60"]);
    const stuck = new SocketWriter({
      ...{ sender: openSender(socket), queueBytesMax: 128 * 1024, whenFull: "drop" },
    });
    const queue = new StreamQueue(openStream("/dev/full", []), {
      ...{ bytesMax: 2 ** 26, whenFull: "drop" },
    });
    const failing = new JsonWriter({ queue, schema: 5, filename: "" });
    const besideFile = fileWriter();
    const failures: string[] = [];
    const longestMs = await run([stuck, failing, besideFile], 1, failures);
    expect((await closed(besideFile)).equals(alone)).toBe(true);
    expect(failures).toEqual(["cannot write to /dev/full: no space left on device (ENOSPC)"]);
    // It would have waited for most of a minute.
    expect(longestMs).toBeLessThan(longestMsMax);
    stuck.close();
    expect(await stuck.drained(50)).toBe(false);
    stuck.giveUp();
    reader.kill();
    // What was sent lies ready for the reader, which lives, whenever it wakes up.
    expectSum(stuck.stats(), stuck.stats().sent);
    expect(stuck.stats().dropped).toBeGreaterThan(1000);
    const { failed, recordsTotal } = failing.stats();
    expect([failed, recordsTotal > 1000]).toEqual([recordsTotal, true]);
  });
});
