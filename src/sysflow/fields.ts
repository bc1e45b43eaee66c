// The one list of SysFlow's records and their fields, in wire order. All else follows from it: the
// types, the encoder and the decoder of versions 5 and 6 are generated (`npm run generate`), the
// schemas and the decoder for other versions go by it when the program runs. Names are the wire's.

import {
  containerType,
  foidBytes,
  ipv6Bytes,
  k8sAction,
  k8sComponent,
  objectState,
  type SchemaVersion,
} from "./values.ts";

/** What stands in a field: how it is on the wire, and how in a record of ours. */
export type FieldType =
  | "boolean"
  | "string"
  /** An int32. */
  | "int"
  /** A long that is a safe integer in a record. */
  | "count"
  /** A long that is two 32-bit halves in a record, `…Lo` and `…Hi`: nanoseconds since the epoch. */
  | "time"
  /** A long that is a bigint in a record: half of an IPv6 address. */
  | "address"
  | EnumType
  | FixedType
  | RecordType
  | { readonly kind: "optional" | "array" | "map"; readonly of: FieldType };

interface EnumType {
  readonly kind: "enum";
  readonly name: string;
  /** Its name in values.ts. */
  readonly tsName: string;
  /** The keys stand in the order of their numbers (tested): that order is the wire's. */
  readonly table: Readonly<Record<string, number>>;
}

interface FixedType {
  readonly kind: "fixed";
  readonly name: string;
  /** Its name in values.ts. */
  readonly tsName: string;
  readonly size: number;
}

export interface RecordType {
  readonly kind: "record";
  readonly namespace: string;
  readonly name: string;
  /** The interface's name; `name` where absent. */
  readonly tsName?: string;
  readonly doc?: string;
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** The property's name in a record of ours; `name` where absent. */
  readonly as?: string;
  /** A narrower type in values.ts for an "int". */
  readonly tsName?: string;
  /** Its owner never changes it once the record is made. */
  readonly isFinal?: boolean;
  /** The version whose schema has it first; where absent both that are written have it. */
  readonly since?: SchemaVersion;
  /** The schema's default; "version" stands for the schema's own version. */
  readonly default?: Default | "version";
  /** What a file of an older schema has for it that lacks it and has no `default` to go by. */
  readonly ifAbsent?: Default;
  readonly doc?: string;
}

export type Default = null | string | number | boolean | readonly string[];

export const typeNamespace = "sysflow.type";
const entities = "sysflow.entity";
const events = "sysflow.event";
const flows = "sysflow.flow";

const state = enumeration("SFObjectState", objectState, "ObjectState");
const foid = fixed("FOID", "Foid", foidBytes);
const ipv6 = fixed("IPv6", "Ipv6", ipv6Bytes);
const strings = array("string");

const oid: RecordType = {
  ...record(typeNamespace, "OID", [
    {
      name: "createTS",
      type: "time",
      as: "create",
      isFinal: true,
      doc: "Creation time of the process, nanoseconds since the epoch.",
    },
    {
      name: "hpid",
      type: "count",
      isFinal: true,
      doc: "Process id (thread-group leader) in the host's pid namespace.",
    },
  ]),
  tsName: "Oid",
  doc: "The low half is a uint32, the high half an int32 or uint32; both JavaScript numbers.",
};

const ts: Field = { name: "ts", type: "time" };
const endTs: Field = { name: "endTs", type: "time" };
const opFlags: Field = { name: "opFlags", type: "int" };
const ret: Field = { name: "ret", type: "int" };

const header = record(
  entities,
  "SFHeader",
  [
    { name: "version", type: "count", isFinal: true, default: "version" },
    { name: "exporter", type: "string", isFinal: true },
    {
      name: "ip",
      type: "string",
      isFinal: true,
      default: "NA",
      doc: 'The node\'s address, or "" where the operator names none.',
    },
    {
      name: "filename",
      type: "string",
      isFinal: true,
      ifAbsent: "",
      doc: 'Path of the output file; "" with socket output only.',
    },
  ],
  "First record of a file, exactly once; on a socket again after each connect.",
);

const container = record(entities, "Container", [
  { name: "id", type: "string", isFinal: true },
  { name: "name", type: "string" },
  { name: "image", type: "string" },
  { name: "imageid", type: "string" },
  { name: "type", type: enumeration("ContainerType", containerType, "ContainerType") },
  { name: "privileged", type: "boolean" },
  {
    name: "podId",
    type: optional("string"),
    ifAbsent: null,
    doc: "Pod.id, or null outside Kubernetes.",
  },
]);

const process = record(entities, "Process", [
  { name: "state", type: state },
  { name: "oid", type: oid, isFinal: true },
  {
    name: "poid",
    type: optional(oid),
    doc: "The parent; null where there is none or it is unknown.",
  },
  {
    ...ts,
    doc: "Event time at which this object was made or last changed; a re-send (REUP) keeps it.",
  },
  { name: "exe", type: "string" },
  { name: "exeArgs", type: "string", doc: "argv[1..], joined with single spaces, unquoted." },
  { name: "uid", type: "int", doc: "-1 where unknown (int32, as on the wire)." },
  { name: "userName", type: "string" },
  { name: "gid", type: "int" },
  { name: "groupName", type: "string" },
  { name: "tty", type: "boolean" },
  {
    name: "containerId",
    type: optional("string"),
    doc: "Container.id, or null outside containers.",
  },
  {
    name: "entry",
    type: "boolean",
    default: false,
    doc: "True where the pid inside its pid namespace is 1.",
  },
  { name: "cwd", type: "string", ifAbsent: "" },
  { name: "env", type: strings, ifAbsent: [] },
  {
    name: "loginuid",
    type: "int",
    since: 6,
    default: -1,
    doc: "Schema 6: who logged in, as of the last exec; setuid keeps it. -1 where unset or unknown.",
  },
]);

const file = record(entities, "File", [
  { name: "state", type: state },
  { name: "oid", type: foid, as: "foid", isFinal: true, doc: "The wire's `oid`." },
  ts,
  { name: "restype", type: "int", tsName: "Restype" },
  { name: "path", type: "string", isFinal: true },
  { name: "containerId", type: optional("string"), isFinal: true },
]);

const procOID: Field = { name: "procOID", type: oid };
const tid: Field = { name: "tid", type: "count" };
const eventStart: readonly Field[] = [procOID, ts, tid, opFlags];
/** A flow keeps what it was made for. */
const flowStart: readonly Field[] = [
  { ...procOID, isFinal: true },
  ts,
  { ...tid, isFinal: true },
  opFlags,
];

const addresses: readonly Field[] = [
  {
    name: "sip",
    type: "int",
    doc: "IPv4 as int32: the first octet is the lowest byte. The connection's initiator.",
  },
  { name: "sport", type: "int" },
  { name: "dip", type: "int", doc: "The connection's acceptor." },
  { name: "dport", type: "int" },
  { name: "proto", type: "int", tsName: "NetworkProto" },
];

const ioCounters: readonly Field[] = [
  { name: "fd", type: "int", isFinal: true },
  {
    name: "numRRecvOps",
    type: "count",
    doc: "Counters are safe integers; ops count failed calls too, bytes only positive results.",
  },
  { name: "numWSendOps", type: "count" },
  { name: "numRRecvBytes", type: "count" },
  { name: "numWSendBytes", type: "count" },
];

const processEvent = record(
  events,
  "ProcessEvent",
  [
    ...eventStart,
    { name: "args", type: strings },
    {
      ...ret,
      doc: "Raw result of the system call, int32; for EXIT the raw wait status.",
    },
  ],
  "`opFlags` holds exactly one bit in every event.",
);

const networkFlow = record(flows, "NetworkFlow", [
  ...flowStart,
  endTs,
  ...addresses,
  ...ioCounters,
  {
    name: "sip6",
    type: optional(ipv6),
    isFinal: true,
    since: 6,
    default: null,
    doc: "Schema 6: IPv6 addresses in network order, 16 bytes; sip and dip are then 0. Else null.",
  },
  { name: "dip6", type: optional(ipv6), isFinal: true, since: 6, default: null },
]);

const fileFlow = record(flows, "FileFlow", [
  ...flowStart,
  { name: "openFlags", type: "int", doc: "PPM_O_* bits; 0 where the open was not seen." },
  endTs,
  { name: "fileOID", type: foid, isFinal: true },
  ...ioCounters,
]);

const fileEvent = record(events, "FileEvent", [
  ...eventStart,
  {
    name: "fileOID",
    type: foid,
    doc: "The old path or link target where the operation has two files.",
  },
  ret,
  {
    name: "newFileOID",
    type: optional(foid),
    doc: "The new path or link name; null where the operation has one file.",
  },
  {
    name: "args",
    type: strings,
    since: 6,
    default: [],
    doc: "Schema 6: what was asked for besides, as text (a mode, owners); 5 has no room for it.",
  },
]);

const networkEvent = record(
  events,
  "NetworkEvent",
  [...eventStart, ...addresses, ret],
  "In the schema only: no collector, upstream's or ours, writes it.",
);

const processFlow = record(
  flows,
  "ProcessFlow",
  [
    { ...procOID, isFinal: true },
    ts,
    { name: "numThreadsCloned", type: "count" },
    opFlags,
    endTs,
    { name: "numThreadsExited", type: "count" },
    { name: "numCloneErrors", type: "count" },
  ],
  "Has no tid on the wire: it stands for all threads of the process.",
);

const port = record(entities, "Port", [
  { name: "port", type: "int", isFinal: true },
  { name: "targetPort", type: "int", isFinal: true },
  { name: "nodePort", type: "int", isFinal: true },
  { name: "proto", type: "string", isFinal: true },
]);

const service = record(
  entities,
  "Service",
  [
    { name: "name", type: "string", isFinal: true },
    { name: "id", type: "string", isFinal: true },
    { name: "namespace", type: "string", isFinal: true },
    { name: "portList", type: array(port), isFinal: true },
    { name: "clusterIP", type: array("address"), isFinal: true },
  ],
  "Addresses: one element for IPv4 (zero-extended), two for IPv6.",
);

const pod = record(entities, "Pod", [
  ts,
  { name: "id", type: "string", isFinal: true },
  { name: "name", type: "string" },
  { name: "nodeName", type: "string" },
  { name: "hostIP", type: array("address") },
  { name: "internalIP", type: array("address") },
  { name: "namespace", type: "string" },
  { name: "restartCount", type: "count" },
  { name: "labels", type: { kind: "map", of: "string" } },
  { name: "selectors", type: { kind: "map", of: "string" } },
  { name: "services", type: array(service) },
]);

const k8sEvent = record(events, "K8sEvent", [
  {
    name: "kind",
    type: enumeration("K8sComponent", k8sComponent, "K8sComponent"),
    as: "component",
    doc: "The wire's `kind`, which the discriminant has taken here.",
  },
  { name: "action", type: enumeration("K8sAction", k8sAction, "K8sAction") },
  ts,
  { name: "message", type: "string" },
]);

/** The records in the order of the outer union `rec`: part of the wire format, never reordered. */
export const records: readonly RecordType[] = [
  header,
  container,
  process,
  file,
  processEvent,
  networkFlow,
  fileFlow,
  fileEvent,
  networkEvent,
  processFlow,
  pod,
  k8sEvent,
];

/** Records that stand inside others. */
export const partRecords: readonly RecordType[] = [oid, port, service];

function record(
  namespace: string,
  name: string,
  fields: readonly Field[],
  doc?: string,
): RecordType {
  return { kind: "record", namespace, name, fields, ...(doc !== undefined && { doc }) };
}

function enumeration(
  name: string,
  table: Readonly<Record<string, number>>,
  tsName: string,
): EnumType {
  return { kind: "enum", name, table, tsName };
}

function fixed(name: string, tsName: string, size: number): FixedType {
  return { kind: "fixed", name, tsName, size };
}

function optional(of: FieldType): FieldType {
  return { kind: "optional", of };
}

function array(of: FieldType): FieldType {
  return { kind: "array", of };
}
