// Other schemas than ours: what of them is resolved, and what is refused; and bytes that cannot be a
// record, for which both decoders have words and take no longer than the bytes are long.

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { AvroError } from "../../src/avro/avro-error.ts";
import { ReadTap } from "../../src/avro/read-tap.ts";
import { Tap } from "../../src/avro/tap.ts";
import { recordKinds } from "../../src/sysflow/record.gen.ts";
import { decoderOfSchema, type RecordDecoder } from "../../src/sysflow/record-decoder.ts";
import {
  type FieldSchema,
  type RecordSchema,
  sysFlowSchema,
  sysFlowSchemaJson,
} from "../../src/sysflow/schema.ts";
import { referencePath } from "../support/captures/reference.ts";
import { arbitraryRecord, encodeRecord } from "../support/records/arbitrary-records.ts";
import { typeOfSchema } from "../support/records/avsc-sf.ts";
import { olderSchema } from "../support/records/older-schemas.ts";

const action = {
  type: "enum",
  name: "K8sAction",
  symbols: ["K8S_COMPONENT_DELETED", "K8S_COMPONENT_ADDED", "NEW"],
};
const component = { type: "enum", name: "K8sComponent", symbols: ["K8S_PODS", "K8S_NODES"] };
const fields = {
  kind: component,
  action,
  ts: "long",
  message: "string",
};
const event = {
  kind: "K8sEvent",
  component: 0,
  action: 2,
  tsLo: 4_294_967_295,
  tsHi: 2_147_483_647,
  message: "é",
};
const value = {
  kind: "K8S_NODES",
  action: "K8S_COMPONENT_DELETED",
  ts: 2n ** 63n - 1n,
  message: "é",
};

const list = { type: "record", name: "List", fields: [{ name: "next", type: ["null", "List"] }] };
const four = { type: "fixed", name: "Four", size: 4 };
const array = (items: unknown) => ({ type: "array", items });
const map = (values: unknown) => ({ type: "map", values });

const others: readonly (readonly [
  what: string,
  theirs: object,
  given: Readonly<Record<string, unknown>>,
])[] = [
  ["has enums in another order", fields, value],
  ["has fields in another order", Object.fromEntries(Object.entries(fields).reverse()), value],
  ["has an int in a long's place", { ...fields, ts: "int" }, { ...value, ts: -7 }],
  [
    "has bytes in a text's place",
    { ...fields, message: "bytes" },
    { ...value, message: utf8("é") },
  ],
  [
    "has a union of one branch that fits",
    { ...fields, message: ["null", "string"] },
    { ...value, message: "é" },
  ],
  [
    "has more fields of any type",
    {
      real: "double",
      single: "float",
      flag: "boolean",
      list,
      ...fields,
      map: { type: "map", values: { type: "array", items: "string" } },
      four: { type: "fixed", name: "Four", size: 4 },
      maybe: ["null", "long"],
      raw: "bytes",
      last: "string",
    },
    {
      real: 0.5,
      single: 0.5,
      flag: true,
      list: { next: { next: { next: null } } },
      ...value,
      map: { "key one": ["1", "2"], "key two": [] },
      four: Buffer.alloc(4),
      maybe: 5n,
      raw: utf8("raw"),
      last: "end",
    },
  ],
  ["has annotations", { ...fields, ts: { type: "long", logicalType: "timestamp-millis" } }, value],
];

const refused: readonly (readonly [what: string, schema: unknown, message: string])[] = [
  [
    "no rec",
    { type: "record", name: "SysFlow", fields: [{ name: "a", type: "int" }] },
    "no field rec",
  ],
  ["no record", "string", "no field rec"],
  [
    "no field that we need",
    schemaWith({ kind: component, action, ts: "long" }),
    "no K8sEvent.message",
  ],
  ["a text for a time", schemaWith({ ...fields, ts: "string" }), "K8sEvent.ts is of type string"],
  [
    "a long for an enum",
    schemaWith({ ...fields, action: "long" }),
    "K8sEvent.action is of type long",
  ],
  [
    "no branch that fits",
    schemaWith({ ...fields, ts: ["null", "string"] }),
    "K8sEvent.ts is of type union",
  ],
  ["a fixed of another size", oursBut("File.oid", four), "File.oid is of type fixed"],
  ["bytes for a fixed", oursBut("File.oid", "bytes"), "File.oid is of type bytes"],
  ["a text for a record", oursBut("Process.oid", "string"), "Process.oid is of type string"],
  [
    "a long for an optional text",
    oursBut("File.containerId", "long"),
    "containerId is of type long",
  ],
  ["a text for an array", oursBut("Process.env", "string"), "Process.env is of type string"],
  ["other items", oursBut("Process.env", array("int")), "Process.env is of type int"],
  ["an array for a map", oursBut("Pod.labels", array("string")), "Pod.labels is of type array"],
  ["other values", oursBut("Pod.labels", map("int")), "Pod.labels is of type int"],
  ["a long for an int", oursBut("Process.uid", "long"), "Process.uid is of type long"],
  ["an int for a boolean", oursBut("Process.tty", "int"), "Process.tty is of type int"],
];

describe("a schema that is not ours", () => {
  test.each(others)("%s", (_, theirs, given) => {
    const schema = schemaWith(theirs);
    const bytes = typeOfSchema(schema).toBuffer({ rec: given });
    const time = given["ts"] === -7 ? { tsLo: 4_294_967_289, tsHi: -1 } : {};
    const tap = new ReadTap(bytes);
    expect(decoderOfSchema(JSON.stringify(schema))(tap)).toEqual({ ...event, ...time } as never);
    expect(tap.pos).toBe(tap.length);
  });

  test("has one kind of record alone, in no union", () => {
    const rec = { name: "rec", type: recordOf(fields) };
    const schema = { type: "record", name: "SysFlow", fields: [rec] };
    const tap = new ReadTap(typeOfSchema(schema).toBuffer({ rec: value }));
    expect(decoderOfSchema(JSON.stringify(schema))(tap)).toEqual(event as never);
  });

  test("has more records: those are none of ours", () => {
    const other = { type: "record", name: "Other", fields: [{ name: "text", type: "string" }] };
    const schema = {
      type: "record",
      name: "SysFlow",
      fields: [
        { name: "rec", type: ["null", other, recordOf(fields)] },
        { name: "n", type: "int" },
      ],
    };
    const type = typeOfSchema(schema);
    const decode = decoderOfSchema(JSON.stringify(schema));
    const read = (rec: object | null) => {
      const tap = new ReadTap(type.toBuffer({ rec, n: 1 }));
      const record = decode(tap);
      expect(tap.pos).toBe(tap.length);
      return record;
    };
    expect(read({ Other: { text: "x" } })).toBeNull();
    expect(read(null)).toBeNull();
    expect(read({ K8sEvent: value })).toEqual(event as never);
  });

  test.each([
    [
      "an unknown symbol",
      { ...value, action: "NEW" },
      'K8sEvent.action is "NEW", which it cannot be',
    ],
  ])("with %s in a record", (_, given, message) => {
    const schema = schemaWith(fields);
    const bytes = typeOfSchema(schema).toBuffer({ rec: given });
    expect(() => decoderOfSchema(JSON.stringify(schema))(new ReadTap(bytes))).toThrow(message);
  });

  test("a symbol that any object has is none of ours", () => {
    const schema = schemaWith({ ...fields, action: { ...action, symbols: ["OTHER"] } });
    const bytes = typeOfSchema(schema).toBuffer({ rec: { ...value, action: "OTHER" } });
    // avsc itself takes that symbol for one that it has already.
    const json = JSON.stringify(schema).replace("OTHER", "constructor");
    expect(() => decoderOfSchema(json)(new ReadTap(bytes))).toThrow(
      'K8sEvent.action is "constructor", which it cannot be',
    );
  });

  test.each([
    ["message", "string"],
    ["action", action],
  ])("with null where %s must have a value", (name, type) => {
    const schema = schemaWith({ ...fields, [name]: ["null", type] });
    const bytes = typeOfSchema(schema).toBuffer({ rec: { ...value, [name]: null } });
    expect(() => decoderOfSchema(JSON.stringify(schema))(new ReadTap(bytes))).toThrow(
      `K8sEvent.${name} has a value of another type than ours`,
    );
  });

  test.each(refused)("with %s is refused", (_, schema, message) => {
    let thrown: unknown;
    try {
      decoderOfSchema(JSON.stringify(schema));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AvroError);
    expect((thrown as AvroError).fault).toBe("unsupported");
    expect((thrown as AvroError).message).toContain(message);
  });
});

const long = (n: number) => [...Array(n).fill(0xff), 0x01];
const oid = [0x02, 0x02];
const straight = decoderOfSchema(sysFlowSchemaJson(6));
const resolved = decoderOfSchema(JSON.stringify(sysFlowSchema(6), null, 1));

const cases: readonly (readonly [string, readonly number[], string, string?])[] = [
  [
    "a union index too large",
    [24],
    "there is no record of union index 12",
    "a union of 12 branches is 12",
  ],
  [
    "a negative union index",
    [1],
    "there is no record of union index -1",
    "a union of 12 branches is -1",
  ],
  ["an int of more than 32 bits", [0xff, 0xff, 0xff, 0xff, 0x1f], "an int has more than 32 bits"],
  ["a long of more than 64 bits", [0, ...long(9).slice(0, 9), 2], "a long has more than 64 bits"],
  ["a long that never ends", [0, ...Array(20).fill(0xff)], "a long has more than 64 bits"],
  ["a negative length", [0, 2, 1], "a length is -1"],
  ["a length beyond the end", [0, 2, 20, 65], "it ends there"],
  ["a length of 2^50", [0, 2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x08], "it ends there"],
  ["an enum without that symbol", [4, 6], "an enum of 3 symbols is 3", "Process.state is 3, which"],
  ["a negative enum", [4, 1], "an enum of 3 symbols is -1", "Process.state is -1, which"],
  ["an optional of three branches", [4, 0, ...oid, 4], "a union of 2 branches is 2"],
  ["a boolean of 2", [2, 0, 0, 0, 0, 0, 2], "a boolean is 2"],
  [
    "too many items",
    [8, ...oid, 0, 2, 2, 0x80, 0x80, 0x80, 0x80, 0x08],
    "items stand in fewer bytes",
  ],
  ["a fixed cut short", [6, 0, 1, 2, 3], "it ends there"],
];

describe("bytes that are no record", () => {
  test.each(cases)("%s", (_, bytes, ours, theirs = ours) => {
    expect(() => whole(straight, bytes)).toThrow(ours);
    expect(() => whole(resolved, bytes)).toThrow(theirs);
  });

  test.each([
    ["straight", straight],
    ["resolved", resolved],
    ["of version 1", decoderOfSchema(JSON.stringify(olderSchema(1)))],
  ] as const)(
    "whatever they are, the decoder %s ends with a record or an AvroError",
    (_, decode) => {
      const any = fc.uint8Array({ maxLength: 60 });
      const kinds = fc.constantFrom(...recordKinds).chain(arbitraryRecord);
      const cut = fc.tuple(kinds, fc.nat(), any).map(([record, at, rest]) => {
        const tap = new Tap(8192);
        encodeRecord(tap, record, 6);
        const bytes = tap.buffer.subarray(0, tap.pos);
        return Buffer.concat([bytes.subarray(0, at % (bytes.length + 1)), rest]);
      });
      fc.assert(
        fc.property(fc.oneof(any, cut), (bytes) => {
          try {
            whole(decode, bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(AvroError);
          }
        }),
        { numRuns: 2000 },
      );
    },
  );

  test("items in many small blocks take no longer than their bytes", () => {
    const list = { type: "record", name: "Nest", fields: [{ name: "a", type: ["null", "Nest"] }] };
    const more = { many: { type: "array", items: list }, ...fields };
    const decode = decoderOfSchema(JSON.stringify(schemaWith(more)));
    const blocks = Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.from([2, 0])));
    expect(timeOf(() => whole(decode, Buffer.concat([Buffer.from([0]), blocks])))).toBeLessThan(
      2000,
    );
  });

  test("nor do the fields that a schema says a value has", () => {
    let inner: unknown = "int";
    for (const level of [1, 2, 3, 4, 5, 6]) {
      // By name after the first, so that the schema stays small.
      const names = Array.from({ length: 30 }, (_, i) => `f${i}`);
      const types = names.map((_, i) => (i === 0 || level === 1 ? inner : `Level${level - 1}`));
      const list = names.map((name, i) => ({ name, type: types[i] }));
      inner = { type: "record", name: `Level${level}`, fields: list };
    }
    const decode = decoderOfSchema(JSON.stringify(schemaWith({ huge: inner, ...fields })));
    expect(timeOf(() => whole(decode, [0, 2, 2]))).toBeLessThan(2000);
  });

  test("nor do items that are promised to be large", () => {
    const extra = Array.from({ length: 1000 }, (_, i) => ({ name: `extra${i}`, type: "int" }));
    const json = JSON.stringify(sysFlowSchema(5)).replace(
      '{"name":"portList"',
      `${JSON.stringify(extra).slice(1, -1)},{"name":"portList"`,
    );
    const start = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const count = new Tap(10);
    count.writeLong(1_000_000);
    const bytes = [...start, ...count.buffer.subarray(0, count.pos), ...Array(1_000_000).fill(0)];
    expect(timeOf(() => whole(decoderOfSchema(json), bytes))).toBeLessThan(2000);
  });

  test.each([
    ["a union", ["null", "Nest"], 31],
    ["an array", array("Nest"), 31],
  ])("a value may be so deep in %s and no deeper", (_, type, most) => {
    const nest = { type: "record", name: "Nest", fields: [{ name: "a", type }] };
    const decode = decoderOfSchema(JSON.stringify(schemaWith({ nest, ...fields })));
    const deep = (depth: number) => {
      // An array ends with an empty block.
      const ends = Array.isArray(type) ? 1 : depth + 1;
      return [0, ...Array(depth).fill(2), ...Array(ends).fill(0), 0, 0, 0, 0];
    };
    expect(whole(decode, deep(most))).toMatchObject({ kind: "K8sEvent", message: "" });
    expect(() => whole(decode, deep(most + 1))).toThrow("more than 64 deep");
    expect(() => whole(decode, deep(100_000))).toThrow("more than 64 deep");
  });
});

describe("the schemas of older versions", () => {
  test.each([
    [1, "tcp.sf"],
    [2, "httpd.sf"],
    [4, "k8s_small.sf"],
  ])("%d is that of upstream's %s (skipped without reference data)", (version, name) => {
    const path = referencePath(`traces/${name}`);
    if (existsSync(path)) {
      const text = readFileSync(path, "latin1");
      const schema = text.slice(text.indexOf('{"type":"record"'), text.lastIndexOf("]}]}") + 4);
      const bare = schema.replaceAll('{"type":"long","logicalType":"timestamp-millis"}', '"long"');
      const theirs = JSON.parse(bare.replace(/"default":\d,?/, '"default":5')) as object;
      expect(withoutDefaults(olderSchema(version))).toEqual(withoutDefaults(theirs));
    }
  });
});

function withoutDefaults(schema: object): unknown {
  return JSON.parse(
    JSON.stringify(schema, (name, each) => (name === "default" ? undefined : each)),
  );
}

/** Milliseconds until it throws an AvroError. */
function timeOf(read: () => unknown): number {
  const began = performance.now();
  expect(read).toThrow(AvroError);
  return performance.now() - began;
}

function whole(decode: RecordDecoder, bytes: ArrayLike<number>): unknown {
  const tap = new ReadTap(Buffer.from(Array.from(bytes)));
  const record = decode(tap);
  tap.check();
  return record;
}

/** Our schema with another type for one field, whose own is defined by a field before the records. */
function oursBut(path: string, type: unknown): object {
  const [record, field] = path.split(".");
  const ours = sysFlowSchema(5);
  const moved: object[] = [];
  const [rec] = ours.fields as readonly [FieldSchema];
  const kinds = (rec.type as readonly RecordSchema[]).map((kind) => ({
    ...kind,
    fields: kind.fields.map((each) => {
      if (kind.name !== record || each.name !== field) {
        return each;
      }
      moved.push({ name: "moved", type: each.type });
      return { name: each.name, type };
    }),
  }));
  return { ...ours, fields: [...moved, { name: "rec", type: kinds }] };
}

function schemaWith(theirs: object): object {
  return { type: "record", name: "SysFlow", fields: [{ name: "rec", type: [recordOf(theirs)] }] };
}

function recordOf(theirs: object): object {
  const list = Object.entries(theirs).map(([name, type]) => ({ name, type }));
  return { type: "record", name: "K8sEvent", fields: list };
}

function utf8(text: string): Buffer {
  return Buffer.from(text);
}
