// Attributes are found by their names.

import { expect, test } from "bun:test";
import { kindBit, kindByCode, kindCode } from "../../src/flatten/record-kinds.ts";
import { attributes, findAttribute, unavailable } from "../../src/flatten/registry.ts";
import { recordKinds } from "../../src/sysflow/record.gen.ts";

test("each name is there once, and found", () => {
  const names = attributes.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(names.map((name) => findAttribute(name, "default")?.name)).toEqual(names);
});

test("what has no value has a reason", () => {
  expect(unavailable("user.loginuid")).toContain("login");
  expect(unavailable("proc.nmae")).toBeUndefined();
});

test("each kind with attributes has a bit and a code of its own", () => {
  const coded = recordKinds.filter((kind) => kindCode(kind) !== null);
  expect(coded.map((kind) => [kindCode(kind) ?? "", kindBit(kind)] as const).sort()).toEqual(
    [...kindByCode].sort(),
  );
  expect(recordKinds.filter((kind) => kindBit(kind) !== 0)).toEqual(coded);
  expect(new Set(kindByCode.values()).size).toBe(7);
});
