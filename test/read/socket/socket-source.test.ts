// Records read from a socket: what our own output sends, several writers at once, a writer in Python,
// and writers that send what is no record.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openListener, openSender } from "../../../src/capture/sockets.ts";
import { SocketSource } from "../../../src/read/socket/socket-source.ts";
import type { SFHeader, SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { SocketWriter } from "../../../src/write/socket/socket-writer.ts";
import { CopyingReceiver } from "../../support/records/copying-receiver.ts";
import { fakeSocket } from "../../support/records/fake-socket.ts";
import {
  sampleCount,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
  writeSample,
} from "../../support/records/sample-records.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-source-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
let sockets = 0;

interface Ended {
  readonly number: number;
  readonly code: string | null;
  readonly message: string;
}

/** A source that keeps what comes, by writer. */
class Listening {
  readonly path = join(folder, `s${++sockets}`);
  readonly records: SysFlowRecord[][] = [];
  readonly ended: Ended[] = [];
  readonly source = new SocketSource({
    name: this.path,
    open: (onReady) => openListener(this.path, onReady),
    receiverOf: ({ number, pid, uid }) => {
      expect([pid > 0, uid]).toEqual([true, process.getuid?.() ?? -1]);
      const receiver = new CopyingReceiver();
      this.records[number - 1] = receiver.records;
      return receiver;
    },
    onEnd: ({ number }, fault) => {
      this.ended.push({ number, code: fault?.code ?? null, message: fault?.message ?? "" });
    },
  });

  writer(schema: 5 | 6 = 5): SocketWriter {
    const sender = openSender(this.path);
    return new SocketWriter({ sender, schema, queueBytesMax: 2 ** 26, whenFull: "drop" });
  }

  /** Reads until so many writers have ended. */
  async until(ended: number): Promise<void> {
    const end = performance.now() + 30_000;
    while (this.ended.length < ended && performance.now() < end) {
      if (!this.source.read()) await this.source.ready(1000);
    }
    expect(this.ended.length).toBe(ended);
  }
}

/** Sends packets as they are, by a program that knows nothing of our code. */
function sendPackets(path: string, packets: readonly Uint8Array[]): void {
  const script =
    "import socket, sys\n" +
    "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n" +
    "s.connect(sys.argv[1])\n" +
    "for packet in sys.argv[2:]: s.send(bytes.fromhex(packet))\n";
  const hex = packets.map((packet) => Buffer.from(packet).toString("hex"));
  const { status, stderr } = spawnSync("/usr/bin/python3", ["-c", script, path, ...hex], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
}

/** The packets of the sample, the header first. */
function samplePackets(header: SFHeader = sampleHeader): Buffer[] {
  const { writer, sender } = fakeSocket({ schema: header.version === 6 ? 6 : 5 });
  writer.header(header);
  writeSample(writer);
  writer.close();
  return sender.packets.map(({ bytes }) => bytes);
}

describe("records of our own output", () => {
  test.each([5, 6] as const)("of schema %d come as they were", async (schema) => {
    const listening = new Listening();
    const writer = listening.writer(schema);
    writer.header({ ...sampleHeader, version: schema });
    writeSample(writer);
    writer.close();
    expect(await writer.drained(30_000)).toBe(true);
    await listening.until(1);
    const wanted = new CopyingReceiver();
    wanted.header({ ...sampleHeader, version: schema });
    writeSample(wanted);
    expect(listening.records).toEqual([wanted.records]);
    expect(listening.ended[0]?.code).toBeNull();
    const counts = { records: sampleCount + 1, writers: 1, faults: 0, turnedAway: 0 };
    expect(listening.source.counts()).toEqual(counts);
    listening.source.close();
  });

  test("of several writers come apart, all of them and in order", async () => {
    const listening = new Listening();
    const writers = [listening.writer(), listening.writer(), listening.writer(6)];
    writers.forEach((writer, i) => {
      writer.header({ ...sampleHeader, version: i === 2 ? 6 : 5, exporter: `w${i}` });
    });
    const count = 20_000;
    for (let i = 0; i < count; i++) {
      for (const writer of writers) writer.fileFlow(sampleFileFlow(i));
    }
    for (const writer of writers) writer.close();
    await Promise.all([...writers.map((writer) => writer.drained(30_000)), listening.until(3)]);
    expect(listening.ended.map(({ code }) => code)).toEqual([null, null, null]);
    const exporters = listening.records.map(([header]) => (header as SFHeader).exporter);
    expect(exporters.sort()).toEqual(["w0", "w1", "w2"]);
    for (const [, ...flows] of listening.records) {
      const isInOrder = flows.every((flow, i) => flow.kind === "FileFlow" && flow.tsLo === i);
      expect([flows.length, isInOrder]).toEqual([count, true]);
    }
    listening.source.close();
  });

  test("begin anew after a connection has ended", async () => {
    const listening = new Listening();
    const { path } = listening;
    const writer = listening.writer();
    writer.header(sampleHeader);
    writer.process(sampleParent());
    await writer.drained(30_000);
    await Bun.sleep(50);
    listening.source.read();
    listening.source.close();
    expect(fs.existsSync(path)).toBe(false);
    writer.rotateDue();
    const again = new Listening();
    fs.symlinkSync(again.path, path);
    // A link is not followed: the writer finds its socket only once it is there itself.
    await Bun.sleep(300);
    expect(again.source.counts().writers).toBe(0);
    fs.unlinkSync(path);
    fs.linkSync(again.path, path);
    const end = performance.now() + 30_000;
    while (!writer.hasRoom && performance.now() < end) await Bun.sleep(5);
    expect(writer.rotateDue()).toBe(true);
    writer.process(sampleParent());
    writer.close();
    await writer.drained(30_000);
    await again.until(1);
    expect(again.records[0]?.map(({ kind }) => kind)).toEqual(["SFHeader", "Process"]);
    again.source.close();
  });
});

describe("records of others", () => {
  const packets = samplePackets();
  const [header, container, parent] = packets as [Buffer, Buffer, Buffer];
  const tooNew = samplePackets({ ...sampleHeader, version: 5, exporter: "x" })[0] as Buffer;
  // The version stands behind the union's index; 14 is 7.
  tooNew[1] = 14;
  const whole = packets.length;

  test("come from a few lines of Python", async () => {
    const listening = new Listening();
    sendPackets(listening.path, packets);
    await listening.until(1);
    expect(listening.records[0]?.length).toBe(whole);
    expect(listening.ended[0]?.code).toBeNull();
    listening.source.close();
  });

  test.each([
    ["no header", [container], 0, "INPUT_DAMAGED", "first record is a Container, not an SFHeader"],
    ["rubbish", [header, Buffer.from("xyz")], 1, "INPUT_DAMAGED", "packet 2: "],
    ["a cut record", [header, container.subarray(0, 9)], 1, "INPUT_DAMAGED", "2: it is cut"],
    ["two in one", [header, Buffer.concat([parent, parent])], 1, "INPUT_DAMAGED", "bytes follow"],
    ["another schema", [tooNew], 0, "INPUT_UNSUPPORTED", "its records are of schema 7, and"],
  ] as const)("%s: that writer ends with why", async (_, bad, good, code, words) => {
    const listening = new Listening();
    const other = listening.writer();
    other.header(sampleHeader);
    sendPackets(listening.path, [...bad, parent, parent]);
    await listening.until(1);
    expect(listening.ended[0]).toMatchObject({ number: 2, code });
    expect(listening.ended[0]?.message).toContain(words);
    expect(listening.ended[0]?.message).toMatch(/^cannot read on from process \d+ at the socket /);
    expect(listening.records[1]?.length ?? 0).toBe(good);
    // The other one goes on.
    writeSample(other);
    other.close();
    await other.drained(30_000);
    await listening.until(2);
    expect(listening.ended[1]).toMatchObject({ number: 1, code: null });
    expect(listening.records[0]?.length).toBe(sampleCount + 1);
    expect(listening.source.counts()).toMatchObject({ writers: 2, faults: 1 });
    listening.source.close();
  });

  test("a second header begins anew within a stream, of another schema too", async () => {
    const listening = new Listening();
    const six = samplePackets({ ...sampleHeader, version: 6 });
    sendPackets(listening.path, [...packets, ...six]);
    await listening.until(1);
    expect(listening.ended[0]?.code).toBeNull();
    expect(listening.records[0]?.length).toBe(2 * whole);
    listening.source.close();
  });

  test("a receiver that throws stops nothing but that call", async () => {
    const seen: string[] = [];
    const path = join(folder, "throws");
    const source = new SocketSource({
      name: path,
      open: (onReady) => openListener(path, onReady),
      receiverOf: () =>
        new Proxy(new CopyingReceiver(), {
          get: (_, name: string) => () => {
            seen.push(name);
            if (name === "process") throw new Error("mine");
          },
        }),
      onEnd: () => seen.push("end"),
    });
    sendPackets(path, packets.slice(0, 4));
    let thrown = 0;
    const end = performance.now() + 30_000;
    while (seen.at(-1) !== "end" && performance.now() < end) {
      try {
        if (!source.read()) await source.ready(100);
      } catch (error) {
        expect((error as Error).message).toBe("mine");
        thrown += 1;
      }
    }
    expect(seen).toEqual(["header", "container", "process", "process", "end"]);
    expect(thrown).toBe(2);
    source.close();
    source.close();
    expect(source.read()).toBe(false);
    await source.ready(60_000);
  });
});

test("a place that cannot be listened on is an operator's error", () => {
  const path = join(folder, "taken");
  fs.writeFileSync(path, "x");
  const options = { name: path, receiverOf: () => new CopyingReceiver(), onEnd: () => undefined };
  const open = () =>
    new SocketSource({ ...options, open: (onReady) => openListener(path, onReady) });
  expect(open).toThrow(
    `cannot listen on the socket ${path}: what lies there is no socket, or a program listens on ` +
      "it; end that program or name another path",
  );
});
