// What is joined beside a collector, as its records are written, is what is joined from the file
// afterwards, over whole captures.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JoinedOutput } from "../../src/join/joined-output.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { type JoinLimits, joinLimits } from "../../src/join/limits.ts";
import { readRecords } from "../../src/read/read-records.ts";
import { replay } from "../support/captures/replay.ts";
import { JoinTexts } from "../support/records/join-texts.ts";

setDefaultTimeout(60_000);

const golden = join(import.meta.dir, "../golden");
const captures = readdirSync(golden).filter((name) => name.endsWith(".scap"));
const folder = mkdtempSync(join(tmpdir(), "sysflow-join-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** So few that most captures have more. */
const narrow: JoinLimits = {
  ...joinLimits,
  processes: { entries: 1, chars: 10_000 },
  files: { entries: 2, chars: 10_000 },
};

const runs = captures.flatMap((capture) => [
  { capture, room: "for all", limits: joinLimits },
  { capture, room: "for few", limits: narrow },
]);
let evictions = 0;

test.each(runs)("$capture, room $room", async ({ capture, limits }) => {
  const path = join(folder, `${capture}.sf`);
  const live = new JoinTexts();
  const joiner = new Joiner(live, limits);
  replay(join(golden, capture), path, {}, 6, [new JoinedOutput(joiner)]);
  const read = new JoinTexts();
  const reader = new Joiner(read, limits);
  await readRecords(path, reader, {
    onFault: (fault) => {
      throw fault;
    },
  });
  expect(live.texts.length).toBeGreaterThan(10);
  expect(read.texts).toEqual(live.texts);
  expect(reader.stats()).toEqual(joiner.stats());
  const { processes, files } = joiner.stats();
  if (limits === joinLimits) {
    // A collector's files are whole: each record's entities have come before it.
    expect([processes.unknown, files.unknown]).toEqual([0, 0]);
    expect([processes.evicted, files.evicted]).toEqual([0, 0]);
  }
  evictions += processes.evicted + files.evicted;
});

test("there was too little room in some", () => {
  expect(evictions).toBeGreaterThan(10);
});
