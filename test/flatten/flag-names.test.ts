// Bit sets as lists of names, the images of containers in parts, and times as texts.

import { expect, test } from "bun:test";
import { imageParts } from "../../src/flatten/falco/container.ts";
import {
  eventNames,
  falcoMode,
  falcoOpenFlags,
  openFlagNames,
  opNames,
} from "../../src/flatten/texts/flag-names.ts";
import { addressTexts } from "../../src/flatten/texts/pod-texts.ts";
import {
  clockText,
  dateText,
  exactClockText,
  halvesText,
  nanosOf,
  secondsOf,
} from "../../src/flatten/times.ts";
import { opFlagByName } from "../../src/sysflow/op-names.ts";

test("each operation has its name, and but for TRUNCATE and DIGEST an event", () => {
  for (const [name, bit] of opFlagByName) {
    const isIo = name === "READ_RECV" || name === "WRITE_SEND";
    const [ofFile = name, ofNetwork = name] = isIo ? name.split("_") : [];
    expect(opNames(bit, false).items).toEqual([ofFile]);
    expect(opNames(bit, true).items).toEqual([ofNetwork]);
    const hasEvent = name !== "TRUNCATE" && name !== "DIGEST";
    expect(eventNames(bit, false).items.length > 0, name).toBe(hasEvent);
    expect(eventNames(bit, true).text !== "", name).toBe(hasEvent);
    for (const event of [...eventNames(bit, true).items, ...eventNames(bit, false).items]) {
      expect(event).toMatch(/^[a-z]+[a-z0-9]*$/);
    }
  }
});

test("lists are made once for a value, and again when very many others came", () => {
  const first = opNames(0x80, false);
  expect(opNames(0x80, false)).toBe(first);
  for (let flags = 1; flags < 5000; flags++) {
    opNames(flags * 2, false);
  }
  expect(opNames(0x80, false)).toEqual(first);
  expect(opNames(0x80, false)).not.toBe(first);
  expect(eventNames(0x480, false).text).toBe("open,close");
  expect(opNames(0x780, true).text).toBe("OPEN,CLOSE,SEND,RECV");
});

test("open flags have upstream's order, and Falco's words", () => {
  expect(openFlagNames(0x1fff).text).toBe(
    "RDONLY,WRONLY,RDWR,CREAT,EXCL,TRUNC,APPEND,NONBLOCK,DSYNC,DIRECT,LARGEFILE,DIRECTORY,CLOEXEC,SYNC",
  );
  expect(falcoOpenFlags(0x1001)).toBe("O_RDONLY|O_CLOEXEC");
  expect(falcoOpenFlags(0x3)).toBe("O_RDWR");
  expect(falcoOpenFlags(0)).toBe("O_NONE");
  expect(falcoMode("0")).toBe("0");
});

test("each bit of a mode has its name", () => {
  const kinds = ["IXOTH", "IWOTH", "IROTH", "IXGRP", "IWGRP", "IRGRP", "IXUSR", "IWUSR", "IRUSR"];
  const names = [...kinds, "ISVTX", "ISGID", "ISUID"].map((kind) => `S_${kind}`);
  expect(names.map((_, bit) => falcoMode((1 << bit).toString(8)))).toEqual(names);
  expect(falcoMode("7777")).toBe(names.join("|"));
});

test("a pod's addresses are those of IPv4, or two numbers are one of IPv6", () => {
  const [high, low] = [0xb80d0120n, 0x0100000000000000n];
  expect(addressTexts([high, low])).toEqual(["2001:db8::1"]);
  expect(addressTexts([high, BigInt.asIntN(64, 0xff00000000000000n)])).toEqual(["2001:db8::ff"]);
  expect(addressTexts([0x0100007fn, -1n])).toEqual(["127.0.0.1", "255.255.255.255"]);
  expect(addressTexts([])).toEqual([]);
});

test.each([
  ["alpine:latest:latest", "alpine:latest", "alpine", "latest"],
  ["alpine:3.20", "alpine:3.20", "alpine", "3.20"],
  ["alpine", "alpine", "alpine", null],
  ["host:5000/a/b:1:1", "host:5000/a/b:1", "host:5000/a/b", "1"],
  ["host:5000/a/b", "host:5000/a/b", "host:5000/a/b", null],
  ["a/b@sha256:12", "a/b@sha256:12", "a/b", null],
  ["a/b:1@sha256:12", "a/b:1@sha256:12", "a/b", "1"],
  ["sha256:12:v1", "sha256:12", null, "v1"],
  ["sha256:12", "sha256:12", null, null],
  ["alpine:", "alpine", "alpine", null],
  [":", null, null, null],
  [":1", null, null, null],
  ["@sha256:12", "@sha256:12", null, null],
  ["", null, null, null],
])("the image %p is %p: %p, %p", (image, name, repository, tag) => {
  expect(imageParts(image)).toEqual({ name, repository, tag });
});

test.each([
  [0n, "1970-01-01", "00:00:00.000000000", "00:00:00"],
  [1_700_000_000_123_456_789n, "2023-11-14", "22:13:20.123456789", "22:13:20"],
  [-1n, "1969-12-31", "23:59:59.999999999", "23:59:59"],
  [2n ** 63n - 1n, "2262-04-11", "23:47:16.854775807", "23:47:16"],
  [-(2n ** 63n), "1677-09-21", "00:12:43.145224192", "00:12:43"],
])("%d ns is %s %s", (ns, date, exact, clock) => {
  const [hi, lo] = [Number(ns >> 32n), Number(ns & 0xffffffffn)];
  expect([dateText(hi, lo), exactClockText(hi, lo), clockText(hi, lo)]).toEqual([
    date,
    exact,
    clock,
  ]);
  expect(halvesText(hi, lo)).toBe(String(ns));
  expect(halvesText(hi >>> 0, lo | 0)).toBe(String(ns));
  expect(BigInt(secondsOf(hi, lo)) * 1_000_000_000n + BigInt(nanosOf(hi, lo))).toBe(ns);
});
