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
import { type FieldType, type RecordType, records } from "../../../src/sysflow/fields.ts";
import type { RecordKind, SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { k8sAction, k8sComponent, type SchemaVersion } from "../../../src/sysflow/values.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 90 }),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const half = fc.nat({ max: 2 ** 32 - 1 });
const primitives = {
  boolean: fc.boolean(),
  string: text,
  int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  count: fc.maxSafeInteger(),
  address: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
} as const;
/** No key is a number, which objects, as avsc takes them, would put first. */
const key = text.map((each) => `k${each}`);

function arbitraryOf(type: Exclude<FieldType, "time">): fc.Arbitrary<unknown> {
  if (typeof type === "string") return primitives[type];
  switch (type.kind) {
    case "enum":
      return fc.constantFrom(...Object.values(type.table));
    case "fixed":
      return fc.uint8Array({ minLength: type.size, maxLength: type.size });
    case "record":
      return fc.record(fieldsOf(type));
    case "optional":
      return fc.option(arbitraryOf(plain(type.of)), { nil: null });
    case "array":
      return fc.array(arbitraryOf(plain(type.of)), { maxLength: 4 });
    case "map": {
      const pairs = fc.array(fc.tuple(key, arbitraryOf(plain(type.of))), { maxLength: 4 });
      return pairs.map((all) => new Map(all));
    }
    default:
      return type satisfies never;
  }
}

function plain(type: FieldType): Exclude<FieldType, "time"> {
  if (type === "time") throw new Error("a time is two properties of a record");
  return type;
}

function fieldsOf(record: RecordType): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(
    record.fields.flatMap(({ type, name, as: own = name }) =>
      type === "time"
        ? [`${own}Lo`, `${own}Hi`].map((each) => [each, half])
        : [[own, arbitraryOf(type)] as const],
    ),
  );
}

const kinds = new Map(
  records.map((record) => {
    const kind = fc.constant(record.name);
    return [record.name, fc.record({ kind, ...fieldsOf(record) })] as const;
  }),
);

export function arbitraryRecord(kind: RecordKind): fc.Arbitrary<SysFlowRecord> {
  return kinds.get(kind) as fc.Arbitrary<unknown> as fc.Arbitrary<SysFlowRecord>;
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
      encodeProcess(tap, record, version);
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
