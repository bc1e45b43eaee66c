// Each method of Capture in each state: opening, running, ended, failed, closed. Nothing may hang,
// crash or wait longer than it was told to.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { loadBinding, type NativeCapture, type OpenOptions } from "../../src/capture/binding.ts";
import { hasReference, referenceFiles, referencePath } from "../support/captures/reference.ts";
import { type Script, scriptOfOne } from "../support/scripts/scripted-capture.ts";

const { Capture } = loadBinding();
const closedMessage = "cannot read on: the capture is closed";

function open(options: OpenOptions): { capture: NativeCapture; buffer: Uint8Array } {
  const capture = new Capture(options);
  return { capture, buffer: new Uint8Array(capture.batchBytes) };
}

/** Full batches that the queue holds (capture.cc). */
const queueBatches = 16;

/** Enough records for many more batches than that: it cannot end before they are taken. */
function longScript(): Script {
  const script = scriptOfOne();
  for (let i = 0; i < 400; i++) script.mkdir(100, `/tmp/${i}`);
  return script;
}

const longOptions = (): OpenOptions => longScript().options({ batchRecords: 1 });

function drain(capture: NativeCapture, buffer: Uint8Array): number {
  let batches = 0;
  for (;;) {
    const size = capture.next(buffer, 1000);
    if (size < 0) return batches;
    if (size > 0) batches += 1;
  }
}

/** Until the capture thread can do no more: it has filled the queue. */
function waitForFullQueue(capture: NativeCapture): void {
  for (let i = 0; i < 2000; i++) {
    if (capture.stats().batches === queueBatches) return;
    Bun.sleepSync(5);
  }
  throw new Error(`there are ${capture.stats().batches} batches yet`);
}

function errorOf(call: () => unknown): Error & { code?: string; errno?: number } {
  try {
    call();
  } catch (error) {
    return error as Error & { code?: string; errno?: number };
  }
  throw new Error("nothing was thrown");
}

/** Each method once, after close. */
function expectClosed(capture: NativeCapture, buffer: Uint8Array): void {
  expect(errorOf(() => capture.next(buffer, 0))).toMatchObject({
    code: "CaptureClosed",
    message: closedMessage,
  });
  expect(capture.stats().state).toBe("ended");
  expect(capture.batchBytes).toBe(buffer.length);
  capture.stop();
  capture.close();
}

describe("opening", () => {
  test("close at once, many times over", () => {
    for (let i = 0; i < 50; i++) {
      const { capture, buffer } = open(longOptions());
      capture.close();
      expectClosed(capture, buffer);
    }
  });

  test("stats and stop", () => {
    const { capture, buffer } = open(longOptions());
    expect(["opening", "running"]).toContain(capture.stats().state);
    capture.stop();
    expect(drain(capture, buffer)).toBeLessThanOrEqual(queueBatches + 1);
    expect(capture.stats().state).toBe("ended");
    expect(capture.next(buffer, 0)).toBe(-1);
    capture.close();
    expectClosed(capture, buffer);
  });

  test("next without waiting", () => {
    const { capture, buffer } = open(longOptions());
    expect(capture.next(buffer, 0)).toBeGreaterThanOrEqual(0);
    expect(capture.next(buffer, -5)).toBeGreaterThanOrEqual(0);
    capture.close();
  });
});

describe("running", () => {
  test("close while the capture thread waits for a free batch", () => {
    const { capture, buffer } = open(longOptions());
    waitForFullQueue(capture);
    expect(capture.stats().state).toBe("running");
    expect(capture.next(buffer, 1000)).toBeGreaterThan(0);
    capture.close();
    expectClosed(capture, buffer);
  });

  test("stop delivers what is on its way, then the end", () => {
    const { capture, buffer } = open(longOptions());
    waitForFullQueue(capture);
    capture.stop();
    const drained = drain(capture, buffer);
    // All that was in the queue, and what the capture thread held when it was told to stop.
    expect(drained).toBeGreaterThanOrEqual(queueBatches);
    expect(drained).toBeLessThanOrEqual(queueBatches + 1);
    expect(capture.stats().state).toBe("ended");
    expect(capture.next(buffer, 0)).toBe(-1);
    capture.close();
  });

  test("a buffer that is too small is refused and loses nothing", () => {
    const { capture, buffer } = open(longOptions());
    const error = errorOf(() => capture.next(new Uint8Array(8), 0));
    expect(error.message).toContain("the buffer holds 8");
    expect(drain(capture, buffer)).toBeGreaterThanOrEqual(400);
    capture.close();
  });

  test("a timeout beyond all bounds", () => {
    const { capture, buffer } = open(longOptions());
    expect(capture.next(buffer, Number.MAX_SAFE_INTEGER)).toBeGreaterThan(0);
    expect(capture.next(buffer, 1e300)).toBeGreaterThan(0);
    capture.close();
  });
});

describe("ended", () => {
  test("next says so again and again, and stats stay", () => {
    const { capture, buffer } = open(scriptOfOne().mkdir(100, "/tmp/a").options());
    drain(capture, buffer);
    expect(capture.next(buffer, 0)).toBe(-1);
    expect(capture.next(buffer, 1000)).toBe(-1);
    expect(capture.stats()).toMatchObject({ state: "ended", events: 2 });
    capture.stop();
    capture.close();
    expectClosed(capture, buffer);
  });

  test("the last batch comes even where nothing happened", () => {
    const { capture, buffer } = open(scriptOfOne().options());
    expect(drain(capture, buffer)).toBe(1);
    capture.close();
  });
});

describe("failed", () => {
  const failures: readonly [what: string, options: OpenOptions, code: string, part: string][] = [
    [
      "an unknown type of event",
      scriptOfOne().add(100, "NO_SUCH_EVENT").options(),
      "EventParsingError",
      "cannot script event 0: unknown type PPME_NO_SUCH_EVENT",
    ],
    [
      "too few parameters",
      scriptOfOne().add(100, "SYSCALL_CLOSE_E").options(),
      "EventParsingError",
      "PPME_SYSCALL_CLOSE_E has 1 parameters, not 0",
    ],
    ["a filter that is none", scriptOfOne().options({ filter: "no.such = 1" }), "LibsError", ""],
  ];
  test.each(failures)("%s: the error comes once, then the end", (_, options, code, part) => {
    const { capture, buffer } = open(options);
    const error = errorOf(() => drain(capture, buffer));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(capture.next(buffer, 0)).toBe(-1);
    expect(capture.stats().state).toBe("ended");
    capture.close();
    expectClosed(capture, buffer);
  });

  test("a file that cannot be read is refused by the constructor", () => {
    const error = errorOf(() => new Capture({ engine: "savefile", path: "/nonexistent.scap" }));
    expect(error).toMatchObject({
      code: "ErrorReadingFileSystem",
      errno: 2,
      message: "cannot read capture /nonexistent.scap: No such file or directory",
    });
  });

  test("a capture file that cannot be created is refused by the constructor", () => {
    const options = scriptOfOne().options({ recordPath: "/nonexistent/a.scap" });
    expect(errorOf(() => new Capture(options))).toMatchObject({
      code: "ErrorReadingFileSystem",
      errno: 2,
    });
  });
});

describe("two captures at a time", () => {
  test.skipIf(!hasReference)("replays do not disturb each other", () => {
    const captures = referenceFiles("captures", ".scap").slice(0, 2);
    const counts = (paths: readonly string[]) => {
      const opened = paths.map((path) => open({ engine: "savefile", path: referencePath(path) }));
      const events = opened.map(({ capture, buffer }) => {
        drain(capture, buffer);
        return capture.stats().events;
      });
      for (const { capture } of opened) capture.close();
      return events;
    };
    const alone = captures.flatMap((path) => counts([path]));
    expect(counts(captures)).toEqual(alone);
  });
});

describe("without close", () => {
  const binding = join(import.meta.dir, "../../src/capture/binding.ts");
  const support = join(import.meta.dir, "../support/scripts/scripted-capture.ts");
  const head = `
    import { loadBinding } from ${JSON.stringify(binding)};
    import { scriptOfOne } from ${JSON.stringify(support)};
    const { Capture } = loadBinding();
    const script = scriptOfOne();
    for (let i = 0; i < 400; i++) script.mkdir(100, "/tmp/" + i);
    const options = script.options({ batchRecords: 1 });
    const open = () => new Capture(options);
  `;
  // A crash at exit or in a finalizer would end a process; ours here must live.
  const programs: readonly [what: string, program: string][] = [
    ["the program ends", "open(); await Bun.sleep(50);"],
    ["the program ends by exit()", "open(); process.exit(0);"],
    [
      "it is garbage-collected",
      "for (let i = 0; i < 20; i++) { open(); await Bun.sleep(1); Bun.gc(true); } Bun.gc(true);",
    ],
  ];
  test.each(programs)("%s", async (_, program) => {
    const child = Bun.spawn([process.execPath, "-e", head + program], {
      stdout: "pipe",
      stderr: "pipe",
    });
    const stderr = await new Response(child.stderr).text();
    expect([await child.exited, child.signalCode, stderr]).toEqual([0, null, ""]);
  });
});
