// The words of the live table, against sysprint's and the system's.

import { describe, expect, test } from "bun:test";
import {
  countText,
  endText,
  eventOpsText,
  flowOpsText,
  protoText,
  resultText,
  stateText,
  timeText,
  waitStatusText,
} from "../../src/show/record-text.ts";

test.each([
  [0x1, "CLONE"],
  [0x2, "EXEC"],
  [0x4, "EXIT"],
  [0x8, "SETUID"],
  [0x5, "CLONE+EXIT"],
  [0x8000, "MKDIR"],
  [0x10000, "RMDIR"],
  [0x20000, "LINK"],
  [0x40000, "UNLINK"],
  [0x80000, "SYMLINK"],
  [0x100000, "RENAME"],
  [0x200000, "CHMOD"],
  [0x400000, "CHOWN"],
  [0x800000, "MOUNT"],
  [0x1000000, "UMOUNT"],
  [0x2000000, "MKNOD"],
  [0x4000000, "RESIZE"],
  [0x40000000, "0x40000000"],
  [0x800, "TRUNCATE"],
  [0x801, "CLONE"],
])("the event flags %p are %s", (flags, text) => {
  expect(eventOpsText(flags)).toBe(text);
});

test.each([
  [0, "           "],
  [0x80, "O          "],
  [0x20, " A         "],
  [0x40, "  C        "],
  [0x200, "   W       "],
  [0x100, "    R      "],
  [0x10, "     N     "],
  [0x2000, "      M    "],
  [0x1000, "       S   "],
  [0x400, "        C  "],
  [0x800, "         T "],
  [0x4000, "          D"],
  [0x780, "O  WR   C  "],
])("the flow flags %p are %p", (flags, text) => {
  expect(flowOpsText(flags)).toBe(text);
});

test.each([
  [0, "0"],
  [42, "42"],
  [-2, "-2 ENOENT"],
  [-11, "-11 EAGAIN"],
  [-13, "-13 EACCES"],
  [-9999, "-9999"],
])("the result %d is %s", (ret, text) => {
  expect(resultText(ret)).toBe(text);
});

test.each([
  [0, "status 0"],
  [0x700, "status 7"],
  [0xff00, "status 255"],
  [9, "SIGKILL"],
  [139, "SIGSEGV"],
  [0x7e, "signal 126"],
])("the wait status %d is %s", (ret, text) => {
  expect(waitStatusText(ret)).toBe(text);
});

describe("addresses and protocols", () => {
  test("an end is address and port, an IPv6 one in brackets", () => {
    expect(endText(0x0100007f, null, 80)).toBe("127.0.0.1:80");
    expect(endText(0, new Uint8Array(16), 8080)).toBe("[::]:8080");
  });

  test.each([
    [6, "tcp"],
    [17, "udp"],
    [-1, "unknown"],
    [99, "proto 99"],
  ])("%d is %s", (proto, text) => {
    expect(protoText(proto)).toBe(text);
  });
});

test.each([
  [0n, "00:00:00.000000"],
  [1_700_000_000_123_456_789n, "22:13:20.123456"],
  [86_399_999_999_999n, "23:59:59.999999"],
])("the time %d is %s", (ns, text) => {
  expect(timeText(Number(ns & 0xffffffffn), Number(ns >> 32n))).toBe(text);
  expect(timeText(Number(ns & 0xffffffffn) | 0, Number(ns >> 32n))).toBe(text);
});

test.each([
  [0, "0"],
  [9999, "9999"],
  [10_000, "10.0k"],
  [123_456, "123k"],
  [1_234_567, "1.23M"],
  [5e9, "5.00G"],
])("the count %d is %s", (count, text) => {
  expect(countText(count)).toBe(text);
});

test("states have their names", () => {
  expect([0, 1, 2, 7].map(stateText)).toEqual(["CREATED", "MODIFIED", "REUP", "7"]);
});
