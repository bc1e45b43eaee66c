// Waiting for a batch without blocking: who is told, of what, how often; and that a bell which rings
// while its capture, its thread or its program ends harms nobody.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBinding, type OpenOptions } from "../../src/capture/binding.ts";
import { openCapture } from "../../src/capture/capture.ts";
import { type Script, scriptOfOne } from "../support/scripts/scripted-capture.ts";

/** Longer than any test may take: who waits so long was not told. */
const forEverMs = 600_000;
const binding = join(import.meta.dir, "../../src/capture/binding.ts");
const support = join(import.meta.dir, "../support/scripts/scripted-capture.ts");

function longScript(): Script {
  const script = scriptOfOne();
  for (let i = 0; i < 400; i++) script.mkdir(100, `/tmp/${i}`);
  return script;
}

const longOptions = (): OpenOptions => longScript().options({ batchRecords: 1 });

/** Takes all batches, told by the bell alone. */
async function takeAll(options: OpenOptions): Promise<{ batches: number; waits: number }> {
  const capture = openCapture(options);
  let [batches, waits] = [0, 0];
  try {
    while (!capture.eof) {
      if (capture.next(0)) {
        batches += 1;
      } else {
        waits += 1;
        await capture.ready(forEverMs);
      }
    }
  } finally {
    capture.close();
  }
  return { batches, waits };
}

describe("a capture that is waited for", () => {
  test("gives every batch, and its end", async () => {
    for (let i = 0; i < 20; i++) {
      expect((await takeAll(longOptions())).batches).toBeGreaterThanOrEqual(400);
    }
  });

  test("tells of a failure, after what came before it", async () => {
    const options = longScript().add(100, "NO_SUCH_EVENT").options({ batchRecords: 1 });
    const error = await takeAll(options).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "EventParsingError" });
  });

  test("several at a time do not take each other's rings", async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => takeAll(longOptions())));
    for (const { batches } of all) expect(batches).toBe(all[0]?.batches ?? -1);
  });

  test("waits no longer than it was told to", async () => {
    const capture = openCapture(longOptions());
    while (!capture.next(0)) await capture.ready(forEverMs);
    // It was not found empty since: nothing rings.
    const startMs = performance.now();
    await capture.ready(30);
    expect(performance.now() - startMs).toBeGreaterThan(25);
    capture.close();
  });

  test("is not waited for once it is over, or closed meanwhile", async () => {
    const capture = openCapture(scriptOfOne().options());
    while (!capture.eof) {
      if (!capture.next(0)) await capture.ready(forEverMs);
    }
    await capture.ready(forEverMs);
    const other = openCapture(longOptions());
    const waiting = other.ready(forEverMs);
    other.close();
    await waiting;
  });
});

test("the function is called once after each time that nothing was there", async () => {
  let calls = 0;
  const capture = new (loadBinding().Capture)(longOptions(), () => {
    calls += 1;
  });
  const buffer = new Uint8Array(capture.batchBytes);
  // Longer than it takes to fill the queue, and nobody has asked.
  await Bun.sleep(50);
  expect(calls).toBe(0);
  let [size, empty] = [0, 0];
  while (size >= 0) {
    size = capture.next(buffer, 0);
    if (size === 0) {
      empty += 1;
      while (calls < empty) await turn();
    }
    expect(calls).toBe(empty);
  }
  await turn();
  expect(calls).toBe(empty);
  capture.close();
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("a bell that rings", () => {
  const head = `
    import { loadBinding } from ${JSON.stringify(binding)};
    import { scriptOfOne } from ${JSON.stringify(support)};
    const { Capture } = loadBinding();
    const script = scriptOfOne();
    for (let i = 0; i < 400; i++) script.mkdir(100, "/tmp/" + i);
    const options = script.options({ batchRecords: 1, rounds: 1e6, roundNs: 1e6 });
    const buffer = new Uint8Array(2e6);
    let calls = 0;
    // Takes what is there each time it is told, so that it is told again and again.
    function ring() {
      const capture = new Capture(options, () => { calls++; take(); });
      let isClosed = false;
      const take = () => { if (!isClosed) while (capture.next(buffer, 0) > 0); };
      take();
      return { close: () => { isClosed = true; capture.close(); } };
    }
    async function heard(count) {
      for (const end = calls + count; calls < end; ) await Bun.sleep(1);
    }
  `;
  const programs: readonly [what: string, program: string][] = [
    ["does not keep the program alive", "ring();"],
    ["the program ends", "ring(); await heard(3);"],
    ["the program ends by exit()", "ring(); await heard(3); process.exit(0);"],
    [
      "the program ends by exit() in the call",
      "const exit = () => process.exit(0); const c = new Capture(options, exit);" +
        "while (c.next(buffer, 0) > 0); await Bun.sleep(60_000);",
    ],
    [
      "it is closed, many times over",
      "for (let i = 0; i < 60; i++) { const c = ring(); if (i % 3) await heard(i % 3); c.close(); }",
    ],
    [
      "it is closed in the call",
      "for (let i = 0; i < 40; i++) await new Promise((done) => {" +
        "const c = new Capture(options, () => { c.close(); done(); });" +
        "while (c.next(buffer, 0) > 0); });",
    ],
    [
      "it is garbage-collected",
      "for (let i = 0; i < 20; i++) { new Capture(options, () => {}).next(buffer, 0);" +
        "await Bun.sleep(1); Bun.gc(true); }",
    ],
  ];
  test.each(programs)("%s", async (_, program) => {
    await expectCleanEnd(head + program);
  });

  const threads: readonly [where: string, program: string][] = [
    // The first batch comes some milliseconds later, when the thread may be gone.
    ["while it waits", "open(); post(); await heard(1e9);"],
    ["inside a call", "const c = open(); post(); for (;;) { work(c); await Bun.sleep(0); }"],
  ];
  const threadHead = `${head}
    const post = () => postMessage("will ring");
    const open = () => {
      const capture = new Capture(options, () => calls++);
      capture.next(buffer, 0);
      return capture;
    };
    const work = (capture) => { for (let i = 0; i < 1e4; i++) capture.next(buffer, 0); };
  `;
  test.each(threads)("its thread is ended %s, many times over", async (_, program) => {
    const folder = mkdtempSync(join(tmpdir(), "sysflow-bell-"));
    const path = join(folder, "worker.ts");
    writeFileSync(path, threadHead + program);
    await expectCleanEnd(`
      for (let i = 0; i < 20; i++) {
        const worker = new Worker(${JSON.stringify(path)});
        await new Promise((resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = reject;
        });
        await worker.terminate();
      }
    `);
    rmSync(folder, { recursive: true });
  });
});

/** A crash at exit or in a finalizer would end a process; ours here must live. */
async function expectCleanEnd(program: string): Promise<void> {
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
  const stderr = await new Response(child.stderr).text();
  expect([await child.exited, child.signalCode, stderr]).toEqual([0, null, ""]);
}
