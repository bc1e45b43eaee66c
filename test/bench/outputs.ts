// What outputs in trouble cost one that is well: a disk that is frozen, a reader that does not read, a
// full disk, a full device for lines of JSON, an output that begins a new file each second, and a reader
// of a socket that sleeps for the whole run, dies and comes back, beside a file. Needs root, for the disks.
// `bun test/bench/outputs.ts [--seconds 60] [--json]`. Batches come every 20 ms; the delay of one is the
// time from when it is due to when all of it is handled. The file alone is measured at the same time in
// a process of its own, since a busy host delays both. Ends with status 1 where the file is not what it
// is alone, the 99th percentile of delays is above 1.5 times and 2 ms of that alone, or a record that was
// sent to the socket was neither received nor counted.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBatch } from "../../src/capture/batch-reader.ts";
import { openSender } from "../../src/capture/sockets.ts";
import { Collector } from "../../src/collect/collector.ts";
import type { RecordOutput } from "../../src/sysflow/record-sink.ts";
import { queueBytesDefault } from "../../src/write/byte-queue.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import type { FileWriterOptions } from "../../src/write/file/file-writer-options.ts";
import { type SocketStats, SocketWriter } from "../../src/write/socket/socket-writer.ts";
import { JsonWriter } from "../../src/write/stream/json-writer.ts";
import { openStream } from "../../src/write/stream/open-stream.ts";
import { StreamQueue } from "../../src/write/stream/stream-queue.ts";
import { hostAtStart, hostAtWork } from "../support/collect/busy-host.ts";
import { flowOptions, startSec } from "../support/collect/collect.ts";
import { type PythonProgram, pythonActor } from "../support/records/python-sockets.ts";

const batchesPerSec = 50;
const opsPerBatch = 200;
const batchMs = 1000 / batchesPerSec;
const ratioMax = 1.5;
const slackMs = 2;
const endMs = 20_000;

interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** By output, of all records handed to it. */
type Lost = Readonly<Record<string, { records: number; dropped: number; failed: number }>>;

interface OneRun {
  readonly delays: Delays;
  readonly lost: Lost;
  readonly socket: SocketSum | null;
}

/** Of the socket: what became of each record, and what its readers have received. */
interface SocketSum extends Omit<SocketStats, "records"> {
  readonly received: number;
}

interface Writer extends RecordOutput {
  stats(): { readonly recordsTotal: number; readonly dropped: number; readonly failed?: number };
  close(): void;
  drained(ms: number): Promise<boolean>;
  giveUp(): void;
}

interface OutputsReport {
  readonly alone: OneRun;
  readonly beside: OneRun;
  readonly isSame: boolean;
}

/** The current folder with disks and a pipe in it. */
class Place {
  readonly #held: number;

  constructor() {
    checked("/usr/bin/mkfifo", ["fifo"]);
    this.#held = fs.openSync("fifo", "r+");
    for (const name of ["full", "frozen"]) fs.mkdirSync(name);
    fs.writeFileSync("image", "");
    fs.truncateSync("image", 256 * 1024 * 1024);
    checked("/usr/sbin/mkfs.ext4", ["-q", "image"]);
    checked("/bin/mount", ["-o", "loop", "image", "frozen"]);
    checked("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "none", "full"]);
  }

  freeze(isFrozen: boolean): void {
    checked("/usr/sbin/fsfreeze", [isFrozen ? "-f" : "-u", "frozen"]);
  }

  remove(): void {
    fs.closeSync(this.#held);
    for (const name of ["full", "frozen"]) spawnSync("/bin/umount", [name]);
  }
}

function checked(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

/** Paths are of the current folder, so that headers name the same in both. */
function writerTo(path: string, options: Partial<FileWriterOptions> = {}): FileWriter {
  return new FileWriter({
    path,
    rotateIntervalSec: 0,
    startSec,
    markerSeed: Buffer.from(path),
    queue: { bytesMax: queueBytesDefault, whenFull: "drop" },
    // Blocks by their size alone: that of each second depends on the time.
    flushMs: 1_000_000,
    ...options,
  });
}

async function runBeside(seconds: number): Promise<OneRun> {
  const place = new Place();
  try {
    const acts = ["accept", "read 1000", `sleep ${seconds}`, "die", "accept"];
    const reader = await pythonActor("reader", acts);
    const queue = { bytesMax: queueBytesDefault, whenFull: "drop" } as const;
    const writers = {
      socket: new SocketWriter({
        sender: openSender("reader"),
        queueBytesMax: 1024 * 1024,
        whenFull: "drop",
      }),
      json: new JsonWriter({
        queue: new StreamQueue(openStream("/dev/full", []), queue),
        schema: 5,
        filename: "",
      }),
      frozen: writerTo("frozen/x.sf"),
      unread: writerTo("fifo", { queue: { bytesMax: 1024 * 1024, whenFull: "drop" } }),
      full: writerTo("full/x.sf"),
      rotating: writerTo("rotating/", { rotateIntervalSec: 1 }),
      well: writerTo("well.sf"),
    };
    await writers.frozen.drained(endMs);
    place.freeze(true);
    const ran = await run(writers, seconds, async () => {
      place.freeze(false);
      await reader.prints("did all");
      writers.socket.rotateDue();
    });
    return { ...ran, socket: await sumOf(writers.socket, reader) };
  } finally {
    place.remove();
  }
}

/** Both at the same time, in processes and folders of their own. */
async function measureOutputs(seconds: number): Promise<OutputsReport> {
  const folders = ["alone", "beside"].map((name) =>
    fs.mkdtempSync(join(tmpdir(), `sysflow-bench-${name}-`)),
  );
  try {
    const runs = await Promise.all(
      folders.map(async (cwd, i) => {
        const words = ["--seconds", String(seconds), "--run", i === 0 ? "alone" : "beside"];
        const child = Bun.spawn([process.execPath, import.meta.path, ...words], {
          cwd,
          stdio: ["ignore", "pipe", "inherit"],
        });
        return JSON.parse(await new Response(child.stdout).text()) as OneRun;
      }),
    );
    const [alone, beside] = folders.map((folder) => fs.readFileSync(join(folder, "well.sf")));
    const isSame = alone !== undefined && beside?.equals(alone) === true;
    return { alone: runs[0] as OneRun, beside: runs[1] as OneRun, isSame };
  } finally {
    for (const folder of folders) fs.rmSync(folder, { recursive: true });
  }
}

async function sumOf(socket: SocketWriter, reader: PythonProgram): Promise<SocketSum> {
  const received = Number((await reader.ended).trim().split("\n").at(-1));
  const { records: _, ...stats } = socket.stats();
  return { ...stats, received };
}

/** @param atEnd called before what is queued gets its time */
async function run(
  writers: Readonly<Record<string, Writer>>,
  seconds: number,
  atEnd: (() => Promise<void>) | null = null,
): Promise<OneRun> {
  const outputs = new FanOut(
    Object.values(writers).map((output) => ({ output, onFailure: "goOn" }) as const),
  );
  const collector = new Collector(outputs, flowOptions);
  readBatch(hostAtStart(), collector);
  const delays: number[] = [];
  const start = performance.now();
  for (let n = 0; n < seconds * batchesPerSec; n++) {
    const [second, part] = [Math.floor(n / batchesPerSec), n % batchesPerSec];
    const batch = hostAtWork(second, part, batchesPerSec, opsPerBatch);
    const due = start + (n + 1) * batchMs;
    await Bun.sleep(Math.max(0, due - performance.now()));
    readBatch(batch, collector);
    outputs.check();
    delays.push(performance.now() - due);
  }
  collector.finish(0, 0x7000_0000);
  await atEnd?.();
  for (const [name, writer] of Object.entries(writers)) {
    writer.close();
    if (!(await writer.drained(name === "unread" ? 0 : endMs))) writer.giveUp();
  }
  delays.sort((a, b) => a - b);
  const at = (part: number) => delays[Math.floor(part * (delays.length - 1))] ?? 0;
  const lost = Object.entries(writers).map(([name, each]) => {
    const { recordsTotal, dropped, failed = 0 } = each.stats();
    return [name, { records: recordsTotal, dropped, failed }] as const;
  });
  const percentiles = { p50: at(0.5), p99: at(0.99), max: at(1) };
  return { delays: percentiles, lost: Object.fromEntries(lost), socket: null };
}

function passed({ alone, beside, isSame }: OutputsReport): boolean {
  const isSum = beside.socket !== null && isCounted(beside.socket);
  return isSame && isSum && beside.delays.p99 <= ratioMax * alone.delays.p99 + slackMs;
}

/** What the kernel held for the reader that died is known to within what that one read last of all. */
function isCounted(sum: SocketSum): boolean {
  const { sent, unread, unconnected, dropped, lost, tooLong, refused, received } = sum;
  const all = sent + unconnected + dropped + lost + tooLong + refused;
  return all === sum.recordsTotal && received <= sent && received >= sent - unread;
}

function reportText(report: OutputsReport): string {
  const row = (name: string, { p50, p99, max }: Delays) =>
    `${name.padEnd(20)} delay of a batch: median ${p50.toFixed(1)} ms, 99 % ${p99.toFixed(1)} ms, ` +
    `longest ${max.toFixed(1)} ms\n`;
  const lost = Object.entries(report.beside.lost).map(
    ([name, { records, dropped, failed }]) =>
      `  ${name.padEnd(18)} ${records} records, ${dropped} dropped, ${failed} failed\n`,
  );
  const same = report.isSame
    ? "is byte for byte what it is alone"
    : "DIFFERS from what it is alone";
  const socket = Object.entries(report.beside.socket ?? {}).map(([n, count]) => `${n} ${count}`);
  return (
    row("a file alone", report.alone.delays) +
    row("beside six others", report.beside.delays) +
    `the file ${same}\n${lost.join("")}` +
    `the socket: ${socket.join(", ")}\n`
  );
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<void> {
  const seconds = Number(option("--seconds") ?? 60);
  const only = option("--run");
  if (only !== undefined) {
    const one =
      only === "alone"
        ? await run({ well: writerTo("well.sf") }, seconds)
        : await runBeside(seconds);
    process.stdout.write(JSON.stringify(one));
    return;
  }
  const report = await measureOutputs(seconds);
  const asJson = process.argv.includes("--json");
  process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : reportText(report));
  process.exitCode = passed(report) ? 0 : 1;
}

await main();
