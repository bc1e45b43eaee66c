// A compiled program of the runtime obeys variables and files of whatever folder it is started in.
// The shipped one must not: with each hostile thing around it, and with all at once, it says, ends
// and leaves behind exactly what it does in a clean folder. A twin without the hardening, compiled
// here, shows that the things are hostile at all; it is a program for the host's own libc.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goldenPath } from "../support/captures/golden.ts";
import { hasTool, hostTool } from "../support/program/host-tool.ts";
import {
  type HostileRow,
  hostileFiles,
  hostileNames,
  hostileVariables,
  props,
  runtimeWords,
} from "../support/program/hostile-table.ts";
import { type Outcome, outcome, type Surroundings } from "../support/program/hostile-world.ts";
import {
  endBySignal,
  type Launch,
  launch,
  shippedFile,
  whyNotShipped,
} from "../support/program/shipped.ts";
import { readSf } from "../support/records/read-sf.ts";

const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "sysflow-hostile-")));
const world = join(folder, "world");
const twin = join(folder, "twin");
/** A copy, so that hostile files can lie beside the program too. */
const program = join(folder, "beside/sysflow");
const capture = goldenPath("processes.scap");
const replay = ["collect", "-r", capture, "-w", "x.sf", "-e", "tests", "--print"];
const autoload = ["dotenv", "bunfig", "tsconfig", "package-json"];

/** Shared objects that say so when loaded; of no libc, so that every loader takes them. */
const intruder = join(folder, "intruder.so");
const intruderSource = `
static long call(long n, long a, const void *b, long c) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "0"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return r;
}
__attribute__((constructor)) static void intrude(void) { call(1, 1, "owned\\n", 6); }
`;
const canIntrude = process.arch === "x64" && hasTool("gcc");

/** Names that the program or the twin asks a loader for. */
const libraryNames = ["libc.so.6", "libm.so.6", "libstdc++.so.6", "libc.musl-x86_64.so.1"];

const loaderRows: readonly HostileRow[] = canIntrude
  ? [
      { name: "LD_PRELOAD", env: { LD_PRELOAD: intruder }, twin: "obeyed" },
      { name: "LD_LIBRARY_PATH", env: { LD_LIBRARY_PATH: `${folder}/libraries` }, twin: "obeyed" },
      { name: "LD_AUDIT", env: { LD_AUDIT: intruder }, twin: "obeyed" },
    ]
  : [];

const rows = [...hostileVariables, ...loaderRows, ...hostileFiles, ...hostileNames];

/** Always open, so that NODE_CHANNEL_FD has something to point at. */
const descriptor = fs.openSync("/dev/null", "r+");

function around(row: Surroundings): Surroundings {
  return { ...row, files: { ...props, ...row.files } };
}

function twinOutcome(row: Surroundings): Outcome {
  return outcome(world, twin, ["word"], around(row), descriptor);
}

/** What the program does at work: it says much, and writes one file. */
function sysflowOutcome(row: Surroundings): Outcome {
  return outcome(world, program, replay, around(row), descriptor);
}

/** A row that the twin does not prove says so. */
function titleOf({ name, twin: proof }: HostileRow): string {
  return typeof proof === "string" ? name : `${name} (inferred: ${proof.unseen})`;
}

let clean: Outcome;
let cleanTwin: Outcome;

beforeAll(() => {
  if (canIntrude) {
    const flags = ["-shared", "-fPIC", "-nostdlib", "-x", "c", "-", "-o", intruder];
    expect(hostTool("gcc", flags, { input: intruderSource }).status).toBe(0);
  }
  for (const name of canIntrude ? libraryNames : []) {
    fs.mkdirSync(join(folder, "libraries"), { recursive: true });
    fs.copyFileSync(intruder, join(folder, "libraries", name));
  }
  const source = Bun.fileURLToPath(import.meta.resolve("../support/program/twin.ts"));
  const flags = ["--compile", ...autoload.map((name) => `--compile-autoload-${name}`)];
  const build = hostTool(process.execPath, ["build", source, ...flags, `--outfile=${twin}`]);
  expect(build.status).toBe(0);
  cleanTwin = twinOutcome({});
  if (whyNotShipped !== null) {
    return;
  }
  hostTool("mkfifo", [join(folder, "pipe")]);
  fs.mkdirSync(join(folder, "beside/dist"), { recursive: true });
  fs.copyFileSync(shippedFile, program);
  clean = sysflowOutcome({});
});

afterAll(() => {
  fs.closeSync(descriptor);
  fs.rmSync(folder, { recursive: true });
});

describe("a program without hardening", () => {
  const tried = rows.filter((row) => typeof row.twin === "string");

  test("is the same twice in a clean folder", () => {
    expect(twinOutcome({})).toEqual(cleanTwin);
    expect(cleanTwin).toMatchObject({ status: 0, files: {} });
  });

  test.each(tried)("$twin: $name", (row) => {
    const changed = !Bun.deepEquals(twinOutcome(row), cleanTwin);
    expect(changed ? "obeyed" : "ignored").toBe(row.twin as "obeyed" | "ignored");
  });
});

describe.skipIf(whyNotShipped !== null)(
  `sysflow (skipped where it says so: ${whyNotShipped})`,
  () => {
    test("does its work in a clean folder", () => {
      expect(clean.status).toBe(0);
      expect(clean.stdout).toContain("PROCESS");
      expect(Object.keys(clean.files)).toEqual(["cwd/x.sf"]);
      expect(sysflowOutcome({})).toEqual(clean);
    });

    test.each(rows.map((row) => [titleOf(row), row] as const))("is the same with %s", (_, row) => {
      expect(sysflowOutcome(row)).toEqual(clean);
    });

    test("is the same with all of it at once", () => {
      const env = Object.assign({}, ...rows.map((row) => row.env));
      const files = Object.assign({}, ...rows.map((row) => row.files));
      expect(sysflowOutcome({ env, files, argv0: "bunx" })).toEqual(clean);
    });

    test("loads no addon that lies in the working folder or beside it", () => {
      const fake = "not a library\n";
      const names = ["cwd/capture.node", "cwd/dist/capture.node", "cwd/libstdc++.so.6"];
      const files = Object.fromEntries(names.map((name) => [name, fake]));
      const beside = ["capture.node", "dist/capture.node", "libc.so"];
      const paths = beside.map((name) => join(folder, "beside", name));
      try {
        for (const path of paths) {
          fs.writeFileSync(path, fake);
        }
        expect(sysflowOutcome({ files })).toEqual(clean);
      } finally {
        for (const path of paths) {
          fs.rmSync(path, { force: true });
        }
      }
    });

    test.each(runtimeWords)("knows no %s", (word) => {
      const { status, stdout, stderr, files } = outcome(world, program, [word], around({}));
      expect({ status, stdout, files }).toEqual({ status: 2, stdout: "", files: {} });
      expect(stderr).toMatch(/^sysflow: error: .*\n$/);
    });

    test("keeps the variables that are its own", () => {
      const env = { NODE_IP: "192.0.2.7", NODE_OPTIONS: "--inspect", BUN_OPTIONS: "--version" };
      expect(outcome(world, program, replay, { env }).status).toBe(0);
      const header = readSf(join(world, "cwd/x.sf"))[0];
      expect(header?.rec).toMatchObject({ ip: "192.0.2.7" });
    });
  },
);

/** A `curl` that leaves a trace; the runtime looks for it in PATH. */
const sender = join(folder, "bin/curl");
const sent = join(folder, "sent");

/** Waits until somebody reads the pipe that it is to write to. */
const stuck = ["collect", "-r", capture, "-w", join(folder, "pipe")];
const signalAfterMs = 700;

/** Reads the pipe once the signal was sent: it ends cleanly then, which a blocked open puts off. */
function readLater(): void {
  setTimeout(() => Bun.spawn(["cat", join(folder, "pipe")], { stdout: "ignore" }), 1500);
}

function launchOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): Launch {
  return { args, cwd: folder, env: { PATH: `${folder}/bin:/usr/bin:/bin`, ...env } };
}

async function reportsCrash(path: string, args: readonly string[]): Promise<boolean> {
  fs.rmSync(sent, { force: true });
  fs.mkdirSync(join(folder, "bin"), { recursive: true });
  fs.writeFileSync(sender, `#!/bin/sh\necho sent > ${sent}\n`, { mode: 0o755 });
  const env = {
    BUN_ENABLE_CRASH_REPORTING: "1",
    BUN_CRASH_REPORT_URL: "http://127.0.0.1:9",
  };
  const { signal, status } = await endBySignal(path, launchOf(args, env), "SIGSEGV", signalAfterMs);
  // One from another process is no crash to sysflow.
  expect([signal, status]).toEqual(path === twin ? ["SIGSEGV", null] : [null, 0]);
  await Bun.sleep(300);
  return fs.existsSync(sent);
}

describe("a crash", () => {
  test("is reported to others by a program without hardening", async () => {
    expect(await reportsCrash(twin, ["wait"])).toBe(true);
  });

  test.skipIf(whyNotShipped !== null)("is not reported by sysflow", async () => {
    readLater();
    expect(await reportsCrash(program, stuck)).toBe(false);
  });
});

describe.skipIf(whyNotShipped !== null)("a signal", () => {
  test("opens no debugger: SIGUSR1, with which Node does, ends it cleanly", async () => {
    readLater();
    const run = await endBySignal(program, launchOf(stuck), "SIGUSR1", signalAfterMs);
    expect(run).toMatchObject({ signal: null, status: 0 });
    expect(run.stderr).toStartWith("sysflow: collect ended (");
  });
});

const whyNoStrace = hasTool("strace", ["-V"]) ? whyNotShipped : "there is no strace to look with";

/** Every socket that the program or one of its threads makes or points somewhere. */
function networkCalls(path: string, args: readonly string[]): readonly string[] {
  const log = join(folder, "calls");
  const flags = [
    "-f",
    "-qq",
    "-e",
    "trace=socket,connect,bind,listen",
    "-e",
    "signal=none",
    "-o",
    log,
  ];
  const { status, stderr } = launch("strace", launchOf([...flags, path, ...args]));
  expect(status, stderr).toBe(0);
  return fs
    .readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => /^\d+ +\w+\(/.test(line));
}

describe.skipIf(whyNoStrace !== null)(
  `the network (skipped where it says so: ${whyNoStrace})`,
  () => {
    test("is seen to be used where a program uses it", () => {
      expect(networkCalls(twin, ["fetch"]).join("\n")).toContain("127.0.0.1");
    });

    test.each([
      ["version", ["version"]],
      ["help", ["help"]],
      ["check", ["check", "--json"]],
      ["a replay", ["collect", "-r", capture, "-w", join(folder, "quiet.sf"), "-e", "tests"]],
    ])("is not touched by %s", (_, args) => {
      expect(networkCalls(program, args)).toEqual([]);
    });
  },
);
