// Addresses of metrics: what is taken, and what each other one is told.

import { expect, test } from "bun:test";
import { addressText, parseAddress } from "../../src/telemetry/address.ts";

test.each([
  ["127.0.0.1:9100", { kind: "tcp", host: "127.0.0.1", port: 9100 }],
  ["0.0.0.0:0", { kind: "tcp", host: "0.0.0.0", port: 0 }],
  ["[::1]:65535", { kind: "tcp", host: "::1", port: 65_535 }],
  ["unix:/run/m.sock", { kind: "unix", path: "/run/m.sock" }],
  ["unix:m:1", { kind: "unix", path: "m:1" }],
] as const)("%s", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
  expect(addressText(parseAddress(text))).toBe(text);
});

test("localhost is not looked up", () => {
  expect(parseAddress("localhost:1")).toEqual({ kind: "tcp", host: "127.0.0.1", port: 1 });
});

test.each([
  ["", "it must be like 127.0.0.1:9100"],
  ["9100", "it must be like"],
  ["127.0.0.1", "it must be like"],
  ["127.0.0.1:65536", "it must be like"],
  ["127.0.0.1:", "it must be like"],
  ["::1:9100", "it must be like"],
  ["http://127.0.0.1:9100", "it must be like"],
  [":9100", "127.0.0.1:9100 for this host alone, 0.0.0.0:9100 for whoever reaches it"],
  ["node-7:9100", '"node-7" is no IP address'],
  ["[127.0.0.1]:9100", "is no IP address"],
  ["[::1%lo]x:9100", "it must be like"],
  ["unix:", "there must be the path of a socket"],
  ["unix:@name", "there must be the path of a socket"],
  [`unix:/${"x".repeat(107)}`, "the path of a socket may have 107 bytes at most"],
])("%j is refused", (text, why) => {
  expect(() => parseAddress(text)).toThrow(
    expect.objectContaining({
      code: "OPTION_VALUE",
      exitStatus: 2,
      message: expect.stringContaining(why),
    }),
  );
});

test("the longest path is taken", () => {
  const path = `/${"x".repeat(106)}`;
  expect(parseAddress(`unix:${path}`)).toEqual({ kind: "unix", path });
});
