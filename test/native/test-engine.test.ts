// Scripted events through the whole of libsinsp and the native side, to the records that cross.

import { describe, expect, test } from "bun:test";
import {
  type Captured,
  type CapturedRecord,
  captureAll,
  ofKind,
} from "../support/scripts/captured-records.ts";
import {
  cloneFlag,
  type Script,
  scriptOfOne,
  secondNs,
  v4,
  v6,
} from "../support/scripts/scripted-capture.ts";

const run = (script: Script): Captured => captureAll(script.options());

/** `op object` of descriptor operations, and reads and writes as `r2:30 w1:5 object`, in order. */
function story(captured: Captured): string[] {
  const text = (record: CapturedRecord) =>
    record.kind === "io"
      ? `r${record.readOps}:${record.readBytes} w${record.writeOps}:${record.writeBytes} ${record.object}`
      : `${record.op} ${record.object ?? record.tid}`;
  const kinds = ["io", "descriptorOp", "processOp"];
  return captured.records.filter((record) => kinds.includes(record.kind)).map(text);
}

const opened = () => scriptOfOne().open(100, 3, "/tmp/a").open(100, 4, "/tmp/b");
const coalescing: readonly [what: string, script: Script, records: readonly string[]][] = [
  [
    "added up where the first happened",
    opened().write(100, 3, 10).read(100, 4, 7).read(100, 3, 5).write(100, 3, 2).read(100, 3, 0),
    ["r2:5 w2:12 /tmp/a", "r1:7 w0:0 /tmp/b"],
  ],
  [
    "failed calls count, their result does not",
    opened().read(100, 3, -11).read(100, 3, 4).write(100, 3, -5),
    ["r2:4 w1:0 /tmp/a"],
  ],
  [
    "close ends it",
    opened().read(100, 3, 1).close(100, 3).open(100, 3, "/tmp/a").read(100, 3, 2),
    ["r1:1 w0:0 /tmp/a", "close /tmp/a", "open /tmp/a", "r1:2 w0:0 /tmp/a"],
  ],
  [
    "dup2 onto it ends it",
    opened().read(100, 3, 1).dup2(100, 4, 3).read(100, 3, 2).read(100, 4, 4),
    ["r1:1 w0:0 /tmp/a", "ended /tmp/a", "r1:2 w0:0 /tmp/b", "r1:4 w0:0 /tmp/b"],
  ],
  [
    "dup2 onto itself does not end the descriptor",
    opened().read(100, 3, 1).dup2(100, 3, 3).read(100, 3, 2),
    ["r1:1 w0:0 /tmp/a", "r1:2 w0:0 /tmp/a"],
  ],
  [
    "a number's next use ends it",
    opened().read(100, 3, 1).open(100, 3, "/tmp/c").read(100, 3, 2),
    ["r1:1 w0:0 /tmp/a", "ended /tmp/a", "open /tmp/c", "r1:2 w0:0 /tmp/c"],
  ],
  [
    "exec ends all of the process",
    opened().read(100, 3, 1).read(100, 4, 2).exec(100, "/bin/x").read(100, 3, 3),
    ["r1:1 w0:0 /tmp/a", "r1:2 w0:0 /tmp/b", "exec 100", "r1:3 w0:0 /tmp/a"],
  ],
  ["exit ends it", opened().read(100, 3, 1).exit(100), ["r1:1 w0:0 /tmp/a", "exit 100"]],
  [
    "a whole second of event time ends it",
    opened().read(100, 3, 1).read(100, 3, 1).wait(secondNs).read(100, 3, 2),
    ["r2:2 w0:0 /tmp/a", "r1:2 w0:0 /tmp/a"],
  ],
  [
    "a tenth of a second of event time ends the batch, and it",
    opened()
      .read(100, 3, 1)
      .wait(secondNs / 10n)
      .read(100, 3, 2),
    ["r1:1 w0:0 /tmp/a", "r1:2 w0:0 /tmp/a"],
  ],
  [
    "a mapping does not end it",
    opened().read(100, 3, 1).mmap(100, 3).read(100, 3, 2),
    ["r2:3 w0:0 /tmp/a", "mmap /tmp/a"],
  ],
  [
    "another descriptor's close does not end it",
    opened().read(100, 3, 1).close(100, 4).read(100, 3, 2),
    ["r2:3 w0:0 /tmp/a", "close /tmp/b"],
  ],
];

describe("reads and writes of one thread on one descriptor are one record", () => {
  test.each(coalescing)("%s", (_, script, records) => {
    expect(story(run(script)).slice(2)).toEqual([...records]);
  });

  test("each thread has its own, and a close by one ends the others'", () => {
    const flags = cloneFlag.THREAD | cloneFlag.FILES;
    const script = scriptOfOne().open(100, 3, "/tmp/a").clone(100, 101, { pid: 100, flags });
    script.read(100, 3, 1).read(101, 3, 10).read(100, 3, 2).read(101, 3, 20);
    script.close(101, 3).open(101, 3, "/tmp/b").read(100, 3, 100);
    const io = ofKind(run(script), "io");
    expect(io.map(({ tid, readBytes, object }) => [tid, readBytes, object])).toEqual([
      [100, 3, "/tmp/a"],
      [101, 30, "/tmp/a"],
      [100, 100, "/tmp/b"],
    ]);
  });

  test("the record tells when the first and the last happened", () => {
    const script = scriptOfOne().open(100, 3, "/tmp/a").read(100, 3, 1);
    const first = script.now;
    script.write(100, 3, 1).wait(5000n).read(100, 3, 1);
    expect(ofKind(run(script), "io")).toMatchObject([{ ts: first, lastTs: script.now, fd: 3 }]);
  });
});

describe("batches", () => {
  test("their size does not change what they hold", () => {
    const script = scriptOfOne().thread({ tid: 200, exe: "/bin/other" });
    for (let i = 0; i < 40; i++) {
      const tid = i % 2 === 0 ? 100 : 200;
      script
        .open(tid, 3, `/tmp/${i % 7}`)
        .write(tid, 3, i)
        .read(tid, 3, 2 * i)
        .write(tid, 3, i);
      script
        .wait(BigInt(i) * 10_000_000n)
        .mkdir(tid, `/tmp/d${i}`)
        .close(tid, 3);
    }
    const whole = run(script);
    for (const batchRecords of [1, 2, 7]) {
      const cut = captureAll(script.options({ batchRecords }));
      expect(cut.batches).toBeGreaterThan(whole.batches);
      expect(merged(cut)).toEqual(merged(whole));
    }
  });

  test("batchBytes has a lower bound that holds the largest record", () => {
    const script = scriptOfOne();
    for (let i = 0; i < 30; i++) script.mkdir(100, `/${"x".repeat(60_000)}${i}`);
    const captured = captureAll(script.options({ batchBytes: 1 }));
    const paths = ofKind(captured, "pathOp").map(({ object }) => object?.length);
    expect(paths).toEqual([...Array(30).keys()].map((i) => 60_001 + String(i).length));
    expect(captured.batches).toBeGreaterThan(1);
  });
});

describe("descriptors", () => {
  test("open tells flags, type and result", () => {
    const script = scriptOfOne().open(100, 3, "/tmp/a", -100, 3);
    expect(ofKind(run(script), "descriptorOp")).toMatchObject([
      { op: "open", fd: 3, ret: 3, object: "/tmp/a", type: "f", pid: 100, tid: 100, openFlags: 3 },
    ]);
  });

  test("a failed open makes no record", () => {
    expect(story(run(scriptOfOne().open(100, -2, "/tmp/a")))).toEqual([]);
  });

  test("an anonymous mapping is of no file, whatever descriptor it names", () => {
    const MAP_ANONYMOUS = 8;
    const script = scriptOfOne().open(100, 3, "/tmp/a").mmap(100, 3);
    script.add(100, "SYSCALL_MMAP_E", 0, 4096, 3, MAP_ANONYMOUS, 3, 0);
    expect(story(run(script))).toEqual(["open /tmp/a", "mmap /tmp/a"]);
  });

  test("paths are those of the process: its directory, dirfd, no dots", () => {
    const script = scriptOfOne().open(100, 3, "a").open(100, 4, "../b/./c").open(100, 5, "/srv");
    script.chdir(100, "/var/log").open(100, 6, "d").open(100, 7, "e", 5);
    const objects = ofKind(run(script), "descriptorOp").map(({ object }) => object);
    expect(objects).toEqual(["/home/a", "/b/c", "/srv", "/var/log/d", "/srv/e"]);
  });

  test("calls on an unknown descriptor are counted if they succeeded", () => {
    const script = scriptOfOne().read(100, 3, 10).write(100, 4, 1).read(100, 5, -9).close(100, 6);
    const { stats, records } = run(script);
    expect(stats.noDescriptor).toBe(3);
    expect(records.filter(({ kind }) => kind === "io")).toEqual([]);
  });
});

describe("malformed events", () => {
  const script = () => scriptOfOne().mkdir(100, "/tmp/a").add(100, "SYSCALL_SETUID_E", null);

  test("that only concern our records are counted, and the capture goes on", () => {
    const captured = run(script().mkdir(100, "/tmp/b"));
    expect(captured.stats.malformed).toBe(1);
    expect(ofKind(captured, "pathOp").map(({ object }) => object)).toEqual(["/tmp/a", "/tmp/b"]);
  });

  test("that libsinsp refuses end the capture with an error", () => {
    expect(() => run(script().add(100, "SYSCALL_SETUID_X", 0))).toThrow(
      "cannot read on in the script: ",
    );
  });
});

describe("sockets", () => {
  const own = v4("10.0.0.1", 40_000);
  const peer = v4("10.0.0.2", 80);
  const other = v4("10.0.0.3", 53);

  test("a client and its flow", () => {
    const script = scriptOfOne().socket(100, 3, "tcp").connect(100, 3, own, peer);
    script.write(100, 3, 10).read(100, 3, 20).shutdown(100, 3).read(100, 3, 0).close(100, 3);
    const socket = "6 10.0.0.1:40000->10.0.0.2:80";
    expect(story(run(script))).toEqual([
      `connect ${socket}`,
      `r1:20 w1:10 ${socket}`,
      `shutdown ${socket}`,
      `r1:0 w0:0 ${socket}`,
      `close ${socket}`,
    ]);
  });

  test("a server's peer is the source", () => {
    const script = scriptOfOne().socket(100, 3, "tcp").accept(100, 4, peer, own).read(100, 4, 5);
    const socket = "6 10.0.0.2:80->10.0.0.1:40000";
    expect(story(run(script))).toEqual([`accept ${socket}`, `r1:5 w0:0 ${socket}`]);
  });

  test("a UDP socket's next peer starts another record", () => {
    const script = scriptOfOne().socket(100, 3, "udp");
    script.sendto(100, 3, own, peer, 1).sendto(100, 3, own, peer, 2);
    script.sendto(100, 3, own, other, 4).sendto(100, 3, own, other, 8);
    expect(story(run(script))).toEqual([
      "r0:0 w2:3 17 10.0.0.1:40000->10.0.0.2:80",
      "r0:0 w2:12 17 10.0.0.1:40000->10.0.0.3:53",
    ]);
  });

  test("IPv6", () => {
    const script = scriptOfOne().socket(100, 3, "tcp", 10).connect(100, 3, v6(1, 4000), v6(2, 443));
    script.write(100, 3, 10);
    const zeros = "0.".repeat(15);
    const socket = `6 ${zeros}1:4000->${zeros}2:443`;
    expect(story(run(script))).toEqual([`connect ${socket}`, `r0:0 w1:10 ${socket}`]);
  });

  describe("IPv6 datagrams: who spoke first is the source", () => {
    const [server, client, next] = [v6(1, 53), v6(2, 4000), v6(3, 5000)];
    const ends = (from: string, to: string) => {
      const zeros = "0.".repeat(15);
      return `17 ${zeros}${from}->${zeros}${to}`;
    };
    const asked = ends("2:4000", "1:53");
    const udp = () => scriptOfOne().socket(100, 3, "udp", 10);
    const heard = (script: Script) =>
      script.recvfrom(100, 3, client, server, 5).sendto(100, 3, server, client, 7);

    test("one that reads first is a server, of one peer after another", () => {
      const script = heard(udp()).recvfrom(100, 3, next, server, 9);
      expect(story(run(script))).toEqual([
        `r1:5 w1:7 ${asked}`,
        `r1:9 w0:0 ${ends("3:5000", "1:53")}`,
      ]);
    });

    test("one that was bound too", () => {
      expect(story(run(heard(udp().bind(100, 3, server))))).toEqual([`r1:5 w1:7 ${asked}`]);
    });

    test("a bound one that writes first is one all the same, as with IPv4", () => {
      const script = udp().bind(100, 3, server).sendto(100, 3, server, client, 7);
      expect(story(run(script))).toEqual([`r0:0 w1:7 ${asked}`]);
    });

    test("one that writes first, or connects, is a client", () => {
      const written = udp().sendto(100, 3, client, server, 7).recvfrom(100, 3, server, client, 5);
      expect(story(run(written))).toEqual([`r1:5 w1:7 ${asked}`]);
      const connected = udp().connect(100, 3, client, server).recvfrom(100, 3, server, client, 5);
      expect(story(run(connected))).toEqual([`connect ${asked}`, `r1:5 w0:0 ${asked}`]);
    });

    test("a read that fails tells nothing", () => {
      const script = heard(udp().recvfrom(100, 3, client, server, -11));
      expect(story(run(script))).toEqual([`r1:5 w1:7 ${asked}`]);
    });

    test("what a filter leaves out counts for it", () => {
      const script = udp().sendto(100, 3, client, server, 7).recvfrom(100, 3, server, client, 5);
      const filter = "evt.type = recvfrom";
      expect(story(captureAll(script.options({ filter })))).toEqual([`r1:5 w0:0 ${asked}`]);
    });
  });
});

describe("paths", () => {
  const script = scriptOfOne().open(100, 3, "/srv/dir").mkdir(100, "/tmp/a").mkdir(100, "b", -17);
  script.mkdirat(100, 3, "c").mkdirat(100, 3, "/d").mkdirat(100, 9, "e").unlinkat(100, 3, "f/../g");
  script.rename(100, "/tmp/h", "i").rename(100, "j", "k", [3, -100]).link(100, "/l", "m");
  script.symlink(100, "n", "/o").symlinkat(100, "n", 3, "o");
  const cases: readonly [op: string, object: string, object2: string | null, ret: number][] = [
    ["mkdir", "/tmp/a", null, 0],
    ["mkdir", "/home/b", null, -17],
    ["mkdir", "/srv/dir/c", null, 0],
    ["mkdir", "/d", null, 0],
    // The directory is unknown, so the name stays as it was given.
    ["mkdir", "e", null, 0],
    ["unlink", "/srv/dir/g", null, 0],
    ["rename", "/tmp/h", "/home/i", 0],
    ["rename", "/srv/dir/j", "/home/k", 0],
    ["link", "/l", "/home/m", 0],
    ["symlink", "/n", "/o", 0],
    ["symlink", "/srv/dir/n", "/srv/dir/o", 0],
  ];

  test("are resolved against the directory of the call", () => {
    const records = ofKind(run(script), "pathOp");
    expect(records.map(({ op, object, object2, ret }) => [op, object, object2, ret])).toEqual(
      cases.map((row) => [...row]),
    );
  });
});

describe("the table of objects", () => {
  test("starts anew when it is full, and every handle stays good", () => {
    const script = scriptOfOne();
    // An odd one first: renames, which name two objects, then meet the end of the table unevenly.
    script.mkdir(100, "/odd");
    const count = 36_000;
    for (let i = 0; i < count; i++) script.rename(100, `/a${i}`, `/b${i}`);
    const captured = run(script);
    const renames = ofKind(captured, "pathOp", "rename");
    expect(ofKind(captured, "objectReset")).toHaveLength(1);
    expect(renames).toHaveLength(count);
    expect(renames.every((r, i) => r.object === `/a${i}` && r.object2 === `/b${i}`)).toBe(true);
    expect(captured.stats.objects).toBeLessThanOrEqual(65_536);
  });
});

/** Reads and writes added up between the other records, in whatever batches they came. */
function merged(captured: Captured): unknown[] {
  const rest: unknown[] = [];
  let sums = new Map<string, number[]>();
  const end = () => {
    if (sums.size > 0) rest.push([...sums].sort());
    sums = new Map();
  };
  for (const record of captured.records) {
    if (record.kind !== "io") {
      end();
      rest.push(record);
      continue;
    }
    const key = `${record.tid} ${record.fd} ${record.object}`;
    const now = [record.readOps, record.writeOps, record.readBytes, record.writeBytes].map(Number);
    const old = sums.get(key) ?? [0, 0, 0, 0];
    sums.set(
      key,
      now.map((value, i) => value + (old[i] ?? 0)),
    );
  }
  end();
  return rest;
}
