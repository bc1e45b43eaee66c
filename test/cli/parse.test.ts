// Every form in which an option can be written, good and bad, with the exact message.

import { describe, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import { exitStatus } from "../../src/base/exit-status.ts";
import { commandList, commands, withSubcommands } from "../../src/cli/option-table.ts";
import { parseArguments } from "../../src/cli/parse.ts";

function collect(...words: string[]) {
  return parseArguments(commands.collect, words).values;
}

function fault(parse: () => unknown): OperatorError {
  try {
    parse();
  } catch (error) {
    if (error instanceof OperatorError) {
      return error;
    }
    throw error;
  }
  throw new Error("it was parsed");
}

const taken: readonly (readonly [readonly string[], object])[] = [
  [["-r", "a.scap"], { read: "a.scap" }],
  [["-ra.scap"], { read: "a.scap" }],
  [["--read", "a.scap"], { read: "a.scap" }],
  [["--read=a.scap"], { read: "a.scap" }],
  [["--read=a=b"], { read: "a=b" }],
  [["-w", "out/"], { write: ["out/"] }],
  [["-w", "-"], { write: ["-"] }],
  [["--write=-x"], { write: ["-x"] }],
  [["-G", "60"], { rotate: 60 }],
  [["-G60"], { rotate: 60 }],
  [["--rotate", "31536000"], { rotate: 31_536_000 }],
  [["-e", "node-1"], { exporter: "node-1" }],
  [["--exporter="], { exporter: "" }],
  [["--node-ip", "10.0.0.1"], { "node-ip": "10.0.0.1" }],
  [["-m", "flow"], { mode: "flow" }],
  [["-m", "CONSUME"], { mode: "consume" }],
  [["--mode=nofiles"], { mode: "nofiles" }],
  [["-k", "ebpf-core"], { driver: "ebpf-core" }],
  [["-k", "modern_ebpf"], { driver: "ebpf-core" }],
  [["-k", "modern-bpf"], { driver: "ebpf-core" }],
  [["-k", "KMOD"], { driver: "kmod" }],
  [["-f", "proc.name=cat and -x"], { filter: "proc.name=cat and -x" }],
  [["-f", "-x"], { filter: "-x" }],
  [["-c"], { "containers-only": true }],
  [["-cd"], { "containers-only": true, stats: true }],
  [["-cdG5"], { "containers-only": true, stats: true, rotate: 5 }],
  [["--buffer-bytes", "16777216"], { "buffer-bytes": 16_777_216 }],
  [["--buffer-bytes", "8M"], { "buffer-bytes": 8_388_608 }],
  [["--buffer-bytes=64mib"], { "buffer-bytes": 67_108_864 }],
  [["--buffer-bytes", "16K"], { "buffer-bytes": 16_384 }],
  [["--buffer-bytes", "2G"], { "buffer-bytes": 2 ** 31 }],
  [["--cpus-per-buffer", "0"], { "cpus-per-buffer": 0 }],
  [["-s", "128"], { sampling: 128 }],
  [["--drop-mode"], { "drop-mode": true }],
  [["--no-drop-mode"], { "drop-mode": false }],
  [["--process-flows", "--no-process-flows"], { "process-flows": false }],
  [["--no-file-only", "--file-only"], { "file-only": true }],
  [["--file-read-mode", "0"], { "file-read-mode": 0 }],
  [["--print", "--print-rate", "0"], { print: true, "print-rate": 0 }],
  [["--duration", "10"], { duration: 10 }],
  [["-d"], { stats: true }],
  [["--json"], { json: true }],
  [["-w", "a", "-wb", "--write=a"], { write: ["a", "b", "a"] }],
  [["-u", "/run/s", "--socket", "@s"], { socket: ["/run/s", "@s"] }],
  [["--jsonl", "-", "-G", "5", "-G6"], { jsonl: ["-"], rotate: 6 }],
  [["-h", "--nonsense"], { help: true }],
  [["-w", "a", "-v", "--nonsense"], { write: ["a"], version: true }],
  [["-ch", "-G", "x"], { "containers-only": true, help: true }],
  [["-w", "a", "--"], { write: ["a"] }],
];

describe("collect takes", () => {
  test.each(taken)("%j", (words, values) => {
    expect(collect(...words) as object).toEqual(values);
  });
});

const refused: readonly (readonly [readonly string[], string])[] = [
  [["--raed", "x"], "sysflow collect has no option --raed; did you mean --read?"],
  [
    ["--no-file-onyl"],
    "sysflow collect has no option --no-file-onyl; did you mean --no-file-only?",
  ],
  [["--buffer"], "sysflow collect has no option --buffer; did you mean --buffer-bytes?"],
  [["--quux"], "sysflow collect has no option --quux; see: sysflow help collect"],
  [["-x"], "sysflow collect has no option -x; see: sysflow help collect"],
  [["-cx"], "sysflow collect has no option -x; see: sysflow help collect"],
  [["--no-print"], "sysflow collect has no option --no-print; did you mean --print?"],
  [["--print=yes"], "--print is a switch and takes no value"],
  [["--no-drop-mode=1"], "--no-drop-mode is a switch and takes no value"],
  [["-r"], "--read (-r) needs a value: FILE"],
  [["--write"], "--write (-w) needs a value: PATH"],
  [["--node-ip"], "--node-ip needs a value: ADDRESS"],
  [["--read="], "--read (-r) needs a path, and that is empty"],
  [["-w", ""], "--write (-w) needs a path, and that is empty"],
  [
    ["-r", "-w", "x"],
    '--read (-r) needs a value, and "-w" is an option; a file of that name is ./-w',
  ],
  [["-G", "0"], '--rotate (-G) takes whole seconds from 1 to 31536000, not "0"'],
  [["-G", "-5"], '--rotate (-G) takes whole seconds from 1 to 31536000, not "-5"'],
  [["-G", "5.5"], '--rotate (-G) takes whole seconds from 1 to 31536000, not "5.5"'],
  [["-G", "1e3"], '--rotate (-G) takes whole seconds from 1 to 31536000, not "1e3"'],
  [["-G", ""], '--rotate (-G) takes whole seconds from 1 to 31536000, not ""'],
  [["-G", "31536001"], '--rotate (-G) takes whole seconds from 1 to 31536000, not "31536001"'],
  [["--duration", "x"], '--duration takes whole seconds from 1 to 31536000, not "x"'],
  [["--file-read-mode", "3"], '--file-read-mode takes a whole number from 0 to 2, not "3"'],
  [["--cpus-per-buffer", "x"], '--cpus-per-buffer takes a whole number from 0 to 4096, not "x"'],
  [["--print-rate", "-1"], '--print-rate takes a whole number from 0 to 1000000, not "-1"'],
  [["-s", "0"], '--sampling (-s) takes a whole number from 1 to 128, not "0"'],
  [["-s", "3"], '--sampling (-s) takes a power of two from 1 to 128, not "3"'],
  [
    ["--buffer-bytes", "10M"],
    '--buffer-bytes takes a power of two from 16K to 2G, such as 8M, not "10M"',
  ],
  [
    ["--buffer-bytes", "8K"],
    '--buffer-bytes takes a power of two from 16K to 2G, such as 8M, not "8K"',
  ],
  [
    ["--buffer-bytes", "4G"],
    '--buffer-bytes takes a power of two from 16K to 2G, such as 8M, not "4G"',
  ],
  [
    ["--buffer-bytes", "8X"],
    '--buffer-bytes takes a power of two from 16K to 2G, such as 8M, not "8X"',
  ],
  [
    ["-m", "flwo"],
    '--mode (-m) takes one of flow, consume, nofiles, not "flwo"; did you mean flow?',
  ],
  [["-m", "toString"], '--mode (-m) takes one of flow, consume, nofiles, not "toString"'],
  [["-k", "constructor"], '--driver (-k) takes one of ebpf-core, kmod, not "constructor"'],
  [["-k", "kmd"], '--driver (-k) takes one of ebpf-core, kmod, not "kmd"; did you mean kmod?'],
  [
    ["-k", "eBPF"],
    "--driver (-k) eBPF: the legacy eBPF probe is not supported; use -k ebpf-core (Linux 5.8 " +
      "or newer) or -k kmod",
  ],
  [
    ["-l", "f"],
    "--log-config (-l): the logging file never had an effect in the original; leave it out, " +
      "and for the capture library's log set DRIVER_LOG=1",
  ],
  [["a.scap"], 'sysflow collect cannot use the argument "a.scap"; see: sysflow help collect'],
  [["--", "-r"], 'sysflow collect cannot use the argument "-r"; see: sysflow help collect'],
];

describe("collect refuses, with exit status 2,", () => {
  test.each(refused)("%j", (words, message) => {
    const error = fault(() => collect(...words));
    expect(error.message).toBe(message);
    expect(error.exitStatus).toBe(exitStatus.USAGE);
  });
});

describe("record", () => {
  test.each([
    [
      ["-w", "x", "--", "ls", "-l"],
      ["ls", "-l"],
    ],
    [
      ["-w", "x", "ls", "-l", "--", "-w"],
      ["ls", "-l", "--", "-w"],
    ],
    [["-w", "x", "-z"], []],
    [["-w", "x", "--"], []],
  ])("%j leaves a command line as it is", (words, program) => {
    const parsed = parseArguments(commands.record, words);
    expect(parsed.operands).toEqual(program);
    expect(parsed.values.write).toBe("x");
  });

  test("takes its own options", () => {
    const words = ["-w", "x", "-z", "--all-syscalls", "--duration=3", "--json", "-kkmod"];
    expect(parseArguments(commands.record, words).values as object).toEqual({
      write: "x",
      compress: true,
      "all-syscalls": true,
      duration: 3,
      json: true,
      driver: "kmod",
    });
  });
});

describe("an operand that is one of a few", () => {
  test("is taken", () => {
    expect(parseArguments(commands.help, ["record"]).operands).toEqual(["record"]);
    expect(parseArguments(commands.help, []).operands).toEqual([]);
    expect(parseArguments(commands.help, ["policy", "path"]).operands).toEqual(["policy", "path"]);
  });

  test.each([
    ["help", ["colect"], 'sysflow help does not know "colect"; did you mean collect?'],
    ["completion", ["fsih"], 'sysflow completion does not know "fsih"; did you mean fish?'],
    [
      "completion",
      ["powershell"],
      'sysflow completion does not know "powershell"; use one of bash, zsh, fish',
    ],
    ["help", ["check", "x"], 'sysflow help cannot use the argument "x"; see: sysflow help help'],
    ["help", ["policy", "pth"], 'sysflow help does not know "pth"; did you mean path?'],
    [
      "help",
      ["toString", "x"],
      'sysflow help does not know "toString"; use one of collect, process, record, recover, check, policy, version, help, completion',
    ],
    [
      "help",
      ["policy", "path", "x"],
      'sysflow help cannot use the argument "x"; see: sysflow help help',
    ],
  ] as const)("%s %j is refused", (name, words, message) => {
    expect(fault(() => parseArguments(commands[name], words)).message).toBe(message);
  });
});

test("within a command no spelling of an option is used twice", () => {
  for (const command of commandList.flatMap(withSubcommands)) {
    const names = command.options.flatMap((option) => [
      `--${option.long}`,
      ...(option.short === undefined ? [] : [`-${option.short}`]),
      ...(option.negatable === true ? [`--no-${option.long}`] : []),
    ]);
    expect(new Set(names).size).toBe(names.length);
  }
});

test("every short option of the original is known to collect", () => {
  const shorts = commands.collect.options.flatMap((option) =>
    "short" in option ? [option.short as string] : [],
  );
  for (const letter of "hcrwGselvfptdumk") {
    expect(shorts).toContain(letter);
  }
});
