// What a program that prints the error sees of it.

import { expect, test } from "bun:test";
import { AvroError } from "../../src/avro/avro-error.ts";

test("it has its name, and is damage unless another fault is told", () => {
  expect(String(new AvroError("it is so"))).toBe("AvroError: it is so");
  expect(new AvroError("it is so").fault).toBe("damaged");
  expect(new AvroError("it is so", { fault: "cut" }).fault).toBe("cut");
});

test("it has a cause where one is given", () => {
  const cause = new Error("why");
  expect(new AvroError("it is so", { cause }).cause).toBe(cause);
  expect("cause" in new AvroError("it is so")).toBe(false);
});
