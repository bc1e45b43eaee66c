// The row of bun.lock by which a package for another machine is installed.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { NODE_PACKAGE } from "../../build/compile-s390x.ts";
import { lockRow } from "../../build/packages/node-runtime.ts";

const lock = `{
  "packages": {
    "@scope/one": ["@scope/one@1.2.3", "", { "cpu": "s390x" }, "sha512-AAAA=="],
    "two": ["two@4.5.6-rc.1", "", {}, "sha512-BBBB=="],
    "three": ["three@git+ssh://x", "", {}, ""],
  }
}`;

test.each([
  ["@scope/one", "1.2.3", "AAAA"],
  ["two", "4.5.6-rc.1", "BBBB"],
])("%s has its version and hash", (name, version, hash) => {
  const found = lockRow(lock, name);
  expect(found.version).toBe(version);
  expect(found.row).toContain(hash);
});

test.each(["one", "three", "four"])("%s has none", (name) => {
  expect(() => lockRow(lock, name)).toThrow(`bun.lock names no version and hash of ${name}`);
});

test("our own lock has Node for s390x, of a release that runs embedded scripts", async () => {
  const text = await Bun.file(join(import.meta.dir, "../../bun.lock")).text();
  const { version } = lockRow(text, NODE_PACKAGE);
  expect(Bun.semver.satisfies(version, ">=20.11.0 <23")).toBe(true);
});
