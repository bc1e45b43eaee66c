// A session and a collection as the library has them, on our own captures: what is taken, how it ends,
// what there is one of. Live engines are test/e2e/session.test.ts.

import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Log } from "../../src/base/log.ts";
import { Collection } from "../../src/run/collection.ts";
import { Session, type SessionOptions } from "../../src/run/session.ts";
import { StopFlag } from "../../src/run/stop-flag.ts";
import { flowOptions } from "../support/collect/collect.ts";
import { RecordingSink } from "../support/collect/recording-sink.ts";

const ROOT = join(import.meta.dir, "../..");
const golden = join(ROOT, "test/golden/files.scap");
const drainMs = 1000;

interface Made {
  readonly session: Session;
  readonly flag: StopFlag;
  readonly lines: string[];
}

function make(
  settings: Partial<SessionOptions["settings"]> = {},
  open: SessionOptions["open"] = {},
): Made {
  const lines: string[] = [];
  const flag = new StopFlag();
  const session = new Session({
    settings: {
      read: golden,
      engine: null,
      durationSec: null,
      allowOwnPidNamespace: true,
      warnings: [],
      ...settings,
    },
    open: { batchRecords: 8, ...open },
    log: new Log({ write: (line) => lines.push(line), clockMs: () => 0 }),
    flag,
  });
  return { session, flag, lines };
}

function collection(sink: RecordingSink): Collection {
  return new Collection(sink, flowOptions);
}

const hasLibrary = existsSync(join(ROOT, "dist/capture.node"));

describe.skipIf(!hasLibrary)("a session (skipped without dist/capture.node)", () => {
  test("goes through a capture, and its records end with it", async () => {
    const { session, flag, lines } = make({ warnings: ["said at the start"] });
    const sink = new RecordingSink();
    const records = collection(sink);
    session.warn();
    expect([session.engine, session.summary()]).toEqual([null, null]);
    expect(await session.open()).toBe(true);
    expect(session.engine).toBe("savefile");
    session.watch({ unexpressed: null, sayStats: null });
    await session.run({ handle: records.handle });
    await session.takeLast(records, drainMs);
    expect([session.isAtEnd, session.fault, flag.requested]).toEqual([true, null, false]);
    expect(sink.records[0]?.kind).toBe("SFHeader");
    expect(sink.records.some(({ kind }) => kind === "FileFlow")).toBe(true);
    session.close();
    session.close();
    expect(session.summary()).toMatchObject({ engine: "savefile", input: golden, caveats: [] });
    expect(session.stats().events).toBeGreaterThan(100);
    expect(lines).toEqual(["sysflow: warning: said at the start\n"]);
  });

  test("ends soon after its flag is set, and with it the flows that are open", async () => {
    const { session, flag } = make();
    const records = collection(new RecordingSink());
    await session.open();
    const handle: typeof records.handle = (view) => {
      records.handle(view);
      if (records.stats().fileFlows > 0) {
        flag.request("enough");
      }
    };
    await session.run({ handle });
    await session.takeLast(null, drainMs);
    expect([session.isAtEnd, records.stats().fileFlows]).toEqual([false, 1]);
    records.finish();
    expect(records.stats().fileFlows).toBe(0);
    session.close();
  });

  test("takes what is on its way when it is asked to end", async () => {
    const { session, flag } = make();
    await session.open();
    flag.request("enough");
    let batches = 0;
    const handle = () => {
      batches += 1;
    };
    await session.run({ handle });
    // Opening has read it, to see whether the file is one.
    expect(batches).toBe(1);
    await session.takeLast({ handle }, drainMs);
    expect([batches > 1, session.isAtEnd]).toEqual([true, true]);
    session.close();
  });
});

describe.skipIf(!hasLibrary)("a session that fails (skipped without dist/capture.node)", () => {
  test("an error of its user ends it, and nothing is taken after that", async () => {
    const { session } = make();
    await session.open();
    const fault = new Error("no room");
    const handle = () => {
      throw fault;
    };
    expect(await caught(session.run({ handle }))).toBe(fault);
    expect(session.fault).toBe(fault);
    await session.takeLast({ handle }, drainMs);
    session.close();
  });

  test("damage is told with what came before it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sysflow-session-"));
    const path = join(folder, "damaged.scap");
    const whole = readFileSync(golden);
    const plain = whole[0] === 0x1f ? gunzipSync(whole) : whole;
    writeFileSync(path, plain.subarray(0, plain.length - 30));
    const { session } = make({ read: path });
    await session.open();
    const handle = () => {
      // What it holds is not the question here.
    };
    const fault = await caught(session.run({ handle }));
    expect(String(fault)).toMatch(/; [\d,]+ events before it were kept$/);
    session.close();
    rmSync(folder, { recursive: true });
  });

  test("one that does not open leaves the process's live capture to others", async () => {
    const open = { hostRoot: "/nonexistent" };
    for (const attempt of [1, 2]) {
      const { session } = make({ read: null, engine: "kmod" }, open);
      const fault = await caught(session.open());
      expect(fault, `attempt ${attempt}`).toMatchObject({ code: "HOST_ROOT_INVALID" });
      await session.takeLast(null, drainMs);
      session.close();
    }
  });
});

async function caught(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it went well");
}
