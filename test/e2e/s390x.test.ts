// dist/sysflow-s390x under qemu's emulation of that machine: what it says, and that it writes of a
// capture in its own byte order what the x86-64 program writes of the same one in its. Those captures
// were turned round by native/test/captures/swap_capture.cc; nothing live can be tried in an emulator, which
// has no bpf(2).

import { afterAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PT, parseElf } from "../../build/pack/elf.ts";
import { exitStatus } from "../../src/base/exit-status.ts";
import {
  goldenCaptures,
  goldenLine,
  goldenLines,
  goldenOptions,
  goldenPath,
} from "../support/captures/golden.ts";
import { everyRecord, type Run, sysflow } from "../support/program/sysflow.ts";
import { checkSf } from "../support/records/check-sf.ts";
import {
  asPythonGives,
  hasPythonAvro,
  readWithPythonAvro,
} from "../support/records/python-avro.ts";
import { readSf } from "../support/records/read-sf.ts";
import { missingFacts, parseFacts } from "../support/truth/workload.ts";

const program = join(import.meta.dir, "../../dist/sysflow-s390x");
const emulator = Bun.which("qemu-s390x") ?? "";
const why = !fs.existsSync(program)
  ? "there is no dist/sysflow-s390x: build it with npm run build:s390x"
  : emulator === ""
    ? "there is no qemu-s390x: install qemu-user"
    : null;
const title = `sysflow-s390x${why === null ? "" : ` (skipped: ${why})`}`;
const isRoot = process.getuid?.() === 0;

const swapped = (name: string) => join(dirname(goldenPath("any")), "s390x", `${name}.scap`);
/** An emulated start takes seconds. */
const timeoutMs = 120_000;
/** What a pipe holds at most, unless told otherwise: pipe(7). */
const pipeBytes = 65_536;

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-s390x-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe.skipIf(why !== null)(title, () => {
  test("is static to the kernel", async () => {
    const { segments, littleEndian } = parseElf(await Bun.file(program).bytes(), program);
    const types = segments.map(({ type }) => type);
    expect(littleEndian).toBe(false);
    expect(types).not.toContain(PT.INTERP);
    expect(types).not.toContain(PT.DYNAMIC);
  });

  test(
    "version names runtime and machine",
    () => {
      const { status, stdout, stderr } = run(["version"]);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^sysflow .*Falco libs 0\.20\.0, Node 20\..*, s390x\)\n$/);
      expect(status).toBe(exitStatus.OK);
    },
    timeoutMs,
  );

  test(
    "the licences of all that is inside are inside",
    () => {
      const { status, stdout, stderr } = run(["version", "--licenses"]);
      expect(stderr).toBe("");
      for (const name of ["glibc", "libstdc++", "Node", "Falco libs"]) {
        expect(stdout).toContain(name);
      }
      expect(status).toBe(exitStatus.OK);
    },
    timeoutMs,
  );

  test(
    "check tells what the emulator lacks, and that captures can be read",
    () => {
      const { status, stdout } = run(["check"]);
      expect(stdout).toMatch(/BPF ring buffer +refused in a trial: ENOSYS/);
      expect(stdout).toContain("captures can be read");
      expect(status).toBe(exitStatus.FAILURE);
    },
    timeoutMs,
  );
});

describe.skipIf(why !== null)(`${title}: captures`, () => {
  test.each(goldenCaptures)(
    "%s replays to the very records of x86-64",
    (name) => {
      const output = join(folder, `${name}.sf`);
      const { status, stdout, stderr } = run(replayArgs(name, output));
      expect(stderr).toBe("");
      expect(status).toBe(exitStatus.OK);
      const records = readSf(output);
      expect(JSON.parse(stdout).recordsTotal).toBe(records.length);
      expect(records.map(goldenLine)).toEqual(goldenLines(name));
      expect(checkSf(output)).toEqual([]);
      const facts = parseFacts(fs.readFileSync(goldenPath(`${name}.facts.jsonl`), "utf8"));
      expect(missingFacts(facts, records)).toEqual([]);
    },
    timeoutMs,
  );

  test("IPv4 addresses are little-endian integers, ports and counters plain ones", () => {
    const flows = readSf(join(folder, "network.sf")).filter(({ kind }) => kind === "NetworkFlow");
    const loopback = 0x0100007f;
    expect(flows.filter(({ rec }) => rec["dip"] === loopback).length).toBeGreaterThan(0);
    expect(flows.map(({ rec }) => rec["dip"])).not.toContain(0x7f000001);
    const ofX86 = goldenLines("network").map((line) => JSON.parse(line));
    const ports = ofX86.filter(({ kind }) => kind === "NetworkFlow").map(({ dport }) => dport);
    expect(flows.map(({ rec }) => rec["dport"] ?? null)).toEqual(ports);
  });

  test.skipIf(!hasPythonAvro)("python3-avro reads what it wrote (skipped without it)", () => {
    const paths = goldenCaptures.map((name) => join(folder, `${name}.sf`));
    const read = readWithPythonAvro(paths);
    paths.forEach((path, at) => {
      expect(read[at]).toEqual(readSf(path).map(asPythonGives));
    });
  });

  test(
    "a capture of the other byte order is refused, here and there",
    () => {
      const output = join(folder, "none.sf");
      const message = "it was recorded on a machine of the other byte order";
      const args = (path: string) => ["collect", "-r", path, "-w", output];
      for (const { status, stderr } of [
        run(args(join(dirname(goldenPath("any")), "mixed.scap"))),
        sysflow(args(swapped("mixed"))),
      ]) {
        expect(stderr).toContain(message);
        expect(stderr.trimEnd().split("\n").length).toBe(1);
        expect(status).toBe(exitStatus.FAILURE);
      }
      expect(fs.existsSync(output)).toBe(false);
    },
    timeoutMs,
  );
});

describe.skipIf(why !== null)(`${title}: places`, () => {
  test(
    "hostile variables change nothing",
    () => {
      const env = { NODE_OPTIONS: "--inspect", NODE_DEBUG: "fs", LD_PRELOAD: "/nowhere.so" };
      const { status, stdout, stderr } = run(["version"], env);
      expect(stderr).toBe("");
      expect(stdout).toBe(run(["version"]).stdout);
      expect(status).toBe(exitStatus.OK);
    },
    timeoutMs,
  );

  test(
    "SIGUSR1 ends it cleanly, and opens no debugger as Node does",
    async () => {
      const pipe = join(folder, "pipe");
      spawnSync("/usr/bin/mkfifo", [pipe]);
      // Full, and read by nobody: the program waits until it can print the first line.
      const full = fs.openSync(pipe, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
      fs.writeSync(full, Buffer.alloc(pipeBytes));
      const words = [program, "collect", "-r", swapped("mixed"), "--print", "--print-rate=0"];
      const child = spawn(emulator, words, { stdio: ["ignore", full, "ignore"], env: {} });
      const ended = new Promise((resolve) => {
        child.on("exit", (status, signal) => resolve(status ?? signal));
      });
      await Bun.sleep(5000);
      child.kill("SIGUSR1");
      const killer = setTimeout(() => child.kill("SIGKILL"), timeoutMs / 2);
      expect(await ended).toBe(exitStatus.OK);
      clearTimeout(killer);
      fs.closeSync(full);
    },
    timeoutMs,
  );

  test.skipIf(!isRoot)(
    "a root with nothing but the file and an emulator, no /proc, is enough (skipped without root)",
    () => {
      const root = join(folder, "root");
      for (const path of filesOf(emulator)) {
        fs.mkdirSync(join(root, dirname(path)), { recursive: true });
        fs.copyFileSync(path, join(root, path));
      }
      fs.copyFileSync(program, join(root, "sysflow"));
      fs.copyFileSync(swapped("mixed"), join(root, "mixed.scap"));
      const words = ["/sysflow", "collect", "-r", "/mixed.scap", "-w", "/out.sf", "-e", "tests"];
      const { status, stderr } = emulate([...words, "--json", ...everyRecord], {}, root);
      expect(stderr).toBe("");
      expect(status).toBe(exitStatus.OK);
      expect(readSf(join(root, "out.sf")).map(goldenLine)).toEqual(goldenLines("mixed"));
    },
    timeoutMs,
  );
});

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  return emulate([program, ...args], env);
}

function replayArgs(name: string, output: string): readonly string[] {
  const places = ["collect", "-r", swapped(name), "-w", output];
  return [...places, "-e", "tests", "--json", ...everyRecord, ...goldenOptions(name)];
}

/** The emulator obeys variables too, so those for the program are given to it as arguments. */
function emulate(words: readonly string[], env: Readonly<Record<string, string>>, root?: string) {
  const given = Object.entries(env).flatMap(([name, value]) => ["-E", `${name}=${value}`]);
  const place = root === undefined ? [] : ["/usr/sbin/chroot", root];
  const [first = "", ...rest] = [...place, emulator, ...given, ...words];
  const { status, signal, stdout, stderr } = spawnSync(first, rest, {
    encoding: "utf8",
    env: {},
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  return { status, signal, stdout, stderr };
}

/** A program and the libraries that it is linked to. */
function filesOf(path: string): readonly string[] {
  const { stdout } = spawnSync("/usr/bin/ldd", [path], { encoding: "utf8" });
  return [path, ...(stdout.match(/\/\S+/g) ?? [])];
}
