// Kubernetes' CRI against a server by the real gRPC library, over a Unix socket: what is told of a container
// and of a pod's sandbox, and what comes of a server that is slow, fails, lies, hangs, or sends too much.

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { LookupError } from "../../src/containers/answer.ts";
import { CriSource } from "../../src/containers/cri-source.ts";
import { containerType } from "../../src/sysflow/values.ts";
import { type CriManner, CriServer } from "../support/containers/cri-server.ts";
import { containerId } from "../support/containers/docker-server.ts";
import { until } from "../support/containers/until.ts";

setDefaultTimeout(60_000);

/** Enough for an answer on a busy machine, and what a silent server costs here. */
const deadlineMs = 3000;

let folder: string;
let path: string;
let server: CriServer;
let source: CriSource;

beforeEach(async () => {
  folder = fs.mkdtempSync(join(tmpdir(), "sysflow-cri-"));
  path = join(folder, "cri.sock");
  server = await CriServer.listen(path);
  source = new CriSource(path, 0, deadlineMs);
});
afterEach(() => {
  source.close();
  server.close();
  fs.rmSync(folder, { recursive: true });
});

const id = containerId(7);
const short = id.slice(0, 12);
const sandboxId = containerId(9);
const digest = "c3".repeat(32);
const labels = { app: "web", "io.kubernetes.pod.uid": "uid-1" };
const sandbox = { id: sandboxId, name: "web-1", uid: "uid-1", namespace: "shop", labels };

async function reason(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (error) {
    return error instanceof LookupError ? error.reason : String(error);
  }
  return "an answer";
}

const containerd = { sandboxID: sandboxId, pid: 42 };
const privileged = { linux: { security_context: { privileged: true } } };

describe("a container", () => {
  test("is told of with its names, its process and its pod", async () => {
    server.containers.set(id, { id, name: "web", info: containerd });
    server.sandboxes.set(sandboxId, { ...sandbox, ips: ["10.1.2.3", "fd00::1", "10.1.2.4"] });
    const answer = await source.ask(short);
    expect(answer).toMatchObject({
      id,
      facts: {
        name: "web",
        image: "docker.io/library/busy:1.0",
        imageid: digest,
        type: containerType.CT_CONTAINERD,
        privileged: false,
      },
      pid: 42,
    });
    expect(answer?.pod).toMatchObject({ id: "uid-1", name: "web-1", namespace: "shop" });
    expect(answer?.pod?.labels).toEqual(new Map([["app", "web"]]));
    expect(answer?.pod?.internalIP).toEqual([0x0302010an, 0x0402010an]);
  });

  test("can be a sandbox", async () => {
    const info = { pid: 41, image: "pause:3.9", config: privileged };
    server.sandboxes.set(sandboxId, { ...sandbox, info });
    expect(await source.ask(sandboxId.slice(0, 12))).toMatchObject({
      id: sandboxId,
      facts: { name: "web-1", image: "pause:3.9", imageid: "", privileged: true },
      pid: 41,
      pod: { id: "uid-1" },
    });
  });

  test("that is not there is none, in whichever words", async () => {
    expect(await source.ask(short)).toBeNull();
    server.manner = (method, done) => {
      done({ code: status.UNKNOWN, details: "could not find container" });
      return method.endsWith("Status");
    };
    expect(await source.ask(short)).toBeNull();
  });

  test.each([
    ["containerd's form", { config: privileged }, true],
    ["CRI-O's form", { privileged: true }, true],
    ["another form", { config: [privileged] }, false],
    ["no JSON", "{", false],
    ["no text", undefined, false],
    ["a list", "[1]", false],
  ])("is privileged or not by %s", async (_, info, isPrivileged) => {
    server.containers.set(id, { id, name: "web", ...(info !== undefined && { info }) });
    expect((await source.ask(short))?.facts.privileged).toBe(isPrivileged);
  });

  test.each([
    ["team/web", `team/web@sha256:${digest}`, "team/web:latest", digest],
    [`sha256:${digest}`, `sha256:${digest}`, `sha256:${digest}`, digest],
    [`sha256:${digest}`, "team/web:2", "team/web:2", digest],
    [digest, "", digest, digest],
    [`team/web@sha256:${digest}`, "", `team/web@sha256:${digest}`, digest],
    ["team/web:2", "", "team/web:2", ""],
  ])("of the image %s, referred to as %s", async (image, imageRef, name, imageid) => {
    server.containers.set(id, { id, name: "web", image, imageRef });
    expect((await source.ask(short))?.facts).toMatchObject({ image: name, imageid });
  });

  test.each([
    ["containerd", containerType.CT_CONTAINERD],
    ["cri-o", containerType.CT_CRIO],
    ["another", containerType.CT_CRI],
  ])("of %s has its type", async (runtimeName, type) => {
    server.runtimeName = runtimeName;
    server.containers.set(id, { id, name: "web" });
    expect((await source.ask(short))?.facts.type).toBe(type);
  });
});

test("an older runtime is spoken to by its version", async () => {
  server.close();
  server = await CriServer.listen(path, "v1alpha2");
  server.containers.set(id, { id, name: "web" });
  expect((await source.ask(short))?.facts.name).toBe("web");
});

const onStatus =
  (body: object): CriManner =>
  (method, done) => {
    if (method === "ContainerStatus") {
      done(null, body);
    }
    return method === "ContainerStatus";
  };
const failing =
  (code: number): CriManner =>
  (_, done) => {
    done({ code, details: "no" });
    return true;
  };
const good = { id, metadata: { name: "web" }, image: { image: "busy" }, image_ref: "" };

const hostile: readonly [what: string, reason: string, CriManner][] = [
  ["is silent", "timedOut", () => true],
  ["refuses", "refused", failing(status.PERMISSION_DENIED)],
  ["is not there yet", "refused", failing(status.UNAVAILABLE)],
  ["fails", "badAnswer", failing(status.INTERNAL)],
  ["fails in words of its own", "badAnswer", failing(status.UNKNOWN)],
  ["has no such call", "badAnswer", failing(status.UNIMPLEMENTED)],
  ["tells of nothing", "badAnswer", onStatus({})],
  [
    "tells of another container",
    "badAnswer",
    onStatus({ status: { ...good, id: "f".repeat(64) } }),
  ],
  ["sends a short id", "badAnswer", onStatus({ status: { ...good, id: short } })],
  [
    "has a name of a megabyte",
    "badAnswer",
    onStatus({ status: { ...good, metadata: { name: "n".repeat(1_000_000) } } }),
  ],
  [
    "sends too much",
    "badAnswer",
    onStatus({ status: good, info: { info: "x".repeat(5_000_000) } }),
  ],
];

describe("a server that", () => {
  test.each(hostile)("%s: %s", async (_, expected, manner) => {
    server.manner = manner;
    expect(await reason(source.ask(short))).toBe(expected);
    server.manner = () => false;
    server.containers.set(id, { id, name: "web" });
    expect((await source.ask(short))?.facts.name).toBe("web");
  });

  test("is gone refuses, and is asked again when it is back", async () => {
    server.containers.set(id, { id, name: "web" });
    await source.ask(short);
    server.close();
    expect(await reason(source.ask(short))).toBe("refused");
    server = await CriServer.listen(path);
    server.containers.set(id, { id, name: "web" });
    for (
      let tries = 0;
      tries < 50 && (await reason(source.ask(short))) !== "an answer";
      tries += 1
    ) {
      await Bun.sleep(100);
    }
    expect((await source.ask(short))?.facts.name).toBe("web");
  }, 20_000);

  test.each([
    ["is silent from the start", (_: net.Socket) => {}, /timedOut/],
    [
      "speaks HTTP/1",
      (socket: net.Socket) => socket.end("HTTP/1.1 400 Bad\r\n\r\n"),
      /refused|timedOut/,
    ],
    ["sends noise", (socket: net.Socket) => socket.write("x".repeat(100_000)), /refused|timedOut/],
  ])("%s", async (_, act, expected) => {
    server.close();
    const other = net.createServer((socket) => {
      socket.on("error", () => {});
      act(socket);
    });
    await new Promise<void>((resolve) => other.listen(`${path}2`, resolve));
    const asked = new CriSource(`${path}2`, 0, 400);
    expect(await reason(asked.ask(short))).toMatch(expected);
    asked.close();
    other.close();
  });

  test("is asked when the source is closed ends at once", async () => {
    source.close();
    source = new CriSource(path, 0, 60_000);
    await source.ask(short);
    server.manner = () => true;
    const asked = reason(source.ask(short));
    await until(() => server.asked.at(-1) === "ContainerStatus");
    source.close();
    expect(await asked).not.toBe("an answer");
    expect(await reason(source.ask(short))).not.toBe("an answer");
  });
});

describe("what begins and ends", () => {
  function listen() {
    const heard: string[] = [];
    const followed = reason(
      source.follow({
        onReady: () => heard.push("ready"),
        onChanged: (one) => heard.push(`changed ${one.slice(0, 12)}`),
        onEnded: (one) => heard.push(`ended ${one.slice(0, 12)}`),
      }),
    );
    return { heard, followed };
  }

  test("is told by events", async () => {
    const { heard, followed } = listen();
    await until(() => server.streams === 1);
    for (const type of [0, 1, 2, 3, 4]) {
      server.say(type, id);
    }
    server.say(1, "no id");
    await until(() => heard.length >= 5);
    const [changed, ended] = [`changed ${short}`, `ended ${short}`];
    expect(heard).toEqual(["ready", changed, changed, ended, ended]);
    source.close();
    expect(await followed).not.toBe("timedOut");
  });

  test("is not told any more once the runtime has ended", async () => {
    const { followed } = listen();
    await until(() => server.streams === 1);
    server.close();
    expect(await followed).toBe("refused");
    server = await CriServer.listen(path);
  });

  test("is not told any more once the runtime has no more to say", async () => {
    const { followed } = listen();
    await until(() => server.streams === 1);
    server.endStreams();
    expect(await followed).toBe("an answer");
  });

  test("is found in lists where there are no events", async () => {
    server.hasEvents = false;
    const other = containerId(8);
    server.containers.set(id, { id, name: "web" });
    server.containers.set(other, { id: other, name: "ended", state: 2 });
    server.sandboxes.set(sandboxId, sandbox);
    const { heard, followed } = listen();
    await until(() => heard.length === 3);
    expect(heard).toEqual(["ready", `changed ${short}`, `changed ${sandboxId.slice(0, 12)}`]);
    server.containers.delete(id);
    server.sandboxes.set(sandboxId, { ...sandbox, state: 1 });
    await until(() => heard.length === 5);
    expect(heard.slice(3)).toEqual([`ended ${short}`, `ended ${sandboxId.slice(0, 12)}`]);
    source.close();
    expect(await followed).not.toBe("timedOut");
  });
});
