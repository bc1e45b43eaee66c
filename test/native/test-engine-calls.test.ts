// Scripted calls whose facts are spread over both events, or that name two descriptors: sendfile and
// its like, setreuid, mount; and those that only schema 6 has records of.

import { describe, expect, test } from "bun:test";
import { type Captured, captureAll, ofKind } from "../support/scripts/captured-records.ts";
import { type Script, scriptOfOne } from "../support/scripts/scripted-capture.ts";

const run = (script: Script, filter = ""): Captured => captureAll(script.options({ filter }));
const opened = () => scriptOfOne().open(100, 3, "/tmp/a").open(100, 4, "/tmp/b");

function sendfile(script: Script, out: number, from: number, ret: number): Script {
  script.add(100, "SYSCALL_SENDFILE_E", out, from, 0, 4096);
  return script.add(100, "SYSCALL_SENDFILE_X", ret, 0);
}

function splice(script: Script, from: number, out: number, ret: number): Script {
  script.add(100, "SYSCALL_SPLICE_E", from, out, 4096, 0);
  return script.add(100, "SYSCALL_SPLICE_X", ret);
}

function copyFileRange(script: Script, from: number, out: number, ret: number): Script {
  script.add(100, "SYSCALL_COPY_FILE_RANGE_E", from, 0, 4096);
  return script.add(100, "SYSCALL_COPY_FILE_RANGE_X", ret, out, 0);
}

function sums(captured: Captured): string[] {
  return ofKind(captured, "io").map(
    ({ fd, object, readOps, readBytes, writeOps, writeBytes }) =>
      `${fd} ${object} r${readOps}:${readBytes} w${writeOps}:${writeBytes}`,
  );
}

const from3to4 = ["3 /tmp/a r1:10 w0:0", "4 /tmp/b r0:0 w1:10"];
const transfers: readonly [what: string, script: Script, sums: readonly string[], lost: number][] =
  [
    ["sendfile reads one, writes the other", sendfile(opened(), 4, 3, 10), from3to4, 0],
    ["splice", splice(opened(), 3, 4, 10), from3to4, 0],
    ["copy_file_range", copyFileRange(opened(), 3, 4, 10), from3to4, 0],
    [
      "they are added up with reads and writes",
      splice(sendfile(opened().read(100, 3, 1), 4, 3, 2).write(100, 4, 4), 4, 3, 8),
      ["3 /tmp/a r2:3 w1:8", "4 /tmp/b r1:8 w2:6"],
      0,
    ],
    [
      "a failed one is an operation each way",
      sendfile(opened(), 4, 3, -11),
      ["3 /tmp/a r1:0 w0:0", "4 /tmp/b r0:0 w1:0"],
      0,
    ],
    ["on one descriptor it is both", copyFileRange(opened(), 3, 3, 5), ["3 /tmp/a r1:5 w1:5"], 0],
    ["an unknown side is a loss", sendfile(opened(), 9, 3, 10), ["3 /tmp/a r1:10 w0:0"], 1],
    ["but not of a failed call", splice(opened(), 9, 4, -9), ["4 /tmp/b r0:0 w1:0"], 0],
    [
      "without its start a call is a loss on both sides",
      opened().add(100, "SYSCALL_SENDFILE_X", 10, 0),
      [],
      2,
    ],
    [
      "of copy_file_range on the side that its start tells of",
      opened().add(100, "SYSCALL_COPY_FILE_RANGE_X", 10, 4, 0),
      ["4 /tmp/b r0:0 w1:10"],
      1,
    ],
    [
      "the start of another call is none",
      opened().add(100, "SYSCALL_SPLICE_E", 3, 4, 9, 0).add(100, "SYSCALL_SENDFILE_X", 10, 0),
      [],
      2,
    ],
    [
      "a start serves once",
      splice(opened(), 3, 4, 10).add(100, "SYSCALL_SPLICE_X", 10),
      from3to4,
      2,
    ],
  ];

describe("two descriptors", () => {
  test.each(transfers)("%s", (_, script, expected, lost) => {
    const captured = run(script);
    expect(sums(captured)).toEqual([...expected]);
    expect(captured.stats.noDescriptor).toBe(lost);
  });

  test("a filter that leaves out starts leaves out no operation", () => {
    expect(sums(run(sendfile(opened(), 4, 3, 10), "evt.dir=<"))).toEqual(from3to4);
  });

  test("a close of either ends its sum", () => {
    const script = sendfile(sendfile(opened(), 4, 3, 1).close(100, 3).open(100, 3, "/c"), 4, 3, 2);
    expect(sums(run(script))).toEqual([
      "3 /tmp/a r1:1 w0:0",
      "4 /tmp/b r0:0 w2:3",
      "3 /c r1:2 w0:0",
    ]);
  });
});

describe("sendmmsg and recvmmsg", () => {
  const message = (script: Script, type: string, ret: number, fd: number) => {
    script.add(100, `SOCKET_${type}_E`);
    const rest = type === "RECVMMSG" ? [null] : [];
    return script.add(100, `SOCKET_${type}_X`, ret, fd, 50, null, null, ...rest);
  };
  test("each message is an operation, and so is a call that fails or has none", () => {
    const script = opened();
    for (const ret of [50, 40, 0, -11]) {
      message(message(script, "SENDMMSG", ret, 3), "RECVMMSG", ret, 4);
    }
    expect(sums(run(script))).toEqual(["3 /tmp/a r0:0 w4:90", "4 /tmp/b r4:90 w0:0"]);
  });
});

describe("setuid", () => {
  const setreuid = (script: Script, real: number, effective: number, ret: number) =>
    script
      .add(100, "SYSCALL_SETREUID_E")
      .add(100, "SYSCALL_SETREUID_X", ret, real >>> 0, effective >>> 0);
  const cases: readonly [what: string, script: Script, asked: number[], uid: number][] = [
    ["setreuid asks for the effective id", setreuid(scriptOfOne(), 7, 8, 0), [8], 8],
    ["-1 keeps it", setreuid(scriptOfOne().setuid(100, 5), 7, -1, 0), [5, -1], 5],
    ["a failed one changes nothing", setreuid(scriptOfOne(), 7, 8, -1), [8], 0],
    [
      "-1 of setresuid keeps it",
      scriptOfOne().setuid(100, 5).setresuid(100, [7, -1, 9]),
      [5, -1],
      5,
    ],
    ["setuid has no such argument", scriptOfOne().setuid(100, -1, -22), [-1], 0],
  ];
  test.each(cases)("%s", (_, script, asked, uid) => {
    const captured = run(script.mkdir(100, "/tmp/a"));
    expect(ofKind(captured, "processOp").map((record) => record.uid)).toEqual(asked);
    expect(ofKind(captured, "process").at(-1)?.uid).toBe(uid);
  });
});

type PathCase = readonly [
  call: string,
  params: readonly (number | bigint | string | null)[],
  op: string,
  object: string,
  args: readonly string[],
];

const cwd = -100;
/** libscap's numbers of the two calls, the same on every architecture. */
const [truncate, ftruncate] = [57, 58];
const pathCases: readonly PathCase[] = [
  ["CHMOD", [-14, null, 0], "chmod", "<NA>", ["0000"]],
  ["CHMOD", [0, "a", 0o4750], "chmod", "/home/a", ["04750"]],
  ["CHMOD", [-2, "/b/../c", 0], "chmod", "/c", ["0000"]],
  ["FCHMOD", [0, 3, 0o644], "chmod", "/tmp/a", ["0644"]],
  ["FCHMODAT", [0, 3, "x", 0o600], "chmod", "/tmp/a/x", ["0600"]],
  ["CHOWN", [0, "a", 1, 2], "chown", "/home/a", ["1", "2"]],
  ["LCHOWN", [-1, "/a", 0xffff_ffff, 2], "chown", "/a", ["-1", "2"]],
  ["FCHOWN", [0, 4, 5, 0xffff_ffff], "chown", "/tmp/b", ["5", "-1"]],
  ["FCHOWNAT", [0, cwd, "a", 1, 2, 0], "chown", "/home/a", ["1", "2"]],
  ["MKNOD", [0, "/dev/x", 0o20600, 0x100003], "mknod", "/dev/x", ["020600", "1:3"]],
  ["MKNODAT", [-17, cwd, "x", 0o10644, 0], "mknod", "/home/x", ["010644", "0:0"]],
  ["UMOUNT_1", [0, "/mnt"], "umount", "/mnt", []],
];

describe("attributes and mounts", () => {
  test.each(pathCases)("%s %j", (call, params, op, object, args) => {
    const script = opened().add(100, `SYSCALL_${call}_E`);
    const [record] = ofKind(run(script.add(100, `SYSCALL_${call}_X`, ...params)), "pathOp");
    const ret = Number(params[0]);
    expect(record).toMatchObject({ op, object, object2: null, ret, args: [...args] });
  });

  const resizes: readonly [string, (number | string | null)[], string, string][] = [
    ["truncate", [truncate, 0, "a", 4096], "/home/a", "4096"],
    ["a text as long as a number", [truncate, 0, "/a/bcde", 0], "/a/bcde", "0"],
    ["a truncate that fails", [truncate, -2, "/b/../c", -1], "/c", "-1"],
    ["a truncate of what cannot be read", [truncate, -14, null, 0], "<NA>", "0"],
    ["ftruncate", [ftruncate, 0, 3, 5_000_000_000], "/tmp/a", "5000000000"],
    ["an ftruncate that fails", [ftruncate, -22, 4, 1], "/tmp/b", "1"],
  ];
  test.each(resizes)("%s", (_, params, object, length) => {
    const [record] = ofKind(run(opened().add(100, "GENERIC_X", ...params)), "pathOp");
    const ret = Number(params[1]);
    expect(record).toMatchObject({ op: "resize", object, object2: null, ret, args: [length] });
  });

  test("other generic events make nothing and lose nothing", () => {
    const script = opened().add(100, "GENERIC_X", 1);
    const { stats, records } = run(script.add(100, "GENERIC_X", truncate));
    expect(records.filter(({ kind }) => kind === "pathOp")).toEqual([]);
    expect(stats).toMatchObject({ malformed: 0, noDescriptor: 0, filtered: 0 });
  });

  test.each<[string, (number | string | null)[]]>([
    ["another call", [1, 0, "a", 1]],
    ["a length for a text", [truncate, 0, "a", "b"]],
    ["a text for a descriptor", [ftruncate, 0, "a", 1]],
    ["no result", [truncate, null, "a", 1]],
  ])("a resize that has %s is malformed", (_, params) => {
    const captured = run(opened().add(100, "GENERIC_X", ...params));
    expect(ofKind(captured, "pathOp")).toEqual([]);
    expect(captured.stats.malformed).toBe(1);
  });

  test("of a descriptor that is not known are a loss, unless they fail", () => {
    const script = opened()
      .add(100, "SYSCALL_FCHMOD_X", 0, 9, 0o600)
      .add(100, "SYSCALL_FCHMOD_X", -9, 9, 0o600)
      .add(100, "GENERIC_X", ftruncate, 0, 9, 1)
      .add(100, "GENERIC_X", ftruncate, -9, 9, 1);
    const captured = run(script);
    expect(ofKind(captured, "pathOp")).toEqual([]);
    expect(captured.stats.noDescriptor).toBe(2);
  });

  const mounts: readonly [string, flags: number | null, (string | null)[], string, string[]][] = [
    ["a device", 1, ["/dev/sda1", "/mnt", "ext4"], "/dev/sda1", ["ext4", "0x1"]],
    ["a name", 0, ["proc", "mnt", "proc"], "proc", ["proc", "0x0"]],
    ["bound, a path", 0x1000, ["a", "/mnt", null], "/home/a", ["", "0x1000"]],
    ["moved, a path", 0x2000, ["a", "/mnt", null], "/home/a", ["", "0x2000"]],
    ["none", 0x44000, [null, "/mnt", null], "none", ["", "0x44000"]],
    ["its start not seen", null, ["proc", "/mnt", "proc"], "proc", ["proc"]],
  ];
  test.each(mounts)("mount of %s", (_, flags, texts, source, args) => {
    const script = scriptOfOne();
    if (flags !== null) {
      script.add(100, "SYSCALL_MOUNT_E", flags);
    }
    const [record] = ofKind(run(script.add(100, "SYSCALL_MOUNT_X", 0, ...texts)), "pathOp");
    const object2 = texts[1] === "mnt" ? "/home/mnt" : "/mnt";
    expect(record).toMatchObject({ op: "mount", object: source, object2, args });
  });

  test("umount2 has its flags", () => {
    const script = scriptOfOne().add(100, "SYSCALL_UMOUNT2_E", 2);
    const [record] = ofKind(run(script.add(100, "SYSCALL_UMOUNT2_X", -22, "/mnt")), "pathOp");
    expect(record).toMatchObject({ op: "umount", object: "/mnt", ret: -22, args: ["0x2"] });
  });
});
