// Our schema against upstream's .avsc, and our tables of numbers against our schema.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import avro from "avsc";
import {
  containerType,
  k8sAction,
  k8sComponent,
  objectState,
  recordKinds,
  schemaVersion,
  unionIndex,
} from "../../src/sysflow/record.ts";
import { sysFlowSchema, sysFlowSchemaJson } from "../../src/sysflow/schema.ts";
import { readSfFile } from "../support/read-sf.ts";
import { referencePath } from "../support/reference.ts";

const avsc = referencePath("avsc/SysFlow.avsc");
const upstreamFile = referencePath("captures/alpine-alpine.sysporter.sf");

test("the union index table counts from 0 without a gap, in the schema's order", () => {
  const indices: readonly number[] = recordKinds.map((kind) => unionIndex[kind]);
  expect(indices).toEqual([...recordKinds.keys()]);
  const union = sysFlowSchema.fields[0]?.type as readonly { name: string }[];
  expect(union.map((each) => each.name)).toEqual([...recordKinds]);
});

test.each([
  ["containerType", containerType],
  ["objectState", objectState],
  ["k8sAction", k8sAction],
  ["k8sComponent", k8sComponent],
])("%s counts from 0 in the order of its keys", (_, table: Readonly<Record<string, number>>) => {
  expect(Object.values(table)).toEqual([...Object.keys(table).keys()]);
});

describe.skipIf(!existsSync(avsc))("upstream's .avsc (skipped without reference data)", () => {
  test("has the same canonical form", () => {
    const theirs = JSON.parse(readFileSync(avsc, "utf8"));
    expect(canonical(sysFlowSchema)).toBe(canonical(theirs));
  });

  test("has the same defaults", () => {
    const theirs = JSON.parse(readFileSync(avsc, "utf8"));
    expect(defaultsOf(sysFlowSchema)).toEqual(defaultsOf(theirs));
    expect(defaultsOf(sysFlowSchema)["SFHeader.version"]).toBe(schemaVersion);
  });

  test("has our union indices", () => {
    const theirs = JSON.parse(readFileSync(avsc, "utf8")) as {
      fields: readonly [{ type: readonly { name: string }[] }];
    };
    const names = theirs.fields[0].type.map((each) => each.name);
    expect(Object.fromEntries(names.map((name, index) => [name, index]))).toEqual(unionIndex);
  });

  test("as upstream's writer embeds it has the same bytes", () => {
    expect(sysFlowSchemaJson).toBe(readSfFile(upstreamFile).schemaJson);
  });
});

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
