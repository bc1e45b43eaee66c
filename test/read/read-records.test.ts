// Reading from a place: a file, the files of a folder in their order, standard input; what cannot be read
// is told, and the rest is read.

import { afterAll, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InputFault } from "../../src/read/input-fault.ts";
import { readBlocks, readCounts, readRecords } from "../../src/read/read-records.ts";
import type { SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { receiverOf } from "../support/records/read-sf.ts";
import { sampleFileFlow, sampleHeader } from "../support/records/sample-records.ts";
import { bytesWithUnknown, sfBytes } from "../support/records/sf-bytes.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-read-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

let records: SysFlowRecord[] = [];
let faults: InputFault[] = [];
beforeEach(() => {
  records = [];
  faults = [];
});

const receiver = receiverOf((record) => records.push(record));
const read = (place: string, signal?: AbortSignal) =>
  readRecords(place, receiver, {
    onFault: (fault) => faults.push(fault),
    ...(signal && { signal }),
  });

/** A file of one header, which names it, and so many flows. */
function bytesOf(exporter: string, flows = 1): Buffer {
  const all = Array.from({ length: flows }, (_, i) => sampleFileFlow(i));
  return sfBytes("deflate", [[{ ...sampleHeader, version: 6, exporter }], all]);
}

function put(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  fs.writeFileSync(path, bytes);
  return path;
}

const exporters = () =>
  records.flatMap((record) => (record.kind === "SFHeader" ? [record.exporter] : []));

test("a file", async () => {
  const path = put("one.sf", bytesOf("one", 100));
  expect(await read(path)).toEqual({ files: 1, faults: 0, records: 101, unknown: 0 });
  expect(records.length).toBe(101);
  expect(faults).toEqual([]);
});

test("a file with records of other kinds", async () => {
  const path = put("unknown.sf", bytesWithUnknown());
  expect(await read(path)).toEqual({ files: 1, faults: 0, records: 1, unknown: 2 });
});

test("no more is read than is needed: a small file, and its end", async () => {
  const path = put("reads.sf", bytesOf("reads"));
  const reads = spyOn(fs, "read");
  await read(path);
  expect(reads).toHaveBeenCalledTimes(2);
  reads.mockRestore();
});

test("a file of many windows leaves others their turn", async () => {
  const names = Array.from({ length: 30_000 }, (_, i) => `/${Math.sin(i)}/${Math.cos(i)}`);
  const files = names.map((path) => ({ kind: "File", state: 0, path, foid: new Uint8Array(20) }));
  const rest = { tsLo: 0, tsHi: 0, restype: 102, containerId: null };
  const block = files.map((file) => ({ ...file, ...rest }) as SysFlowRecord);
  const path = put("large.sf", sfBytes("null", [[sampleHeader], ...slices(block, 500)]));
  let turns = 0;
  let isDone = false;
  const tick = () => {
    turns += 1;
    if (!isDone) setImmediate(tick);
  };
  setImmediate(tick);
  const counts = await read(path);
  isDone = true;
  expect(counts.records).toBe(30_001);
  // Of its 31 windows; on a busy machine several come in one turn.
  expect(turns).toBeGreaterThan(2);
});

test("a file block by block: what is counted is what was given", async () => {
  const path = put("blocks.sf", bytesOf("blocks", 100));
  const counts = readCounts();
  const steps: number[][] = [];
  for await (const _ of readBlocks(path, receiver, { onFault: () => undefined }, counts)) {
    steps.push([counts.records, records.length]);
  }
  expect(steps).toEqual([
    [1, 1],
    [101, 101],
  ]);
});

describe("a folder", () => {
  test("is read in the order of its files' times, hidden and foreign kinds of files apart", async () => {
    const place = join(folder, "many");
    fs.mkdirSync(join(place, "below"), { recursive: true });
    fs.writeFileSync(join(place, "below/1"), bytesOf("below"));
    fs.writeFileSync(join(place, ".hidden"), bytesOf("hidden"));
    fs.writeFileSync(join(place, "5.sf.part"), bytesOf("being-written"));
    for (const name of ["1000000000", "999999999", "1000000060"]) {
      fs.writeFileSync(join(place, name), bytesOf(name));
    }
    fs.symlinkSync(put("linked.sf", bytesOf("linked")), join(place, "1000000090"));
    expect(spawnSync("mkfifo", [join(place, "1000000030")]).status).toBe(0);
    expect(await read(place)).toEqual({ files: 4, faults: 0, records: 8, unknown: 0 });
    expect(exporters()).toEqual(["999999999", "1000000000", "1000000060", "linked"]);
  });

  test("is read on after a file that is damaged, cut or something else", async () => {
    const place = join(folder, "faulty");
    fs.mkdirSync(place);
    const good = bytesOf("x");
    const bad = Buffer.from(good);
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    const contents = [good, bad, good.subarray(0, -30), Buffer.from("a text"), good];
    for (const [i, bytes] of contents.entries()) fs.writeFileSync(join(place, `${i}.sf`), bytes);
    expect(await read(place)).toEqual({ files: 5, faults: 3, records: 6, unknown: 0 });
    const codes = ["INPUT_DAMAGED", "INPUT_CUT", "INPUT_FOREIGN"];
    expect(faults.map(({ code }) => code)).toEqual(codes);
    expect(faults[0]?.message).toStartWith(`cannot read all of ${join(place, "1.sf")}: block 2,`);
  });

  test("without a file is said to be so", async () => {
    const place = join(folder, "empty");
    fs.mkdirSync(place);
    expect(await read(place)).toEqual({ files: 0, faults: 1, records: 0, unknown: 0 });
    expect(faults[0]?.code).toBe("INPUT_EMPTY");
    expect(faults[0]?.message).toBe(`cannot read ${place}: there is no file in that folder`);
  });
});

test("a place that is not there", async () => {
  const place = join(folder, "none.sf");
  expect(await read(place)).toEqual({ files: 0, faults: 1, records: 0, unknown: 0 });
  expect(faults[0]?.code).toBe("INPUT_OPEN_FAILED");
  expect(faults[0]?.message).toBe(
    `cannot read ${place}: no such file or directory (ENOENT); name a file or folder to be read`,
  );
});

test("a file that cannot be opened or read", async () => {
  // A socket is there and is no folder, and nobody can open it.
  const place = join(folder, "socket");
  const server = Bun.listen({ unix: place, socket: { data() {} } });
  await read(place);
  server.stop();
  expect(faults.map(({ code }) => code)).toEqual(["INPUT_OPEN_FAILED"]);
  await read("/proc/self/mem");
  expect(faults[1]?.code).toBe("INPUT_READ_FAILED");
  expect(faults[1]?.message).toStartWith(
    "cannot read /proc/self/mem: reading beyond byte 0 failed: ",
  );
  expect(faults[1]?.message).toEndWith("; see to what it is stored on");
});

test("an end that is asked for comes between two blocks", async () => {
  const path = put("long.sf", bytesOf("long", 100));
  const ending = new AbortController();
  const stop = receiverOf(() => ending.abort());
  const onFault = () => undefined;
  const counts = await readRecords(path, stop, { onFault, signal: ending.signal });
  expect(counts).toEqual({ files: 1, faults: 0, records: 1, unknown: 0 });
  expect(await read(folder, ending.signal)).toMatchObject({ files: 0, records: 0 });
});

test("what the receiver throws is the caller's, and the file is closed", async () => {
  const path = put("thrown.sf", bytesOf("thrown"));
  const before = fs.readdirSync("/proc/self/fd").length;
  const thrown = new Error("full");
  const full = receiverOf(() => {
    throw thrown;
  });
  const onFault = () => undefined;
  await expect(readRecords(path, full, { onFault })).rejects.toBe(thrown);
  expect(fs.readdirSync("/proc/self/fd").length).toBe(before);
});

test("standard input is this process's first descriptor, and stays open", async () => {
  const bytes = bytesOf("first", 10);
  const descriptors: number[] = [];
  const parts = [bytes.subarray(0, 100), bytes.subarray(100, -20), new Uint8Array(0)];
  const give = (
    descriptor: number,
    into: Uint8Array,
    _from: number,
    _length: number,
    _at: null,
    done: (error: null, count: number) => void,
  ) => {
    descriptors.push(descriptor);
    const part = parts.shift() ?? new Uint8Array(0);
    into.set(part);
    queueMicrotask(() => done(null, part.length));
  };
  const reads = spyOn(fs, "read").mockImplementation(give as typeof fs.read);
  const open = fs.readdirSync("/proc/self/fd").length;
  expect(await read("-")).toEqual({ files: 1, faults: 1, records: 1, unknown: 0 });
  reads.mockRestore();
  expect(descriptors).toEqual([0, 0, 0]);
  expect(faults[0]?.message).toStartWith("cannot read all of standard input: block 2,");
  expect(fs.readdirSync("/proc/self/fd").length).toBe(open);
});

describe("standard input", () => {
  const program = `
    import { readBlocks, readCounts, readRecords } from ${JSON.stringify(join(import.meta.dir, "../../src/read/read-records.ts"))};
    import { receiverOf } from ${JSON.stringify(join(import.meta.dir, "../support/records/read-sf.ts"))};
    const counts = await readRecords("-", receiverOf(() => undefined), {
      onFault: (fault) => console.error(fault.message),
    });
    console.log(JSON.stringify(counts));
  `;
  const run = async (pieces: readonly Buffer[]) => {
    const child = Bun.spawn([process.execPath, "-e", program], { stdio: ["pipe", "pipe", "pipe"] });
    for (const piece of pieces) {
      child.stdin.write(piece);
      await child.stdin.flush();
      await Bun.sleep(20);
    }
    await child.stdin.end();
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { counts: out === "" ? null : JSON.parse(out), err };
  };

  test("is read as it comes", async () => {
    const bytes = bytesOf("piped", 300);
    const pieces = slices([...bytes], 2000).map((piece) => Buffer.from(piece));
    expect(await run(pieces)).toEqual({
      counts: { files: 1, faults: 0, records: 301, unknown: 0 },
      err: "",
    });
  });

  test("that ends too early", async () => {
    const { counts, err } = await run([bytesOf("piped", 300).subarray(0, -20)]);
    expect(counts).toEqual({ files: 1, faults: 1, records: 1, unknown: 0 });
    expect(err).toContain("cannot read all of standard input: block 2, from byte");
  });
});

function slices<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
