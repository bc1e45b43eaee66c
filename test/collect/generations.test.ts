// Which outputs have an entity: noted by one number, for outputs that begin anew at times of their own.

import { describe, expect, test } from "bun:test";
import { Generations, outputIndex } from "../../src/collect/generations.ts";

const entity = () => ({ writtenGeneration: 0, given: 0, givenGeneration: 0 });

test("an output's number is its place among all", () => {
  expect([1, 2, 4, 2 ** 10, 2 ** 30].map(outputIndex)).toEqual([0, 1, 2, 10, 30]);
});

test.each([0, 2, 5, 6])("outputs %d are not numbered from 0: a bug", (all) => {
  expect(() => new Generations(all)).toThrow("assertion failed");
});

describe.each([1, 0b111, 2 ** 30 - 1])("of outputs %d", (all) => {
  test("all have begun at the start, and no others", () => {
    const generations = new Generations(all);
    expect([generations.all, generations.begunSince(0)]).toEqual([all, all]);
    expect(generations.begunSince(generations.newest)).toBe(0);
  });
});

test("what was given is had until the output begins anew", () => {
  const generations = new Generations(0b11);
  const one = entity();
  expect([generations.having(one), generations.lacking(one)]).toEqual([0, 0b11]);
  generations.give(one, 0b01);
  expect([generations.having(one), generations.lacking(one)]).toEqual([0b01, 0b10]);
  generations.give(one, 0b10);
  expect([generations.having(one), generations.lacking(one)]).toEqual([0b11, 0]);
  generations.begin(0b10);
  expect([generations.having(one), generations.lacking(one)]).toEqual([0b01, 0b10]);
  expect(generations.begunSince(1)).toBe(0b10);
});

test("it is written once every output has it, and not before", () => {
  const generations = new Generations(0b11);
  const one = entity();
  generations.give(one, 0b01);
  expect(one.writtenGeneration).toBe(0);
  generations.give(one, 0b10);
  expect(one.writtenGeneration).toBe(generations.newest);
  generations.begin(0b01);
  expect(one.writtenGeneration).not.toBe(generations.newest);
  generations.give(one, 0b01);
  expect(one.writtenGeneration).toBe(generations.newest);
});
