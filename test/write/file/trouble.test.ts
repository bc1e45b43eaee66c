// What is said of a disk in trouble: once a minute at most, and the end of what was said.

import { expect, test } from "bun:test";
import { OperatorError } from "../../../src/base/errors.ts";
import { discardCauses, Trouble } from "../../../src/write/file/trouble.ts";

function failure(code: string | null): OperatorError {
  const cause = code === null ? new Error("over") : Object.assign(new Error("x"), { code });
  return new OperatorError("OUTPUT_WRITE_FAILED", `cannot write: ${code}`, { cause });
}

test("is told once a minute, its end once, and not what was never told", () => {
  let now = 0;
  const told: string[] = [];
  const trouble = new Trouble(
    (message) => told.push(message),
    () => now,
  );
  for (; now < 150_000; now += 1000) {
    trouble.note(failure("ENOSPC"));
  }
  expect(told).toHaveLength(3);
  expect(told[0]).toBe("cannot write: ENOSPC; collecting goes on, and writing once that is mended");
  trouble.note(null);
  expect(told[3]).toBe("the output goes on, after 150 s; the summary counts what was discarded");
  now += 1000;
  trouble.note(failure("ENOSPC"));
  trouble.note(null);
  expect(told).toHaveLength(4);
});

test.each([
  ["ENOSPC", "diskFull"],
  ["EDQUOT", "diskFull"],
  ["EIO", "diskFailed"],
  ["EROFS", "diskFailed"],
  [null, "overBound"],
] as const)("%p is counted as %s while it lasts", (code, cause) => {
  const trouble = new Trouble(() => undefined);
  expect(trouble.cause).toBeNull();
  trouble.note(failure(code));
  expect(trouble.cause).toBe(cause);
  trouble.note(null);
  expect(trouble.cause).toBeNull();
});

test("lasts from its first failure on, and what is told again comes a minute later", () => {
  let now = 5_000_000;
  const told: string[] = [];
  const trouble = new Trouble(
    (message) => told.push(message),
    () => now,
  );
  trouble.note(null);
  expect(told).toEqual([]);
  trouble.note(failure("EIO"));
  now += 59_999;
  trouble.note(failure("EIO"));
  expect(told).toHaveLength(1);
  now += 1;
  trouble.note(failure("EIO"));
  expect(told).toHaveLength(2);
  now += 2_000_000 - 60_000;
  trouble.note(null);
  expect(told.slice(2)).toEqual([
    "the output goes on, after 2000 s; the summary counts what was discarded",
  ]);
});

test("its causes are those that counts have", () => {
  expect(discardCauses).toEqual(["diskFull", "diskFailed", "overBound"]);
});
