// Rows of the options of `collect`: what each changes, and a bad value of each.

import { expect } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OP_CLOSE, OP_OPEN, OP_WRITE_SEND } from "../../../src/sysflow/op-flags.gen.ts";
import { sysflow } from "../program/sysflow.ts";
import { containerId } from "./option-capture.ts";
import {
  type Bad,
  badBuffer,
  badDriver,
  badFilter,
  capture,
  collectBad,
  flowPaths,
  folder,
  hasOnlyFiles,
  hasProcessFlows,
  hasStats,
  headerField,
  help,
  isSwitch,
  missing,
  ofKind,
  type Replayed,
  type Row,
  refused,
  replay,
  replayed,
  wantsInteger,
} from "./option-runs.ts";

/** argv: a socket to listen on, and a file for the number of packets of the first writer. */
const packetCounter = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(sys.argv[1] + ".new")
listener.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
connection, count = listener.accept()[0], 0
while connection.recv(16384):
    count += 1
with open(sys.argv[2] + ".new", "w") as file:
    file.write(str(count))
os.rename(sys.argv[2] + ".new", sys.argv[2])
`;

/** Rows are not awaited. @throws Error where the file is not there within ten seconds */
function waitFor(path: string): void {
  const end = performance.now() + 10_000;
  while (!existsSync(path)) {
    if (performance.now() > end) throw new Error(`${path} did not come`);
    Bun.sleepSync(5);
  }
}

const collectFiles: Readonly<Record<string, Row>> = {
  "collect --read": {
    works: () => expect(replayed([]).summary).toMatchObject({ input: capture, engine: "savefile" }),
    bad: [
      [["collect", "-r", missing, "--print"], 1, /no such file.*\[ErrorReadingFileSystem\]/i],
      [["collect", "-r", ""], 2, /--read \(-r\) needs a path, and that is empty/],
      [["collect", "-w", "x", "-r"], 2, /--read \(-r\) needs a value: FILE/],
      [["collect", "-r", capture, "-k", "kmod", "-w", "x"], 1, /use one of them/],
    ],
  },
  "collect --write": {
    works: () => expect(replayed([]).records[0]?.kind).toBe("SFHeader"),
    bad: [
      [
        ["collect", "-r", capture, "-w", `${missing}/deep/x`],
        1,
        /above it first \[OUTPUT_OPEN_FAILED\]/,
      ],
      [["collect", "-r", capture], 1, /name an output with -w PATH, -u SOCKET or --jsonl PATH, or/],
      [["collect", "-r", capture, "-w", "x", "-w", "./x"], 2, /two outputs cannot write to \.\/x/],
    ],
  },
  "collect --socket": {
    works: () => {
      const socket = join(folder, "socket");
      const counted = join(folder, "received");
      spawn("/usr/bin/python3", ["-c", packetCounter, socket, counted], { stdio: "inherit" });
      waitFor(socket);
      const { summary } = replayed(["-u", socket]);
      waitFor(counted);
      expect(Number(readFileSync(counted, "utf8"))).toBe(summary.recordsTotal);
    },
    bad: [
      [["collect", "-w", "x", "-u"], 2, /--socket \(-u\) needs a value: PATH/],
      [
        ["collect", "-r", capture, "-u", capture],
        1,
        /it is no socket \(ENOTSOCK\); name .*OUTPUT_OPEN_FAILED/,
      ],
    ],
  },
  "collect --jsonl": {
    works: () => {
      const path = join(folder, "lines.jsonl");
      const { records } = replayed(["--jsonl", path]);
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      const kinds = lines.map((line) => (JSON.parse(line) as { rec: string }).rec);
      expect(kinds).toEqual(records.map(({ kind }) => kind));
    },
    bad: [
      [
        ["collect", "-r", capture, "--jsonl", `${missing}/x`],
        1,
        /no such file.*; make its folder first/,
      ],
      collectBad(["--jsonl", "-", "--json"], 2, /--json and --jsonl - both write to standard out/),
    ],
  },
  "collect --rotate": {
    works: () => {
      // The capture's events are at 0, 40 and 80 seconds.
      expect(replayed([]).files).toBe(1);
      expect(replayed(["-G", "30"]).files).toBe(3);
      expect(replayed(["-G", "60"]).files).toBe(2);
    },
    bad: [collectBad(["-G", "0"], 2, /--rotate \(-G\) takes whole seconds from 1 .*"0"/)],
  },
  "collect --rotate-size": {
    // One that is reached needs more records than this capture has: test/e2e/disk.test.ts.
    works: () => expect(replayed(["--rotate-size", "1G"]).files).toBe(1),
    bad: [
      collectBad(["--rotate-size", "5K"], 2, /--rotate-size takes a size from 1M to .*"5K"/),
      [["collect", "-r", capture, "--print", "--rotate-size", "1M"], 2, /needs an output, -w PATH/],
    ],
  },
  "collect --keep-files": {
    works: null,
    bad: [
      [["collect", "-w", "x", "--keep-files", "0"], 2, /whole number from 1 to .*, not "0"/],
      collectBad(["--keep-files", "3"], 2, /acts on the live kernel/),
    ],
  },
  "collect --keep-age": {
    works: null,
    bad: [[["collect", "-w", "x", "--keep-age", "1d"], 2, /whole seconds from 1 to .*, not "1d"/]],
  },
  "collect --keep-bytes": {
    works: null,
    bad: [[["collect", "-w", "x", "--keep-bytes", "1M"], 2, /takes a size from 8M to .*"1M"/]],
  },
  "collect --on-disk-full": {
    works: null,
    bad: [
      [["collect", "-w", "x", "--on-disk-full", "wait"], 2, /one of discard, drop-oldest, stop/],
    ],
  },
  "collect --codec": {
    works: () => {
      const bytes = (codec: string) => Number(replayed(["--codec", codec]).summary["bytesOut"]);
      expect(bytes("null")).toBeGreaterThan(bytes("deflate"));
      const kinds = (codec: string) => replayed(["--codec", codec]).records.map(({ kind }) => kind);
      expect(kinds("null")).toEqual(kinds("deflate"));
    },
    bad: [collectBad(["--codec", "zstd"], 2, /--codec takes one of deflate, null, not "zstd"/)],
  },
  "collect --upstream-names": {
    works: () => {
      const suffixed = (...args: string[]) =>
        headerField(replayed(["-G", "100", ...args]), "filename");
      expect(suffixed()).toMatch(/\.\d+\.sf$/);
      expect(suffixed("--upstream-names")).toMatch(/\.\d+$/);
    },
    bad: [isSwitch("collect", "--upstream-names")],
  },
  "collect --schema": {
    works: () => {
      const version = (...args: string[]) => headerField(replayed(args), "version");
      expect([version(), version("--schema", "6"), version("--schema", "5")]).toEqual([5n, 6n, 5n]);
    },
    bad: [
      collectBad(["--schema", "7"], 2, /--schema takes one of 5, 6, not "7"/),
      [["collect", "-r", capture, "--print", "--schema", "6"], 2, /it needs -w, -u or --jsonl/],
    ],
  },
  "collect --exporter": {
    works: () => expect(headerField(replayed(["-e", "node-7"]), "exporter")).toBe("node-7"),
    bad: [collectBad(["-e"], 2, /--exporter \(-e\) needs a value: ID/)],
  },
  "collect --node-ip": {
    works: () => {
      expect(headerField(replayed(["--node-ip", "10.1.2.3"]), "ip")).toBe("10.1.2.3");
      expect(headerField(replayed([]), "ip")).toBe("");
    },
    bad: [collectBad(["--node-ip", "node"], 2, /takes an IPv4 or IPv6 address, not "node"/)],
  },
};

const collectRecords: Readonly<Record<string, Row>> = {
  "collect --mode": {
    works: () => {
      const kinds = ["FileFlow", "FileEvent", "NetworkFlow", "ProcessEvent"] as const;
      const has = (run: Replayed) => kinds.filter((kind) => ofKind(run, kind).length > 0);
      const consume = replayed(["-m", "consume", "--file-read-mode", "0"]);
      const flags = (run: Replayed) => new Set(ofKind(run, "FileFlow").map((r) => r["opFlags"]));
      expect(has(replayed(["-m", "flow"]))).toEqual([...kinds]);
      expect(has(consume)).toEqual([...kinds]);
      expect(flags(consume)).toEqual(new Set([OP_OPEN]));
      expect(flags(replayed([]))).toContain(OP_OPEN | OP_WRITE_SEND | OP_CLOSE);
      expect(has(replayed(["-m", "nofiles"]))).toEqual(["NetworkFlow", "ProcessEvent"]);
    },
    bad: [collectBad(["-m", "al"], 2, /--mode \(-m\) takes one of flow, consume, nofiles/)],
  },
  "collect --containers-only": {
    works: () => {
      const made = (run: Replayed) => ofKind(run, "FileEvent").length;
      const [container] = ofKind(replayed(["-c"]), "Container");
      expect([made(replayed([])), made(replayed(["-c"]))]).toEqual([4, 1]);
      expect(container?.["id"]).toBe(containerId.slice(0, 12));
      expect(ofKind(replayed(["-c"]), "NetworkFlow")).toEqual([]);
    },
    bad: [isSwitch("collect", "--containers-only")],
  },
  "collect --filter": {
    works: () => {
      const run = replayed(["-f", "evt.type in (mkdir, read)", "--file-read-mode", "0"]);
      expect(ofKind(run, "FileEvent").length).toBe(4);
      // The open was left out, but what it told of the descriptor was not.
      expect(flowPaths(run)).toEqual(["/home/read", "/usr/lib/libx.so"]);
      const [left] = run.summary.leftOut.filter(({ cause }) => cause === "events filtered out");
      expect(left?.count).toBeGreaterThan(10);
    },
    bad: badFilter(["collect", ...replay]),
  },
  "collect --process-flows": {
    works: () => {
      expect(hasProcessFlows(replayed(["--process-flows"]))).toBe(true);
      expect(hasProcessFlows(replayed(["--no-process-flows"]))).toBe(false);
      const args = ["--process-flows"];
      expect(hasProcessFlows(replayed(args, { ENABLE_PROC_FLOW: "0" }))).toBe(true);
    },
    bad: [isSwitch("collect", "--process-flows"), isSwitch("collect", "--no-process-flows")],
  },
  "collect --file-only": {
    works: () => {
      expect(hasOnlyFiles(replayed(["--file-only", "--file-read-mode=0"]))).toBe(true);
      expect(hasOnlyFiles(replayed(["--no-file-only", "--file-read-mode=0"]))).toBe(false);
    },
    bad: [isSwitch("collect", "--file-only")],
  },
  "collect --file-read-mode": {
    works: () => {
      const paths = (mode: string) => flowPaths(replayed(["--file-read-mode", mode]));
      const written = ["/usr/lib/both", "/home/written"];
      expect(paths("0")).toEqual(["/home/read", "/usr/lib/libx.so", ...written]);
      expect(paths("1")).toEqual(written);
      expect(paths("2")).toEqual(["/home/read", ...written]);
    },
    bad: [wantsInteger("collect", "--file-read-mode", "3")],
  },
  "collect --drop-mode": {
    works: null,
    bad: [
      isSwitch("collect", "--drop-mode"),
      collectBad(["--drop-mode"], 2, /acts on the live kernel and has no effect/),
    ],
  },
  "collect --container-lookup": {
    works: null,
    bad: [
      isSwitch("collect", "--no-container-lookup"),
      collectBad(["--container-lookup"], 2, /acts on the live kernel and has no effect/),
    ],
  },
  "collect --cri-path": {
    works: null,
    bad: [
      [["collect", "-w", "x", "-p", ""], 2, /--cri-path \(-p\) needs a path, and that is empty/],
      collectBad(["-p", "/x.sock"], 2, /acts on the live kernel and has no effect/),
    ],
  },
  "collect --cri-timeout": {
    works: null,
    bad: [
      [
        ["collect", "-w", "x", "-t", "0"],
        2,
        /--cri-timeout \(-t\) takes whole milliseconds from 1/,
      ],
    ],
  },
  "collect --sampling": {
    works: null,
    bad: [
      [["collect", "-s", "3"], 2, /--sampling \(-s\) takes a power of two from 1 to 128/],
      [["collect", "-w", "x", "-s", "2", "--no-drop-mode"], 2, /is a part of drop mode/],
    ],
  },
};

/** Of the live kernel, in each command that opens it. What they change is shown in test/e2e. */
export function liveRows(command: "collect" | "record"): Readonly<Record<string, Row>> {
  const row = (option: string, value: readonly string[], ...bad: readonly Bad[]) => {
    const ofCapture = collectBad(
      [option, ...value],
      2,
      /acts on the live kernel and has no effect/,
    );
    const isCollect = command === "collect";
    return [`${command} ${option}`, { works: null, bad: isCollect ? [...bad, ofCapture] : bad }];
  };
  const ownNamespace = "--allow-own-pid-namespace";
  return Object.fromEntries([
    row("--buffer-bytes", ["8M"], ...badBuffer(command)),
    row("--cpus-per-buffer", ["1"], wantsInteger(command, "--cpus-per-buffer")),
    row(ownNamespace, [], isSwitch(command, ownNamespace)),
    [`${command} --driver`, { works: null, bad: badDriver(command) }],
  ]) as Readonly<Record<string, Row>>;
}

const collectShow: Readonly<Record<string, Row>> = {
  "collect --print": {
    works: () => {
      const run = sysflow(["collect", "-r", capture, "--print"]);
      expect(run.stdout).toMatch(/ MKDIR +\/home\/made /);
      expect(replayed([]).stdout).not.toContain("MKDIR");
    },
    bad: [collectBad(["--print", "--json"], 2, /--print and --json both write to standard output/)],
  },
  "collect --print-rate": {
    works: () => {
      const words = ["collect", "-r", capture, "--print", "--print-rate"];
      expect(sysflow([...words, "1"]).stderr).toMatch(/print: lines over the rate \d+/);
      expect(sysflow([...words, "0"]).stderr).not.toContain("lines over the rate");
    },
    bad: [
      wantsInteger("collect", "--print-rate"),
      collectBad(["--print-rate", "5"], 2, /--print-rate needs --print/),
    ],
  },
  "collect --duration": { works: null, bad: [wantsInteger("collect", "--duration", "0")] },
  "collect --stats": {
    works: () => {
      const run = replayed(["-d", "-G", "30"]);
      const lines = run.stderr.match(/stats: at=\S+ records=\d+ .* processes=\d+/g) ?? [];
      const each = lines.map((line) => Number(/ records=(\d+)/.exec(line)?.[1]));
      const occasions = lines.map((line) => /at=(\S+)/.exec(line)?.[1] ?? "");
      expect(occasions).toEqual(["rotation", "rotation", "end"]);
      expect(each[0]).toBeGreaterThan(10);
      expect(Math.min(...each)).toBeGreaterThan(0);
      expect(hasStats(replayed([]))).toBe(false);
    },
    bad: [isSwitch("collect", "--stats")],
  },
  "collect --metrics": {
    works: () => {
      const path = join(folder, "metrics.sock");
      const said = (...args: string[]) => replayed(args).stderr;
      expect(said("--metrics", `unix:${path}`)).toContain(`metrics at unix:${path}, /metrics; `);
      expect(said("--metrics", "127.0.0.1:0")).toMatch(/ metrics at http:\/\/127\.0\.0\.1:\d+\//);
      expect(said()).not.toContain("metrics");
    },
    bad: [
      collectBad(
        ["--metrics", ":9100"],
        2,
        /say at which address: 127\.0\.0\.1:9100 for this host/,
      ),
      collectBad(["--metrics", "unix:/nonexistent/x"], 1, /make that first \[METRICS_NOT_OPENED\]/),
    ],
  },
  "collect --log-format": {
    works: () => {
      const run = replayed(["--log-format", "json", "-d"]);
      expect(JSON.parse(run.stderr)).toMatchObject({ level: "info", topic: "stats" });
      expect(replayed(["--log-format", "text", "-d"]).stderr).toStartWith("sysflow: info: stats: ");
    },
    bad: [
      collectBad(["--log-format", "xml"], 2, /--log-format takes one of text, json, not "xml"/),
    ],
  },
  "collect --json": {
    works: () => {
      expect(replayed([]).summary["command"]).toBe("collect");
      const run = sysflow(["collect", "-r", capture, "-w", "/dev/null"]);
      expect([run.stdout, run.stderr.includes("collect ended (end of input)")]).toEqual(["", true]);
    },
    bad: [isSwitch("collect", "--json")],
  },
  "collect --list-fields": {
    works: () => {
      const { stdout, stderr, status } = sysflow(["collect", "--list-fields"]);
      expect(stdout).toMatch(/^evt: .*\n {2}evt\.num +number\n {6}event number\.\n/);
      expect(stdout).toMatch(/\n {2}proc\.aname +text, may have an argument\n/);
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
      expect([stderr, status]).toEqual(["", 0]);
      const groups = JSON.parse(sysflow(["collect", "--list-fields", "--json"]).stdout);
      expect(groups[2]).toMatchObject({ name: "process" });
    },
    bad: [isSwitch("collect", "--list-fields")],
  },
  "collect --list-syscalls": {
    works: () => {
      const { stdout, stderr, status } = sysflow(["collect", "--list-syscalls"]);
      expect(stdout).toContain("\n    record   FileEvent: MKDIR\n    modes    flow, consume\n");
      expect([stderr, status]).toEqual(["", 0]);
      const table = JSON.parse(sysflow(["collect", "--list-syscalls", "--json"]).stdout);
      expect(table.syscalls[0]).toMatchObject({ action: "clone", opFlags: ["CLONE"] });
    },
    bad: [isSwitch("collect", "--list-syscalls")],
  },
  "collect --version": {
    works: () => expect(sysflow(["collect", "-v"]).stdout).toStartWith("sysflow 0."),
    bad: [isSwitch("collect", "--version")],
  },
  "collect --help": help("collect"),
  "collect --log-config": refused("log-config", ["file"]),
};

export const collectRows: Readonly<Record<string, Row>> = {
  ...liveRows("collect"),
  ...collectFiles,
  ...collectRecords,
  ...collectShow,
};
