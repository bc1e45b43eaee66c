// The real runtimes, each in a folder of its own and with sockets there: started, given one image, and
// ended. What a container was is asked of the runtime itself, by its own client.

import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerRuntimes } from "../../build/guests/container-runtimes.ts";
import { hostTool } from "../support/program/host-tool.ts";

const step = { title: "runtimes", note: (_: string) => {} };
export const runtimes = await containerRuntimes({ kind: "binary", suite: "bookworm" }, step);
export const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-runtimes-"));
export const image = "localhost/team/busy:1.0";
/** What sandboxes wait in. */
const pause = "localhost/pause:1";

const environment = {
  ...process.env,
  LC_ALL: "C",
  PATH: `${runtimes.path}:${process.env["PATH"]}`,
  LD_LIBRARY_PATH: runtimes.libraries,
};
const children: ChildProcess[] = [];

/** @returns what it wrote, without the last newline @throws Error where it fails */
export function tool(name: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = hostTool(name, words, { env: environment });
  if (status !== 0) {
    throw new Error(`${name} ${words.join(" ")}: ${stderr}`);
  }
  return stdout.trimEnd();
}

/** Goes on until `endAll`. */
function start(name: string, socket: string, ...words: readonly string[]): string {
  const log = fs.openSync(join(folder, `${name}.log`), "w");
  children.push(
    spawn(words[0] ?? "", words.slice(1), { env: environment, stdio: ["ignore", log, log] }),
  );
  fs.closeSync(log);
  for (let tries = 0; tries < 300; tries += 1) {
    if (fs.existsSync(socket)) {
      return socket;
    }
    Bun.sleepSync(100);
  }
  throw new Error(`${name} has no socket: ${fs.readFileSync(join(folder, `${name}.log`), "utf8")}`);
}

const storage = ["root", "run"].map(
  (name) => `--${name}${name === "run" ? "root" : ""}=${folder}/podman/${name}`,
);
export const podman = (...words: readonly string[]) =>
  tool("podman", ...storage, "--runtime=runc", "--cgroup-manager=cgroupfs", ...words);
/** A root without CAP_SYS_RESOURCE cannot raise its limits to podman's defaults. */
export const podmanLimits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000"];

const dockerSocket = join(folder, "docker.sock");
export const docker = (...words: readonly string[]) =>
  tool("docker", "-H", `unix://${dockerSocket}`, ...words);

/** Builds an image of busybox alone. */
function build(name: string, words: readonly string[]): string {
  const context = join(folder, "context");
  fs.mkdirSync(context, { recursive: true });
  fs.copyFileSync(runtimes.busybox, join(context, "busybox"));
  const entry = JSON.stringify(["/bin/busybox", ...words]);
  const text = `FROM scratch\nCOPY busybox /bin/busybox\nENTRYPOINT ${entry}\n`;
  fs.writeFileSync(join(context, "Containerfile"), text);
  podman("build", "--quiet", "--tag", name, context);
  const archive = join(folder, `${name.replace(/\W/g, "-")}.tar`);
  podman("save", "--quiet", "-o", archive, name);
  return archive;
}

const archive = build(image, []);

export function startPodman(): string {
  const socket = join(folder, "podman.sock");
  const words = ["system", "service", "--time", "0", `unix://${socket}`];
  return start(
    "podman",
    socket,
    "podman",
    ...storage,
    "--runtime=runc",
    "--cgroup-manager=cgroupfs",
    ...words,
  );
}

export function startDocker(): string {
  const at = (name: string) => join(folder, "docker", name);
  const words = ["--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid")];
  const network = ["--iptables=false", "--bridge=none"];
  const host = ["-H", `unix://${dockerSocket}`];
  fs.mkdirSync(join(folder, "docker"));
  // In a network of its own it changes nothing of the host's.
  start("dockerd", dockerSocket, "unshare", "--net", "dockerd", ...words, ...network, ...host);
  docker("load", "--quiet", "-i", archive);
  return dockerSocket;
}

export function startContainerd(): string {
  const at = (name: string) => join(folder, "containerd", name);
  fs.mkdirSync(join(folder, "containerd"));
  const socket = at("containerd.sock");
  const config = `version = 2
root = "${at("root")}"
state = "${at("state")}"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  sandbox_image = "${pause}"
`;
  fs.writeFileSync(at("config.toml"), config);
  const pauseArchive = build(pause, ["sleep", "1000000"]);
  start("containerd", socket, "containerd", "--config", at("config.toml"));
  for (const each of [archive, pauseArchive]) {
    tool("ctr", "-a", socket, "-n", "k8s.io", "images", "import", each);
  }
  return socket;
}

/** Ends what was started here, and removes what they have left. */
export async function endAll(): Promise<void> {
  for (const child of children) {
    child.kill("SIGTERM");
    await new Promise((resolve) =>
      child.exitCode === null ? child.once("exit", resolve) : resolve(0),
    );
  }
  try {
    podman("rmi", "--all", "--force");
  } finally {
    hostTool("sh", ["-c", `grep -o '${folder}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l`]);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
