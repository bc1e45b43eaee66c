// `kill -9` at random moments under load: every file with its name is whole, what was being written is
// kept to its last whole block, and only the last moment is lost. A few here; `npm run test:kill` has
// hundreds, and prints what was seen.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { byStamp } from "../../../src/read/file-order.ts";
import { readRecords } from "../../../src/read/read-records.ts";
import type { RecordReceiver } from "../../../src/sysflow/record-sink.ts";
import { sysflow } from "../../support/program/sysflow.ts";

const kills = Number(process.env["KILLS"] ?? 10);
setDefaultTimeout(60_000 + kills * 10_000);

const root = join(import.meta.dir, "../../..");
const hasLibrary = fs.existsSync(join(root, "dist/capture.node"));
const base = fs.mkdtempSync(join(tmpdir(), "sysflow-kill-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

/** A block is written every second; what else it takes to get there on a busy machine. */
const boundMs = 1000;
const graceMs = 500;

/** Runs a writer and kills it. @returns what it had handed over, and when; and when it died */
async function killed(folder: string, afterMs: number) {
  const words = [join(root, "test/support/records/steady-writer.ts"), folder];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  let [said, notices] = ["", ""];
  child.stdout.on("data", (text) => {
    said += text;
  });
  child.stderr.on("data", (text) => {
    notices += text;
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  await Promise.race([closed, new Promise((resolve) => child.stdout.once("data", resolve))]);
  await Bun.sleep(afterMs);
  const isKilled = child.kill("SIGKILL");
  const diedMs = Date.now();
  await closed;
  expect([isKilled, notices]).toEqual([true, ""]);
  const handed = said
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number) as [count: number, ms: number]);
  return { handed, diedMs };
}

/** Reads every file with its name, by name. @returns the numbers of the records, in order */
async function numbersIn(folder: string): Promise<readonly number[]> {
  const numbers: number[] = [];
  const faults: string[] = [];
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(".sf"));
  for (const name of names.sort(byStamp)) {
    let headers = 0;
    const receiver = {
      header: () => headers++,
      fileFlow: ({ tsLo }: { tsLo: number }) => numbers.push(tsLo),
    } as unknown as RecordReceiver;
    await readRecords(join(folder, name), receiver, {
      onFault: ({ message }) => faults.push(message),
    });
    expect(headers).toBe(1);
  }
  expect(faults).toEqual([]);
  return numbers;
}

const partsIn = (folder: string) => fs.readdirSync(folder).filter((name) => name.endsWith(".part"));

test.skipIf(!hasLibrary)(`${kills} kills (skipped without dist/capture.node)`, async () => {
  let [files, parts, lostMost, lostMostMs, cutMost, all] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < kills; i++) {
    const folder = join(base, `${i}`);
    fs.mkdirSync(folder);
    const { diedMs, handed } = await killed(folder, Math.random() * 1800);
    // Those with their names need no recovery; what is in them has no hole.
    const before = await numbersIn(folder);
    expect(before.every((number, at) => number === at)).toBe(true);
    const left = partsIn(folder);
    parts += left.length;
    if (i % 2 === 0) {
      const run = sysflow(["recover", "--json", folder]);
      expect([run.status, run.stderr]).toEqual([0, ""]);
      for (const { bytesCut } of JSON.parse(run.stdout)) {
        cutMost = Math.max(cutMost, bytesCut);
      }
    } else {
      await recoveredByNext(folder, left);
    }
    expect(partsIn(folder)).toEqual([]);
    const numbers = await numbersIn(folder);
    expect(numbers.every((number, at) => number === at)).toBe(true);
    const lost = (handed.at(-1)?.[0] ?? 0) - numbers.length;
    const firstLostMs = handed.find(([count]) => count > numbers.length)?.[1] ?? diedMs;
    [lostMost, lostMostMs] = [Math.max(lostMost, lost), Math.max(lostMostMs, diedMs - firstLostMs)];
    files += fs.readdirSync(folder).length;
    all += numbers.length;
    fs.rmSync(folder, { recursive: true });
  }
  if (kills > 10) {
    process.stdout.write(
      `${kills} kills, ${files} files, ${all} records, ${parts} part files, at most ${cutMost} ` +
        `bytes cut off; at most ${lostMost} records lost, of the last ${lostMostMs} ms\n`,
    );
  }
  expect(lostMostMs).toBeLessThanOrEqual(boundMs + graceMs);
});

/** A writer with the same names, killed once it has said that it is done; what it wrote goes. */
async function recoveredByNext(folder: string, left: readonly string[]): Promise<void> {
  const names = new Set(fs.readdirSync(folder));
  const words = [join(root, "test/support/records/steady-writer.ts"), folder];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const end = Date.now() + 20_000;
  while (said.split("was left by a writer that died").length <= left.length && Date.now() < end) {
    await Bun.sleep(5);
  }
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  const own = new Set(left.map((name) => name.replace(/\.part$/, "")));
  for (const name of fs.readdirSync(folder)) {
    if (!(names.has(name) || own.has(name))) {
      fs.rmSync(join(folder, name));
    }
  }
}

test.skipIf(spawnSync("/usr/bin/python3", ["-c", "import avro"]).status !== 0)(
  "python3-avro reads what was recovered (skipped where it is not there)",
  async () => {
    const folder = join(base, "python");
    fs.mkdirSync(folder);
    await killed(folder, 700);
    sysflow(["recover", folder]);
    const numbers = await numbersIn(folder);
    const script =
      "import sys, avro.datafile, avro.io\n" +
      "n = 0\n" +
      "for p in sys.argv[1:]:\n" +
      "  with avro.datafile.DataFileReader(open(p, 'rb'), avro.io.DatumReader()) as r:\n" +
      "    n += sum(1 for _ in r)\n" +
      "print(n)\n";
    const paths = fs.readdirSync(folder).map((name) => join(folder, name));
    const run = spawnSync("/usr/bin/python3", ["-c", script, ...paths], { encoding: "utf8" });
    expect([run.stderr, Number(run.stdout)]).toEqual(["", numbers.length + paths.length]);
  },
);
