// Every option, operand and variable by its name, with what it changes and a bad value. A new one
// needs one row, in the table of its command; test/cli/every-option.test.ts finds what has none.

import { expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sysFlowSchemaJson } from "../../../src/sysflow/schema.ts";
import { sysflow, sysflowCommand, type Variables } from "../program/sysflow.ts";
import { collectRows, liveRows } from "./option-rows-collect.ts";
import { processRows } from "./option-rows-process.ts";
import { toolRows } from "./option-rows-tools.ts";
import {
  type Bad,
  badFilter,
  fails,
  flowPaths,
  folder,
  hasOnlyFiles,
  hasProcessFlows,
  hasStats,
  headerField,
  help,
  isSwitch,
  missing,
  onOff,
  type Row,
  replayed,
  wantsInteger,
  warns,
} from "./option-runs.ts";

const fromSources = sysflowCommand.some((word) => word.endsWith("main.ts"));

const variables: Readonly<Record<string, Row>> = {
  "collect NODE_IP": {
    works: () => {
      expect(headerField(replayed([], { NODE_IP: "10.9.9.9" }), "ip")).toBe("10.9.9.9");
      expect(headerField(replayed([], { NODE_IP: "" }), "ip")).toBe("");
      const both = replayed(["--node-ip", "10.1.1.1"], { NODE_IP: "10.9.9.9" });
      expect(headerField(both, "ip")).toBe("10.1.1.1");
    },
    bad: () => {
      const run = replayed([], { NODE_IP: "node" });
      expect(run.stderr).toContain('warning: NODE_IP is "node", which is no IP address');
      expect(headerField(run, "ip")).toBe("node");
    },
  },
  "collect ENABLE_DROP_MODE": {
    works: null,
    bad: () => expect(replayed([], { ENABLE_DROP_MODE: "?" }).stderr).not.toContain("warning"),
  },
  "collect ENABLE_PROC_FLOW": onOff("ENABLE_PROC_FLOW", hasProcessFlows),
  "collect FILE_ONLY": onOff("FILE_ONLY", hasOnlyFiles),
  "collect ENABLE_STATS": onOff("ENABLE_STATS", hasStats),
  "collect FILE_READ_MODE": {
    works: () => {
      const count = (mode: string) => flowPaths(replayed([], { FILE_READ_MODE: mode })).length;
      expect(["0", "1", "2"].map(count)).toEqual([4, 2, 3]);
    },
    bad: () => {
      const run = replayed([], { FILE_READ_MODE: "3" });
      expect(run.stderr).toContain('warning: FILE_READ_MODE is "3", which is none of 0, 1, 2');
      expect(flowPaths(run).length).toBe(3);
    },
  },
  "collect DRIVER_LOG": onOff("DRIVER_LOG", ({ stderr }) => /\d\d:\d\d:\d\d\.\d+ /.test(stderr)),
  "collect FALCO_BPF_PROBE": warns({ FALCO_BPF_PROBE: "" }, "FALCO_BPF_PROBE asks for the legacy"),
  "collect SF_K8S_API_URL": warns({ SF_K8S_API_URL: "x" }, "SF_K8S_API_URL set, but Kubernetes"),
  "collect SF_K8S_API_CERT": warns({ SF_K8S_API_CERT: "x" }, "SF_K8S_API_CERT set, but Kubernetes"),
  "collect GLOG_*": warns({ GLOG_v: "2", GLOG_x: "" }, "GLOG_v, GLOG_x set, but there is no glog"),
  "collect HOST_ROOT": {
    works: null,
    bad: [
      [
        ["collect", "-w", missing],
        2,
        /HOST_ROOT is "\/nonexistent", and there is no \/nonexistent\/proc; .*\[HOST_ROOT_INVALID\]/,
        { HOST_ROOT: "/nonexistent" },
      ],
    ],
  },
};

/** A fault that comes after the warnings, so that they are seen without an engine. */
const recordFails = (env: Variables, message: RegExp): Bad => [
  ["record", "-w", missing],
  2,
  message,
  { ...env, HOST_ROOT: "/nonexistent" },
];
const recordWarns = (env: Variables, message: RegExp): Row => {
  const row = recordFails(env, message);
  return { works: () => fails(row), bad: [row] };
};

const record: Readonly<Record<string, Row>> = {
  "record --write": {
    works: null,
    bad: [
      [["record", "ls"], 2, /record needs the capture to write: -w FILE\.scap/],
      [["record", "-w", ""], 2, /--write \(-w\) needs a path/],
    ],
  },
  "record --compress": { works: null, bad: [isSwitch("record", "--compress")] },
  ...liveRows("record"),
  "record --filter": { works: null, bad: badFilter(["record", "-w", missing]) },
  "record --all-syscalls": { works: null, bad: [isSwitch("record", "--all-syscalls")] },
  "record --duration": { works: null, bad: [wantsInteger("record", "--duration", "1.5")] },
  "record --log-format": {
    works: () => {
      const run = sysflow(["record", "--log-format", "json"]);
      expect(JSON.parse(run.stderr)).toMatchObject({ code: "OPTION_MISSING", exitStatus: 2 });
    },
    bad: [
      [["record", "--log-format", "xml"], 2, /--log-format takes one of text, json, not "xml"/],
    ],
  },
  "record --json": { works: null, bad: [isSwitch("record", "--json")] },
  "record --help": help("record"),
  "record COMMAND": {
    works: null,
    bad: [[["record", "--", "ls"], 2, /needs the capture to write/]],
  },
  "record DRIVER_LOG": {
    works: null,
    bad: [recordFails({ DRIVER_LOG: "yes" }, /^sysflow: error: HOST_ROOT [^\n]*\n$/)],
  },
  "record HOST_ROOT": recordWarns({}, /\[HOST_ROOT_INVALID\]/),
  "record FALCO_BPF_PROBE": recordWarns({ FALCO_BPF_PROBE: "" }, /FALCO_BPF_PROBE asks for/),
  "record SF_K8S_API_URL": recordWarns({ SF_K8S_API_URL: "" }, /SF_K8S_API_URL set, but/),
  "record SF_K8S_API_CERT": recordWarns({ SF_K8S_API_CERT: "" }, /SF_K8S_API_CERT set, but/),
  "record GLOG_*": recordWarns({ GLOG_logtostderr: "1" }, /GLOG_logtostderr set, but there is no/),
};

const others: Readonly<Record<string, Row>> = {
  "check --json": {
    works: () => expect(JSON.parse(sysflow(["check", "--json"]).stdout)).toHaveProperty("engines"),
    bad: [isSwitch("check", "--json")],
  },
  "check --help": help("check"),
  "check HOST_ROOT": {
    works: () => {
      const row = /host root +([^\n]*)/;
      const text = (root: string) => sysflow(["check"], undefined, { HOST_ROOT: root }).stdout;
      expect(row.exec(text("/."))?.[1]).not.toBe(row.exec(text("/nonexistent"))?.[1]);
    },
    bad: () => {
      const run = sysflow(["check"], undefined, { HOST_ROOT: "/nonexistent" });
      expect(run.stdout).toContain("/nonexistent");
    },
  },
  "version --json": {
    works: () =>
      expect(JSON.parse(sysflow(["version", "--json"]).stdout)).toHaveProperty("version"),
    bad: [isSwitch("version", "--json")],
  },
  "version --licenses": {
    works: () => {
      const run = sysflow(["version", "--licenses"]);
      const [text, status] = fromSources ? [run.stderr, 1] : [run.stdout, 0];
      expect(text).toMatch(fromSources ? /they are in the executable/ : /Apache License/);
      expect(run.status).toBe(status);
    },
    bad: [isSwitch("version", "--licenses")],
  },
  "version --schema": {
    works: () => {
      for (const version of [5, 6] as const) {
        const { stdout } = sysflow(["version", "--schema", String(version)]);
        expect(stdout).toBe(`${sysFlowSchemaJson(version)}\n`);
      }
    },
    bad: [[["version", "--schema", "4"], 2, /--schema takes one of 5, 6, not "4"/]],
  },
  "version --help": help("version"),
  "help --help": help("help"),
  "help COMMAND": {
    works: () => {
      expect(sysflow(["help", "record"]).stdout).toStartWith("Usage: sysflow record ");
      expect(sysflow(["help"]).stdout).toStartWith("Usage: sysflow COMMAND");
    },
    bad: [[["help", "recrd"], 2, /sysflow help does not know "recrd"; did you mean record\?/]],
  },
  "recover --help": help("recover"),
  "recover --json": {
    works: () => {
      const empty = join(folder, "no-parts");
      mkdirSync(empty, { recursive: true });
      expect(sysflow(["recover", "--json", empty]).stdout).toBe("[]\n");
      expect(sysflow(["recover", empty]).stdout).toBe("nothing to recover: no part files\n");
    },
    bad: [isSwitch("recover", "--json")],
  },
  "recover PATH": {
    works: () => {
      const part = join(folder, "left.sf.part");
      writeFileSync(part, "");
      const run = sysflow(["recover", part]);
      expect(run.stdout).toBe(`${part}: removed, no whole block was in its 0 bytes\n`);
    },
    bad: [
      [["recover"], 2, /recover needs part files or folders/],
      [["recover", missing], 1, /cannot read .*missing: no such file .*\[INPUT_OPEN_FAILED\]/],
    ],
  },
  "policy --help": help("policy"),
  "policy path --help": help("policy path"),
  "policy path --json": {
    works: () => {
      const { status, stdout } = sysflow(["policy", "path", "--json", "a"]);
      expect([status, stdout]).toEqual([4, '{"exists":false,"type":"Null","value":""}\n']);
    },
    bad: [isSwitch("policy path", "--json")],
  },
  "policy path PATH": {
    // Nothing is on standard input: what is found stands in the path.
    works: () => expect(sysflow(["policy", "path", "!7"]).stdout).toBe("7\n"),
    bad: [
      [["policy", "path"], 2, /policy path needs a path: sysflow policy path PATH </],
      [["policy", "path", "a", "b"], 2, /sysflow policy path cannot use the argument "b"/],
    ],
  },
  "completion --help": help("completion"),
  "completion SHELL": {
    works: () => {
      for (const shell of ["bash", "zsh", "fish"]) {
        expect(sysflow(["completion", shell]).stdout).toContain("list-fields");
      }
    },
    bad: [
      [["completion", "tcsh"], 2, /sysflow completion does not know "tcsh"/],
      [["completion"], 2, /completion needs the shell/],
    ],
  },
};

export const rows: Readonly<Record<string, Row>> = {
  ...collectRows,
  ...processRows,
  ...toolRows,
  ...variables,
  ...record,
  ...others,
};

/** What only a live engine shows, which has rows in test/e2e. Its bad values are told without one. */
export const liveOnly: readonly string[] = Object.entries(rows)
  .flatMap(([name, { works }]) => (works === null ? [name] : []))
  .concat("record HOST_ROOT")
  .sort();
