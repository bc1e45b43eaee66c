import { expect, test } from "bun:test";
import { type BatchSource, drain, runLoop } from "../../src/run/loop.ts";

/** Gives these answers in turn: a view, "none" in time, or an error; then the end. */
class FakeSource implements BatchSource<string> {
  view = "";
  eof = false;
  /** What was called, in order, with its timeout. */
  calls: string[] = [];
  readonly #answers: (string | Error)[];

  constructor(...answers: (string | Error)[]) {
    this.#answers = answers;
  }

  next(timeoutMs: number): boolean {
    this.calls.push(`next ${timeoutMs}`);
    const answer = this.#answers.shift();
    if (answer instanceof Error) {
      throw answer;
    }
    if (answer === undefined) {
      this.eof = true;
      return false;
    }
    this.view = answer;
    return answer !== "none";
  }

  ready(timeoutMs: number): Promise<void> {
    this.calls.push(`ready ${timeoutMs}`);
    return Promise.resolve();
  }
}

/** A source without end; `hasBatch` says at each question whether there is a batch. */
function endless(hasBatch: () => boolean): BatchSource<null> {
  return { view: null, eof: false, next: hasBatch, ready: () => Promise.resolve() };
}

test("handles every batch, in order, to the end", async () => {
  const source = new FakeSource("a", "none", "b", "c");
  const seen: string[] = [];
  await runLoop({ source, handle: (view) => seen.push(view), isStopped: () => false });
  expect(seen).toEqual(["a", "b", "c"]);
});

test("never blocks, and waits only where nothing has come", async () => {
  const source = new FakeSource("a", "none", "b");
  await runLoop({ source, handle: () => undefined, isStopped: () => false });
  const wanted = ["next 0", "next 0", "ready 35", "next 0", "next 0"];
  // At the end there may be a wait, which is over at once.
  expect(source.calls.slice(0, wanted.length)).toEqual(wanted);
  const rest = new FakeSource("a", "none", "b");
  await drain(rest, () => undefined, 60_000);
  expect(rest.calls.slice(0, wanted.length)).toEqual(wanted);
});

test("stops when told, between batches", async () => {
  const seen: string[] = [];
  await runLoop({
    source: new FakeSource("a", "b", "c"),
    handle: (view) => seen.push(view),
    isStopped: () => seen.length === 2,
  });
  expect(seen).toEqual(["a", "b"]);
});

const steady = { "batches keep coming": () => true, "rings keep coming": alternately() };

function alternately(): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count % 2 === 0;
  };
}

test.each(Object.entries(steady))("timers and polls are served while %s", async (_, hasBatch) => {
  const source = endless(hasBatch);
  let fired = false;
  let turns = 0;
  let held = 0;
  setTimeout(() => {
    fired = true;
  }, 1);
  await runLoop({
    source,
    handle: () => undefined,
    isStopped: () => fired && turns > 1,
    afterTurn: () => {
      turns += 1;
      return Promise.resolve().then(() => {
        held += 1;
      });
    },
  });
  expect(fired).toBe(true);
  expect(held).toBe(turns);
});

test("an error of the source comes through, after the batches before it", async () => {
  const seen: string[] = [];
  const run = runLoop({
    source: new FakeSource("a", new Error("damaged")),
    handle: (view) => seen.push(view),
    isStopped: () => false,
  });
  await expect(run).rejects.toThrow("damaged");
  expect(seen).toEqual(["a"]);
});

test("drain takes what is left, but not for ever", async () => {
  const seen: string[] = [];
  await drain(new FakeSource("a", "b"), (view) => seen.push(view), 60_000);
  expect(seen).toEqual(["a", "b"]);
  let count = 0;
  await drain(
    endless(() => true),
    () => {
      count += 1;
    },
    20,
  );
  expect(count).toBeGreaterThan(0);
});
