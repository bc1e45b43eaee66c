// Operator errors, exit statuses and the words for system errors.

import { describe, expect, test } from "bun:test";
import { errnoCode, OperatorError, systemCause } from "../../src/base/errors.ts";
import { exitStatus } from "../../src/base/exit-status.ts";

test("an operator error has code, message, status 1, and no cause unless one is given", () => {
  const error = new OperatorError("X", "cannot do it: no right");
  expect([error.code, error.message, error.exitStatus]).toEqual(["X", "cannot do it: no right", 1]);
  expect("cause" in error).toBe(false);
});

test("status and cause can be given", () => {
  const cause = new Error("deep");
  const error = new OperatorError("X", "m", { cause, exitStatus: exitStatus.USAGE });
  expect(error.cause).toBe(cause);
  expect(error.exitStatus).toBe(2);
});

test("exit statuses are distinct", () => {
  const values = Object.values(exitStatus);
  expect(new Set<number>(values).size).toBe(values.length);
});

describe("systemCause", () => {
  test.each([
    ["a known code", coded("ENOSPC"), "no space left on device (ENOSPC)"],
    ["an unknown code", coded("EWEIRD"), "EWEIRD"],
    ["an error without a code", new Error("as it says"), "as it says"],
    ["anything else", 7, "7"],
  ])("%s", (_, error, expected) => {
    expect(systemCause(error)).toBe(expected);
  });
});

test.each([
  ["a system error", coded("EIO"), "EIO"],
  ["a number for a code", Object.assign(new Error(), { code: 5 }), null],
  ["no error", { code: "EIO" }, null],
])("errnoCode of %s", (_, error, expected) => {
  expect(errnoCode(error)).toBe(expected);
});

function coded(code: string): Error {
  return Object.assign(new Error("x"), { code });
}
