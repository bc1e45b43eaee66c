// The Avro schemas of a SysFlow file: version 5, which a test compares with upstream's, and 6, which
// is ours: 5 with fields at the end of two records, each with a default, so that readers of either
// resolve files of the other. No logicalType (upstream's own writer drops it too), and every name is
// given with its namespace, since some readers resolve a bare name against the enclosing record's.

import {
  containerType,
  foidBytes,
  ipv6Bytes,
  k8sAction,
  k8sComponent,
  objectState,
  type SchemaVersion,
} from "./record.ts";

export interface RecordSchema {
  readonly type: "record";
  readonly namespace: string;
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

export interface FieldSchema {
  readonly name: string;
  readonly type: Schema;
  readonly default?: Default;
}

type Default = null | string | number | boolean | readonly string[];

export type Schema =
  | string
  | RecordSchema
  | readonly Schema[]
  | {
      readonly type: "enum";
      readonly namespace: string;
      readonly name: string;
      readonly symbols: readonly string[];
    }
  | {
      readonly type: "fixed";
      readonly namespace: string;
      readonly name: string;
      readonly size: number;
    }
  | { readonly type: "array"; readonly items: Schema }
  | { readonly type: "map"; readonly values: Schema };

const types = "sysflow.type";
const entities = "sysflow.entity";
const events = "sysflow.event";
const flows = "sysflow.flow";

// A name's first use carries its definition, every later one is a reference.
const oidRef = "sysflow.type.OID";
const foidRef = "sysflow.type.FOID";
const ipv6Ref = "sysflow.type.IPv6";
const objectStateRef = "sysflow.type.SFObjectState";

const oid = record(types, "OID", [field("createTS", "long"), field("hpid", "long")]);
const foid = { type: "fixed", namespace: types, name: "FOID", size: foidBytes } as const;
const ipv6 = { type: "fixed", namespace: types, name: "IPv6", size: ipv6Bytes } as const;

const container = record(entities, "Container", [
  field("id", "string"),
  field("name", "string"),
  field("image", "string"),
  field("imageid", "string"),
  field("type", enumeration("ContainerType", containerType)),
  field("privileged", "boolean"),
  field("podId", optional("string")),
]);

const process = record(entities, "Process", [
  field("state", enumeration("SFObjectState", objectState)),
  field("oid", oid),
  field("poid", optional(oidRef)),
  field("ts", "long"),
  field("exe", "string"),
  field("exeArgs", "string"),
  field("uid", "int"),
  field("userName", "string"),
  field("gid", "int"),
  field("groupName", "string"),
  field("tty", "boolean"),
  field("containerId", optional("string")),
  field("entry", "boolean", false),
  field("cwd", "string"),
  field("env", array("string")),
]);

const file = record(entities, "File", [
  field("state", objectStateRef),
  field("oid", foid),
  field("ts", "long"),
  field("restype", "int"),
  field("path", "string"),
  field("containerId", optional("string")),
]);

const eventStart = [
  field("procOID", oidRef),
  field("ts", "long"),
  field("tid", "long"),
  field("opFlags", "int"),
] as const;

const ioCounters = [
  field("fd", "int"),
  field("numRRecvOps", "long"),
  field("numWSendOps", "long"),
  field("numRRecvBytes", "long"),
  field("numWSendBytes", "long"),
] as const;

const addresses = [
  field("sip", "int"),
  field("sport", "int"),
  field("dip", "int"),
  field("dport", "int"),
  field("proto", "int"),
] as const;

const processEvent = record(events, "ProcessEvent", [
  ...eventStart,
  field("args", array("string")),
  field("ret", "int"),
]);

const networkFlowFields = [
  ...eventStart,
  field("endTs", "long"),
  ...addresses,
  ...ioCounters,
] as const;

const fileFlow = record(flows, "FileFlow", [
  ...eventStart,
  field("openFlags", "int"),
  field("endTs", "long"),
  field("fileOID", foidRef),
  ...ioCounters,
]);

const fileEventFields = [
  ...eventStart,
  field("fileOID", foidRef),
  field("ret", "int"),
  field("newFileOID", optional(foidRef)),
] as const;

const networkEvent = record(events, "NetworkEvent", [
  ...eventStart,
  ...addresses,
  field("ret", "int"),
]);

const processFlow = record(flows, "ProcessFlow", [
  field("procOID", oidRef),
  field("ts", "long"),
  field("numThreadsCloned", "long"),
  field("opFlags", "int"),
  field("endTs", "long"),
  field("numThreadsExited", "long"),
  field("numCloneErrors", "long"),
]);

const port = record(entities, "Port", [
  field("port", "int"),
  field("targetPort", "int"),
  field("nodePort", "int"),
  field("proto", "string"),
]);

const service = record(entities, "Service", [
  field("name", "string"),
  field("id", "string"),
  field("namespace", "string"),
  field("portList", array(port)),
  field("clusterIP", array("long")),
]);

const pod = record(entities, "Pod", [
  field("ts", "long"),
  field("id", "string"),
  field("name", "string"),
  field("nodeName", "string"),
  field("hostIP", array("long")),
  field("internalIP", array("long")),
  field("namespace", "string"),
  field("restartCount", "long"),
  field("labels", { type: "map", values: "string" }),
  field("selectors", { type: "map", values: "string" }),
  field("services", array(service)),
]);

const k8sEvent = record(events, "K8sEvent", [
  field("kind", enumeration("K8sComponent", k8sComponent)),
  field("action", enumeration("K8sAction", k8sAction)),
  field("ts", "long"),
  field("message", "string"),
]);

/** What version 6 has at the end of two records. */
const networkFlowFields6 = [
  field("sip6", optional(ipv6), null),
  field("dip6", optional(ipv6Ref), null),
] as const;
const fileEventFields6 = [field("args", array("string"), [])] as const;

/** The outer record; the order of its union is `unionIndex` of record.ts. */
export function sysFlowSchema(version: SchemaVersion): RecordSchema {
  const is6 = version === 6;
  return record("sysflow", "SysFlow", [
    field("rec", [
      headerOf(version),
      container,
      process,
      file,
      processEvent,
      record(flows, "NetworkFlow", [...networkFlowFields, ...(is6 ? networkFlowFields6 : [])]),
      fileFlow,
      record(events, "FileEvent", [...fileEventFields, ...(is6 ? fileEventFields6 : [])]),
      networkEvent,
      processFlow,
      pod,
      k8sEvent,
    ]),
  ]);
}

/**
 * Compact, as it stands in a file's `avro.schema`; of version 5 the same bytes as upstream's writer
 * gives.
 */
export function sysFlowSchemaJson(version: SchemaVersion): string {
  return JSON.stringify(sysFlowSchema(version));
}

function headerOf(version: SchemaVersion): RecordSchema {
  return record(entities, "SFHeader", [
    field("version", "long", version),
    field("exporter", "string"),
    field("ip", "string", "NA"),
    field("filename", "string"),
  ]);
}

function record(namespace: string, name: string, fields: readonly FieldSchema[]): RecordSchema {
  return { type: "record", namespace, name, fields };
}

function field(name: string, type: Schema, byDefault?: Default): FieldSchema {
  return byDefault === undefined ? { name, type } : { name, type, default: byDefault };
}

function optional(type: Schema): readonly Schema[] {
  return ["null", type];
}

function array(items: Schema): Schema {
  return { type: "array", items };
}

/** The table's keys stand in the order of their numbers (tested): that order is the wire's. */
function enumeration(name: string, table: Readonly<Record<string, number>>): Schema {
  return { type: "enum", namespace: types, name, symbols: Object.keys(table) };
}
