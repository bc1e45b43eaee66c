// Docker's and Podman's API against a server that speaks it: what is told of a container, and what comes of
// one that is slow, fails, lies, hangs, or sends too much.

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LookupError } from "../../src/containers/answer.ts";
import { DockerSource } from "../../src/containers/docker-source.ts";
import { containerType } from "../../src/sysflow/values.ts";
import {
  containerId,
  DockerServer,
  imageId,
  inspectBody,
  type Manner,
} from "../support/containers/docker-server.ts";
import { until } from "../support/containers/until.ts";

setDefaultTimeout(60_000);

/** Enough for an answer on a busy machine, and what a silent server costs here. */
const deadlineMs = 3000;

let folder: string;
let server: DockerServer;
let source: DockerSource;

beforeEach(async () => {
  folder = fs.mkdtempSync(join(tmpdir(), "sysflow-docker-"));
  server = await DockerServer.listen(join(folder, "docker.sock"));
  source = new DockerSource(server.path, 0, deadlineMs);
});
afterEach(async () => {
  source.close();
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

const id = containerId(7);
const short = id.slice(0, 12);

async function reason(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (error) {
    return error instanceof LookupError ? error.reason : String(error);
  }
  return "an answer";
}

describe("a container", () => {
  test("is told of with its names and its process", async () => {
    server.add({ id, name: "web", image: "host:5000/team/web:2", privileged: true, pid: 42 });
    expect(await source.ask(short)).toEqual({
      id,
      facts: {
        name: "web",
        image: "host:5000/team/web:2",
        imageid: imageId,
        type: containerType.CT_DOCKER,
        privileged: true,
      },
      pod: null,
      pid: 42,
    });
    expect(server.faults).toEqual([]);
  });

  test("that is not there is none", async () => {
    expect(await source.ask(short)).toBeNull();
  });

  test("of Podman has the type that the records have for it", async () => {
    server.components = ["Podman Engine", "Conmon"];
    server.add({ id, name: "web" });
    expect((await source.ask(short))?.facts.type).toBe(containerType.CT_CUSTOM);
  });

  test.each([
    ["the image's id in full", `sha256:${imageId}`],
    ["the beginning of its id", imageId.slice(0, 12)],
    ["nothing", ""],
    ["no name any more", "<none>:<none>"],
  ])("started by %s has the image's name of now", async (_, image) => {
    server.add({ id, name: "web", image });
    server.imageNames.set(imageId, ["<none>:<none>"]);
    expect((await source.ask(short))?.facts.image).toBe(`sha256:${imageId}`);
    server.imageNames.set(imageId, ["team/web"]);
    expect((await source.ask(short))?.facts.image).toBe("team/web:latest");
    expect(server.faults).toEqual([]);
  });

  test("of an image whose id is none is not asked for by it", async () => {
    server.add({ id, name: "web", image: "../..", imageid: "../.." });
    expect((await source.ask(short))?.facts.image).toBe("sha256:../..");
    expect(server.asked.filter((path) => path.startsWith("/images"))).toEqual([]);
  });

  test("is found by its id where another is named like its beginning", async () => {
    server.add({ id: containerId(8), name: short });
    expect(await reason(source.ask(short))).toBe("badAnswer");
    server.add({ id, name: "web" });
    expect((await source.ask(short))?.facts.name).toBe("web");
  });

  test("of kubelet has the pod of its sandbox", async () => {
    const sandbox = containerId(9);
    const pod = {
      "io.kubernetes.pod.name": "web-1",
      "io.kubernetes.pod.namespace": "shop",
      "io.kubernetes.pod.uid": "uid-1",
    };
    server.add({ id, name: "k8s_web", labels: { ...pod, "io.kubernetes.sandbox.id": sandbox } });
    const own = { app: "web", "annotation.note": "x".repeat(100_000) };
    server.add({ id: sandbox, name: "k8s_POD", labels: { ...pod, ...own }, ip: "10.1.2.3" });
    const { pod: found } = (await source.ask(short)) ?? {};
    expect(found).toMatchObject({ id: "uid-1", name: "web-1", namespace: "shop" });
    expect(found?.labels).toEqual(new Map([["app", "web"]]));
    expect(found?.internalIP).toEqual([0x0302010an]);
    expect((await source.ask(sandbox.slice(0, 12)))?.pod).toEqual(found ?? null);
  });

  test("keeps the control characters of its name", async () => {
    server.add({ id, name: "a\u001b[31m\n\u0000b\ud800" });
    expect((await source.ask(short))?.facts.name).toBe("a\u001b[31m\n\u0000b\ufffd");
  });

  test("may have more labels than are looked at", async () => {
    server.add({ id, name: "web", labels: { big: "x".repeat(500_000) } });
    expect((await source.ask(short))?.facts.name).toBe("web");
  });
});

const whole = inspectBody({ id, name: "web" });

/** Answers each question for a container so. */
function answering(text: string, status = 200): Manner {
  return (path, answer) => {
    if (path.startsWith("/containers")) {
      answer.writeHead(status).end(text);
    }
    return path.startsWith("/containers");
  };
}

/** Until the other side has had enough. */
function forEver(to: { readonly destroyed: boolean }, send: () => void): void {
  if (!to.destroyed) {
    send();
    setTimeout(() => forEver(to, send), 1);
  }
}

const hostile: readonly [what: string, reason: string, Manner][] = [
  ["is silent", "timedOut", () => true],
  [
    "stops in the middle",
    "timedOut",
    (_, answer) => {
      answer.writeHead(200, { "content-length": "1000" }).write("{");
      return true;
    },
  ],
  [
    "closes in the middle",
    "badAnswer",
    (_, answer, socket) => {
      answer.writeHead(200, { "content-length": "1000" }).write("{", () => socket.destroy());
      return true;
    },
  ],
  [
    "closes at once",
    "badAnswer",
    (_path, _answer, socket) => {
      socket.destroy();
      return true;
    },
  ],
  [
    "sends no HTTP",
    "badAnswer",
    (_path, _answer, socket) => {
      socket.end("\u0000\u0000\u0006\u0004 no HTTP\r\n\r\n");
      return true;
    },
  ],
  [
    "sends heads without end",
    "badAnswer",
    (_path, _answer, socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      forEver(socket, () => socket.write(`X-A: ${"y".repeat(60_000)}\r\n`));
      return true;
    },
  ],
  [
    "sends a body without end",
    "badAnswer",
    (_, answer) => {
      forEver(answer, () => answer.write("x".repeat(100_000)));
      return true;
    },
  ],
  ["fails", "badAnswer", answering("{}", 500)],
  ["sends what is no JSON", "badAnswer", answering("<html>")],
  ["sends lists that are too deep", "badAnswer", answering("[".repeat(900_000))],
  ["sends objects that are too deep", "badAnswer", answering('{"a":'.repeat(180_000))],
  ["sends a list", "badAnswer", answering("[1, 2]")],
  ["sends null", "badAnswer", answering("null")],
  [
    "tells of another container",
    "badAnswer",
    answering(JSON.stringify({ ...whole, Id: "f".repeat(64) })),
  ],
  ["sends a short id", "badAnswer", answering(JSON.stringify({ ...whole, Id: short }))],
  ["has a number for a name", "badAnswer", answering(JSON.stringify({ ...whole, Name: 5 }))],
  [
    "has a name of a megabyte",
    "badAnswer",
    answering(JSON.stringify({ ...whole, Name: "n".repeat(900_000) })),
  ],
  ["has no image", "badAnswer", answering(JSON.stringify({ ...whole, Config: [] }))],
];

describe("a server that", () => {
  test.each(hostile)("%s: %s", async (_, expected, manner) => {
    server.manner = manner;
    expect(await reason(source.ask(short))).toBe(expected);
    // And it is well again.
    server.manner = () => false;
    server.add({ id, name: "web" });
    expect((await source.ask(short))?.facts.name).toBe("web");
  });

  test("is slow within the time is waited for", async () => {
    server.add({ id, name: "web" });
    server.manner = (path, answer) => {
      const isOurs = path.startsWith("/containers");
      if (isOurs) {
        setTimeout(() => answer.writeHead(200).end(JSON.stringify(whole)), 150);
      }
      return isOurs;
    };
    expect((await source.ask(short))?.facts.name).toBe("web");
  });

  test("is gone refuses; so does a file that is none", async () => {
    await server.close();
    expect(await reason(source.ask(short))).toBe("refused");
    fs.rmSync(server.path, { force: true });
    expect(await reason(source.ask(short))).toBe("refused");
    fs.writeFileSync(server.path, "");
    expect(await reason(source.ask(short))).toBe("refused");
    fs.rmSync(server.path);
    server = await DockerServer.listen(server.path);
  });

  test("is asked when the source is closed ends at once", async () => {
    server.manner = () => true;
    source = new DockerSource(server.path, 0, 60_000);
    const asked = reason(source.ask(short));
    await until(() => server.asked.length > 0);
    source.close();
    expect(await asked).not.toBe("an answer");
    expect(await reason(source.ask(short))).toBe("refused");
  });
});

describe("events", () => {
  function listen() {
    const heard: string[] = [];
    const followed = source.follow({
      onReady: () => heard.push("ready"),
      onChanged: (one) => heard.push(`changed ${one.slice(0, 12)}`),
      onEnded: (one) => heard.push(`ended ${one.slice(0, 12)}`),
    });
    return { heard, followed };
  }

  test("tell of what begins and ends, by Docker's words and by Podman's", async () => {
    const { heard, followed } = listen();
    await until(() => server.streams === 1);
    for (const action of [
      "create",
      "init",
      "start",
      "exec_start: sh",
      "rename",
      "die",
      "destroy",
    ]) {
      server.say(action, id);
    }
    server.say("remove", id);
    server.say("start", "no id");
    server.endStreams();
    await followed;
    const [changed, ended] = [`changed ${short}`, `ended ${short}`];
    expect(heard).toEqual(["ready", changed, changed, changed, ended, ended, ended]);
    expect(server.faults).toEqual([]);
  });

  test("come in any pieces, and one that is too long is left out", async () => {
    const { heard, followed } = listen();
    await until(() => server.streams === 1);
    const line = JSON.stringify({ Action: "start", Actor: { ID: id } });
    const long = JSON.stringify({ Action: "start", Actor: { ID: id }, x: "y".repeat(300_000) });
    for (const part of [line.slice(0, 20), line.slice(20), "\n", `${long}\n`, `${line}\n`]) {
      server.sayRaw(part);
      await Bun.sleep(20);
    }
    server.endStreams();
    await followed;
    expect(heard).toEqual(["ready", `changed ${short}`, `changed ${short}`]);
  });

  test("that are no JSON end the stream", async () => {
    const { followed } = listen();
    await until(() => server.streams === 1);
    server.sayRaw("garbage\n");
    expect(await reason(followed)).toBe("badAnswer");
  });

  test("go on for longer than an answer may take", async () => {
    const { heard, followed } = listen();
    await until(() => server.streams === 1);
    await Bun.sleep(500);
    server.say("start", id);
    await until(() => heard.length === 2);
    source.close();
    expect(await reason(followed)).not.toBe("timedOut");
  });

  test("are given up where the server does not answer", async () => {
    server.manner = () => true;
    expect(await reason(listen().followed)).toBe("timedOut");
    server.manner = (_, answer) => {
      answer.writeHead(500).end();
      return true;
    };
    expect(await reason(listen().followed)).toBe("badAnswer");
  });
});
