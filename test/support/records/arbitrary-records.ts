// Arbitrary records of every kind, each as our object and as the value avsc takes for it. Longs cover all 64 bits; what only schema 6 has room for is there too.

import fc from "fast-check";
import type { Tap } from "../../../src/avro/tap.ts";
import {
  encodeContainer,
  encodeFile,
  encodeFileEvent,
  encodeFileFlow,
  encodeHeader,
  encodeK8sEvent,
  encodeNetworkEvent,
  encodeNetworkFlow,
  encodePod,
  encodeProcess,
  encodeProcessEvent,
  encodeProcessFlow,
} from "../../../src/sysflow/encoder.gen.ts";
import type { Container, RecordKind, SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import {
  type K8sAction,
  type K8sComponent,
  k8sAction,
  k8sComponent,
  type SchemaVersion,
} from "../../../src/sysflow/values.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 90 }),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const optionalText = fc.option(text);
const addresses = fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 3 });
/** No key is a number, which objects, as avsc takes them, would put first. */
const key = text.map((each) => `k${each}`);
const textMap = fc.array(fc.tuple(key, text), { maxLength: 4 }).map((pairs) => new Map(pairs));
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const half = fc.nat({ max: 2 ** 32 - 1 });
const count = fc.maxSafeNat();
const foid = fc.uint8Array({ minLength: 20, maxLength: 20 });
const ipv6 = fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: null });
const texts = fc.array(text, { maxLength: 5 });
const oid = fc.record({ createLo: half, createHi: half, hpid: fc.maxSafeInteger() });
const state = fc.constantFrom(0 as const, 1 as const, 2 as const);
const restype = fc.constantFrom(
  102 as const,
  100 as const,
  117 as const,
  112 as const,
  63 as const,
);
const proto = fc.constantFrom(6 as const, 17 as const, 1 as const, 254 as const, -1 as const);
const type = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) as fc.Arbitrary<Container["type"]>;

const start = { procOID: oid, tsLo: half, tsHi: half, tid: fc.maxSafeInteger(), opFlags: int };
const end = { endTsLo: half, endTsHi: half };
const counters = {
  fd: int,
  numRRecvOps: count,
  numWSendOps: count,
  numRRecvBytes: count,
  numWSendBytes: count,
};

const port = fc.record({ port: int, targetPort: int, nodePort: int, proto: text });
const service = fc.record({
  name: text,
  id: text,
  namespace: text,
  portList: fc.array(port, { maxLength: 2 }),
  clusterIP: addresses,
});

const kinds: { readonly [K in RecordKind]: fc.Arbitrary<SysFlowRecord> } = {
  SFHeader: fc.record({
    kind: fc.constant("SFHeader" as const),
    version: fc.maxSafeInteger(),
    exporter: text,
    ip: text,
    filename: text,
  }),
  Container: fc.record({
    kind: fc.constant("Container" as const),
    id: text,
    name: text,
    image: text,
    imageid: text,
    type,
    privileged: fc.boolean(),
    podId: optionalText,
  }),
  Process: fc.record({
    kind: fc.constant("Process" as const),
    state,
    oid,
    poid: fc.option(oid, { nil: null }),
    tsLo: half,
    tsHi: half,
    exe: text,
    exeArgs: text,
    uid: int,
    userName: text,
    gid: int,
    groupName: text,
    tty: fc.boolean(),
    containerId: optionalText,
    entry: fc.boolean(),
    cwd: text,
    env: texts,
  }),
  File: fc.record({
    kind: fc.constant("File" as const),
    state,
    foid,
    tsLo: half,
    tsHi: half,
    restype,
    path: text,
    containerId: optionalText,
  }),
  ProcessEvent: fc.record({
    kind: fc.constant("ProcessEvent" as const),
    ...start,
    args: texts,
    ret: int,
  }),
  FileEvent: fc.record({
    kind: fc.constant("FileEvent" as const),
    ...start,
    fileOID: foid,
    ret: int,
    newFileOID: fc.option(foid, { nil: null }),
    args: texts,
  }),
  NetworkFlow: fc.record({
    kind: fc.constant("NetworkFlow" as const),
    ...start,
    ...end,
    sip: int,
    sport: int,
    dip: int,
    dport: int,
    proto,
    ...counters,
    sip6: ipv6,
    dip6: ipv6,
  }),
  FileFlow: fc.record({
    kind: fc.constant("FileFlow" as const),
    ...start,
    openFlags: int,
    ...end,
    fileOID: foid,
    ...counters,
  }),
  ProcessFlow: fc.record({
    kind: fc.constant("ProcessFlow" as const),
    procOID: oid,
    tsLo: half,
    tsHi: half,
    numThreadsCloned: count,
    opFlags: int,
    ...end,
    numThreadsExited: count,
    numCloneErrors: count,
  }),
  NetworkEvent: fc.record({
    kind: fc.constant("NetworkEvent" as const),
    ...start,
    sip: int,
    sport: int,
    dip: int,
    dport: int,
    proto,
    ret: int,
  }),
  Pod: fc.record({
    kind: fc.constant("Pod" as const),
    tsLo: half,
    tsHi: half,
    id: text,
    name: text,
    nodeName: text,
    hostIP: addresses,
    internalIP: addresses,
    namespace: text,
    restartCount: fc.maxSafeInteger(),
    labels: textMap,
    selectors: textMap,
    services: fc.array(service, { maxLength: 2 }),
  }),
  K8sEvent: fc.record({
    kind: fc.constant("K8sEvent" as const),
    component: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) as fc.Arbitrary<K8sComponent>,
    action: fc.constantFrom(0, 1, 2, 3, 4, 5) as fc.Arbitrary<K8sAction>,
    tsLo: half,
    tsHi: half,
    message: text,
  }),
};

export function arbitraryRecord(kind: RecordKind): fc.Arbitrary<SysFlowRecord> {
  return kinds[kind];
}

export function encodeRecord(tap: Tap, record: SysFlowRecord, version: SchemaVersion): void {
  switch (record.kind) {
    case "SFHeader":
      encodeHeader(tap, record);
      break;
    case "Container":
      encodeContainer(tap, record);
      break;
    case "Process":
      encodeProcess(tap, record);
      break;
    case "File":
      encodeFile(tap, record);
      break;
    case "ProcessEvent":
      encodeProcessEvent(tap, record);
      break;
    case "FileEvent":
      encodeFileEvent(tap, record, version);
      break;
    case "NetworkFlow":
      encodeNetworkFlow(tap, record, version);
      break;
    case "FileFlow":
      encodeFileFlow(tap, record);
      break;
    case "ProcessFlow":
      encodeProcessFlow(tap, record);
      break;
    case "NetworkEvent":
      encodeNetworkEvent(tap, record);
      break;
    case "Pod":
      encodePod(tap, record);
      break;
    case "K8sEvent":
      encodeK8sEvent(tap, record);
      break;
    default:
      record satisfies never;
  }
}

const namespaces: { readonly [K in RecordKind]: string } = {
  SFHeader: "entity",
  Container: "entity",
  Process: "entity",
  File: "entity",
  ProcessEvent: "event",
  FileEvent: "event",
  NetworkFlow: "flow",
  FileFlow: "flow",
  ProcessFlow: "flow",
  NetworkEvent: "event",
  Pod: "entity",
  K8sEvent: "event",
};

/** Fields that only schema 6 has. */
const fieldsAddedIn6: Readonly<Record<string, readonly string[]>> = {
  FileEvent: ["args"],
  NetworkFlow: ["sip6", "dip6"],
};

/** What avsc writes for the record under our schema; enums by name, longs as bigint. */
export function avscValue(
  record: SysFlowRecord,
  version: SchemaVersion,
): { readonly rec: Record<string, unknown> } {
  const wire: Record<string, unknown> = {};
  const isAbsent = (name: string) =>
    version === 5 && fieldsAddedIn6[record.kind]?.includes(name) === true;
  for (const [name, value] of Object.entries(record).filter(([name]) => !isAbsent(name))) {
    addField(wire, record.kind, name, value, record as unknown as Record<string, number>);
  }
  return { rec: { [`sysflow.${namespaces[record.kind]}.${record.kind}`]: wire } };
}

function addField(
  wire: Record<string, unknown>,
  kind: string,
  name: string,
  value: unknown,
  record: Readonly<Record<string, number>>,
): void {
  if (name === "component") {
    wire["kind"] = Object.keys(k8sComponent)[value as number];
  } else if (name === "kind" || name.endsWith("Hi")) {
    return;
  } else if (value instanceof Map) {
    wire[name] = Object.fromEntries(value);
  } else if (name.endsWith("Lo")) {
    const field = name.slice(0, -2);
    wire[field] = fromHalves(record[name] ?? 0, record[`${field}Hi`] ?? 0);
  } else if (name === "foid") {
    wire["oid"] = Buffer.from(value as Uint8Array);
  } else if (value instanceof Uint8Array) {
    wire[name] = Buffer.from(value);
  } else if (enumSymbols[name] !== undefined) {
    wire[name] = enumSymbols[name][value as number];
  } else if (longFields.has(name) || (kind === "SFHeader" && name === "version")) {
    wire[name] = BigInt(value as number);
  } else if (value !== null && typeof value === "object" && "hpid" in value) {
    const { createLo, createHi, hpid } = value as Record<string, number>;
    wire[name] = { createTS: fromHalves(createLo ?? 0, createHi ?? 0), hpid: BigInt(hpid ?? 0) };
  } else {
    wire[name] = value;
  }
}

function fromHalves(lo: number, hi: number): bigint {
  return BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo));
}

const longFields: ReadonlySet<string> = new Set([
  "tid",
  "numRRecvOps",
  "numWSendOps",
  "numRRecvBytes",
  "numWSendBytes",
  "numThreadsCloned",
  "numThreadsExited",
  "numCloneErrors",
  "restartCount",
]);

const enumSymbols: Readonly<Record<string, readonly string[]>> = {
  state: ["CREATED", "MODIFIED", "REUP"],
  type: [
    "CT_DOCKER",
    "CT_LXC",
    "CT_LIBVIRT_LXC",
    "CT_MESOS",
    "CT_RKT",
    "CT_CUSTOM",
    "CT_CRI",
    "CT_CONTAINERD",
    "CT_CRIO",
    "CT_BPM",
  ],
  action: Object.keys(k8sAction),
};
