// `bun test/bench/soak.ts [MINUTES]`, as root: containers and processes come and go while every kind of
// output is on, 30 minutes unless said. What the collector has of memory, descriptors and threads is
// printed each minute; all of it must be at the end what it was after five minutes. Tables that grow
// towards their limits come to rest before that.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerServer } from "../support/containers/docker-server.ts";
import { whyNoCgroup } from "../support/containers/in-cgroup.ts";
import { RunningSysflow } from "../support/program/sysflow.ts";

const minutes = Number(process.argv[2] ?? 30);
const settledMinute = Math.min(5, Math.ceil(minutes / 2));
const containersAtOnce = 4;
/** After each of a row: some ten containers a second. */
const pauseMs = 350;
/** For how long a runtime still tells of a container that has ended. */
const rememberedMs = 2000;
const growthMax = 1.05;

const hierarchy = "/sys/fs/cgroup/cpu/docker";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-soak-"));
const at = (name: string) => join(folder, name);

interface Size {
  readonly rssMb: number;
  readonly anonMb: number;
  readonly descriptors: number;
  readonly threads: number;
}

function sizeOf(pid: number): Size {
  const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1]);
  return {
    rssMb: Math.round(field("VmRSS") / 1024),
    anonMb: Math.round(field("RssAnon") / 1024),
    descriptors: fs.readdirSync(`/proc/${pid}/fd`).length,
    threads: field("Threads"),
  };
}

const readPackets = `
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(sys.argv[1])
server.listen(1)
peer, _ = server.accept()
packets = 0
while peer.recv(65536):
    packets += 1
print(packets)
`;

const churnProcesses = `cd "$0" && while :; do
  for i in 1 2 3 4; do echo "$i" > "file-$i"; /bin/cat "file-$i" > /dev/null; done
  /bin/rm -f file-*
  read -r -t 0.1 rest < pause || :
done`;

let containers = 0;
let isOver = false;

/** One container after another, each a process that writes and reads a file. */
async function churnContainers(server: DockerServer): Promise<void> {
  while (!isOver) {
    const id = randomBytes(32).toString("hex");
    const cgroup = join(hierarchy, id);
    fs.mkdirSync(cgroup, { recursive: true });
    server.add({ id, name: `soak-${containers++}` });
    server.say("start", id);
    const script = 'echo $$ > "$0/cgroup.procs" && echo 1 > "$1" && /bin/cat "$1" && /bin/rm "$1"';
    const child = spawn("/bin/sh", ["-c", script, cgroup, at(id)], { stdio: "ignore" });
    await new Promise((resolve) => child.once("close", resolve));
    fs.rmdirSync(cgroup);
    server.say("die", id);
    setTimeout(() => server.containers.delete(id), rememberedMs).unref();
    server.asked.length = 0;
    await Bun.sleep(pauseMs);
  }
}

function scrape(socketPath: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = http.get({ socketPath, path: "/metrics" }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.once("error", reject);
  });
}

async function soak(): Promise<boolean> {
  const server = await DockerServer.listen(at("docker.sock"));
  const python = spawn("python3", ["-c", readPackets, at("records.sock")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const packets = new Promise<string>((resolve) => {
    python.stdout.once("data", (data) => resolve(String(data).trim()));
  });
  fs.mkdirSync(at("churn"));
  Bun.spawnSync(["mkfifo", at("lines"), at("churn/pause")]);
  const lines = spawn("/bin/cat", [at("lines")], { stdio: "ignore" });
  const pause = fs.openSync(at("churn/pause"), "r+");
  const run = new RunningSysflow([
    ...["collect", "-k", "ebpf-core", "-w", `${at("out")}/`, "-G", "60", "--keep-files", "5"],
    ...["-u", at("records.sock"), "--jsonl", at("lines"), "--print", "--print-rate", "20"],
    ...["--metrics", `unix:${at("metrics.sock")}`, "-p", at("docker.sock"), "-d"],
  ]);
  await run.says("collecting with");
  const churn = spawn("/bin/bash", ["-c", churnProcesses, at("churn")], { stdio: "ignore" });
  const churning = Array.from({ length: containersAtOnce }, () => churnContainers(server));
  const sizes: Size[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    await Bun.sleep(60_000);
    const size = sizeOf(run.pid);
    sizes.push(size);
    const status = await scrape(at("metrics.sock"));
    process.stdout.write(`${minute} min: ${JSON.stringify({ ...size, containers, status })}\n`);
  }
  isOver = true;
  await Promise.all(churning);
  churn.kill();
  fs.closeSync(pause);
  run.kill("SIGTERM");
  const { status, stderr } = await run.end();
  const summary = stderr.slice(stderr.lastIndexOf("sysflow: collect ended"));
  process.stdout.write(`${summary}packets read: ${await packets}, status ${status}\n`);
  lines.kill();
  await server.close();
  return status === 0 && isFlat(sizes);
}

function isFlat(sizes: readonly Size[]): boolean {
  const [then, end] = [sizes[settledMinute - 1], sizes.at(-1)] as [Size, Size];
  const growth = (name: keyof Size) => end[name] / then[name];
  const names = ["rssMb", "anonMb", "descriptors", "threads"] as const;
  const grown = names.filter((name) => growth(name) > growthMax);
  const told = names.map((name) => `${name} ${growth(name).toFixed(3)} x`).join(", ");
  process.stdout.write(`from minute ${settledMinute} to the end: ${told}\n`);
  return grown.length === 0;
}

const obstacle = whyNoCgroup();
if (obstacle !== null) {
  process.stderr.write(`${obstacle}\n`);
  process.exit(1);
}
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  fs.rmSync(folder, { recursive: true });
}
