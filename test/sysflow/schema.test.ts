// Our schema 5 against upstream's .avsc, 6 against 5, our tables of numbers against our schemas.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import avro from "avsc";
import { recordKinds, unionIndex } from "../../src/sysflow/record.gen.ts";
import {
  type FieldSchema,
  type RecordSchema,
  type Schema,
  sysFlowSchema,
  sysFlowSchemaJson,
} from "../../src/sysflow/schema.ts";
import {
  containerType,
  k8sAction,
  k8sComponent,
  networkProto,
  objectState,
  restype,
  type SchemaVersion,
  schemaVersionDefault,
  schemaVersions,
} from "../../src/sysflow/values.ts";
import { referencePath } from "../support/captures/reference.ts";
import { readFileByAvsc, typeOfSchema } from "../support/records/avsc-sf.ts";

const avsc = referencePath("avsc/SysFlow.avsc");
const upstreamFile = referencePath("captures/alpine-alpine.sysporter.sf");

test("the union index table counts from 0 without a gap, in the schemas' order", () => {
  const indices: readonly number[] = recordKinds.map((kind) => unionIndex[kind]);
  expect(indices).toEqual([...recordKinds.keys()]);
  for (const version of schemaVersions) {
    expect(recordsOf(version).map((each) => each.name)).toEqual([...recordKinds]);
  }
});

test("what is written unless asked otherwise is what every reader knows", () => {
  expect(schemaVersionDefault).toBe(5);
});

describe("schema 6", () => {
  test("is schema 5 with fields at the end of three records", () => {
    const added: Record<string, readonly FieldSchema[]> = {};
    recordsOf(5).forEach((of5, index) => {
      const of6 = recordsOf(6)[index] as RecordSchema;
      const { length } = of5.fields;
      if (of5.name !== "SFHeader") {
        const start: RecordSchema = { ...of6, fields: of6.fields.slice(0, length) };
        expect(start).toEqual(of5);
      }
      if (of6.fields.length > length) {
        added[of6.name] = of6.fields.slice(length);
      }
    });
    const ipv6 = { type: "fixed", namespace: "sysflow.type", name: "IPv6", size: 16 };
    expect(added).toEqual({
      Process: [{ name: "loginuid", type: "int", default: -1 }],
      NetworkFlow: [
        { name: "sip6", type: ["null", ipv6 as Schema], default: null },
        { name: "dip6", type: ["null", "sysflow.type.IPv6"], default: null },
      ],
      FileEvent: [{ name: "args", type: { type: "array", items: "string" }, default: [] }],
    });
  });

  test("has a default for all that is added, so that it resolves files of 5", () => {
    const defaults = { ...defaultsOf(sysFlowSchema(5)), "SFHeader.version": 6 };
    const added = {
      "Process.loginuid": -1,
      "NetworkFlow.sip6": null,
      "NetworkFlow.dip6": null,
      "FileEvent.args": [],
    };
    expect(defaultsOf(sysFlowSchema(6))).toEqual({ ...defaults, ...added });
  });

  test.each([
    [5, 6],
    [6, 5],
  ] as const)("a reader of %d resolves files of %d", (reader, writer) => {
    const type = (version: SchemaVersion) => typeOfSchema(sysFlowSchema(version));
    expect(() => type(reader).createResolver(type(writer))).not.toThrow();
  });
});

test.each([
  ["containerType", containerType],
  ["objectState", objectState],
  ["k8sAction", k8sAction],
  ["k8sComponent", k8sComponent],
])("%s counts from 0 in the order of its keys", (_, table: Readonly<Record<string, number>>) => {
  expect(Object.values(table)).toEqual([...Object.keys(table).keys()]);
});

test("types of descriptors are letters, protocols are IANA's and two of upstream's", () => {
  const letters = Object.entries(restype).map(([name, code]) => [name, String.fromCharCode(code)]);
  expect(Object.fromEntries(letters)).toEqual({
    FILE: "f",
    DIRECTORY: "d",
    IPV4: "4",
    IPV6: "6",
    UNIX: "u",
    PIPE: "p",
    UNKNOWN: "?",
  });
  expect(networkProto).toEqual({
    ICMP: 1,
    TCP: 6,
    UDP: 17,
    ICMPV6: 58,
    SCTP: 132,
    RAW: 254,
    UNKNOWN: -1,
  });
});

describe.skipIf(!existsSync(avsc))("upstream's .avsc (skipped without reference data)", () => {
  test("has the same canonical form", () => {
    const theirs = JSON.parse(readFileSync(avsc, "utf8"));
    expect(canonical(sysFlowSchema(5))).toBe(canonical(theirs));
    expect(canonical(sysFlowSchema(6))).not.toBe(canonical(theirs));
  });

  test("has the same defaults", () => {
    const theirs = JSON.parse(readFileSync(avsc, "utf8"));
    expect(defaultsOf(sysFlowSchema(5))).toEqual(defaultsOf(theirs));
    expect(defaultsOf(sysFlowSchema(5))["SFHeader.version"]).toBe(5);
  });

  test("has our union indices", () => {
    const theirs = JSON.parse(readFileSync(avsc, "utf8")) as {
      fields: readonly [{ type: readonly { name: string }[] }];
    };
    const names = theirs.fields[0].type.map((each) => each.name);
    expect(Object.fromEntries(names.map((name, index) => [name, index]))).toEqual(unionIndex);
  });

  test("as upstream's writer embeds it has the same bytes", () => {
    expect(sysFlowSchemaJson(5)).toBe(readFileByAvsc(upstreamFile).schemaJson);
  });
});

function recordsOf(version: SchemaVersion): readonly RecordSchema[] {
  return sysFlowSchema(version).fields[0]?.type as readonly RecordSchema[];
}

function canonical(schema: unknown): string {
  return JSON.stringify(avro.Type.forSchema(schema as avro.Schema, { wrapUnions: true }).schema());
}

function defaultsOf(schema: unknown, record = ""): Record<string, unknown> {
  if (schema === null || typeof schema !== "object") {
    return {};
  }
  const node = schema as Readonly<Record<string, unknown>>;
  const name = node["type"] === "record" ? String(node["name"]) : record;
  const own = "default" in node ? { [`${record}.${node["name"]}`]: node["default"] } : {};
  return Object.assign(own, ...Object.values(node).map((each) => defaultsOf(each, name)));
}
