// The server of metrics against clients that are slow, greedy or talk something else.

import { afterEach, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HttpServer, plain, serveHttp } from "../../src/telemetry/http-server.ts";
import { get, send } from "../support/telemetry/http-client.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-metrics-"));
const open: HttpServer[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(limits = { connectionMs: 400, connections: 4 }): Promise<number> {
  const server = await serveHttp(
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    ({ path, wantsJson }) => plain(200, `${path} ${wantsJson}\n`),
    limits,
  );
  open.push(server);
  return server.address.kind === "tcp" ? server.address.port : 0;
}

async function serveUnix(path: string): Promise<HttpServer> {
  const server = await serveHttp({ kind: "unix", path }, () => plain(200, "ok\n"));
  open.push(server);
  return server;
}

describe("answers", () => {
  test("GET, and closes", async () => {
    const port = await serve();
    const { body, elapsedMs, head, status } = await get(port, "/metrics?x=1");
    expect([status, body]).toEqual([200, "/metrics false\n"]);
    expect(head).toMatch(/^Content-Length: 15\r?$/im);
    expect(head).toMatch(/^Connection: close\r?$/im);
    expect(elapsedMs).toBeLessThan(390);
  });

  test("HEAD with the same head and no body", async () => {
    const port = await serve();
    const { body, head, status } = await send(port, "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
    expect([status, body]).toEqual([200, ""]);
    expect(head).toMatch(/^Content-Length: 9\r?$/im);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])(
    "%s with 405",
    async (method) => {
      const port = await serve();
      const taken = await send(port, `${method} /metrics HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(taken.status).toBe(405);
      expect(taken.head).toMatch(/^Allow: GET, HEAD\r?$/im);
    },
  );

  test.each([
    ["/h", "Accept: application/json", true],
    ["/h", "Accept: text/html, application/json;q=0.9", true],
    ["/h?format=json", "X: y", true],
    ["/h?a=b&format=json", "X: y", true],
    ["/h?format=jsonl", "X: y", false],
    ["/h", "Accept: */*", false],
  ])("%s with %s: JSON %p", async (path, header, isJson) => {
    const { body } = await get(await serve(), path, header);
    expect(body).toBe(`/h ${isJson}\n`);
  });

  test("one request a connection, whatever comes behind it", async () => {
    const one = "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n";
    const { body } = await send(await serve(), one + one.replace("/1", "/2"));
    expect(body).toBe("/1 false\n");
  });
});

describe("is not held by", () => {
  test.each([
    ["who says nothing", []],
    ["who never ends a line", ["GET /metrics"]],
    ["who never ends the headers", ["GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n"]],
  ])("%s", async (_, parts) => {
    const { elapsedMs, status } = await send(await serve(), ...parts);
    expect(status).not.toBe(200);
    expect(elapsedMs).toBeGreaterThan(300);
    expect(elapsedMs).toBeLessThan(5000);
  });

  test("who sends a byte now and then", async () => {
    const port = await serve();
    const begin = performance.now();
    const socket = connect(port, "127.0.0.1");
    const drip = setInterval(() => socket.write("G"), 50);
    socket.on("error", () => undefined);
    await new Promise<void>((resolve) => socket.on("close", () => resolve()));
    clearInterval(drip);
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test.each([
    ["no HTTP", ["\x16\x03\x01\x02\x00garbage\r\n\r\n"]],
    [
      "a header that is too long",
      [`GET / HTTP/1.1\r\nHost: x\r\nA: ${"b".repeat(12_000)}\r\n\r\n`],
    ],
    ["an address that is too long", [`GET /${"a".repeat(12_000)} HTTP/1.1\r\nHost: x\r\n\r\n`]],
    [
      "headers without end",
      new Array(2000).fill(`A: ${"b".repeat(100)}\r\n`).toSpliced(0, 0, "GET / HTTP/1.1\r\n"),
    ],
  ])("%s", async (_, parts) => {
    const { status } = await send(await serve({ connectionMs: 20_000, connections: 4 }), ...parts);
    expect(status).not.toBe(200);
  });

  test("who posts for ever", async () => {
    const port = await serve();
    const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n";
    const { elapsedMs } = await send(port, head, ...new Array(50).fill("z".repeat(100_000)));
    expect(elapsedMs).toBeLessThan(5000);
    expect((await get(port, "/after")).status).toBe(200);
  });

  test("more of them than it takes, once their time is over", async () => {
    const port = await serve({ connectionMs: 700, connections: 4 });
    const idle = Array.from({ length: 4 }, () => send(port));
    await Bun.sleep(200);
    const refused = await get(port, "/metrics");
    expect([refused.status, refused.elapsedMs < 400]).toEqual([0, true]);
    await Promise.all(idle);
    expect((await get(port, "/metrics")).status).toBe(200);
  });
});

test("its end ends the connections too", async () => {
  const port = await serve({ connectionMs: 60_000, connections: 4 });
  const idle = send(port);
  await Bun.sleep(50);
  open[0]?.close();
  expect((await idle).status).toBe(0);
  expect((await get(port, "/metrics")).status).toBe(0);
});

describe("an address that is taken", () => {
  test("is told before anything else", async () => {
    const port = await serve();
    const second = serveHttp({ kind: "tcp", host: "127.0.0.1", port }, () => plain(200, ""));
    await expect(second).rejects.toMatchObject({
      code: "METRICS_NOT_OPENED",
      exitStatus: 1,
      message: `cannot serve metrics at 127.0.0.1:${port}: another program listens there; choose another address, or end that one`,
    });
  });

  test("that this host has not", async () => {
    const second = serveHttp({ kind: "tcp", host: "192.0.2.1", port: 0 }, () => plain(200, ""));
    await expect(second).rejects.toMatchObject({ code: "METRICS_NOT_OPENED" });
  });
});

describe("a Unix socket", () => {
  test("is its owner's alone, serves, and is gone at the end", async () => {
    const path = join(folder, "a.sock");
    const before = process.umask();
    const server = await serveUnix(path);
    expect(process.umask()).toBe(before);
    expect((fs.statSync(path).mode & 0o7777).toString(8)).toBe("600");
    expect((await get(path, "/metrics")).body).toBe("ok\n");
    server.close();
    expect(fs.existsSync(path)).toBe(false);
  });

  test("that a program left when it was killed is replaced", async () => {
    const path = join(folder, "stale.sock");
    const code = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
    Bun.spawnSync([process.execPath, "-e", code]);
    expect(fs.statSync(path).isSocket()).toBe(true);
    await serveUnix(path);
    expect((await get(path, "/metrics")).body).toBe("ok\n");
  });

  test("that somebody listens at is left alone", async () => {
    const path = join(folder, "busy.sock");
    await serveUnix(path);
    await expect(serveUnix(path)).rejects.toMatchObject({
      code: "METRICS_NOT_OPENED",
      message: expect.stringContaining(`unix:${path}: another program listens there`),
    });
    expect((await get(path, "/metrics")).body).toBe("ok\n");
  });

  test.each([
    ["a file", (path: string) => fs.writeFileSync(path, "mine")],
    ["a folder", (path: string) => fs.mkdirSync(path)],
    ["a link to a socket", (path: string) => fs.symlinkSync("/nonexistent.sock", path)],
  ])("does not replace %s", async (name, make) => {
    const path = join(folder, name.replaceAll(" ", "-"));
    make(path);
    await expect(serveUnix(path)).rejects.toMatchObject({
      code: "METRICS_NOT_OPENED",
      message: expect.stringContaining("no socket; it is left as it is"),
    });
    expect(fs.lstatSync(path).isSocket()).toBe(false);
  });

  test("needs its folder", async () => {
    await expect(serveUnix(join(folder, "none/x.sock"))).rejects.toMatchObject({
      message: expect.stringContaining("its folder does not exist; make that first"),
    });
  });
});
