// Upstream's attributes as its processor has them, defects and all (but for one, which depends on the
// order of records: READ is not taken for RECV): for `--compat sysflow`. All that is wrong is in this
// folder. Without it, registry.ts has a line less, and one mode.
//
// There, each record is put into a row of numbers and one of texts, in which flows and events of all
// kinds share places; a place that was not filled has 0 or "". So each attribute has a value at each
// record, and some have another kind's.

import { OPEN_TMPFILE } from "../../sysflow/open-flags.ts";
import type { Pod, Process, Service } from "../../sysflow/record.gen.ts";
import { containerType, k8sAction, k8sComponent } from "../../sysflow/values.ts";
import type { Attribute, AttributeType, FlatContext } from "../attribute.ts";
import { KIND_FE, KIND_FF, KIND_KE, KIND_NF, KIND_PE, kindBit, kindCode } from "../record-kinds.ts";
import { messageOf, namesByValue, opFlagsOf } from "../sysflow/record.ts";
import { ipv4Text } from "../texts/addresses.ts";
import { fileTexts, newFileTexts } from "../texts/file-texts.ts";
import { openFlagNames, opNames } from "../texts/flag-names.ts";
import { baseName, trimmed } from "../texts/paths.ts";
import { chainCharsMax, oidText } from "../texts/process-texts.ts";
import { halvesText } from "../times.ts";
import { FirstChains } from "./first-chains.ts";

/** Records of other kinds never come to its rules. */
const kinds = KIND_PE | KIND_FE | KIND_FF | KIND_NF | KIND_KE;

type ReadText = (of: FlatContext) => string;
type ReadNumber = (of: FlatContext) => number;

function isOf(of: FlatContext, some: number): boolean {
  return (kindBit(of.record.kind) & some) !== 0;
}

function attribute(name: string, type: AttributeType, read: ReadText, more = {}): Attribute {
  return {
    name,
    type,
    owner: "record",
    kinds,
    description: "as upstream's processor has it",
    text: (of) => (isOf(of, kinds) ? read(of) : null),
    ...more,
  };
}

/** As its comparisons see a text: without a quote at its start, and one at its end. */
function unquoted(text: string): string {
  const start = isQuote(text[0]) ? 1 : 0;
  const end = text.length > start && isQuote(text.at(-1)) ? text.length - 1 : text.length;
  return text.slice(start, end);
}

function isQuote(char: string | undefined): boolean {
  return char === '"' || char === "'";
}

function text(name: string, read: ReadText): Attribute {
  return attribute(name, "text", (of) => unquoted(read(of)));
}

function json(name: string, read: ReadText): Attribute {
  return attribute(name, "json", read);
}

/** Nothing is one empty item. */
function list(name: string, read: ReadText): Attribute {
  return attribute(name, "list", read, {
    items: (of: FlatContext) => (isOf(of, kinds) ? read(of).split(",") : null),
  });
}

function integer(name: string, read: ReadNumber): Attribute {
  return attribute(name, "integer", (of) => String(read(of)), {
    number: (of: FlatContext) => (isOf(of, kinds) ? read(of) : Number.NaN),
  });
}

/** Numbers of 32 bits, and truths: its orderings take them for 0. */
function notOrdered(name: string, type: "integer" | "boolean", read: ReadText): Attribute {
  return attribute(name, type, read, { number: () => 0 });
}

function time(name: string, hi: ReadNumber, lo: ReadNumber): Attribute {
  return attribute(name, "time", (of) => halvesText(hi(of), lo(of)), {
    timeHi: hi,
    timeLo: lo,
    number: (of: FlatContext) => (hi(of) | 0) * 2 ** 32 + (lo(of) >>> 0),
  });
}

/** A truth that is a number in the row, and a word under this one name. */
function truth(name: string, read: (of: FlatContext) => boolean): Attribute {
  return attribute(name, "boolean", (of) => String(read(of)), {
    number: (of: FlatContext) => Number(read(of)),
  });
}

/** A file's name or folder is "." where there is no path. */
function orDot(path: string): string {
  return path === "" ? "." : path;
}

function ofProcess(read: (process: Process) => string): ReadText {
  return ({ process }) => (process === null ? "" : read(process));
}

function numberOfProcess(read: (process: Process) => number): ReadNumber {
  return ({ process }) => (process === null ? 0 : read(process));
}

let firstChains = new FirstChains();

/**
 * Begins a run, with nothing known of earlier ones: one at a time.
 * @returns what must be called at each record, whether its attributes are asked for or not
 */
export function beginRun(): (of: FlatContext) => void {
  firstChains = new FirstChains();
  noCharacter = null;
  return (of) => {
    firstChains.of(of);
  };
}

function chainText(make: (process: Process) => string): ReadText {
  return (of) => {
    let chars = 0;
    const texts = firstChains.of(of).map(make);
    const fit = texts.findIndex((each) => {
      chars += each.length;
      return chars > chainCharsMax;
    });
    return (fit < 0 ? texts : texts.slice(0, fit)).join(",");
  };
}

function ofParent(read: (process: Process) => string, none = ""): ReadText {
  return (of) => {
    const parent = firstChains.of(of)[1];
    return parent === undefined ? none : read(parent);
  };
}

const exeOf = ({ exe }: Process) => trimmed(exe);
const argsOf = ({ exeArgs }: Process) => trimmed(exeArgs);
const nameOf = (process: Process) => orDot(baseName(exeOf(process)));

function lineOf(process: Process): string {
  const args = argsOf(process);
  return args === "" ? exeOf(process) : `${exeOf(process)} ${args}`;
}

const noOid = { hpid: 0, createHi: 0, createLo: 0 };

/** What flows have in places where file events have what is told of a second file. */
const fdPlace: ReadNumber = ({ record, newFile }) =>
  "fd" in record ? record.fd : (newFile?.state ?? 0);
const writeOpsPlace: ReadNumber = ({ record, newFile }) =>
  "numWSendOps" in record ? record.numWSendOps : (newFile?.restype ?? 0);
/** A network flow's first address is in the place of a file flow's open flags. */
const openFlagsPlace: ReadNumber = ({ record }) =>
  record.kind === "FileFlow" ? record.openFlags : record.kind === "NetworkFlow" ? record.sip : 0;

function ofNetwork(name: "sport" | "dport" | "dip" | "proto"): ReadNumber {
  return ({ record }) => (record.kind === "NetworkFlow" ? record[name] : 0);
}

function bytesOf(name: "numRRecvBytes" | "numWSendBytes"): ReadNumber {
  return ({ record }) => (name in record ? (record as never)[name] : 0);
}

const tsHi: ReadNumber = ({ record }) => ("tsHi" in record ? record.tsHi : 0);
const tsLo: ReadNumber = ({ record }) => ("tsLo" in record ? record.tsLo : 0);
const endHi: ReadNumber = (of) =>
  "endTsHi" in of.record ? of.record.endTsHi : of.record.kind === "K8sEvent" ? tsHi(of) : 0;
const endLo: ReadNumber = (of) =>
  "endTsLo" in of.record ? of.record.endTsLo : of.record.kind === "K8sEvent" ? tsLo(of) : 0;

/** The sum of one place with itself. */
function doubled(read: ReadNumber): ReadNumber {
  return (of) => 2 * read(of);
}

/** Of a file event it is twice the time of the second file, which does not fit a double. */
const readOps: Attribute = attribute(
  "sf.flow.rops",
  "integer",
  ({ record, newFile }) => {
    if ("numRRecvOps" in record || newFile === null) {
      return String("numRRecvOps" in record ? 2 * record.numRRecvOps : 0);
    }
    const { tsHi: hi, tsLo: lo } = newFile;
    return halvesText((hi << 1) | (lo >>> 31), lo << 1);
  },
  { number: (of: FlatContext) => Number(readOps.text(of) ?? Number.NaN) },
);

const dottedSource: ReadText = (of) => ipv4Text(openFlagsPlace(of));
const dottedDestination: ReadText = (of) => ipv4Text(ofNetwork("dip")(of));
const bothAddresses: ReadText = (of) => `${dottedSource(of)},${dottedDestination(of)}`;
const bothPorts: ReadText = (of) => `${ofNetwork("sport")(of)},${ofNetwork("dport")(of)}`;
const filePath: ReadText = (of) => fileTexts(of)?.path ?? "";
const fileName: ReadText = (of) => orDot(fileTexts(of)?.name ?? "");
const fileDirectory: ReadText = (of) => orDot(fileTexts(of)?.directory ?? "");
const newPath: ReadText = (of) => newFileTexts(of)?.path ?? "";
const newName: ReadText = (of) => orDot(newFileTexts(of)?.name ?? "");
const opFlagsText: ReadText = ({ record }) => {
  return opNames(opFlagsOf(record), record.kind === "NetworkFlow").text;
};
const typeNames = namesByValue(containerType).map((name) => name.slice("CT_".length));
const actionNames = namesByValue(k8sAction);
const kindNames = namesByValue(k8sComponent);

/** Those that are newer have no names; with nothing else there is no item, not NONE. */
const namedOpenFlags = OPEN_TMPFILE - 1;
const unicodeMax = 0x10_ffff;
/** Of the first value that is no character of Unicode: all such share one place in its cache. */
let noCharacter: string | null = null;

function openFlagsText(flags: number): string {
  if (flags >= 0 && flags <= unicodeMax) {
    return openFlagsOf(flags);
  }
  noCharacter ??= openFlagsOf(flags);
  return noCharacter;
}

function openFlagsOf(flags: number): string {
  const named = flags & namedOpenFlags;
  return named === 0 && flags !== 0 ? "" : openFlagNames(named).text;
}

function ofPod(read: (pod: Pod) => string): ReadText {
  return ({ pod }) => (pod === null ? "" : read(pod));
}

function numberOfPod(read: (pod: Pod) => number): ReadNumber {
  return ({ pod }) => (pod === null ? 0 : read(pod));
}

/** Without commas between them: no JSON where there are two. */
function addressesJson(numbers: readonly bigint[]): string {
  return `[${numbers.map((each) => `"${ipv4Text(Number(BigInt.asIntN(32, each)))}"`).join("")}]`;
}

function serviceJson({ clusterIP, name, id, namespace, portList }: Service): string {
  const ports = portList.map(({ port, targetPort, nodePort, proto }) => {
    return { port, targetPort, nodePort, proto };
  });
  const rest = JSON.stringify({ name, id, namespace, portList: ports });
  return `{"clusterip":${addressesJson(clusterIP)},${rest.slice(1)}`;
}

const own: readonly Attribute[] = [
  text("sf.type", ({ record }) => kindCode(record.kind) ?? ""),
  list("sf.opflags", opFlagsText),
  integer("sf.ret", ({ record }) => ("ret" in record ? record.ret : 0)),
  time("sf.ts", tsHi, tsLo),
  time("sf.endts", endHi, endLo),
  text("sf.proc.oid", ({ process }) => oidText(process?.oid ?? noOid)),
  integer(
    "sf.proc.pid",
    numberOfProcess(({ oid }) => oid.hpid),
  ),
  text("sf.proc.name", ({ process }) => (process === null ? "." : nameOf(process))),
  text("sf.proc.exe", ofProcess(exeOf)),
  text("sf.proc.args", ofProcess(argsOf)),
  integer(
    "sf.proc.uid",
    numberOfProcess(({ uid }) => uid),
  ),
  text(
    "sf.proc.user",
    ofProcess(({ userName }) => userName),
  ),
  integer("sf.proc.tid", ({ record }) => ("tid" in record ? record.tid : 0)),
  integer(
    "sf.proc.gid",
    numberOfProcess(({ gid }) => gid),
  ),
  text(
    "sf.proc.group",
    ofProcess(({ groupName }) => groupName),
  ),
  time(
    "sf.proc.createts",
    numberOfProcess(({ oid }) => oid.createHi),
    numberOfProcess(({ oid }) => oid.createLo),
  ),
  truth("sf.proc.tty", ({ process }) => process?.tty === true),
  truth("sf.proc.entry", ({ process }) => process?.entry === true),
  text("sf.proc.cmdline", ({ process }) =>
    process === null ? " " : `${exeOf(process)} ${argsOf(process)}`,
  ),
  list("sf.proc.aname", chainText(nameOf)),
  list("sf.proc.aexe", chainText(exeOf)),
  list("sf.proc.acmdline", chainText(lineOf)),
  list(
    "sf.proc.apid",
    chainText(({ oid }) => String(oid.hpid)),
  ),
  text("sf.pproc.oid", ({ process }) => oidText(process?.poid ?? noOid)),
  integer("sf.pproc.pid", ({ process }) => process?.poid?.hpid ?? 0),
  text("sf.pproc.name", ofParent(nameOf)),
  text("sf.pproc.exe", ofParent(exeOf)),
  text("sf.pproc.args", ofParent(argsOf)),
  notOrdered(
    "sf.pproc.uid",
    "integer",
    ofParent(({ uid }) => String(uid), "0"),
  ),
  text(
    "sf.pproc.user",
    ofParent(({ userName }) => userName),
  ),
  notOrdered(
    "sf.pproc.gid",
    "integer",
    ofParent(({ gid }) => String(gid), "0"),
  ),
  text(
    "sf.pproc.group",
    ofParent(({ groupName }) => groupName),
  ),
  time(
    "sf.pproc.createts",
    ({ process }) => process?.poid?.createHi ?? 0,
    ({ process }) => process?.poid?.createLo ?? 0,
  ),
  notOrdered(
    "sf.pproc.tty",
    "boolean",
    ofParent(({ tty }) => String(tty), "0"),
  ),
  notOrdered(
    "sf.pproc.entry",
    "boolean",
    ofParent(({ entry }) => String(entry), "0"),
  ),
  text("sf.pproc.cmdline", ofParent(lineOf)),
  text("sf.file.name", fileName),
  text("sf.file.path", filePath),
  text("sf.file.symlink", (of) => fileTexts(of)?.ends ?? ""),
  text("sf.file.oid", (of) => fileTexts(of)?.oid ?? ""),
  text("sf.file.directory", fileDirectory),
  text("sf.file.newname", newName),
  text("sf.file.newpath", newPath),
  text("sf.file.newsymlink", (of) => newFileTexts(of)?.ends ?? ""),
  text("sf.file.newoid", (of) => newFileTexts(of)?.oid ?? ""),
  text("sf.file.newdirectory", (of) => orDot(newFileTexts(of)?.directory ?? "")),
  text("sf.file.type", ({ file }) => String.fromCharCode(file?.restype ?? 0)),
  notOrdered("sf.file.is_open_write", "boolean", (of) => String((openFlagsPlace(of) & 2) !== 0)),
  notOrdered("sf.file.is_open_read", "boolean", (of) => String((openFlagsPlace(of) & 1) !== 0)),
  integer("sf.file.fd", fdPlace),
  list("sf.file.openflags", (of) => openFlagsText(openFlagsPlace(of))),
  integer("sf.net.proto", ofNetwork("proto")),
  integer("sf.net.sport", ofNetwork("sport")),
  integer("sf.net.dport", ofNetwork("dport")),
  list("sf.net.port", bothPorts),
  text("sf.net.sip", dottedSource),
  text("sf.net.dip", dottedDestination),
  list("sf.net.ip", bothAddresses),
  integer("sf.flow.rbytes", doubled(bytesOf("numRRecvBytes"))),
  readOps,
  integer("sf.flow.wbytes", doubled(bytesOf("numWSendBytes"))),
  integer("sf.flow.wops", doubled(writeOpsPlace)),
  text("sf.container.id", ({ container }) => container?.id ?? ""),
  text("sf.container.name", ({ container }) => trimmed(container?.name ?? "")),
  text("sf.container.imageid", ({ container }) => container?.imageid ?? ""),
  text("sf.container.image", ({ container }) => trimmed(container?.image ?? "")),
  text("sf.container.type", ({ container }) => typeNames[container?.type ?? 0] ?? ""),
  integer("sf.container.privileged", ({ container }) => Number(container?.privileged === true)),
  time(
    "sf.pod.ts",
    numberOfPod((pod) => pod.tsHi),
    numberOfPod((pod) => pod.tsLo),
  ),
  text(
    "sf.pod.id",
    ofPod(({ id }) => id),
  ),
  text(
    "sf.pod.name",
    ofPod(({ name }) => trimmed(name)),
  ),
  text(
    "sf.pod.nodename",
    ofPod(({ nodeName }) => trimmed(nodeName)),
  ),
  text(
    "sf.pod.namespace",
    ofPod(({ namespace }) => trimmed(namespace)),
  ),
  integer(
    "sf.pod.restartcnt",
    numberOfPod(({ restartCount }) => restartCount),
  ),
  json(
    "sf.pod.hostip",
    ofPod(({ hostIP }) => addressesJson(hostIP)),
  ),
  json(
    "sf.pod.internalip",
    ofPod(({ internalIP }) => addressesJson(internalIP)),
  ),
  json(
    "sf.pod.services",
    ofPod(({ services }) => `[${services.map(serviceJson).join("")}]`),
  ),
  // Lists of numbers for its own encoders, which are no texts.
  text("sf.pod.hostip+", () => ""),
  text("sf.pod.internalip+", () => ""),
  text("sf.pod.services+", () => ""),
  text("sf.ke.action", ({ record }) =>
    record.kind === "K8sEvent" ? (actionNames[record.action] ?? "") : "K8S_COMPONENT_ADDED",
  ),
  text("sf.ke.kind", ({ record }) =>
    record.kind === "K8sEvent" ? (kindNames[record.component] ?? "") : "K8S_NODES",
  ),
  json("sf.ke.message", ({ record }) => (record.kind === "K8sEvent" ? messageOf(record) : "")),
  text("sf.node.id", ({ header }) => header?.exporter ?? ""),
  text("sf.node.ip", ({ header }) => header?.ip ?? ""),
  integer("sf.meta.schema", ({ header }) => header?.version ?? 0),
  text("sf.meta.tracename", ({ header }) => orDot(baseName(header?.filename ?? ""))),
];

/** Falco's names are others for the same; what Falco means by some of them is something else. */
const twins: Readonly<Record<string, string>> = {
  "sf.opflags": "evt.type",
  "sf.type": "evt.rawres",
  "sf.ts": "evt.rawtime",
  "sf.file.is_open_read": "evt.is_open_read",
  "sf.file.is_open_write": "evt.is_open_write",
  "sf.file.type": "fd.typechar",
  "sf.file.directory": "fd.directory",
  "sf.file.name": "fd.name fd.filename",
  "sf.net.proto": "fd.proto fd.lproto fd.l4proto fd.rproto fd.sproto fd.cproto",
  "sf.net.sport": "fd.sport",
  "sf.net.dport": "fd.dport",
  "sf.net.sip": "fd.sip",
  "sf.net.dip": "fd.dip",
  "sf.net.ip": "fd.ip",
  "sf.net.port": "fd.port",
  "sf.file.fd": "fd.num",
  "sf.proc.user": "user.name proc.user",
  "sf.proc.pid": "proc.pid",
  "sf.proc.tid": "proc.tid",
  "sf.proc.gid": "proc.gid",
  "sf.proc.uid": "proc.uid evt.arg.uid",
  "sf.proc.group": "proc.group",
  "sf.proc.exe": "proc.exe",
  "sf.proc.name": "proc.name",
  "sf.proc.args": "proc.args",
  "sf.proc.cmdline": "proc.cmdline",
  "sf.proc.aname": "proc.aname",
  "sf.proc.apid": "proc.apid",
  "sf.pproc.tty": "proc.tty proc.ptty",
  "sf.pproc.createts": "proc.createtime proc.pcreatetime",
  "sf.pproc.pid": "proc.ppid",
  "sf.pproc.gid": "proc.pgid",
  "sf.pproc.uid": "proc.puid",
  "sf.pproc.group": "proc.pgroup",
  "sf.pproc.user": "proc.puser",
  "sf.pproc.exe": "proc.pexe",
  "sf.pproc.args": "proc.pargs",
  "sf.pproc.name": "proc.pname",
  "sf.pproc.cmdline": "proc.pcmdline",
  "sf.container.id": "container.id",
  "sf.container.name": "container.name",
  "sf.container.image": "container.image",
  "sf.container.imageid": "container.image.id",
  "sf.container.type": "container.type",
  "sf.container.privileged": "container.privileged",
};

const byName: ReadonlyMap<string, Attribute> = new Map(
  [
    ...own,
    list("evt.dir", () => ">,<"),
    ...own.flatMap((each) =>
      (twins[each.name]?.split(" ") ?? []).map((name) => ({ ...each, name })),
    ),
  ].map((each) => [each.name, each]),
);

/** What upstream has by this name. Names with an index are not known there. */
export function compatAttribute(name: string): Attribute | undefined {
  return byName.get(name);
}
