// What each attribute is in small worlds; and that each has a case with a value and one without.

import { describe, expect, test } from "bun:test";
import { kindBit } from "../../src/flatten/record-kinds.ts";
import { attributes, findAttribute } from "../../src/flatten/registry.ts";
import { attributeValue, joinOf } from "../support/flatten/at-records.ts";
import { falcoCases, indexedCases } from "../support/flatten/falco-cases.ts";
import { sysflowCases } from "../support/flatten/sysflow-cases.ts";
import { type Case, worlds } from "../support/flatten/worlds.ts";

const cases: readonly Case[] = [...sysflowCases, ...falcoCases];

function isNone(value: unknown): boolean {
  return value === null || Number.isNaN(value);
}

describe("an attribute's value", () => {
  test.each([...cases, ...indexedCases])("%s of %s is %p", (name, world, value) => {
    const attribute = findAttribute(name, "default");
    if (attribute === undefined) {
      throw new Error(`there is no attribute ${name}`);
    }
    const of = joinOf(worlds[world]);
    expect(attributeValue(attribute, of)).toEqual(value);
    expect(attribute.text(of) === null, "its text is there where it is").toBe(isNone(value));
  });

  test("each has a case with one", () => {
    const with_ = new Set(cases.filter(([, , value]) => !isNone(value)).map(([name]) => name));
    expect(attributes.map(({ name }) => name).filter((name) => !with_.has(name))).toEqual([]);
  });

  test("each has a case without one", () => {
    const without = new Set(cases.filter(([, , value]) => isNone(value)).map(([name]) => name));
    expect(attributes.map(({ name }) => name).filter((name) => !without.has(name))).toEqual([]);
  });

  test.each(attributes)("$name is in no record of a kind that it is not of", (attribute) => {
    for (const records of Object.values(worlds)) {
      const of = joinOf(records);
      const isOfKind = (kindBit(of.record.kind) & attribute.kinds) !== 0;
      expect(isOfKind || attribute.text(of) === null).toBe(true);
    }
  });
});
