// The Avro schema of a SysFlow file, version 5, stated by us; a test compares it with upstream's.
// It carries no logicalType (upstream's own writer drops it too), and every name is given with its
// namespace, since some readers resolve a bare name against the enclosing record's.

import {
  containerType,
  foidBytes,
  k8sAction,
  k8sComponent,
  objectState,
  schemaVersion,
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
  readonly default?: string | number | boolean;
}

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
const objectStateRef = "sysflow.type.SFObjectState";

const oid = record(types, "OID", [field("createTS", "long"), field("hpid", "long")]);
const foid = { type: "fixed", namespace: types, name: "FOID", size: foidBytes } as const;

const header = record(entities, "SFHeader", [
  field("version", "long", schemaVersion),
  field("exporter", "string"),
  field("ip", "string", "NA"),
  field("filename", "string"),
]);

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

const networkFlow = record(flows, "NetworkFlow", [
  ...eventStart,
  field("endTs", "long"),
  ...addresses,
  ...ioCounters,
]);

const fileFlow = record(flows, "FileFlow", [
  ...eventStart,
  field("openFlags", "int"),
  field("endTs", "long"),
  field("fileOID", foidRef),
  ...ioCounters,
]);

const fileEvent = record(events, "FileEvent", [
  ...eventStart,
  field("fileOID", foidRef),
  field("ret", "int"),
  field("newFileOID", optional(foidRef)),
]);

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

/** The outer record; the order of its union is `unionIndex` of record.ts. */
export const sysFlowSchema: RecordSchema = record("sysflow", "SysFlow", [
  field("rec", [
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
  ]),
]);

/** Compact, as it stands in a file's `avro.schema`: the same bytes as upstream's writer gives. */
export const sysFlowSchemaJson: string = JSON.stringify(sysFlowSchema);

function record(namespace: string, name: string, fields: readonly FieldSchema[]): RecordSchema {
  return { type: "record", namespace, name, fields };
}

function field(name: string, type: Schema, byDefault?: string | number | boolean): FieldSchema {
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
