// Passing over a value ends where the value ends, of each type; and it never goes deeper than it may.

import { describe, expect, test } from "bun:test";
import avro from "avsc";
import { ReadTap } from "../../src/avro/read-tap.ts";
import { parseSchema, type SchemaTree } from "../../src/avro/schema-tree.ts";
import { branchOf, skipValue } from "../../src/avro/skip.ts";

const fixed: avro.Schema = { type: "fixed", name: "F", size: 5 };
const pair: avro.Schema = {
  type: "record",
  name: "R",
  fields: [
    { name: "a", type: "long" },
    { name: "b", type: "string" },
  ],
};

test.each<[string, avro.Schema, unknown]>([
  ["a boolean", "boolean", true],
  ["an int", "int", -100_000],
  ["a long", "long", 2 ** 50],
  ["a float", "float", 1.5],
  ["a double", "double", 1.5],
  ["bytes", "bytes", Buffer.from("abc")],
  ["a text", "string", "some text"],
  ["an enum", { type: "enum", name: "E", symbols: ["A", "B"] }, "B"],
  ["a fixed", fixed, Buffer.from("12345")],
  ["a list", { type: "array", items: "long" }, [1, 1000, 1_000_000]],
  ["a list of nothing", { type: "array", items: "long" }, []],
  ["a map", { type: "map", values: "int" }, { one: 1, other: 1000 }],
  ["a record", pair, { a: 1000, b: "text" }],
  [
    "records in a list",
    { type: "array", items: pair },
    [
      { a: 1, b: "x" },
      { a: 2, b: "y" },
    ],
  ],
  ["null in a union", ["null", "string"], null],
  ["another branch of it", ["null", "string"], { string: "text" }],
])("%s", (_, schema, value) => {
  const type = avro.Type.forSchema(schema, { wrapUnions: true });
  const bytes = type.toBuffer(value);
  const tap = new ReadTap(Buffer.concat([bytes, Buffer.alloc(4)]));
  skipValue(tap, parseSchema(JSON.stringify(schema)));
  expect(tap.pos).toBe(bytes.length);
});

test("a list may tell its length in bytes", () => {
  const tap = new ReadTap(Buffer.from([3, 4, 2, 4, 0, 9]));
  skipValue(tap, { kind: "array", of: { kind: "int" } });
  expect(tap.pos).toBe(5);
});

test("a record that is cut is told after the field that is not there", () => {
  const tap = new ReadTap(Buffer.from([2]));
  const fields = ["a", "b", "c"].map((name) => ({ name, type: { kind: "int" } as const }));
  expect(() => skipValue(tap, { kind: "record", name: "R", fields })).toThrow("it ends there");
  expect(tap.pos).toBe(2);
});

test("nothing takes no byte", () => {
  const tap = new ReadTap(Buffer.from([1]));
  skipValue(tap, { kind: "null" });
  expect(tap.pos).toBe(0);
});

test("a union has only the branches of its schema", () => {
  expect(branchOf(new ReadTap(Buffer.from([2])), ["a", "b"])).toBe("b");
  expect(() => branchOf(new ReadTap(Buffer.from([4])), ["a", "b"])).toThrow(
    "a union of 2 branches is 2",
  );
});

describe("values in values", () => {
  const [nothing, one, end] = [Buffer.alloc(0), Buffer.from([2]), Buffer.from([0])];
  test.each<[string, (of: SchemaTree) => SchemaTree, Buffer, Buffer]>([
    ["lists", (of) => ({ kind: "array", of }), one, end],
    ["maps", (of) => ({ kind: "map", of }), Buffer.from([2, 2, 65]), end],
    ["unions", (of) => ({ kind: "union", branches: [of] }), end, nothing],
    [
      "records",
      (of) => ({ kind: "record", name: "R", fields: [{ name: "a", type: of }] }),
      nothing,
      nothing,
    ],
  ])("%s may be 64 deep and no deeper", (_, around, before, after) => {
    const skip = (depth: number) => {
      let tree: SchemaTree = { kind: "int" };
      for (let i = 0; i < depth; i++) tree = around(tree);
      const parts = [...Array(depth).fill(before), one, ...Array(depth).fill(after)];
      const tap = new ReadTap(Buffer.concat(parts));
      skipValue(tap, tree);
      return tap.length - tap.pos;
    };
    expect(skip(64)).toBe(0);
    expect(() => skip(65)).toThrow("a value is more than 64 deep");
  });
});
