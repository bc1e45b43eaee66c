// Every option and variable that only live capture shows. Calls that must or must not be seen are
// this process's own, counted as what a filter for everything else leaves out: the host may be busy.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { containerId, DockerServer, inspectBody } from "../support/containers/docker-server.ts";
import { runInContainer } from "../support/containers/in-cgroup.ts";
import { everyOption } from "../support/options/every-option.ts";
import { liveOnly } from "../support/options/option-rows.ts";
import { folder as unused } from "../support/options/option-runs.ts";
import {
  RunningSysflow,
  sysflow,
  sysflowCommand,
  type Variables,
  whyNotLive,
} from "../support/program/sysflow.ts";
import { readSf } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";

const obstacle = process.getuid?.() === 0 ? whyNotLive() : "only root can open an engine";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-live-options-"));
afterAll(() => {
  fs.rmSync(folder, { recursive: true });
  // That of the rows that need no engine.
  fs.rmSync(unused, { recursive: true });
});

const timeoutMs = 120_000;
const ringBytes = 4 * 1024 * 1024;
const pageBytes = 4096;
const closes = 20_000;
const readSec = 4;
let names = 0;

interface Summary {
  readonly ended: string;
  readonly engine: string;
  readonly elapsedSec: number;
  readonly events: number;
  readonly losses: readonly { readonly stage: string; readonly count: number }[];
  readonly leftOut: readonly { readonly cause: string; readonly count: number }[];
  readonly samplingRatio: number;
  readonly containers: { readonly named: number } | null;
}

interface Session {
  readonly summary: Summary;
  readonly stderr: string;
  readonly rings: readonly number[];
  /** Of `-w`; of `collect` with its suffix. */
  readonly path: string;
}

/** Runs it until `act` is done; without `act` until it ends by itself. */
async function session(
  args: readonly string[],
  act: (() => void) | null = () => {},
  variables: Variables = {},
): Promise<Session> {
  names += 1;
  const prefix = `run-${names}`;
  const words = [...args, "-k", "ebpf-core", "--json", "-w", join(folder, prefix)];
  const running = new RunningSysflow(words, variables);
  await running.says(args[0] === "record" ? "recording with" : "collecting with");
  const rings = ringsOf(running.pid);
  act?.();
  if (act !== null) {
    await settled(running);
    running.kill("SIGTERM");
  }
  const { status, stdout, stderr } = await running.end(timeoutMs);
  if (status !== 0) {
    throw new Error(`${words.join(" ")} ended with ${status}: ${stderr}`);
  }
  const name = fs.readdirSync(folder).find((each) => each.startsWith(prefix)) ?? "";
  return { summary: JSON.parse(stdout) as Summary, stderr, rings, path: join(folder, name) };
}

/** Bytes of each ring. libbpf maps the data twice in a row, read-only, behind the ring's second page. */
function ringsOf(pid: number): readonly number[] {
  const lines = fs.readFileSync(`/proc/${pid}/maps`, "utf8").split("\n");
  const mapped = lines.flatMap(
    (line) => /^([0-9a-f]+)-([0-9a-f]+) r--s 00001000 .*anon_inode:bpf-map$/.exec(line) ?? [],
  );
  const sizes: number[] = [];
  for (let i = 0; i < mapped.length; i += 3) {
    const bytes =
      Number.parseInt(mapped[i + 2] ?? "", 16) - Number.parseInt(mapped[i + 1] ?? "", 16);
    sizes.push((bytes - pageBytes) / 2);
  }
  return sizes;
}

/** How many calls of this process the kernel handed over, of those that `types` names. */
function seen({ summary }: Session): number {
  return summary.leftOut.find(({ cause }) => cause === "events filtered out")?.count ?? 0;
}

function allButOwn(types: string): readonly string[] {
  return ["-f", `not (proc.pid = ${process.pid} and evt.type in (${types}))`];
}

function kernelDrops({ summary }: Session): number {
  const drops = summary.losses.filter(({ stage }) => stage === "kernel");
  return drops.reduce((sum, { count }) => sum + count, 0);
}

function closeNothing(): void {
  for (let i = 0; i < closes; i++) {
    try {
      fs.closeSync(1_000_000);
    } catch {
      // That it fails is the point: drop mode leaves out failed closes.
    }
  }
}

/** @returns how many reads it has made, evenly over whole seconds. */
function readSteadily(): number {
  const file = fs.openSync("/dev/zero", "r");
  const byte = new Uint8Array(1);
  const end = performance.now() + readSec * 1000;
  let reads = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 10; i++) {
      fs.readSync(file, byte);
    }
    reads += 10;
    Bun.sleepSync(1);
  }
  fs.closeSync(file);
  return reads;
}

async function expectDropMode(args: readonly string[], on: boolean, env = {}): Promise<void> {
  const run = await session(["collect", ...allButOwn("close"), ...args], closeNothing, env);
  if (on) {
    expect(seen(run)).toBeLessThan(closes / 10);
  } else {
    expect(seen(run)).toBeGreaterThanOrEqual(closes - kernelDrops(run));
  }
}

const eachCall = 1000;

/** One read, two rmdir and four opens, many times; results do not matter, only who reports them. */
function callEach(): void {
  const file = fs.openSync("/dev/zero", "r");
  const byte = new Uint8Array(1);
  for (let i = 0; i < eachCall; i++) {
    fs.readSync(file, byte);
    for (let j = 0; j < 6; j++) {
      try {
        if (j < 2) {
          fs.rmdirSync("/nonexistent/folder");
        } else {
          fs.openSync("/nonexistent/file", "r");
        }
      } catch {
        // It is not there.
      }
    }
  }
  fs.closeSync(file);
}

/** Which of these calls a mode has the kernel report: 1 for reads, 2 for rmdir, 4 for opens. */
async function reported(mode: string): Promise<number> {
  const types = "read, pread, rmdir, open, openat";
  const run = await session(["collect", "-m", mode, ...allButOwn(types)], callEach);
  return Math.round(seen(run) / eachCall);
}

/** A host root whose user 0 has another name. */
function hostRootWith(user: string): string {
  const root = join(folder, `root-of-${user}`);
  fs.mkdirSync(join(root, "etc"), { recursive: true });
  fs.symlinkSync("/proc", join(root, "proc"));
  fs.writeFileSync(join(root, "etc/passwd"), `${user}:x:0:0:root:/root:/bin/sh\n`);
  fs.writeFileSync(join(root, "etc/group"), "root:x:0:\n");
  return root;
}

/** Of the host's own root: containers that come and go beside the test have lists of their own. */
function userNames(path: string): ReadonlySet<unknown> {
  const processes = readSf(path).filter(
    ({ kind, rec }) => kind === "Process" && rec["uid"] === 0 && rec["containerId"] === null,
  );
  return new Set(processes.map(({ rec }) => rec["userName"]));
}

function runTrue(): void {
  Bun.spawnSync(["/bin/true"]);
}

/** Events of a capture, by what a replay of it takes. */
function eventsIn(path: string): number {
  const run = sysflow(["collect", "-r", path, "-w", "/dev/null", "--json"]);
  return (JSON.parse(run.stdout) as Summary).events;
}

function expectNoModule(command: string): void {
  const run = sysflow([command, "-k", "kmod", "-w", join(folder, "kmod")]);
  if (run.status !== 0) {
    expect(run.stderr).toMatch(/^sysflow: error: cannot open the kernel module: .*\[Probe\w+\]\n$/);
  }
}

interface Row {
  readonly names: readonly string[];
  readonly run: () => Promise<void>;
}

const cpus = availableParallelism();

/** A Docker that answers after 200 ms, and how many containers of one have a name. */
async function namedWith(...args: string[]): Promise<number> {
  const docker = await DockerServer.listen(join(folder, `docker-${names}.sock`));
  const id = containerId(process.pid);
  docker.add({ id, name: "web" });
  docker.manner = (path, answer) => {
    const isSlow = path.startsWith("/containers/");
    if (isSlow) {
      const body = JSON.stringify(inspectBody({ id, name: "web" }));
      setTimeout(() => answer.writeHead(200).end(body), 200);
    }
    return isSlow;
  };
  const pathWord = args.includes("-p") ? [docker.path] : [];
  const words = ["collect", "-f", `container.id = ${id.slice(0, 12)}`, ...args, ...pathWord];
  const run = await session(words, () => runInContainer(id, "/bin/true"));
  const { containers } = run.summary;
  await docker.close();
  return containers?.named ?? -1;
}

const collectRows: readonly Row[] = [
  {
    names: ["collect --cri-path", "collect --cri-timeout", "collect --container-lookup"],
    run: async () => {
      expect(await namedWith("-p")).toBe(1);
      expect(await namedWith("-t", "50", "-p")).toBe(0);
      expect(await namedWith()).toBe(0);
      expect(await namedWith("--no-container-lookup", "-p")).toBe(-1);
    },
  },
  {
    names: ["collect --cpus-per-buffer", "collect --buffer-bytes"],
    run: async () => {
      const size = ["--buffer-bytes", String(ringBytes)];
      const rings = async (...args: string[]) =>
        (await session(["collect", ...size, ...args])).rings;
      const each = (count: number) => new Array(count).fill(ringBytes);
      expect(await rings()).toEqual(each(cpus));
      expect(await rings("--cpus-per-buffer", "1")).toEqual(each(cpus));
      expect(await rings("--cpus-per-buffer", "2")).toEqual(each(Math.ceil(cpus / 2)));
      expect(await rings("--cpus-per-buffer", "0")).toEqual(each(1));
    },
  },
  {
    names: ["collect --driver"],
    run: async () => {
      expect((await session(["collect"])).summary.engine).toBe("modern_ebpf");
      expectNoModule("collect");
    },
  },
  {
    names: ["collect --drop-mode", "collect ENABLE_DROP_MODE"],
    run: async () => {
      await expectDropMode([], true);
      await expectDropMode(["--no-drop-mode"], false);
      await expectDropMode([], false, { ENABLE_DROP_MODE: "0" });
      await expectDropMode(["--drop-mode"], true, { ENABLE_DROP_MODE: "0" });
    },
  },
  {
    names: ["collect --sampling"],
    run: async () => {
      let reads = 0;
      const args = ["collect", ...allButOwn("read, pread"), "-s", "8"];
      const run = await session(args, () => {
        reads = readSteadily();
      });
      const share = seen(run) / reads;
      expect(share).toBeGreaterThan(1 / 8 / 3);
      expect(share).toBeLessThan((1 / 8) * 3);
      expect(run.stderr).toContain("warning: sampling keeps the first 1/8 of each second");
      expect(run.summary.samplingRatio).toBe(8);
    },
  },
  {
    names: ["collect --duration"],
    run: async () => {
      const { summary } = await session(["collect", "--duration", "2"], null);
      expect(summary.ended).toBe("duration");
      expect(summary.elapsedSec).toBeGreaterThanOrEqual(2);
    },
  },
  {
    names: ["collect HOST_ROOT"],
    run: async () => {
      const run = await session(["collect"], runTrue, { HOST_ROOT: hostRootWith("guest") });
      expect(userNames(run.path)).toContain("guest");
      expect(userNames(run.path)).not.toContain("root");
    },
  },
];

/** Of `command` in a pid namespace of its own, with a /proc of that; `options` besides. */
function apart(command: string, options: readonly string[]) {
  names += 1;
  const output = join(folder, `apart-${names}`, "out");
  const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
  const args = [command, "--json", "--duration=2", "-w", output, ...options];
  const words = [...unshare, ...sysflowCommand, ...args];
  const { exitCode, stdout, stderr } = Bun.spawnSync(["unshare", ...words]);
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString(), output };
}

const ownPidNamespace: Row = {
  names: ["collect --allow-own-pid-namespace", "record --allow-own-pid-namespace"],
  run: async () => {
    for (const command of ["collect", "record"]) {
      const refused = apart(command, []);
      expect([refused.status, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toMatch(
        /^sysflow: error: .*another's; start it with --pid=host .*\n$/,
      );
      expect(refused.stderr).toContain("[PID_NAMESPACE]");
      expect(fs.existsSync(refused.output)).toBe(false);
      const allowed = apart(command, ["--allow-own-pid-namespace"]);
      expect([allowed.status, allowed.stderr]).toEqual([0, allowed.stderr]);
      const { caveats } = JSON.parse(allowed.stdout) as { caveats: readonly string[] };
      expect(caveats).toEqual([expect.stringContaining("names, parents, users, containers")]);
      expect(allowed.stderr).toContain("warning: /proc is that of another pid namespace (pid:[");
    }
  },
};

const recordRows: readonly Row[] = [
  {
    names: [
      "record --write",
      "record --compress",
      "record --json",
      "record --duration",
      "record --buffer-bytes",
      "record --cpus-per-buffer",
      "record --driver",
      "record DRIVER_LOG",
    ],
    run: async () => {
      const size = ["--buffer-bytes", String(ringBytes), "--cpus-per-buffer", "0"];
      const run = await session(["record", "-z", "--duration", "1", ...size], null, {
        DRIVER_LOG: "1",
      });
      expect(run.summary).toMatchObject({
        command: "record",
        engine: "modern_ebpf",
        ended: "duration",
      });
      expect(run.rings).toEqual([ringBytes]);
      expect([...fs.readFileSync(run.path).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
      expect(run.stderr).toMatch(/^\d\d-\d\d \d\d:\d\d:\d\d\.\d+ /m);
      expectNoModule("record");
    },
  },
  {
    names: ["record --filter", "record --all-syscalls", "record COMMAND"],
    run: async () => {
      const recorded = (name: string, ...args: string[]) => {
        const path = join(folder, name);
        const command = ["sh", "-c", "exec sh -c 'exit 5'"];
        const run = sysflow(["record", "-w", path, ...args, "--", ...command]);
        expect(run.status).toBe(5);
        return path;
      };
      const everything = recorded("plain");
      const narrow = recorded("narrow", "-f", "evt.type = brk");
      const all = recorded("all", "-f", "evt.type = brk", "--all-syscalls");
      expect(eventsIn(narrow)).toBe(0);
      expect(eventsIn(all)).toBeGreaterThan(0);
      expect(eventsIn(everything)).toBeGreaterThan(eventsIn(narrow));
      expect(fs.readFileSync(everything)[0]).not.toBe(0x1f);
    },
  },
  {
    names: ["record HOST_ROOT"],
    run: async () => {
      const run = await session(["record"], runTrue, { HOST_ROOT: hostRootWith("visitor") });
      const output = join(folder, "visitor.sf");
      expect(sysflow(["collect", "-r", run.path, "-w", output]).status).toBe(0);
      expect(userNames(output)).toContain("visitor");
    },
  },
];

/** Which of two files of an earlier run, one of them old and large, a run leaves. */
function leftOfTwo(...options: readonly string[]): readonly string[] {
  names += 1;
  const prefix = `kept-${names}`;
  const [old, young] = [1, 2].map((stamp) => join(folder, `${prefix}.${stamp}.sf`));
  for (const path of [old, young]) {
    fs.writeFileSync(path ?? "", "of an earlier run");
  }
  fs.truncateSync(old ?? "", 9 * 2 ** 20);
  const changedSec = Date.now() / 1000 - 7200;
  fs.utimesSync(old ?? "", changedSec, changedSec);
  const words = ["collect", "-k", "ebpf-core", "-w", join(folder, prefix), "--duration", "2"];
  const run = sysflow([...words, ...options]);
  expect([run.status, run.stderr]).toEqual([0, run.stderr]);
  const left = fs.readdirSync(folder).filter((name) => name.startsWith(`${prefix}.`));
  expect(left.filter((name) => /\d{10}\.sf$/.test(name)).length).toBe(1);
  return left.filter((name) => /\.[12]\.sf$/.test(name)).map((name) => name.at(-4) ?? "");
}

const keepRow: Row = {
  names: ["collect --keep-files", "collect --keep-age", "collect --keep-bytes"],
  run: async () => {
    expect(leftOfTwo()).toEqual(["1", "2"]);
    expect(leftOfTwo("--keep-files", "2")).toEqual(["2"]);
    expect(leftOfTwo("--keep-age", "3600")).toEqual(["2"]);
    expect(leftOfTwo("--keep-bytes", "8M")).toEqual(["2"]);
  },
};

const diskFullRow: Row = {
  names: ["collect --on-disk-full"],
  run: async () => {
    const disk = join(folder, "disk");
    fs.mkdirSync(disk);
    Bun.spawnSync(["/bin/mount", "-t", "tmpfs", "-o", "size=64k", "none", disk]);
    const words = ["collect", "-k", "ebpf-core", "-w", join(disk, "x"), "--duration", "8"];
    const said = ["stop", "discard"].map((action) => {
      const script = "while :; do /bin/true; done";
      const load = Bun.spawn(["/bin/sh", "-c", script]);
      const { stderr } = sysflow([...words, "--codec", "null", "--on-disk-full", action]);
      load.kill();
      for (const name of fs.readdirSync(disk)) {
        fs.rmSync(join(disk, name));
      }
      return stderr;
    });
    Bun.spawnSync(["/bin/umount", disk]);
    expect(said[0]).toMatch(/^sysflow: error: cannot write .*\(ENOSPC\) \[OUTPUT_WRITE_FAILED\]$/m);
    expect(said[0]).toContain("collect ended (OUTPUT_WRITE_FAILED)");
    expect(said[1]).toMatch(/^sysflow: warning: cannot write .*\(ENOSPC\); collecting goes on/m);
    expect(said[1]).toContain("collect ended (duration)");
  },
};

const rows = [...collectRows, ...recordRows, ownPidNamespace, keepRow, diskFullRow];

/** What a replay shows too, with wall time and on the kernel's side. */
const kernelSide: readonly Row[] = [
  {
    names: ["collect --rotate", "collect --stats"],
    run: async () => {
      const { stderr, path } = await session(["collect", "-G", "1", "-d", "--duration", "4"], null);
      const rotations = stderr.match(/ stats: at=rotation /g)?.length ?? 0;
      const prefix = path.replace(/\d+\.sf$/, "");
      const files = fs.readdirSync(folder).filter((name) => join(folder, name).startsWith(prefix));
      expect(rotations).toBeGreaterThan(0);
      expect(files.length).toBe(rotations + 1);
      expect(stderr.match(/ stats: at=end records=\d+ drops=\d+ .* processes=[1-9]/g)?.length).toBe(
        1,
      );
    },
  },
  {
    names: ["collect --mode"],
    run: async () => {
      // An open is in every mode: it keeps the descriptors right.
      expect(await reported("flow")).toBe(1 + 2 + 4);
      expect(await reported("consume")).toBe(2 + 4);
      expect(await reported("nofiles")).toBe(4);
    },
  },
];

test("each option and variable that only live capture shows has a row", () => {
  expect(rows.flatMap((row) => row.names).sort()).toEqual([...liveOnly]);
  expect(everyOption()).toEqual(expect.arrayContaining([...liveOnly]));
});

describe.skipIf(obstacle !== null)(`live options (skipped where: ${obstacle})`, () => {
  test.each([...rows, ...kernelSide].map((row) => [row.names.join(", "), row] as const))(
    "%s",
    (_, row) => row.run(),
    timeoutMs,
  );
});
