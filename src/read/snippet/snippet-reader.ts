// Records that a person wrote, for tests of rules: `event: EXEC`, `process: {exe: /bin/sh}` and so on.
// What is left out is as on an ordinary host. Each snippet gives its entities and then its record, as a
// file would; two that name the same process, file or container mean the same one.

import { createHash } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { assert } from "../../base/assert.ts";
import { foidOf } from "../../sysflow/oid.ts";
import { opFlagsOf } from "../../sysflow/op-flags.gen.ts";
import { opFlagByName } from "../../sysflow/op-names.ts";
import * as openFlags from "../../sysflow/open-flags.ts";
import type { Oid, Process, SFHeader, SysFlowRecord } from "../../sysflow/record.gen.ts";
import { deliver, type RecordReceiver } from "../../sysflow/record-sink.ts";
import {
  containerType,
  type Foid,
  type Ipv6,
  k8sAction,
  k8sComponent,
  networkProto,
  restype,
} from "../../sysflow/values.ts";
import {
  SnippetFault,
  SnippetFields,
  type SnippetMap,
  type SnippetValue,
} from "./snippet-value.ts";

const recordKeys = [
  ...["event", "flow", "process", "file", "newfile", "net", "container", "pod", "k8s"],
  ...["args", "ret", "tid", "fd", "openflags", "read", "written", "time", "duration"],
];
const processKeys = [
  ...[
    "exe",
    "args",
    "pid",
    "uid",
    "user",
    "gid",
    "group",
    "loginuid",
    "tty",
    "entry",
    "cwd",
    "env",
  ],
  "parent",
];
const containerKeys = ["id", "name", "image", "imageid", "type", "privileged"];
const podKeys = ["id", "name", "namespace", "node", "restarts", "labels"];
const fileKeys = ["path", "type"];
const netKeys = ["sip", "sport", "dip", "dport", "proto"];
const k8sKeys = ["kind", "action", "message"];

/** When the first record is, and how far one is behind another where no time is said: seconds. */
const timeDefault = 1_700_000_000;
const billion = 1_000_000_000n;
const parentsMax = 32;

const openFlagByName = tableOf(openFlags, "OPEN_");
const openNames = new Map([...openFlagByName].filter(([name]) => name !== "NONE"));
const fileTypes = tableOf(restype, "");
const containerTypes = tableOf(containerType, "CT_");
const actions = tableOf(k8sAction, "K8S_COMPONENT_");
const components = tableOf(k8sComponent, "K8S_");
const protocols = tableOf(networkProto, "");
/** READ and RECV are one bit, as are WRITE and SEND. */
const operations: ReadonlyMap<string, number> = new Map([
  ...opFlagByName,
  ...(["READ", "RECV"] as const).map((name) => [name, opFlagByName.get("READ_RECV") ?? 0] as const),
  ...(["WRITE", "SEND"] as const).map(
    (name) => [name, opFlagByName.get("WRITE_SEND") ?? 0] as const,
  ),
]);

function tableOf<T extends number>(
  values: Readonly<Record<string, T>>,
  prefix: string,
): ReadonlyMap<string, T> {
  return new Map(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value] as const),
  );
}

/** The header that precedes the snippets of one file. */
const snippetHeader: SFHeader = {
  kind: "SFHeader",
  version: 6,
  exporter: "snippet",
  ip: "",
  filename: "",
};

export class SnippetReader {
  readonly #to: RecordReceiver;
  #records = 0;

  /** @param to gets a header first */
  constructor(to: RecordReceiver) {
    this.#to = to;
    to.header(snippetHeader);
  }

  /** Gives one record, and the entities that it refers to. @throws SnippetFault */
  give(value: SnippetValue): void {
    const fields = new SnippetFields(value, recordKeys, "a record");
    const time = this.#time(fields);
    this.#records += 1;
    if (fields.has("k8s")) {
      this.#to.k8sEvent(k8sEventOf(fields, time));
      return;
    }
    const containerId = this.#container(fields);
    const process = this.#process(fields.value("process"), containerId, 0);
    const record = this.#record(fields, process, containerId, time);
    deliver(record, this.#to);
  }

  #time(fields: SnippetFields): Time {
    const text = fields.text("time", String(timeDefault + this.#records));
    const match = /^([0-9]{1,10})(?:\.([0-9]{1,9}))?$/.exec(text);
    if (match === null) {
      const message = `time is in seconds since 1970, as in 1700000000.5, not "${text}"`;
      throw new SnippetFault(message, fields.atOf("time"));
    }
    return BigInt(match[1] ?? 0) * billion + BigInt((match[2] ?? "").padEnd(9, "0"));
  }

  /** @returns its id, null on the host */
  #container(fields: SnippetFields): string | null {
    const podId = this.#pod(fields);
    const value = fields.value("container");
    if (value === null && podId === null) {
      return null;
    }
    const own = new SnippetFields(value ?? emptyMap(fields.at), containerKeys, "a container");
    const id = own.text("id", "0123456789ab");
    this.#to.container({
      kind: "Container",
      id,
      name: own.text("name", "container"),
      image: own.text("image", "image:latest"),
      imageid: own.text("imageid", "sha256"),
      type: own.word("type", containerTypes, containerType.CT_DOCKER),
      privileged: own.boolean("privileged", false),
      podId,
    });
    return id;
  }

  #pod(fields: SnippetFields): string | null {
    const value = fields.value("pod");
    if (value === null) {
      return null;
    }
    const own = new SnippetFields(value, podKeys, "a pod");
    const labels = own.value("labels");
    const names = labels?.kind === "map" ? [...labels.entries.keys()] : [];
    const all = labels === null ? null : new SnippetFields(labels, names, "labels");
    const id = own.text("id", "pod");
    this.#to.pod({
      kind: "Pod",
      ...halvesOf(0n),
      id,
      name: own.text("name", "pod"),
      nodeName: own.text("node", "node"),
      hostIP: [],
      internalIP: [],
      namespace: own.text("namespace", "default"),
      restartCount: own.integer("restarts", 0),
      labels: new Map(names.map((name) => [name, all?.text(name, "") ?? ""])),
      selectors: new Map(),
      services: [],
    });
    return id;
  }

  /** Parents come first. A pid that is not said follows from what is said. */
  #process(value: SnippetValue | null, containerId: string | null, depth: number): Process {
    const fields = new SnippetFields(value ?? emptyMap(0), processKeys, "a process");
    if (depth > parentsMax) {
      throw new SnippetFault(`a process has at most ${parentsMax} parents here`, fields.at);
    }
    const parent = fields.has("parent")
      ? this.#process(fields.value("parent"), containerId, depth + 1)
      : null;
    const uid = fields.integer("uid", 0);
    const gid = fields.integer("gid", uid);
    const exe = fields.text("exe", "/usr/bin/program");
    const args = fields.text("args", "");
    const pid = fields.integer("pid", pidOf(`${depth} ${parent?.oid.hpid} ${exe} ${args}`));
    const record: Process = {
      kind: "Process",
      state: 0,
      oid: oidOf(pid),
      poid: parent?.oid ?? null,
      ...halvesOf(BigInt(timeDefault) * billion),
      exe,
      exeArgs: args,
      uid,
      userName: fields.text("user", uid === 0 ? "root" : ""),
      gid,
      groupName: fields.text("group", gid === 0 ? "root" : ""),
      tty: fields.boolean("tty", false),
      containerId,
      entry: fields.boolean("entry", false),
      cwd: fields.text("cwd", "/"),
      env: fields.texts("env", []),
      loginuid: fields.integer("loginuid", -1),
    };
    this.#to.process(record);
    return record;
  }

  #record(
    fields: SnippetFields,
    process: Process,
    containerId: string | null,
    time: Time,
  ): SysFlowRecord {
    const { hpid } = process.oid;
    const of = { procOID: process.oid, ...halvesOf(time), tid: fields.integer("tid", hpid) };
    const isFlow = fields.has("flow");
    if (isFlow === fields.has("event")) {
      throw new SnippetFault(
        "a record has an event, such as EXEC, or a flow, such as [OPEN, READ]",
        fields.at,
      );
    }
    return isFlow
      ? this.#flow(fields, of, containerId, time)
      : this.#event(fields, of, containerId);
  }

  #event(fields: SnippetFields, of: Actor, containerId: string | null): SysFlowRecord {
    const opFlags = fields.word("event", operations, 0);
    const args = fields.texts("args", []);
    const ret = fields.integer("ret", 0);
    if ((opFlags & opFlagsOf.ProcessEvent) !== 0) {
      return { kind: "ProcessEvent", ...of, opFlags, args, ret };
    }
    const fileOID = this.#file(fields, "file", containerId);
    if (fileOID === null) {
      throw new SnippetFault("this event is of a file: {path: …}", fields.atOf("event"));
    }
    const newFileOID = this.#file(fields, "newfile", containerId);
    return { kind: "FileEvent", ...of, opFlags, fileOID, ret, newFileOID, args };
  }

  #flow(fields: SnippetFields, of: Actor, containerId: string | null, time: Time): SysFlowRecord {
    const opFlags = fields.bits("flow", operations, 0);
    const end = time + BigInt(fields.integer("duration", 1)) * billion;
    const { tsLo: endTsLo, tsHi: endTsHi } = halvesOf(end);
    const hasRead = (opFlags & (operations.get("READ") ?? 0)) !== 0;
    const hasWritten = (opFlags & (operations.get("WRITE") ?? 0)) !== 0;
    const common = {
      ...of,
      opFlags,
      endTsLo,
      endTsHi,
      fd: fields.integer("fd", 3),
      numRRecvOps: Number(hasRead),
      numWSendOps: Number(hasWritten),
      numRRecvBytes: fields.integer("read", hasRead ? 100 : 0),
      numWSendBytes: fields.integer("written", hasWritten ? 100 : 0),
    };
    const net = fields.value("net");
    if (net !== null) {
      return { kind: "NetworkFlow", ...common, ...endsOf(net) };
    }
    const fileOID = this.#file(fields, "file", containerId);
    if (fileOID === null) {
      throw new SnippetFault(
        "a flow has a file: {path: …} or a net: {dip: …, dport: …}",
        fields.at,
      );
    }
    const flags =
      openFlags.OPEN_RDONLY * Number(hasRead || !hasWritten) +
      openFlags.OPEN_WRONLY * Number(hasWritten);
    return {
      kind: "FileFlow",
      ...common,
      fileOID,
      openFlags: fields.bits("openflags", openNames, flags),
    };
  }

  #file(fields: SnippetFields, key: "file" | "newfile", containerId: string | null): Foid | null {
    const value = fields.value(key);
    if (value === null) {
      return null;
    }
    const own = new SnippetFields(value, fileKeys, "a file");
    const path = own.text("path", "");
    if (path === "") {
      throw new SnippetFault("a file has a path", own.at);
    }
    const foid = foidOf(containerId, path);
    this.#to.file({
      kind: "File",
      state: 0,
      foid,
      ...halvesOf(0n),
      restype: own.word("type", fileTypes, restype.FILE),
      path,
      containerId,
    });
    return foid;
  }
}

/** Nanoseconds since 1970. */
type Time = bigint;

/** What every record of a process has. */
interface Actor {
  readonly procOID: Oid;
  readonly tsLo: number;
  readonly tsHi: number;
  readonly tid: number;
}

function halvesOf(time: Time): { tsLo: number; tsHi: number } {
  return { tsLo: Number(time & 0xffff_ffffn), tsHi: Number(time >> 32n) };
}

function oidOf(hpid: number): Oid {
  const { tsHi, tsLo } = halvesOf(BigInt(timeDefault - 10) * billion);
  return { createLo: tsLo, createHi: tsHi, hpid };
}

/** The same for the same words, and hardly ever for others. */
function pidOf(words: string): number {
  return 1000 + (createHash("sha1").update(words).digest().readUInt32LE() % 4_000_000);
}

function emptyMap(at: number): SnippetMap {
  return { kind: "map", entries: new Map(), at };
}

function k8sEventOf(fields: SnippetFields, time: Time): SysFlowRecord & { kind: "K8sEvent" } {
  const value = fields.value("k8s");
  assert(value !== null, "who asks has looked");
  const own = new SnippetFields(value, k8sKeys, "k8s");
  return {
    kind: "K8sEvent",
    component: own.word("kind", components, k8sComponent.K8S_PODS),
    action: own.word("action", actions, k8sAction.K8S_COMPONENT_ADDED),
    ...halvesOf(time),
    message: own.text("message", "{}"),
  };
}

function endsOf(value: SnippetValue) {
  const own = new SnippetFields(value, netKeys, "net");
  const [sip, dip] = (["sip", "dip"] as const).map((key) => {
    const text = own.text(key, key === "sip" ? "10.0.0.1" : "10.0.0.2");
    if (!(isIPv4(text) || isIPv6(text))) {
      throw new SnippetFault(`${key} is an IP address, not "${text}"`, own.atOf(key));
    }
    return text;
  });
  const isV6 = [sip, dip].some((text) => isIPv6(text ?? ""));
  return {
    sip: isV6 ? 0 : ipv4Of(sip ?? ""),
    sport: own.integer("sport", 40_000),
    dip: isV6 ? 0 : ipv4Of(dip ?? ""),
    dport: own.integer("dport", 80),
    proto: /^[0-9]+$/.test(own.text("proto", "TCP"))
      ? own.integer("proto", 6)
      : own.word("proto", protocols, 6),
    sip6: isV6 ? ipv6Of(sip ?? "") : null,
    dip6: isV6 ? ipv6Of(dip ?? "") : null,
  };
}

/** The first octet is the lowest byte. */
function ipv4Of(text: string): number {
  return Buffer.from(text.split(".").map(Number)).readInt32LE();
}

function ipv6Of(text: string): Ipv6 {
  if (isIPv4(text)) {
    return Buffer.from([...new Array(10).fill(0), 0xff, 0xff, ...text.split(".").map(Number)]);
  }
  const [head = "", tail] = withoutDots(text).split("::");
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = new Array(8 - before.length - after.length).fill("0");
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** `::ffff:1.2.3.4` with its last four bytes as two groups. */
function withoutDots(text: string): string {
  return text.replace(/([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/, (_, ...octets: string[]) => {
    const hex = Buffer.from(octets.slice(0, 4).map(Number)).toString("hex");
    return `${hex.slice(0, 4)}:${hex.slice(4)}`;
  });
}
