// What is cut of a record that is too long for a packet, and what is left out as a whole.

import { describe, expect, test } from "bun:test";
import type { K8sEvent, Pod, Process, SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { deliver } from "../../../src/sysflow/record-sink.ts";
import { cutRecord } from "../../../src/write/socket/cut-record.ts";
import { packetBytesMax, type SocketStats } from "../../../src/write/socket/socket-writer.ts";
import { decoded, expectSum, fakeSocket } from "../../support/records/fake-socket.ts";
import {
  sampleFile,
  sampleFileEvent,
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../../support/records/sample-records.ts";

function sent(
  record: SysFlowRecord,
  schema: 5 | 6 = 5,
): { record: SysFlowRecord | undefined; stats: SocketStats } {
  const { writer, sender } = fakeSocket({ schema });
  writer.header({ ...sampleHeader, version: schema });
  deliver(record, writer);
  writer.close();
  const stats = writer.stats();
  expectSum(stats);
  return { record: decoded(sender, schema)[1], stats };
}

/** A process whose environment takes so many bytes when encoded, in variables of 100. */
const processOf = (bytes: number, exeArgs = ""): Process => {
  const env = Array.from({ length: Math.floor(bytes / 102) }, (_, i) => `${i}=`.padEnd(100, "x"));
  return { ...sampleParent(), exeArgs, env };
};

function packetOf(record: SysFlowRecord): number {
  const { writer, sender } = fakeSocket();
  writer.header(sampleHeader);
  deliver(record, writer);
  writer.close();
  return sender.packets[1]?.bytes.length ?? 0;
}

describe("of a process too long for a packet", () => {
  test("loses the last variables of its environment, and no more than it must", () => {
    const long = processOf(20_000);
    const { record, stats } = sent(long);
    const { env, ...others } = record as Process;
    const { env: whole, ...wanted } = long;
    expect(others).toEqual(wanted);
    expect(env).toEqual(whole.slice(0, env.length));
    expect(env.length * 102).toBeGreaterThan(packetBytesMax - 400);
    expect(stats).toMatchObject({ cut: 1, tooLong: 0, recordsTotal: 2 });
  });

  test("then the end of its command line, at the end of a character", () => {
    const { record } = sent(processOf(1000, "é".repeat(20_000)));
    const { env, exeArgs } = record as Process;
    expect(env).toEqual([]);
    expect(exeArgs).toMatch(/^é{8000,}$/);
  });

  test("of the longest that fits, nothing", () => {
    const spare = packetBytesMax - packetOf(processOf(0, "x".repeat(10_000)));
    const { record, stats } = sent(processOf(0, "x".repeat(10_000 + spare)));
    expect((record as Process).exeArgs.length).toBe(10_000 + spare);
    expect(stats.cut).toBe(0);
    expect(sent(processOf(0, "x".repeat(10_001 + spare))).stats.cut).toBe(1);
  });
});

describe("of another record too long for a packet", () => {
  test("loses arguments, or the end of a message", () => {
    const args = Array.from({ length: 300 }, (_, i) => `${i}`.padEnd(99, "x"));
    const event = { ...sampleProcessEvent(8, 1), args };
    const sentArgs = (sent(event).record as typeof event).args;
    expect(sentArgs).toEqual(args.slice(0, sentArgs.length));
    expect(sentArgs.length).toBeGreaterThan(150);
    const ofFile = { ...sampleFileEvent(1, 2), args };
    const sentOfFile = (sent(ofFile, 6).record as typeof ofFile).args;
    expect(sentOfFile).toEqual(args.slice(0, sentOfFile.length));
    expect(sentOfFile.length).toBeGreaterThan(150);
    const whole = `{"a":"${"x".repeat(20_000)}"}`;
    const k8s: K8sEvent = {
      kind: "K8sEvent",
      ...{ component: 2, action: 0, tsLo: 1, tsHi: 1, message: whole },
    };
    const { message } = sent(k8s).record as K8sEvent;
    expect(message).toBe(whole.slice(0, message.length));
    expect(message.length).toBeGreaterThan(16_000);
  });

  test("loses a pod's services, then its selectors, then its labels", () => {
    const many = (name: string, count: number) =>
      new Map(Array.from({ length: count }, (_, i) => [`${name}${i}`, "x".repeat(90)] as const));
    const texts = { name: "x".repeat(90), id: "i", namespace: "n", clusterIP: [] };
    const port = { port: 1, targetPort: 1, nodePort: 1, proto: "TCP" };
    const pod: Pod = {
      kind: "Pod",
      ...{ tsLo: 1, tsHi: 1, id: "u", name: "p", nodeName: "n", hostIP: [], internalIP: [] },
      ...{ namespace: "n", restartCount: 0, services: [] },
      ...{ labels: many("label", 100), selectors: many("selector", 10) },
    };
    const services = Array.from({ length: 100 }, () => ({ ...texts, portList: [port] }));
    const first = sent({ ...pod, services }).record as Pod;
    expect(first.services.length).toBeGreaterThan(20);
    expect([first.selectors.size, first.labels.size]).toEqual([10, 100]);
    const second = sent({ ...pod, selectors: many("s", 100), services }).record as Pod;
    expect([second.services.length, second.labels.size]).toEqual([0, 100]);
    expect(second.selectors.size).toBeGreaterThan(40);
    const third = sent({ ...pod, labels: many("label", 500) }).record as Pod;
    expect(third.selectors.size).toBe(0);
    expect(third.labels.size).toBeGreaterThan(130);
  });

  test("is left out where nothing of it may be cut, and the next one goes on", () => {
    const { writer, sender } = fakeSocket();
    writer.header(sampleHeader);
    writer.file(sampleFile("/x".repeat(10_000)));
    writer.process({ ...sampleParent(), cwd: "/x".repeat(10_000), env: ["A=b"] });
    writer.fileEvent(sampleFileEvent(1, 2));
    writer.close();
    expect(decoded(sender).map(({ kind }) => kind)).toEqual(["SFHeader", "FileEvent"]);
    expect(writer.stats()).toMatchObject({ tooLong: 2, cut: 0, recordsTotal: 4 });
    expectSum(writer.stats());
  });

  test("of a size that no block has room for is cut too", () => {
    const { record } = sent(processOf(3_000_000, "a b"));
    expect((record as Process).exeArgs).toBe("a b");
    expect((record as Process).env.length).toBeGreaterThan(150);
  });
});

describe("so many bytes less", () => {
  const processWith = (env: readonly string[], exeArgs = "") => ({
    ...sampleParent(),
    env,
    exeArgs,
  });
  const cut = (env: readonly string[], exeArgs: string, over: number) => {
    const shorter = cutRecord(processWith(env, exeArgs), over);
    return shorter && [shorter.env, shorter.exeArgs];
  };

  test("take as many variables as that needs, and no part of one", () => {
    const env = ["A=1", "B=22", "C=333"];
    // Each with the byte that is its length: 4, 5 and 6.
    expect(cut(env, "x", 0)).toEqual([env, "x"]);
    expect(cut(env, "x", 1)).toEqual([["A=1", "B=22"], "x"]);
    expect(cut(env, "x", 6)).toEqual([["A=1", "B=22"], "x"]);
    expect(cut(env, "x", 7)).toEqual([["A=1"], "x"]);
    expect(cut(env, "x", 15)).toEqual([[], "x"]);
    expect(cut(env, "x", 16)).toEqual([[], ""]);
    expect(cut(env, "x", 17)).toBeNull();
  });

  test.each([
    [0, 1],
    [63, 1],
    [64, 2],
    [8191, 2],
    [8192, 3],
  ])("a text of %d bytes counts with %d for its length", (bytes, ofLength) => {
    const env = ["x".repeat(bytes)];
    expect(cut(env, "", bytes + ofLength)).toEqual([[], ""]);
    expect(cut(env, "", bytes + ofLength + 1)).toBeNull();
    // As it is encoded, and with what is beside it in both.
    const [whole, without] = [packetOf(processWith(env)), packetOf(processWith([]))];
    expect(whole - without).toBeGreaterThanOrEqual(bytes + ofLength);
  });

  test.each(["a", "é", "€", "😀"])("leave whole characters: %s", (character) => {
    const bytes = Buffer.byteLength(character);
    const text = character.repeat(4);
    for (let over = 1; over <= 4 * bytes; over++) {
      const left = character.repeat(4 - Math.ceil(over / bytes));
      expect(cut([], text, over)).toEqual([[], left]);
    }
    expect(cut([], text, 4 * bytes + 1)).toBeNull();
  });

  test("take a pod's services by their texts", () => {
    const texts = { name: "n", id: "i", namespace: "ns", clusterIP: [] };
    const port = (proto: string) => ({ port: 1, targetPort: 1, nodePort: 1, proto });
    const one = { ...texts, portList: [port("TCP"), port("UDP")] };
    const pod = { services: [one, one], selectors: new Map(), labels: new Map([["a", "b"]]) };
    const left = (over: number) => {
      const shorter = cutRecord({ kind: "Pod", ...pod } as unknown as Pod, over);
      return shorter && [shorter.services.length, shorter.labels.size];
    };
    // 2 + 2 + 3 for names, 4 for each port's protocol; 4 for the label.
    expect([0, 1, 15, 16, 30].map(left)).toEqual([
      [2, 1],
      [1, 1],
      [1, 1],
      [0, 1],
      [0, 1],
    ]);
    expect([left(31), left(34)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(left(35)).toBeNull();
  });

  test("leave the record itself as it is, and have nothing of others", () => {
    const record = processWith(["A=1"], "x");
    expect(cutRecord(record, 3)).not.toBe(record);
    expect(record).toEqual(processWith(["A=1"], "x"));
    expect(cutRecord(sampleFile("/a"), 1)).toBeNull();
  });
});
