// What options and environment mean together: defaults, precedence, exclusions.

import { describe, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import { exitStatus } from "../../src/base/exit-status.ts";
import { collectOptions, commands, recordOptions } from "../../src/cli/option-table.ts";
import type { OptionSpec } from "../../src/cli/option-types.ts";
import {
  collectSettings,
  type Environment,
  hostRoot,
  nativeOptions,
  recordSettings,
} from "../../src/cli/options.ts";
import { parseArguments } from "../../src/cli/parse.ts";

function collect(words: readonly string[], env: Environment = {}) {
  return collectSettings(parseArguments(commands.collect, words).values, env);
}

function fault(run: () => unknown): OperatorError {
  try {
    run();
  } catch (error) {
    if (error instanceof OperatorError) {
      return error;
    }
    throw error;
  }
  throw new Error("it was accepted");
}

const live = ["-w", "out/"];
const replay = ["-r", "a.scap", "-w", "b.sf"];

test("the defaults, live", () => {
  const rows: readonly OptionSpec[] = collectOptions;
  const listed = rows.flatMap(({ setting }) => setting ?? []);
  expect(Object.keys(collect(live)).sort()).toEqual([...listed, "driverLog", "warnings"].sort());
  expect(collect(live)).toMatchObject({
    engine: null,
    filter: "",
    bufferBytes: null,
    cpusPerBuffer: null,
    durationSec: null,
    json: false,
    driverLog: false,
    allowOwnPidNamespace: false,
    warnings: [],
    read: null,
    write: ["out/"],
    sockets: [],
    jsonLines: [],
    rotateIntervalSec: 300,
    schema: 5,
    exporter: "",
    nodeIp: "",
    mode: "flow",
    containersOnly: false,
    dropMode: true,
    samplingRatio: 1,
    processFlows: true,
    fileOnly: true,
    fileReadMode: 2,
    print: false,
    printRate: null,
    stats: false,
  });
});

test("help shows the default that holds", () => {
  const rows: readonly OptionSpec[] = [...collectOptions, ...recordOptions];
  const shown = rows.flatMap(({ defaultText, initial, long, setting }) =>
    defaultText === undefined || initial === undefined || initial === ""
      ? []
      : [[`${long} ${setting}`, initial === true ? "on" : String(initial), defaultText] as const],
  );
  expect(shown.length).toBeGreaterThanOrEqual(5);
  expect(shown.filter(([, initial, text]) => initial !== text)).toEqual([]);
});

test("native code is told what the rows say, and nothing that has no value", () => {
  const words = [...live, "--buffer-bytes", "8M", "-s", "2", "-f", "x=y"];
  const told = nativeOptions(collectOptions, collect(words));
  expect(told).toMatchObject({
    filter: "x=y",
    bufferBytes: 8 * 1024 * 1024,
    samplingRatio: 2,
    dropMode: true,
  });
  expect(told).not.toHaveProperty("cpusPerBuffer");
  expect(told).not.toHaveProperty("write");
  const replayed = nativeOptions(collectOptions, collect(replay));
  expect(replayed).toMatchObject({ filter: "", samplingRatio: 1, dropMode: false });
});

test("a replay does not rotate and has no drop mode", () => {
  const settings = collect(replay);
  expect(settings.rotateIntervalSec).toBe(0);
  expect(settings.dropMode).toBe(false);
  expect(collect([...replay, "-G", "60"]).rotateIntervalSec).toBe(60);
});

test("the schema is that of files: 5 unless asked for 6, all that there is for a table alone", () => {
  expect(collect(replay).schema).toBe(5);
  expect(collect([...replay, "--schema", "5"]).schema).toBe(5);
  expect(collect([...replay, "--schema=6", "--print"]).schema).toBe(6);
  expect(collect(["--print"]).schema).toBe(6);
  expect(collect(["--print", "-u", "s"]).schema).toBe(5);
  expect(collect(["--jsonl", "-", "--schema", "6"]).schema).toBe(6);
  const alone = fault(() => collect(["--print", "--schema", "5"]));
  expect(alone.message).toBe(
    "--schema is that of records which others read: it needs -w, -u or --jsonl",
  );
  expect(alone.exitStatus).toBe(exitStatus.USAGE);
  const unknown = fault(() => collect([...replay, "--schema", "4"]));
  expect(unknown.message).toContain("--schema");
  expect(unknown.message).toContain("5, 6");
  expect(unknown.exitStatus).toBe(exitStatus.USAGE);
});

test("rules have all of schema 6 where no other output keeps them from it, and that is said", () => {
  expect(collect(["--policy", "x"])).toMatchObject({ schema: 6, warnings: [] });
  expect(collect(["--policy", "x", "-w", "a.sf", "--schema", "6"]).warnings).toEqual([]);
  expect(collect(["--policy", "x", "-w", "a.sf"])).toMatchObject({
    schema: 5,
    warnings: [expect.stringMatching(/^rules see records of schema 5, .*; --schema 6 has them$/)],
  });
});

test.each([
  [
    ["--policy", "x", "--print"],
    "--print and alerts (--alerts PATH sends them elsewhere) both write",
  ],
  [["--policy", "x", "-w", "a", "--alerts", "./a"], "two outputs cannot write to ./a"],
  [["-w", "a", "--alerts", "b"], "--alerts is for alerts: it needs rules, --policy PATH"],
  [["-w", "a", "--max-repeats", "2"], "--max-repeats is for alerts: it needs rules"],
])("%j is refused", (words, message) => {
  expect(fault(() => collect(words)).message).toContain(message);
});

test("every option reaches its setting", () => {
  const words =
    "-w o -u s --jsonl j -w p -G 7 -e E -m nofiles -k kmod -f x=y -c -s 4 -d --node-ip 1.2.3.4 --no-process-flows " +
    "--no-file-only --file-read-mode 1 --print --print-rate 9 --duration 11 --buffer-bytes 8M " +
    "--cpus-per-buffer 2 -p /run/x.sock -t 12 --no-container-lookup";
  expect(collect(words.split(" "))).toMatchObject({
    write: ["o", "p"],
    sockets: ["s"],
    jsonLines: ["j"],
    rotateIntervalSec: 7,
    exporter: "E",
    mode: "nofiles",
    engine: "kmod",
    filter: "x=y",
    containersOnly: true,
    samplingRatio: 4,
    stats: true,
    nodeIp: "1.2.3.4",
    processFlows: false,
    fileOnly: false,
    fileReadMode: 1,
    print: true,
    printRate: 9,
    durationSec: 11,
    bufferBytes: 8_388_608,
    cpusPerBuffer: 2,
    criPath: "/run/x.sock",
    criTimeoutMs: 12,
    containerLookup: false,
  });
  expect(collect([...live, "-k", "ebpf-core"]).engine).toBe("modern_ebpf");
  expect(collect([...live, "--no-drop-mode"]).dropMode).toBe(false);
  expect(collect([...live, "--json"]).json).toBe(true);
});

const unobeyed: readonly (readonly [env: Environment, warning: string])[] = [
  [
    { FILE_READ_MODE: "3" },
    'FILE_READ_MODE is "3", which is none of 0, 1, 2; the default, 2, holds',
  ],
  [
    { FALCO_BPF_PROBE: "" },
    "FALCO_BPF_PROBE asks for the legacy eBPF probe, which is not supported; the engine is " +
      "chosen as if it were not set",
  ],
  [
    { SF_K8S_API_URL: "https://x" },
    "SF_K8S_API_URL set, but Kubernetes is not in this version: no pods are recorded",
  ],
  [
    { SF_K8S_API_URL: "u", SF_K8S_API_CERT: "c" },
    "SF_K8S_API_URL and SF_K8S_API_CERT set, but Kubernetes is not in this version: no pods " +
      "are recorded",
  ],
  [
    { GLOG_v: "2", GLOG_logtostderr: "1" },
    "GLOG_logtostderr, GLOG_v set, but there is no glog here: they change nothing",
  ],
  [
    { NODE_IP: "node-1" },
    'NODE_IP is "node-1", which is no IP address; the header has it as it is',
  ],
];

describe("the variable", () => {
  test.each([
    ["ENABLE_DROP_MODE", "1", "dropMode", true],
    ["ENABLE_DROP_MODE", "0", "dropMode", false],
    ["ENABLE_DROP_MODE", "", "dropMode", false],
    ["ENABLE_DROP_MODE", "true", "dropMode", false],
    ["ENABLE_PROC_FLOW", "1", "processFlows", true],
    ["ENABLE_PROC_FLOW", "0", "processFlows", false],
    ["FILE_ONLY", "1", "fileOnly", true],
    ["FILE_ONLY", "no", "fileOnly", false],
    ["FILE_READ_MODE", "0", "fileReadMode", 0],
    ["FILE_READ_MODE", "1", "fileReadMode", 1],
    ["FILE_READ_MODE", "2", "fileReadMode", 2],
    ["ENABLE_STATS", "1", "stats", true],
    ["ENABLE_STATS", "yes", "stats", false],
    ["DRIVER_LOG", "1", "driverLog", true],
    ["DRIVER_LOG", "0", "driverLog", false],
    ["NODE_IP", "10.1.2.3", "nodeIp", "10.1.2.3"],
    ["NODE_IP", "", "nodeIp", ""],
  ] as const)("%s=%s gives %s %p", (name, value, setting, expected) => {
    const settings = collect(live, { [name]: value });
    expect(settings[setting]).toBe(expected);
    expect(settings.warnings).toEqual([]);
  });

  test.each([
    ["--drop-mode", { ENABLE_DROP_MODE: "0" }, "dropMode", true],
    ["--no-drop-mode", { ENABLE_DROP_MODE: "1" }, "dropMode", false],
    ["--process-flows", { ENABLE_PROC_FLOW: "0" }, "processFlows", true],
    ["--no-process-flows", { ENABLE_PROC_FLOW: "1" }, "processFlows", false],
    ["--file-only", { FILE_ONLY: "0" }, "fileOnly", true],
    ["--no-file-only", { FILE_ONLY: "1" }, "fileOnly", false],
    ["--file-read-mode=0", { FILE_READ_MODE: "2" }, "fileReadMode", 0],
    ["--node-ip=5.6.7.8", { NODE_IP: "1.2.3.4" }, "nodeIp", "5.6.7.8"],
    ["-d", { ENABLE_STATS: "0" }, "stats", true],
  ] as const)("is beaten by %s", (option, env, setting, expected) => {
    expect(collect([...live, option], env)[setting]).toBe(expected);
  });

  test.each(unobeyed)("that cannot be obeyed is warned of: %j", (env, warning) => {
    expect(collect(live, env).warnings).toEqual([warning]);
  });

  test("HOST_ROOT loses its last slash", () => {
    expect(hostRoot({})).toBe("");
    expect(hostRoot({ HOST_ROOT: "/host/" })).toBe("/host");
  });

  test("that no option of the table names is not read", () => {
    const named = new Set(
      commands.collect.options.flatMap((row) => ("env" in row ? [row.env] : [])),
    );
    expect([...named].sort()).toEqual([
      "ENABLE_DROP_MODE",
      "ENABLE_PROC_FLOW",
      "ENABLE_STATS",
      "FILE_ONLY",
      "FILE_READ_MODE",
      "NODE_IP",
    ]);
  });
});

describe("outputs that cannot be together", () => {
  test.each<[string[], string]>([
    [["-w", "-", "-G", "5"], "--rotate (-G) needs an output of files: -w PATH"],
    [
      ["-w", "-", "--jsonl", "-"],
      "-w - and --jsonl - both write to standard output: use one of them",
    ],
    [["-w", "a", "--jsonl", "./a"], "two outputs cannot write to ./a: name it once"],
    [["-u", "@a", "-u", "@a"], "two outputs cannot write to @a: name it once"],
    [
      ["--print", ...Array.from({ length: 31 }, (_, i) => `-wf${i}`)],
      "there are 32 outputs, and 31 are possible",
    ],
  ])("%j", (words, message) => {
    const error = fault(() => collect(words));
    expect([error.message, error.exitStatus]).toEqual([message, exitStatus.USAGE]);
  });
});

describe("collect refuses", () => {
  test.each([
    [
      ["-r", "a", "-k", "kmod", "-w", "b"],
      "-r reads a capture and -k chooses an engine for live events: use one of them",
      exitStatus.FAILURE,
    ],
    [
      [],
      "there is nowhere for the records to go: name an output with -w PATH, -u SOCKET or --jsonl PATH, or use --print or --policy",
      exitStatus.FAILURE,
    ],
    [
      [...replay, "-s", "2"],
      "--sampling (-s) acts on the live kernel and has no effect on a capture: leave it out",
      exitStatus.USAGE,
    ],
    [
      [...replay, "--drop-mode"],
      "--drop-mode acts on the live kernel and has no effect on a capture: leave it out",
      exitStatus.USAGE,
    ],
    [
      [...replay, "--buffer-bytes", "8M"],
      "--buffer-bytes acts on the live kernel and has no effect on a capture: leave it out",
      exitStatus.USAGE,
    ],
    [
      [...replay, "--cpus-per-buffer", "1"],
      "--cpus-per-buffer acts on the live kernel and has no effect on a capture: leave it out",
      exitStatus.USAGE,
    ],
    [
      [...live, "-s", "2", "--no-drop-mode"],
      "--sampling (-s) is a part of drop mode, which is off; use --drop-mode or leave -s out",
      exitStatus.USAGE,
    ],
    [
      [...live, "-f", " "],
      "--filter (-f) is empty and means nothing; leave it out to take all events",
      exitStatus.USAGE,
    ],
    [
      [...live, "--node-ip", "10.0.0.256"],
      '--node-ip takes an IPv4 or IPv6 address, not "10.0.0.256"',
      exitStatus.USAGE,
    ],
    [["--print", "-G", "5"], "--rotate (-G) needs an output of files: -w PATH", exitStatus.USAGE],
    [[...live, "--print-rate", "5"], "--print-rate needs --print", exitStatus.USAGE],
    [
      ["--print", "--json"],
      "--print and --json both write to standard output: use one of them",
      exitStatus.USAGE,
    ],
    [
      ["--print", "-w", "/dev/stdout"],
      "--print and -w /dev/stdout both write to standard output: use one of them",
      exitStatus.USAGE,
    ],
    [
      ["--json", "-w", "/dev/fd/1"],
      "--json and -w /dev/fd/1 both write to standard output: use one of them",
      exitStatus.USAGE,
    ],
  ] as const)("%j", (words, message, status) => {
    const error = fault(() => collect(words));
    expect(error.message).toBe(message);
    expect(error.exitStatus).toBe(status);
  });

  test("but not what a variable says of another run", () => {
    expect(collect(replay, { ENABLE_DROP_MODE: "1" }).dropMode).toBe(false);
    expect(collect([...replay, "--no-drop-mode"]).dropMode).toBe(false);
  });
});

describe("record", () => {
  const parse = (words: readonly string[], env: Environment = {}) => {
    const { values, operands } = parseArguments(commands.record, words);
    return recordSettings(values, operands, env);
  };

  test("takes its settings and the command", () => {
    const words = ["-w", "x.scap", "-z", "--all-syscalls", "-f", "a=b", "--", "ls", "-l"];
    const settings = parse(words, { DRIVER_LOG: "1" });
    const rows: readonly OptionSpec[] = recordOptions;
    const listed = rows.flatMap(({ setting }) => setting ?? []);
    const others = ["driverLog", "program", "warnings"];
    expect(Object.keys(settings).sort()).toEqual([...listed, ...others].sort());
    expect(settings).toMatchObject({
      engine: null,
      filter: "a=b",
      bufferBytes: null,
      cpusPerBuffer: null,
      durationSec: null,
      json: false,
      driverLog: true,
      allowOwnPidNamespace: false,
      warnings: [],
      write: "x.scap",
      compress: true,
      allSyscalls: true,
      program: ["ls", "-l"],
    });
  });

  test("needs a file", () => {
    const error = fault(() => parse(["ls"]));
    expect(error.message).toBe("record needs the capture to write: -w FILE.scap");
    expect(error.exitStatus).toBe(exitStatus.USAGE);
  });
});
