// Alerts as lines: those that wait for hashes among others, at the end, and where a stream takes nothing.

import { afterAll, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AlertFormat, AlertWriter } from "../../src/pipeline/alert-writer.ts";
import { openStream } from "../../src/write/stream/open-stream.ts";
import { StreamQueue } from "../../src/write/stream/stream-queue.ts";
import { eachJoinedOf } from "../support/records/joined.ts";
import {
  sampleChild,
  sampleFile,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
} from "../support/records/sample-records.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-alert-lines-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const hashes = { md5: "m", sha1: "s", sha256: "l" };
const records = [sampleHeader, sampleParent(), sampleChild(), sampleFile("/old")];

function rule(name: string) {
  return { name, description: "d", priority: "low", severity: 1, output: () => "said\n" };
}

/** Three alerts of one record: at once, with hashes that come, and with hashes that never do. */
async function written(format: AlertFormat, path = join(folder, `of-${format}`)) {
  const writer = new AlertWriter(
    new StreamQueue(openStream(path, []), { bytesMax: 1 << 20, whenFull: "drop" }),
    format,
  );
  eachJoinedOf([...records, sampleFileFlow(120)], (of) => {
    if (of.record.kind === "FileFlow") {
      writer.writeLater(of, { rules: [rule("never")], tags: [] }, new Promise(() => undefined));
      writer.writeLater(of, { rules: [rule("later")], tags: [] }, Promise.resolve(hashes));
      writer.write(of, { rules: [rule("now")], tags: [] });
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
  writer.close();
  await writer.drained(1000);
  const lines = path.startsWith(folder) ? fs.readFileSync(path, "utf8").trimEnd().split("\n") : [];
  return { lines, stats: writer.stats() };
}

test("text", async () => {
  const { lines, stats } = await written("text");
  expect(lines.map((line) => line.replace(/^\S+ /, ""))).toEqual([
    "low now: said\\x0a",
    "low later: said\\x0a (md5=m sha1=s sha256=l)",
    "low never: said\\x0a",
  ]);
  expect(stats).toMatchObject({ lines: 3, dropped: 0, failed: 0, queued: 0 });
});

test("JSON", async () => {
  const { lines } = await written("json");
  const objects = lines.map((line) => JSON.parse(line));
  expect(objects.map(({ policies }) => policies[0].id)).toEqual(["now", "later", "never"]);
  expect(objects.map((object) => object.hashes)).toEqual([undefined, { proc: hashes }, undefined]);
  expect(objects[1]).toMatchObject({ ...objects[0], policies: [{ id: "later" }] });
});

test("a stream that takes nothing has each counted", async () => {
  const { stats } = await written("text", "/dev/full");
  expect(stats).toMatchObject({ lines: 3, failed: 3, bytesWritten: 0 });
});
