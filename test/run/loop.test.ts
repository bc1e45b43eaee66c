import { expect, test } from "bun:test";
import { type BatchSource, drain, runLoop } from "../../src/run/loop.ts";

/** Gives these answers in turn: a view, "none" in time, or an error; then the end. */
class FakeSource implements BatchSource<string> {
  view = "";
  eof = false;
  timeouts: number[] = [];
  readonly #answers: (string | Error)[];

  constructor(...answers: (string | Error)[]) {
    this.#answers = answers;
  }

  next(timeoutMs: number): boolean {
    this.timeouts.push(timeoutMs);
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
}

test("handles every batch, in order, to the end", async () => {
  const source = new FakeSource("a", "none", "b", "c");
  const seen: string[] = [];
  await runLoop({
    source,
    timeoutMs: 7,
    handle: (view) => seen.push(view),
    isStopped: () => false,
  });
  expect(seen).toEqual(["a", "b", "c"]);
  expect(new Set(source.timeouts)).toEqual(new Set([7]));
});

test("stops when told, between batches", async () => {
  const seen: string[] = [];
  await runLoop({
    source: new FakeSource("a", "b", "c"),
    timeoutMs: 7,
    handle: (view) => seen.push(view),
    isStopped: () => seen.length === 2,
  });
  expect(seen).toEqual(["a", "b"]);
});

test("timers and the turn's end are served while batches keep coming", async () => {
  const source: BatchSource<null> = { view: null, eof: false, next: () => true };
  let fired = false;
  let turns = 0;
  let held = 0;
  setTimeout(() => {
    fired = true;
  }, 1);
  await runLoop({
    source,
    timeoutMs: 0,
    handle: () => {
      // Nothing to do with it.
    },
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
    timeoutMs: 7,
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
  const endless: BatchSource<null> = { view: null, eof: false, next: () => true };
  let count = 0;
  await drain(
    endless,
    () => {
      count += 1;
    },
    20,
  );
  expect(count).toBeGreaterThan(0);
});
