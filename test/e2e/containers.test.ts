// Names of containers in live records: processes in a container's cgroup, and a server that speaks as its
// runtime does. A replay asks nobody.

import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CriServer } from "../support/containers/cri-server.ts";
import type { Manner } from "../support/containers/docker-server.ts";
import { containerId, DockerServer } from "../support/containers/docker-server.ts";
import { runInContainer, whyNoCgroup } from "../support/containers/in-cgroup.ts";
import { until } from "../support/containers/until.ts";
import { RunningSysflow, sysflow, sysflowCommand, whyNotLive } from "../support/program/sysflow.ts";
import { readSf } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";

const obstacle = whyNotLive() ?? whyNoCgroup();
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-named-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const id = containerId(process.pid);
const short = id.slice(0, 12);
let server: DockerServer;
let runs = 0;
beforeEach(async () => {
  server = await DockerServer.listen(join(folder, `docker-${runs}.sock`));
  server.add({ id, name: "web", image: "team/web:2", privileged: true });
});
afterEach(() => server.close());

interface Named {
  readonly sockets: number;
  readonly named: number;
  readonly unknown: readonly { readonly cause: string; readonly count: number }[];
}

/** Runs a program in the container twice, with time between for an answer. */
async function collect(args: readonly string[] = [], before = async () => {}) {
  runs += 1;
  const path = join(folder, `out-${runs}.sf`);
  const own = ["-p", server.path, "-f", `container.id = ${short}`];
  const running = new RunningSysflow([
    ...["collect", "-w", path, "-G", "3600", "--json", ...own, ...args],
  ]);
  await running.says("collecting with");
  await before();
  runInContainer(id, "/bin/true");
  await Bun.sleep(1200);
  runInContainer(id, "/bin/true");
  await settled(running);
  running.kill("SIGTERM");
  const { stdout, stderr, status } = await running.end(60_000);
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  const written = fs.readdirSync(folder).find((name) => name.startsWith(`out-${runs}.`)) ?? "";
  const records = readSf(join(folder, written));
  const boxes = records.filter(({ kind, rec }) => kind === "Container" && rec["id"] === short);
  const { containers } = JSON.parse(stdout) as { readonly containers: Named | null };
  return { boxes: boxes.map(({ rec }) => rec), containers, stderr, records };
}

const facts = { name: "web", image: "team/web:2", imageid: "b2".repeat(32), privileged: true };
const placeholder = { name: "incomplete", image: "incomplete:incomplete", privileged: false };

test("a replay asks nobody", () => {
  const capture = join(import.meta.dir, "../golden/mixed.scap");
  const run = sysflow(["collect", "-r", capture, "-w", join(folder, "replay.sf"), "--json"]);
  expect(JSON.parse(run.stdout)).toMatchObject({ containers: null });
});

const [program = "", ...others] = sysflowCommand;
const rootObstacle = others.length > 0 ? "only what is shipped needs nothing beside it" : obstacle;

describe.skipIf(rootObstacle !== null)("in a root with nothing else in it", () => {
  test("runtimes of both kinds are found and asked", async () => {
    const root = join(folder, "root");
    for (const name of ["proc", "sys", "out", "run/containerd", dirname(program)]) {
      fs.mkdirSync(join(root, name), { recursive: true });
    }
    fs.copyFileSync(program, join(root, program));
    const docker = await DockerServer.listen(join(root, "run/docker.sock"));
    const cri = await CriServer.listen(join(root, "run/containerd/containerd.sock"));
    const [ofDocker, ofCri] = [containerId(process.pid + 1), containerId(process.pid + 2)];
    docker.add({ id: ofDocker, name: "dock" });
    cri.containers.set(ofCri, { id: ofCri, name: "box" });
    const mounts = 'mount --rbind /proc "$0/proc"; mount --rbind /sys "$0/sys"';
    const enter = ["unshare", "--mount", "sh", "-c", `${mounts}; exec chroot "$0" "$@"`, root];
    const words = ["collect", "-w", "/out/o.sf", "-G", "3600", "-c", "--json"];
    const running = new RunningSysflow(words, {}, enter);
    await running.says("collecting with");
    await until(() => docker.streams === 1 && cri.streams === 1);
    runInContainer(ofDocker, "/bin/true");
    runInContainer(ofCri, "/bin/true");
    await Bun.sleep(1500);
    running.kill("SIGTERM");
    const { stdout, status } = await running.end(60_000);
    await docker.close();
    cri.close();
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ containers: { sockets: 2 } });
    const [file = ""] = fs.readdirSync(join(root, "out"));
    const boxes = readSf(join(root, "out", file)).filter(({ kind }) => kind === "Container");
    const nameOf = (one: string) =>
      boxes.findLast(({ rec }) => rec["id"] === one.slice(0, 12))?.rec["name"];
    expect([nameOf(ofDocker), nameOf(ofCri)]).toEqual(["dock", "box"]);
  }, 60_000);
});

describe.skipIf(obstacle !== null)("live containers", () => {
  test("a record written before the answer is amended by one after it", async () => {
    server.manner = (path, answer) => {
      const isSlow = path === `/containers/${short}/json`;
      if (isSlow) {
        server.manner = () => false;
        setTimeout(() => answer.writeHead(500).end(), 400);
      }
      return isSlow;
    };
    const { boxes, containers } = await collect();
    expect(boxes).toMatchObject([placeholder, facts]);
    expect(containers).toMatchObject({ named: 1, unknown: [] });
    expect(server.faults).toEqual([]);
  }, 60_000);

  test("one that was announced is named from its first record on", async () => {
    const { boxes } = await collect([], async () => {
      await until(() => server.streams === 1);
      server.say("create", id);
      await until(() => server.asked.includes("/version"));
      await Bun.sleep(200);
    });
    expect(boxes).toMatchObject([facts]);
  }, 60_000);

  const trouble: readonly [what: string, cause: string, Manner][] = [
    ["hangs", "timed out", () => true],
    [
      "sends garbage",
      "bad answer",
      (_, answer) => {
        answer.end("garbage\n".repeat(1000));
        return true;
      },
    ],
    [
      "does not know it",
      "not found",
      (path, answer) => {
        if (path.startsWith("/containers/")) {
          answer.writeHead(404).end();
        }
        return path.startsWith("/containers/");
      },
    ],
  ];
  test.each(trouble)(
    "where the runtime %s it is unknown: %s",
    async (_, cause, manner) => {
      server.manner = manner;
      const { boxes, containers } = await collect(["-t", "200"]);
      expect(boxes).toMatchObject([placeholder]);
      expect(containers).toMatchObject({ named: 0, unknown: [{ cause, count: 1 }] });
    },
    60_000,
  );

  test("a runtime that is not there refuses", async () => {
    await server.close();
    const { containers, stderr } = await collect();
    expect(containers?.unknown).toEqual([{ cause: "refused", count: 1 }]);
    expect(stderr).toMatch(
      /warning: cannot ask a container runtime: .*(ECONNREFUSED|ENOENT)\)?; its/,
    );
    server = await DockerServer.listen(`${server.path}2`);
  }, 60_000);

  test("nobody is asked where that is not wanted", async () => {
    const { boxes, containers } = await collect(["--no-container-lookup"]);
    expect(boxes).toMatchObject([placeholder]);
    expect(containers).toBeNull();
    expect(server.asked).toEqual([]);
  }, 60_000);
});
