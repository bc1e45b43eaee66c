// Rows as text, on a terminal and off it; hostile names; the rate and what it leaves out.

import { describe, expect, test } from "bun:test";
import { JoinedOutput } from "../../src/join/joined-output.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { LineOutput } from "../../src/show/line-output.ts";
import { LiveTable } from "../../src/show/live-table.ts";
import type { File, Process } from "../../src/sysflow/record.gen.ts";
import { FanOut } from "../../src/write/fan-out.ts";
import { sampleFileEvent } from "../support/records/sample-records.ts";
import { FakeStream } from "./fake-stream.ts";

const ns = 1_700_000_000_123_456_789n;
const time = { tsLo: Number(ns & 0xffffffffn), tsHi: Number(ns >> 32n) };
const end = { endTsLo: time.tsLo, endTsHi: time.tsHi };
const oid = { createLo: 1, createHi: 2, hpid: 4711 };
const foid = new Uint8Array(20).fill(7);
const clock = "22:13:20.123456";
const counters = { numRRecvOps: 2, numWSendOps: 1, numRRecvBytes: 20_000, numWSendBytes: 5 };

function process(change: Partial<Process> = {}): Process {
  return {
    kind: "Process",
    state: 0,
    oid,
    poid: null,
    ...time,
    exe: "/usr/bin/cat",
    exeArgs: "/etc/passwd",
    uid: 0,
    userName: "root",
    gid: 0,
    groupName: "root",
    tty: false,
    containerId: null,
    entry: false,
    cwd: "/",
    env: [],
    loginuid: -1,
    ...change,
  };
}

function file(path: string): File {
  return { kind: "File", state: 2, foid, ...time, restype: 102, path, containerId: null };
}

interface Setup {
  readonly columns?: number;
  readonly linesPerSec?: number;
  readonly waitsForReader?: boolean;
}

function setup(options: Setup = {}) {
  const stream = new FakeStream(options.columns);
  const output = new LineOutput(stream);
  const now = { ms: 1000 };
  const table = new LiveTable({
    output,
    linesPerSec: options.linesPerSec ?? 0,
    waitsForReader: options.waitsForReader ?? true,
    clockMs: () => now.ms,
  });
  const lines = () => {
    table.flush();
    return stream.text.split("\n").slice(1, -1);
  };
  return { stream, output, now, table, records: new Joiner(table), lines };
}

test("off a terminal each record is a line, nothing is cut", () => {
  const { records, lines } = setup();
  records.container({
    kind: "Container",
    id: "c010f5a08549",
    name: "web",
    image: "nginx:1",
    imageid: "i",
    type: 0,
    privileged: true,
    podId: null,
  });
  records.process(process());
  records.file(file(`/${"long".repeat(30)}`));
  const event = {
    kind: "ProcessEvent",
    procOID: oid,
    ...time,
    tid: 1,
    args: [],
    ret: 0,
  } as const;
  records.processEvent({ ...event, opFlags: 2 });
  records.processEvent({ ...event, opFlags: 8, args: ["alice"], ret: -1 });
  records.processEvent({ ...event, opFlags: 4, ret: 9 });
  const from = `${clock} `;
  const who = "cat 4711                 ";
  const pad = " ".repeat(41);
  expect(lines()).toEqual([
    `${" ".repeat(16)}C    ${" ".repeat(25)}            c010f5a08549 web nginx:1                 docker privileged`,
    `${from}P    ${who}CREATED     /usr/bin/cat /etc/passwd                 root 0`,
    `${from}F    ${" ".repeat(25)}REUP        /${"long".repeat(30)} type f`,
    `${from}PE   ${who}EXEC        /usr/bin/cat /etc/passwd                 0`,
    `${from}PE   ${who}SETUID      alice                                    -1 EPERM`,
    `${from}PE   ${who}EXIT        ${pad}SIGKILL`,
  ]);
});

test("off a terminal flows and file events name what they refer to", () => {
  const { records, lines } = setup();
  records.process(process({ containerId: "c010f5a08549" }));
  records.file(file("/data"));
  const flow = { procOID: oid, ...time, ...end, tid: 1, fd: 3, ...counters };
  records.fileFlow({ kind: "FileFlow", ...flow, opFlags: 0x780, openFlags: 1, fileOID: foid });
  records.networkFlow({
    kind: "NetworkFlow",
    ...flow,
    opFlags: 0x40,
    sip: 0x0100007f,
    sport: 40000,
    dip: 0x0200007f,
    dport: 80,
    proto: 6,
    sip6: null,
    dip6: null,
  });
  const event = { ...sampleFileEvent(0, 0), procOID: oid, ...time, tid: 1, fileOID: foid };
  records.fileEvent({ ...event, opFlags: 0x40000, ret: -2, newFileOID: null });
  records.fileEvent({ ...event, opFlags: 0x100000, ret: 0, newFileOID: foid });
  records.processFlow({
    kind: "ProcessFlow",
    procOID: oid,
    ...time,
    ...end,
    opFlags: 5,
    numThreadsCloned: 3,
    numThreadsExited: 2,
    numCloneErrors: 1,
  });
  expect(lines().slice(2)).toEqual(
    [
      "FF   cat 4711 c010f5a08549    O  WR   C   /data                                    r 2/20.0kB w 1/5B",
      "NF   cat 4711 c010f5a08549      C         tcp 127.0.0.1:40000 → 127.0.0.2:80       r 2/20.0kB w 1/5B",
      "FE   cat 4711 c010f5a08549    UNLINK      /data                                    -2 ENOENT",
      "FE   cat 4711 c010f5a08549    RENAME      /data → /data                            0",
      "PF   cat 4711 c010f5a08549    CLONE+EXIT  threads +3 -2, 1 errors",
    ].map((text) => `${clock} ${text}`),
  );
});

test("what only schema 6 has room for is shown", () => {
  const { records, lines } = setup();
  records.process(process());
  records.file(file("/data"));
  const address = (last: number) => new Uint8Array(16).fill(last, 15);
  records.networkFlow({
    kind: "NetworkFlow",
    ...{ procOID: oid, ...time, ...end, tid: 1, fd: 3, ...counters },
    ...{ opFlags: 0x40, proto: 17, sip: 0, sport: 40000, dip: 0, dport: 53 },
    sip6: address(1),
    dip6: address(0xff),
  });
  records.fileEvent({
    ...sampleFileEvent(0x400000, 0),
    ...{ procOID: oid, ...time, tid: 1, fileOID: foid },
    args: ["1000", "-1"],
  });
  expect(lines().slice(2)).toEqual([
    `${clock} NF   cat 4711                   C         udp [::1]:40000 → [::ff]:53              r 2/20.0kB w 1/5B`,
    `${clock} FE   cat 4711                 CHOWN       /data 1000 -1                            0`,
  ]);
});

test("what was never named is a question mark", () => {
  const { records, lines } = setup();
  const flow = { procOID: oid, ...time, ...end, tid: 1, fd: 3, ...counters };
  records.fileFlow({ kind: "FileFlow", ...flow, opFlags: 0x80, openFlags: 1, fileOID: foid });
  expect(lines()[0]).toStartWith(`${clock} FF   ? 4711 `);
  expect(lines()[0]).toContain(" ? ");
});

test("a new file of the output beside it takes no name away, and shows nothing twice", () => {
  const { records, lines } = setup();
  const shown = new JoinedOutput(records);
  const file = { ...nothing, untoldFailure: () => null, rotateDue: () => true };
  const outputs = new FanOut([file, shown].map((output) => ({ output, onFailure: "end" })));
  outputs.process(process(), outputs.outputs);
  const anew = outputs.rotateDue(1);
  outputs.process(process(), anew);
  outputs.processEvent({
    kind: "ProcessEvent",
    procOID: oid,
    ...time,
    tid: 1,
    args: [],
    ret: 0,
    opFlags: 4,
  });
  expect(anew).toBe(1);
  expect(lines()).toHaveLength(2);
  expect(lines()[1]).toContain("cat 4711");
  expect(shown.counts).toMatchObject({ Process: 1, ProcessEvent: 1 });
});

const none = () => {
  // A sink that keeps nothing.
};
const nothing = {
  header: none,
  container: none,
  process: none,
  file: none,
  processEvent: none,
  fileEvent: none,
  networkFlow: none,
  fileFlow: none,
  processFlow: none,
  networkEvent: none,
  pod: none,
  k8sEvent: none,
};

describe("hostile names", () => {
  test.each([
    ["a newline", "/a\nb", "/a\\x0ab"],
    ["an escape sequence", "/\x1b[31mred\x1b[0m", "/\\x1b[31mred\\x1b[0m"],
    ["a C1 control", "/\x9b31m", "/\\x9b31m"],
    ["a right-to-left override", "/\u202egpj.exe", "/\\u202egpj.exe"],
    ["a carriage return", "/a\rb", "/a\\x0db"],
    ["a NUL", "/a\0b", "/a\\x00b"],
  ])("%s stays text on one line", (_, path, shown) => {
    for (const columns of [undefined, 100]) {
      const { records, lines } = setup(columns === undefined ? {} : { columns });
      records.file(file(path));
      records.process(process({ exe: path, exeArgs: path }));
      expect(lines()).toHaveLength(2);
      expect(lines()[0]).toContain(shown);
      expect(lines()[1]).toContain(shown);
    }
  });
});

describe("on a terminal", () => {
  test.each([80, 100, 200])("no line is wider than %d columns", (columns) => {
    const { records, stream, table } = setup({ columns });
    records.file(file("/漢字".repeat(60)));
    records.process(
      process({ exe: "/bin/漢字漢字漢字漢字漢字漢字漢字", exeArgs: "x".repeat(300) }),
    );
    table.flush();
    for (const line of stream.text.split("\n")) {
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe("the rate", () => {
  test("holds back what is more, and says how much", () => {
    const { records, lines, now, table } = setup({ linesPerSec: 2 });
    const show = (count: number) => {
      for (let index = 0; index < count; index++) {
        records.file(file("/f"));
      }
    };
    show(5);
    expect(lines()).toHaveLength(2);
    now.ms += 999;
    show(1);
    expect(lines()).toHaveLength(2);
    now.ms += 1;
    show(1);
    expect(
      lines()
        .slice(2)
        .map((line) => line.slice(0, 20)),
    ).toEqual(["… 4 more", `${clock} F   `]);
    expect(table.leftOut).toBe(4);
  });

  test("is made up for by a quiet second and by the end", () => {
    const { records, lines, now, table } = setup({ linesPerSec: 1 });
    records.file(file("/f"));
    records.file(file("/f"));
    now.ms += 1000;
    expect(lines()[1]).toBe("… 1 more");
    records.file(file("/f"));
    records.file(file("/f"));
    table.close();
    expect(lines().at(-1)).toBe("… 1 more");
  });

  test("of zero is none", () => {
    const { records, lines, table } = setup({ linesPerSec: 0 });
    for (let index = 0; index < 1000; index++) {
      records.file(file("/f"));
    }
    expect(lines()).toHaveLength(1000);
    expect(table.leftOut).toBe(0);
  });
});

test("a reader that has stopped costs lines, not memory, and they are counted", () => {
  const { records, stream, table } = setup({ waitsForReader: false });
  stream.isStuck = true;
  for (let index = 0; index < 50_000; index++) {
    records.file(file("/f"));
    if (index % 100 === 0) {
      table.flush();
    }
  }
  expect(stream.text.length).toBeLessThan(1_200_000);
  expect(table.leftOut).toBeGreaterThan(20_000);
  stream.isStuck = false;
  stream.release();
  records.file(file("/f"));
  table.close();
  expect(stream.text).toContain(`… ${table.leftOut} more\n`);
});
