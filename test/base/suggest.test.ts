import { expect, test } from "bun:test";
import { nearest } from "../../src/base/suggest.ts";

const known = ["collect", "record", "check", "version", "help", "completion"];

test.each([
  ["colect", "collect"],
  ["collcet", "collect"],
  ["recrod", "record"],
  ["chekc", "check"],
  ["comp", "completion"],
  ["verison", "version"],
  ["hlep", "help"],
  ["hepl", "help"],
  ["xyz", null],
  ["h", null],
  ["", null],
  ["collectcollectcollect", null],
  ["c".repeat(100_000), null],
])("the name nearest to %p is %p", (word, expected) => {
  expect(nearest(word, known)).toBe(expected);
});
