import { describe, expect, spyOn, test } from "bun:test";
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
  await runLoop({
    source,
    handle: (view) => seen.push(view),
    givesWay: false,
    isStopped: () => false,
  });
  expect(seen).toEqual(["a", "b", "c"]);
});

test("never blocks, and waits only where nothing has come", async () => {
  const source = new FakeSource("a", "none", "b");
  await runLoop({ source, handle: () => undefined, givesWay: false, isStopped: () => false });
  const wanted = ["next 0", "next 0", "ready 35", "next 0", "next 0"];
  // At the end there may be a wait, which is over at once.
  expect(source.calls.slice(0, wanted.length)).toEqual(wanted);
  const rest = new FakeSource("a", "none", "b");
  await drain(rest, { handle: () => undefined }, 60_000);
  expect(rest.calls.slice(0, wanted.length)).toEqual(wanted);
});

test("stops when told, between batches", async () => {
  const seen: string[] = [];
  await runLoop({
    source: new FakeSource("a", "b", "c"),
    handle: (view) => seen.push(view),
    givesWay: false,
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
    givesWay: false,
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
    givesWay: false,
    isStopped: () => false,
  });
  await expect(run).rejects.toThrow("damaged");
  expect(seen).toEqual(["a"]);
});

test("drain takes what is left, but not for ever", async () => {
  const seen: string[] = [];
  await drain(new FakeSource("a", "b"), { handle: (view) => seen.push(view) }, 60_000);
  expect(seen).toEqual(["a", "b"]);
  let count = 0;
  await drain(
    endless(() => true),
    {
      handle: () => {
        count += 1;
      },
    },
    20,
  );
  expect(count).toBeGreaterThan(0);
});

describe("a batch in parts", () => {
  /** Batches "1" to "3" have so many parts. */
  function inParts(seen: string[]) {
    let left = 0;
    return {
      handle: (view: string) => {
        left = Number(view);
        seen.push(`begin ${view}`);
      },
      goOn: () => {
        left -= 1;
        if (left > 0) seen.push("more");
        return left > 0;
      },
    };
  }
  const whole = ["begin 3", "more", "more", "begin 1", "begin 2", "more"];

  test("is handled whole before the next one, to the end", async () => {
    const seen: string[] = [];
    const source = new FakeSource("3", "1", "2");
    await runLoop({ source, ...inParts(seen), givesWay: false, isStopped: () => false });
    expect(seen).toEqual(whole);
    const drained: string[] = [];
    await drain(new FakeSource("3", "1", "2"), inParts(drained), 60_000);
    expect(drained).toEqual(whole);
  });

  test("is handled whole though the run is told to stop, or has no more time", async () => {
    const seen: string[] = [];
    const source = new FakeSource("3", "1");
    await runLoop({ source, ...inParts(seen), givesWay: false, isStopped: () => seen.length > 0 });
    expect(seen).toEqual(whole.slice(0, 3));
    const drained: string[] = [];
    const { goOn, handle } = inParts(drained);
    const slow = (view: string) => {
      handle(view);
      Bun.sleepSync(3);
    };
    await drain(new FakeSource("3", "1"), { handle: slow, goOn }, 2);
    expect(drained).toEqual(whole.slice(0, 3));
  });

  test("others have their turn between two parts", async () => {
    const seen: string[] = [];
    const { goOn, handle } = inParts(seen);
    const slow = () => {
      Bun.sleepSync(2);
      return goOn();
    };
    setTimeout(() => seen.push("timer"), 1);
    const source = new FakeSource("3");
    await runLoop({ source, handle, goOn: slow, givesWay: true, isStopped: () => false });
    expect(seen.indexOf("timer")).toBeLessThan(seen.lastIndexOf("more"));
  });

  test.each([
    { givesWay: true, turns: [1, 2, 3, 4, 8, 12, 13] },
    { givesWay: false, turns: [4, 8, 12] },
  ])("turns after each part, or 4 ms where it is behind: $turns", async ({ givesWay, turns }) => {
    let ms = 0;
    const clock = spyOn(performance, "now").mockImplementation(() => ms);
    const seen: number[] = [];
    const turn = spyOn(globalThis, "setImmediate");
    try {
      const { goOn, handle } = inParts([]);
      const part = <T>(result: T): T => {
        ms += 1;
        return result;
      };
      const source = new FakeSource("4", "9");
      turn.mockImplementation(((resolve: () => void) => {
        seen.push(ms);
        queueMicrotask(resolve);
      }) as never);
      await runLoop({
        source,
        handle: (view) => part(handle(view)),
        goOn: () => goOn() && part(true),
        givesWay,
        isStopped: () => false,
      });
    } finally {
      clock.mockRestore();
      turn.mockRestore();
    }
    expect(seen).toEqual([...turns]);
  });
});
