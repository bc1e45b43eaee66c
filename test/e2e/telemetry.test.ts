// Metrics and health of the program as an operator has them, on a replay that takes long.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { longCapture } from "../support/captures/long-capture.ts";
import { RunningSysflow, sysflow } from "../support/program/sysflow.ts";
import { readExposition, sampleOf } from "../support/telemetry/exposition.ts";
import { get } from "../support/telemetry/http-client.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-telemetry-"));
const long = join(folder, "long.scap");
beforeAll(() => {
  longCapture(long, 400_000);
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const timeoutMs = 120_000;

/** A replay that is under way, and the port that it said. */
async function replayOf(...args: readonly string[]) {
  const words = ["collect", "-r", long, "-w", "/dev/null", "--metrics", "127.0.0.1:0", ...args];
  const running = new RunningSysflow(words);
  await running.says("health at /healthz");
  const port = Number(/127\.0\.0\.1:(\d+)\/metrics/.exec(running.said)?.[1]);
  return { running, port };
}

/** What the program listens at, by /proc. */
function listening(pid: number): readonly string[] {
  const inodes = new Set(links(pid).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const rows = (name: string) => fs.readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n");
  const tcp = [...rows("tcp"), ...rows("tcp6")].map((row) => row.trim().split(/\s+/));
  const unix = rows("unix").map((row) => row.trim().split(/\s+/));
  return [
    ...tcp.flatMap((row) => (row[3] === "0A" && inodes.has(row[9] ?? "") ? [row[1] ?? ""] : [])),
    // The flag of a socket that listens.
    ...unix.flatMap((row) =>
      row[3] === "00010000" && inodes.has(row[6] ?? "") ? [row[7] ?? ""] : [],
    ),
  ];
}

/** What its descriptors lead to. */
function links(pid: number): readonly string[] {
  return fs.readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
}

function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return "";
  }
}

describe("while a replay goes on", () => {
  test(
    "its metrics grow, it is healthy, and both end with it",
    async () => {
      const { port, running } = await replayOf();
      let health = await get(port, "/healthz");
      for (let i = 0; i < 100 && health.status !== 200; i++) {
        await Bun.sleep(20);
        health = await get(port, "/healthz");
      }
      expect([health.status, health.body]).toEqual([200, "ok\n"]);
      const first = await get(port, "/metrics");
      await Bun.sleep(600);
      const second = await get(port, "/metrics");
      expect(first.head).toMatch(
        /^Content-Type: text\/plain; version=0\.0\.4; charset=utf-8\r?$/im,
      );
      const [before, after] = [first, second].map(({ body }) => readExposition(body));
      const events = [before, after].map((read) =>
        read === undefined ? null : sampleOf(read, "sysflow_events_total"),
      );
      expect(events[0]).toBeGreaterThan(0);
      expect(events[1]).toBeGreaterThan(events[0] ?? 0);
      expect(sampleOf(after as never, "sysflow_engine_info", { engine: "savefile" })).toBe(1);
      expect(sampleOf(after as never, "sysflow_output_working", { output: "/dev/null" })).toBe(1);
      expect(JSON.parse((await get(port, "/healthz?format=json")).body)).toEqual({
        status: "ok",
        reasons: [],
      });
      expect((await get(port, "/")).status).toBe(404);
      running.kill("SIGTERM");
      expect((await running.end()).status).toBe(0);
      expect((await get(port, "/metrics")).status).toBe(0);
    },
    timeoutMs,
  );
});

describe("on the way", () => {
  test(
    "an output that waits shows what is queued before it, and is no reason",
    async () => {
      const fifo = join(folder, "fifo");
      Bun.spawnSync(["mkfifo", fifo]);
      const reader = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
      const { port, running } = await replayOf("--jsonl", fifo);
      const [output, limitBytes] = [{ output: fifo }, 64 * 1024 * 1024];
      const queued = async () => {
        const read = readExposition((await get(port, "/metrics")).body);
        const limit = sampleOf(read, "sysflow_output_queue_limit_bytes", output);
        return [sampleOf(read, "sysflow_output_queue_bytes", output) ?? 0, limit];
      };
      for (let i = 0; i < 600 && ((await queued())[0] ?? 0) < limitBytes; i++) {
        await Bun.sleep(50);
      }
      const [bytes, limit] = await queued();
      expect(limit).toBe(limitBytes);
      expect(bytes).toBeGreaterThanOrEqual(limitBytes);
      expect((await get(port, "/healthz")).status).toBe(200);
      fs.closeSync(reader);
      for (let i = 0; i < 200 && (await get(port, "/healthz")).status === 200; i++) {
        await Bun.sleep(50);
      }
      expect((await get(port, "/healthz")).body).toBe(
        `the output ${fifo} takes nothing more: the reader of ${fifo} has gone\n`,
      );
      running.kill("SIGKILL");
      await running.end();
    },
    timeoutMs,
  );

  test(
    "a Unix socket serves them, and is gone at the end",
    async () => {
      const path = join(folder, "m.sock");
      const words = ["collect", "-r", long, "-w", "/dev/null", "--metrics", `unix:${path}`];
      const running = new RunningSysflow(words);
      await running.says(`metrics at unix:${path}`);
      expect(fs.statSync(path).mode & 0o777).toBe(0o600);
      expect((await get(path, "/metrics")).status).toBe(200);
      expect(listening(running.pid)).toEqual([path]);
      running.kill("SIGTERM");
      expect((await running.end()).status).toBe(0);
      expect(fs.existsSync(path)).toBe(false);
    },
    timeoutMs,
  );

  test(
    "nothing listens where nothing was asked for",
    async () => {
      const asked = await replayOf();
      expect(listening(asked.running.pid)).toHaveLength(1);
      asked.running.kill("SIGKILL");
      const running = new RunningSysflow(["collect", "-r", long, "-w", "/dev/null"]);
      // Longer than what came before it takes: the address would be open by then.
      for (let i = 0; i < 500 && !links(running.pid).includes(long); i++) {
        await Bun.sleep(20);
      }
      expect(links(running.pid)).toContain(long);
      expect(listening(running.pid)).toEqual([]);
      running.kill("SIGKILL");
      await Promise.all([running.end(), asked.running.end()]);
    },
    timeoutMs,
  );
});

test("an address that is taken ends the program before anything is opened", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.on("listening", resolve));
  const { port } = server.address() as { port: number };
  const words = ["collect", "-r", "/nonexistent.scap", "-w", join(folder, "none.sf")];
  const run = sysflow([...words, "--metrics", `127.0.0.1:${port}`]);
  expect([run.status, run.stdout]).toEqual([1, ""]);
  expect(run.stderr).toBe(
    `sysflow: error: cannot serve metrics at 127.0.0.1:${port}: another program listens there; ` +
      "choose another address, or end that one [METRICS_NOT_OPENED]\n",
  );
  server.close();
});
