// Damaged input: whatever is wrong with a capture, the good part before it is kept and written, the
// message says where and why, nothing crashes, nothing hangs. The damage is random; a failure prints
// the seed, and DAMAGE_SEED=… does the same again.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { exitStatus } from "../../src/base/exit-status.ts";
import { OP_TRUNCATE } from "../../src/sysflow/op-flags.gen.ts";
import { goldenCaptures, plainCapture } from "../support/captures/golden.ts";
import { referenceFiles, referencePath } from "../support/captures/reference.ts";
import type { ReplayLine } from "../support/captures/replay-many.ts";
import { everyRecord, type Run, sysflow } from "../support/program/sysflow.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";

const seed = Number(process.env["DAMAGE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-damaged-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** No run may take longer, whatever its input. */
const hangMs = 60_000;
const bytesMax = 1_000_000;

interface Good {
  readonly name: string;
  readonly bytes: Buffer;
  /** How many cuts, and how many other damages. */
  readonly rounds: number;
}

/** All of our own, and the small ones of upstream where they are. */
const goods: readonly Good[] = [
  ...goldenCaptures.map((name) => ({ name, bytes: plainCapture(name), rounds: 100 })),
  ...referenceFiles("captures", ".scap")
    .map((path) => ({
      name: path.replaceAll("/", "-"),
      bytes: fs.readFileSync(referencePath(path)),
      rounds: 20,
    }))
    .filter(({ bytes }) => bytes.length < bytesMax),
];

/** A small generator (mulberry32), so that a seed gives the same damage anywhere. */
function random(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Replays every file in one process. @throws Error that names the capture it crashed or hung at. */
function replayAll(paths: readonly string[]): readonly ReplayLine[] {
  const program = join(import.meta.dir, "../support/captures/replay-many.ts");
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], {
    input: paths.join("\n"),
    encoding: "utf8",
    timeout: hangMs,
    killSignal: "SIGKILL",
    maxBuffer: 2 ** 28,
  });
  const lines = stdout
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as ReplayLine);
  if (status !== 0) {
    const at = paths[lines.length] ?? "the end";
    const kept = join(tmpdir(), `sysflow-crash-${process.pid}.scap`);
    if (fs.existsSync(at)) {
      fs.copyFileSync(at, kept);
    }
    throw new Error(
      `seed ${seed}: ${signal ?? status} at ${at}, kept as ${kept}: ${stderr.slice(-2000)}`,
    );
  }
  return lines;
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  fs.writeFileSync(path, bytes);
  return path;
}

/** The records without the path that they were written to. */
function comparable(path: string): readonly string[] {
  return readSf(path).map(({ kind, rec }) => {
    const { filename: _, ...rest } = rec;
    return JSON.stringify([kind, rest], (__, value: unknown) =>
      typeof value === "bigint" ? `${value}` : value,
    );
  });
}

/** How many records are the good run's; after them only flows cut off, and what those need. */
function expectPrefix(path: string, good: readonly string[]): number {
  if (!fs.existsSync(path)) {
    return 0;
  }
  const lines = comparable(path);
  let same = 0;
  while (same < lines.length && lines[same] === good[same]) {
    same++;
  }
  const rest = readSf(path).slice(same);
  const wrong = rest.filter((record) => !(isEntity(record) || isCutOff(record)));
  expect(wrong).toEqual([]);
  expect(checkSf(path)).toEqual([]);
  return same;
}

function isEntity({ kind }: SfRecord): boolean {
  return kind === "Process" || kind === "File" || kind === "Container";
}

function isCutOff({ kind, rec }: SfRecord): boolean {
  return kind.endsWith("Flow") && (Number(rec["opFlags"]) & OP_TRUNCATE) !== 0;
}

describe(`damaged captures (seed ${seed})`, () => {
  const goodRecords = new Map<string, readonly string[]>();
  beforeAll(() => {
    const paths = goods.map(({ name, bytes }) => write(`${name}.good`, bytes));
    for (const line of replayAll(paths)) {
      expect(line.code).toBeNull();
    }
    for (const [at, { name }] of goods.entries()) {
      goodRecords.set(name, comparable(`${paths[at]}.sf`));
    }
  });

  test.each(goods)(
    "$name cut off at $rounds places",
    ({ name, bytes, rounds }) => {
      const next = random(seed ^ bytes.length);
      // The last byte alone is always missing once: random places may all lie before the first event.
      const places = Array.from({ length: rounds - 1 }, () => 1 + next(bytes.length - 1));
      places.push(bytes.length - 1);
      places.sort((a, b) => a - b);
      const paths = places.map((place) => write(`${name}.${place}.cut`, bytes.subarray(0, place)));
      let before = 0;
      for (const line of replayAll([...new Set(paths)])) {
        // Cut between two blocks, it is a shorter capture without a fault.
        if (line.code !== null) {
          expect(line.code).toBe("EventParsingError");
          expect(line.status).toBe(exitStatus.DAMAGED_INPUT);
          expect(line.message).toContain(line.path);
          expect(line.message).toMatch(/byte \d+|before the first event/);
        }
        const path = `${line.path}.sf`;
        const same = expectPrefix(path, goodRecords.get(name) ?? []);
        // More input never gives less.
        expect(same).toBeGreaterThanOrEqual(before);
        before = same;
        fs.rmSync(line.path);
        fs.rmSync(path, { force: true });
      }
      expect(before).toBeGreaterThan(1);
    },
    2 * hangMs,
  );

  test.each(goods)(
    "$name with bytes changed, put in and left out",
    ({ name, bytes, rounds }) => {
      const next = random(seed + bytes.length);
      const paths = Array.from({ length: rounds }, (_, round) =>
        write(`${name}.${round}.bad`, damage(bytes, next)),
      );
      for (const line of replayAll(paths)) {
        // Damage may go unseen; where it is seen, it is the input's fault and no other.
        expect([null, "EventParsingError", "OperationNotSupported"]).toContain(line.code);
        // A capture refused at its very head has no output; any other output is whole.
        if (fs.existsSync(`${line.path}.sf`)) {
          readSf(`${line.path}.sf`);
        }
        fs.rmSync(line.path);
        fs.rmSync(`${line.path}.sf`, { force: true });
      }
    },
    2 * hangMs,
  );
});

function damage(bytes: Buffer, next: (below: number) => number): Buffer {
  const damaged = Buffer.from(bytes);
  const at = next(bytes.length);
  const length = 1 + next(16);
  const noise = Buffer.from(Array.from({ length }, () => next(256)));
  switch (next(4)) {
    case 0:
      damaged[at] = (damaged[at] ?? 0) ^ (1 << next(8));
      return damaged;
    case 1:
      noise.copy(damaged, at);
      return damaged;
    case 2:
      return Buffer.concat([damaged.subarray(0, at), noise, damaged.subarray(at)]);
    default:
      return Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + length)]);
  }
}

describe("what is no capture, and what the program says", () => {
  const good = plainCapture("files");
  const swapped = Buffer.from(good);
  swapped.subarray(8, 12).reverse();
  const packed = gzipSync(good);
  const cases: readonly [string, () => string, number, RegExp][] = [
    ["an empty file", () => write("empty", Buffer.alloc(0)), 3, /byte 0: the file is empty/],
    ["a folder", () => folder, 1, /it is a directory; name one \.scap file/],
    ["a missing file", () => join(folder, "missing"), 1, /No such file or directory|no such file/],
    ["a text", () => write("text", Buffer.from("no capture\n".repeat(9))), 3, /byte 0: this is no/],
    ["the other byte order", () => write("swapped", swapped), 1, /byte 8: .*other byte order/],
    ["a capture cut off", () => write("cut", good.subarray(0, 9000)), 3, /byte \d+.*kept/],
    ["a compressed one cut off", () => write("cut.gz", packed.subarray(0, 1500)), 3, /byte \d+/],
  ];

  test.each(cases)("%s", (_, make, status, message) => {
    const input = make();
    const output = join(folder, "said.sf");
    const args = ["collect", "-r", input, "-w", output, "-e", "tests", "--json"];
    const run: Run = sysflow([...args, ...everyRecord], hangMs);
    const errors = run.stderr.split("\n").filter((line) => line.startsWith("sysflow: error:"));
    expect(errors.length).toBe(1);
    expect(errors[0]).toContain(input);
    expect(errors[0]).toMatch(message);
    expect(run.stderr).not.toMatch(/\n {4}at /);
    expect(run.status).toBe(status);
    if (fs.existsSync(output)) {
      expect(checkSf(output)).toEqual([]);
      fs.rmSync(output);
    }
  });

  test("a compressed capture cut off gives its good part", () => {
    const whole = write("whole.gz", packed);
    const cut = write("half.gz", packed.subarray(0, packed.length >> 1));
    const [first, second] = replayAll([whole, cut]);
    expect(first?.code).toBeNull();
    expect(second?.code).toBe("EventParsingError");
    expect(second?.events).toBeGreaterThan(0);
    expect(expectPrefix(`${cut}.sf`, comparable(`${whole}.sf`))).toBeGreaterThan(1);
  });
});
