// The driver from sources, on our own captures: what it gives and when it ends. Each way to use it is
// in support/library/behaviours.ts, which the package runs under every runtime.

import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checkDriver,
  isSysFlowError,
  openSysFlow,
  type SysFlowConfig,
  SysFlowDriver,
  type SysFlowRecord,
} from "../../src/index.ts";

const ROOT = join(import.meta.dir, "../..");
const capturePath = join(ROOT, "test/golden/mixed.scap");
const folder = mkdtempSync(join(tmpdir(), "sysflow-driver-"));
afterAll(() => rmSync(folder, { recursive: true }));

const noCallback = () => undefined;

/** A record as text: bytes in hexadecimal, whichever class has them, and bigints by their digits. */
function plain(record: SysFlowRecord): string {
  const shown = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
    if (typeof value === "bigint") return String(value);
    if (Array.isArray(value)) return value.map(shown);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shown(each)]));
  };
  return JSON.stringify(shown(record));
}

test("does what it says in each way", () => {
  const script = join(ROOT, "test/support/library/behaviours.ts");
  const { stdout, stderr } = spawnSync(process.execPath, [script, capturePath, folder], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  const kinds = ["FileEvent", "FileFlow", "NetworkFlow", "ProcessEvent", "ProcessFlow"];
  expect(JSON.parse(stdout)).toEqual({
    byCallback: { records: 96, kinds, ended: "end of input" },
    byIterator: { records: 135, ended: "end of input" },
    byBatches: { records: 135 },
    leftEarly: { records: 3, ended: "the program takes no more" },
    twoAtOnce: { counts: [96, 96] },
    exitFromCallback: { ended: "exit", called: true },
    // All but the header: the file has everything that the callback did not want.
    callbackThrows: { thrown: "Error: mine", calls: 1, inFile: 134 },
    aborted: { before: "Error: before", during: "Error: while opening" },
    writtenAndRead: { isSame: true, names: "writer" },
    failures: {
      missing: "ErrorReadingFileSystem",
      nowhere: "OUTPUT_MISSING",
      second: "DRIVER_USED",
    },
    engines: ["modern_ebpf", "kmod"],
  });
});

test("what is handed out is not changed afterwards", async () => {
  const given: { readonly record: SysFlowRecord; readonly text: string }[] = [];
  const keep = (record: SysFlowRecord | null) => {
    if (record !== null) {
      given.push({ record, text: plain(record) });
    }
  };
  for (const name of ["mixed", "processes", "network", "files", "syscalls", "ipv6"]) {
    const path = join(ROOT, `test/golden/${name}.scap`);
    const driver = new SysFlowDriver({
      capturePath: path,
      callback: (header, container, process, file1, file2, record, pod) => {
        for (const each of [header, container, process, file1, file2, record, pod]) {
          keep(each);
        }
      },
    });
    for await (const { record } of driver) {
      keep(record);
    }
  }
  expect(given.length).toBeGreaterThan(1000);
  expect(given.filter(({ record, text }) => plain(record) !== text)).toEqual([]);
});

test("the iterator gives what a file beside it holds, and the callback the same records", async () => {
  const filePath = join(folder, "beside.sf");
  const called: string[] = [];
  const iterated: string[] = [];
  const driver = new SysFlowDriver({
    capturePath,
    filePath,
    callback: (_header, _container, _process, _file1, _file2, record) => {
      called.push(plain(record));
    },
  });
  for await (const { record } of driver) {
    iterated.push(plain(record));
  }
  const inFile: string[] = [];
  for await (const { record } of openSysFlow(filePath)) {
    inFile.push(plain(record));
  }
  expect(iterated.slice(1)).toEqual(inFile.slice(1));
  const events = iterated.filter(
    (text) => !/"kind":"(SFHeader|Container|Process|File)"/.test(text),
  );
  expect(called).toEqual(events);
});

test("records narrow on their kind", async () => {
  for await (const { record } of new SysFlowDriver({ capturePath })) {
    if (record.kind === "FileFlow") {
      const bytes: number = record.numWSendBytes;
      expect(bytes).toBeGreaterThanOrEqual(0);
      // @ts-expect-error: a flow has no result
      expect(record.ret).toBeUndefined();
    }
  }
});

test("times are nanoseconds and milliseconds", async () => {
  for await (const item of new SysFlowDriver({ capturePath })) {
    const { record, timeMs, ts } = item;
    if (record.kind === "SFHeader" || record.kind === "Container") {
      expect([ts, timeMs]).toEqual([null, null]);
    } else {
      expect(Number((ts ?? 0n) / 1000n)).toBeCloseTo((timeMs ?? 0) * 1000, -1);
      expect(item.endTs === null).toBe(!/Flow$/.test(record.kind));
    }
  }
});

describe("the end", () => {
  test("a slow program holds a replay up, and loses nothing", async () => {
    let records = 0;
    const driver = new SysFlowDriver({ capturePath, queueRecords: 1 });
    for await (const { record } of driver) {
      records += record.kind === "SFHeader" ? 0 : 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(records).toBe(134);
    expect(driver.summary?.losses.filter(({ stage }) => stage === "write")).toEqual([]);
  });

  test("exit from a loop ends it after what was taken", async () => {
    const driver = new SysFlowDriver({ capturePath });
    let records = 0;
    for await (const _ of driver) {
      records += 1;
      driver.exit();
    }
    expect(records).toBeGreaterThan(0);
    expect(driver.summary?.ended).toBe("exit");
  });

  test("several questions at once are answered in order", async () => {
    const iterator = new SysFlowDriver({ capturePath })[Symbol.asyncIterator]();
    const first = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    expect(first.map(({ value }) => value?.record.kind)).toEqual([
      "SFHeader",
      "Process",
      "ProcessEvent",
    ]);
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("a driver that goes out of scope is ended", async () => {
    let driver: SysFlowDriver;
    {
      await using scoped = new SysFlowDriver({ capturePath, callback: noCallback });
      driver = scoped;
      void driver.run();
    }
    expect(driver.summary).not.toBeNull();
  });

  test("a damaged capture gives its good part, then the error", async () => {
    const damaged = join(folder, "damaged.scap");
    const bytes = Bun.gunzipSync(new Uint8Array(await Bun.file(capturePath).arrayBuffer()));
    await Bun.write(damaged, bytes.slice(0, bytes.length - 40));
    let records = 0;
    const run = async () => {
      for await (const { record } of new SysFlowDriver({ capturePath: damaged })) {
        records += record.kind === "SFHeader" ? 0 : 1;
      }
    };
    const error = await run().then(null, (thrown: unknown) => thrown);
    expect(isSysFlowError(error, "EventParsingError")).toBe(true);
    expect(records).toBeGreaterThan(50);
  });

  test("an abort in the middle gives what was taken, then its reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let records = 0;
    const run = async () => {
      for await (const _ of new SysFlowDriver({ capturePath, signal: controller.signal })) {
        records += 1;
        controller.abort(reason);
      }
    };
    expect(await run().then(null, (thrown: unknown) => thrown)).toBe(reason);
    expect(records).toBeGreaterThan(0);
  });
});

describe("the log", () => {
  const given: SysFlowConfig = { capturePath, callback: noCallback, appName: "x" };

  test("goes to who asked for it", async () => {
    const lines: string[] = [];
    await new SysFlowDriver({ ...given, stats: true, onLog: (line) => lines.push(line) }).run();
    expect(lines[0]).toStartWith("sysflow: warning: appName has no effect");
    expect(lines.at(-1)).toStartWith("sysflow: info: stats: at=end");
  });

  test("else its warnings become warnings of the process", async () => {
    const warned = new Promise<Error>((resolve) => {
      process.once("warning", resolve);
    });
    await new SysFlowDriver(given).run();
    const { message, name } = await warned;
    expect(name).toBe("SysFlowWarning");
    expect(message).toContain("appName has no effect");
  });
});

test("the host is looked at without a driver", () => {
  const { engines, host } = checkDriver("");
  expect(engines.map(({ engine }) => engine)).toEqual(["modern_ebpf", "kmod"]);
  expect(host.every(({ status }) => ["ok", "warn", "fail"].includes(status))).toBe(true);
});

test("has its version", () => {
  expect(new SysFlowDriver().version).toBe(SysFlowDriver.version);
  expect(SysFlowDriver.version).toMatch(/^\d+\.\d+\.\d+/);
});
