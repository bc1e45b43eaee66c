// Schemas as a tree: how names are found, and what is refused with which words.

import { describe, expect, test } from "bun:test";
import { AvroError } from "../../src/avro/avro-error.ts";
import { parseSchema, type RecordTree, shown } from "../../src/avro/schema-tree.ts";

const int = { kind: "int" };

describe("names", () => {
  const fixed = { type: "fixed", name: "F", size: 2 };
  const tree = { kind: "fixed", name: "F", size: 2 };
  test.each([
    ["in the namespace around", { namespace: "a", name: "R" }, fixed, "F"],
    ["in full", { namespace: "a", name: "R" }, fixed, "a.F"],
    ["of another namespace", { namespace: "a", name: "R" }, { ...fixed, namespace: "b" }, "b.F"],
    ["with the namespace in the name", { name: "a.R" }, { ...fixed, name: "c.F" }, "c.F"],
    ["of the record's own name", { name: "aa.R" }, fixed, "aa.F"],
    ["with none", { name: "R" }, fixed, "F"],
  ])("%s", (_, record, first, second) => {
    const fields = [
      { name: "x", type: first },
      { name: "y", type: second },
    ];
    expect(parseSchema(JSON.stringify({ type: "record", ...record, fields }))).toEqual({
      kind: "record",
      name: "R",
      fields: [
        { name: "x", type: tree },
        { name: "y", type: tree },
      ],
    } as never);
  });

  test("a record may contain itself", () => {
    const schema = { type: "record", name: "R", fields: [{ name: "r", type: ["null", "R"] }] };
    const tree = parseSchema(JSON.stringify(schema));
    expect(tree).toMatchObject({ fields: [{ type: { branches: [{ kind: "null" }, tree] } }] });
  });

  test("one with a namespace is never sought in the namespace around", () => {
    const fields = [
      { name: "x", type: { ...fixed, name: "a.F" } },
      { name: "y", type: { ...fixed, name: "R.a.F", size: 3 } },
      { name: "z", type: "a.F" },
    ];
    const record = { type: "record", name: "R", namespace: "R", fields };
    // As texts: a matcher takes an object that it meets a second time for a circle, and for right.
    const { fields: found } = parseSchema(JSON.stringify(record)) as RecordTree;
    expect(found.map(({ name, type }) => `${name} ${JSON.stringify(type)}`)).toEqual([
      'x {"kind":"fixed","name":"F","size":2}',
      'y {"kind":"fixed","name":"F","size":3}',
      'z {"kind":"fixed","name":"F","size":2}',
    ]);
  });

  test("those of objects lead nowhere", () => {
    expect(() => parseSchema('"__proto__"')).toThrow("does not define");
    expect(() => parseSchema('"constructor"')).toThrow("does not define");
  });
});

test.each([
  ['"int"', int],
  ['{"type":"int","logicalType":"date"}', int],
  ['{"type":{"type":"int"}}', int],
  ['{"type":"array","items":"int"}', { kind: "array", of: int }],
  ['{"type":"map","values":"int"}', { kind: "map", of: int }],
  ['["null","int"]', { kind: "union", branches: [{ kind: "null" }, int] }],
  [
    '{"type":"enum","name":"E","symbols":["A","B"]}',
    { kind: "enum", name: "E", symbols: ["A", "B"] },
  ],
])("%s", (json, tree) => {
  expect(parseSchema(json)).toEqual(tree as never);
});

test.each(["boolean", "int", "long", "float", "double", "bytes", "string"])("%s", (kind) => {
  expect(parseSchema(JSON.stringify(kind))).toEqual({ kind } as never);
});

test("an error is a record", () => {
  const fields = [{ name: "a", type: "int" }];
  expect(parseSchema(JSON.stringify({ type: "error", name: "E", fields })).kind).toBe("record");
});

test.each([
  ["fixeds", { type: "fixed", size: 2 }],
  ["enums", { type: "enum", symbols: ["A"] }],
  ["records", { type: "record", fields: [{ name: "a", type: "int" }] }],
])("a union may have two %s, as they have names", (_, type) => {
  const union = parseSchema(
    JSON.stringify([
      { ...type, name: "A" },
      { ...type, name: "B" },
    ]),
  );
  expect(union).toMatchObject({ branches: [{ name: "A" }, { name: "B" }] });
});

const nested = (depth: number) =>
  `${'{"type":"array","items":'.repeat(depth)}"int"${"}".repeat(depth)}`;
const wide = (count: number) =>
  JSON.stringify({
    type: "record",
    name: "R",
    fields: Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: "int" })),
  });

test.each([
  ["", "its schema is not JSON"],
  ["{", "its schema is not JSON"],
  ["7", "a type that is neither a name nor an object"],
  ["null", "a type that is neither a name nor an object"],
  ["{}", "a type that is neither a name nor an object"],
  ['"null"', "a field of type null"],
  ['"Other"', 'a type that it does not define, "Other"'],
  ['{"type":"record","name":"R"}', "a type without a list of fields"],
  ['{"type":"record","fields":[]}', "a name in its schema is no text"],
  ['{"type":"record","name":"R","fields":[]}', 'a record with no field, "R"'],
  ['{"type":"record","name":"R","fields":[null]}', "the name of a field in its schema is no text"],
  [
    '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
    'a record with two fields of one name, "R"',
  ],
  ['{"type":"enum","name":"E","symbols":[1]}', "a symbol in its schema is no text"],
  ['{"type":"enum","name":"E"}', "a type without a list of symbols"],
  ['{"type":"fixed","name":"F","size":0}', "a fixed that is not of 1 to 1048576 bytes"],
  ['{"type":"fixed","name":"F","size":1048577}', "a fixed that is not of 1 to 1048576 bytes"],
  ['{"type":"fixed","name":"F","size":"2"}', "a fixed that is not of 1 to 1048576 bytes"],
  ['["int","int"]', "a union with the same type twice, or one in another"],
  ['["int",["long"]]', "a union with the same type twice, or one in another"],
  ['[{"type":"fixed","name":"F","size":2},"F"]', "a union with the same type twice"],
  [
    '[{"type":"fixed","name":"F","size":2},{"type":"fixed","name":"F","size":2}]',
    'defines "F" twice',
  ],
  [nested(33), "more than 2000 types, or one more than 32 deep"],
  [nested(400_000), "more than 2000 types, or one more than 32 deep"],
  ["[".repeat(500_000) + "]".repeat(500_000), "more than 32 deep"],
  [wide(2000), "more than 2000 types"],
])("%.60s is refused", (json, message) => {
  let thrown: unknown;
  try {
    parseSchema(json);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AvroError);
  const { fault, message: words } = thrown as AvroError;
  expect(words).toContain(message);
  expect(fault).toBe(message.includes("not JSON") ? "damaged" : "unsupported");
});

test("as wide as may be", () => {
  expect(parseSchema(wide(1999)).kind).toBe("record");
});

test.each([
  ["arrays", (inner: unknown) => ({ type: "array", items: inner }), 1],
  ["maps", (inner: unknown) => ({ type: "map", values: inner }), 1],
  ["annotations", (inner: unknown) => ({ type: inner }), 1],
  ["unions in arrays", (inner: unknown) => ({ type: "array", items: ["null", inner] }), 2],
  [
    "records",
    (inner: unknown, level: number) => ({
      type: "record",
      name: `R${level}`,
      fields: [{ name: "a", type: inner }],
    }),
    1,
  ],
])("as deep in %s as may be, and no deeper", (_, around, levels) => {
  const deep = (count: number) => {
    let schema: unknown = "int";
    for (let level = 0; level < count; level++) schema = around(schema, level);
    return JSON.stringify(schema);
  };
  expect(parseSchema(deep(32 / levels))).toBeDefined();
  expect(() => parseSchema(deep(32 / levels + 1))).toThrow("more than 32 deep");
});

test.each([1, 1 << 20])("a fixed of %d bytes", (size) => {
  expect(parseSchema(JSON.stringify({ type: "fixed", name: "F", size }))).toEqual({
    kind: "fixed",
    name: "F",
    size,
  });
});

test("a name is fit for a message", () => {
  expect(shown("a\n\u001b[1m")).toBe('"a\\n\\u001b[1m"');
  expect(shown("x".repeat(40))).toBe(`"${"x".repeat(40)}"`);
  expect(shown("x".repeat(41))).toBe(`"${"x".repeat(40)}…"`);
});
