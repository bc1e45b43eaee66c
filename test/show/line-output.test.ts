import { expect, test } from "bun:test";
import { LineOutput } from "../../src/show/line-output.ts";
import { FakeStream } from "./fake-stream.ts";

test("lines are handed over in one write", () => {
  const stream = new FakeStream();
  const output = new LineOutput(stream);
  output.line("a");
  output.line("b");
  expect(stream.writes).toBe(0);
  output.flush();
  output.flush();
  expect(stream.text).toBe("a\nb\n");
  expect(stream.writes).toBe(1);
});

test("a terminal has columns, a pipe has none", () => {
  expect(new LineOutput(new FakeStream(99)).columns).toBe(99);
  expect(new LineOutput(new FakeStream()).columns).toBeNull();
});

test("beyond its bound a line is not taken, until the reader goes on", () => {
  const stream = new FakeStream();
  const output = new LineOutput(stream);
  stream.isStuck = true;
  let taken = 0;
  while (output.line("x".repeat(1023))) {
    taken += 1;
    output.flush();
  }
  expect(taken).toBe(1024);
  expect(output.hasRoom).toBe(false);
  stream.release();
  expect(output.line("y")).toBe(true);
});

test("drained waits for what is in flight", async () => {
  const stream = new FakeStream();
  const output = new LineOutput(stream);
  stream.isStuck = true;
  output.line("a");
  expect(await output.drained(5)).toBe(false);
  const waiting = output.drained(60_000);
  stream.release();
  expect(await waiting).toBe(true);
  expect(await output.drained(0)).toBe(true);
});

test("an error ends it: nothing is taken, nobody waits", async () => {
  const stream = new FakeStream();
  const output = new LineOutput(stream);
  stream.isStuck = true;
  output.line("a");
  output.flush();
  const waiting = output.drained(60_000);
  const error = new Error("EPIPE");
  stream.fail(error);
  expect(await waiting).toBe(true);
  expect(output.error).toBe(error);
  expect(output.line("b")).toBe(false);
  output.lineAlways("c");
  output.flush();
  expect(stream.text).toBe("a\n");
});

test("the error of a write is one too", () => {
  const stream = new FakeStream();
  const output = new LineOutput(stream);
  stream.isStuck = true;
  output.line("a");
  output.flush();
  stream.release(new Error("ENOSPC"));
  expect(output.error?.message).toBe("ENOSPC");
});
