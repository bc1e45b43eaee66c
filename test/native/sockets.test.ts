// The addon's Unix sockets by their members and arguments; what they do is in test/write/socket/ and
// test/read/socket/, and in native/test/socket/.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBinding } from "../../src/capture/binding.ts";
import { openSender } from "../../src/capture/sockets.ts";

const binding = loadBinding();
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-native-sockets-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function members(of: { readonly prototype: object }): string[] {
  return Object.getOwnPropertyNames(of.prototype)
    .filter((name) => name !== "constructor")
    .sort();
}

const nobody = { fault: "no such file or directory (ENOENT)", connection: 0, connections: 0 };

test("RecordSender", () => {
  const wanted = ["close", "connection", "push", "queuedBytes", "stats"];
  expect(members(binding.RecordSender)).toEqual(wanted);
  const sender = new binding.RecordSender(join(folder, "nobody"));
  expect(sender.stats()).toEqual({
    ...{ sent: 0, lost: 0, unread: 0, refused: 0, sentBytes: 0, queuedBytes: 0 },
    ...nobody,
  });
  expect([sender.connection, sender.queuedBytes]).toEqual([0, 0]);
  expect(sender.push(Uint8Array.of(1, 0, 0, 0, 65), 5, 1)).toBe(0);
  expect(sender.stats().lost).toBe(1);
  sender.close();
  sender.close();
});

test("RecordListener", () => {
  expect(members(binding.RecordListener)).toEqual(["close", "drop", "take", "turnedAway"]);
  const listener = new binding.RecordListener(join(folder, "l"), () => undefined);
  expect(listener.take(new Uint8Array(512 * 1024))).toBe(0);
  expect(listener.turnedAway).toBe(0);
  listener.drop(1);
  listener.close();
  listener.close();
});

describe("what cannot be is refused by name", () => {
  test("arguments of a RecordSender", () => {
    const { RecordSender } = binding;
    const Any = RecordSender as new (...values: unknown[]) => unknown;
    for (const values of [[], [1], ["a", "b"]]) {
      expect(() => new Any(...values)).toThrow("RecordSender takes the path of a socket");
    }
    const sender = new RecordSender(join(folder, "nobody"));
    const push = (...values: unknown[]) => Reflect.apply(sender.push, sender, values);
    const block = new Uint8Array(5);
    for (const values of [[], [block], [block, 1], ["", 1, 1], [block, "1", 1]]) {
      expect(() => push(...values)).toThrow("push takes a Uint8Array and two numbers");
    }
    expect(() => push(block, 6, 1)).toThrow("push is told of more bytes than there are");
    expect(() => push(block, 5, 1)).toThrow("what is to be sent is no block of records");
    sender.close();
  });

  test("arguments of a RecordListener", () => {
    const { RecordListener } = binding;
    const Any = RecordListener as new (...values: unknown[]) => unknown;
    const wanted = "RecordListener takes the path of a socket and a function";
    for (const values of [[], ["a"], ["a", 1], [1, () => undefined]]) {
      expect(() => new Any(...values)).toThrow(wanted);
    }
    const listener = new RecordListener(join(folder, "l"), () => undefined);
    const call = (name: "take" | "drop", ...values: unknown[]) =>
      Reflect.apply(listener[name], listener, values);
    expect(() => call("take")).toThrow("take takes a Uint8Array");
    expect(() => call("take", new Uint8Array(1000))).toThrow("take needs room for the longest");
    expect(() => call("drop", "1")).toThrow("drop takes the number of a writer");
    listener.close();
  });

  test("the place of a socket, as an operator's error", () => {
    const file = join(folder, "file");
    fs.writeFileSync(file, "x");
    expect(() => openSender(file)).toThrow(
      `cannot write to the socket ${file}: it is no socket (ENOTSOCK); ` +
        "name the SOCK_SEQPACKET socket of a reader",
    );
  });
});
