// The two lists: what runs, in which order, and which error comes out.

import { describe, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import { runSteps, type Step } from "../../src/run/steps.ts";

interface Log {
  readonly ran: string[];
  readonly further: string[];
}

function step(name: string, outcome: "ok" | "fails" | "rejects" | "hangs" | "waits"): Step<Log> {
  return {
    name,
    run: (log) => {
      log.ran.push(name);
      switch (outcome) {
        case "ok":
          return;
        case "fails":
          throw new Error(name);
        case "rejects":
          return Promise.reject(new Error(name));
        case "hangs":
          return new Promise(() => {
            // Never ends.
          });
        case "waits":
          return Promise.resolve();
        default:
          return outcome satisfies never;
      }
    },
  };
}

async function run(
  start: readonly Step<Log>[],
  body: Step<Log>,
  stop: readonly Step<Log>[],
  deadlineMs = Number.POSITIVE_INFINITY,
) {
  const state: Log = { ran: [], further: [] };
  const error = await runSteps({
    state,
    start,
    body: async (log) => await body.run(log),
    stop,
    stopDeadlineMs: () => deadlineMs,
    onFurtherError: (fault) => state.further.push(fault instanceof Error ? fault.message : "?"),
  }).then(
    () => null,
    (fault: unknown) => fault,
  );
  return { ...state, error: error instanceof Error ? error.message : error };
}

const a = step("a", "ok");
const b = step("b", "waits");
const body = step("body", "ok");
const y = step("y", "waits");
const z = step("z", "ok");

describe("a run", () => {
  test.each([
    ["goes through both lists", [a, b], body, [y, z], "a b body y z", null, ""],
    ["stops what START left", [a, step("b", "fails")], body, [y, z], "a b y z", "b", ""],
    ["stops after a failed body", [a], step("body", "rejects"), [y, z], "a body y z", "body", ""],
    ["runs STOP to its end", [a], body, [step("y", "fails"), z], "a body y z", "y", ""],
    [
      "throws the first error and tells the others",
      [a],
      step("body", "fails"),
      [step("y", "rejects"), step("z", "fails")],
      "a body y z",
      "body",
      "y z",
    ],
  ])("%s", async (_, start, main, stop, ran, error, further) => {
    const done = await run(start, main, stop);
    expect(done.ran.join(" ")).toBe(ran);
    expect(done.error).toBe(error);
    expect(done.further.join(" ")).toBe(further);
  });
});

test("a step that hangs is given up at the deadline, and the later ones still run", async () => {
  const done = await run([a], body, [step("flush the disk", "hangs"), z], 5);
  expect(done.ran).toEqual(["a", "body", "flush the disk", "z"]);
  expect(done.error).toBe(
    "cannot end in time: still waiting to flush the disk; what it held is lost",
  );
});

test("the deadline's error is an operator's", async () => {
  const fault = runSteps({
    state: { ran: [], further: [] },
    start: [],
    body: () => Promise.resolve(),
    stop: [step("wait", "hangs")],
    stopDeadlineMs: () => 1,
    onFurtherError: () => {
      // There is one error only.
    },
  });
  await expect(fault).rejects.toBeInstanceOf(OperatorError);
});
