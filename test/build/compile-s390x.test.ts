// What the bundle for Node must not have: dynamic imports, which embedded scripts cannot do.

import { expect, test } from "bun:test";
import { withRequire } from "../../build/compile-s390x.ts";

test("Node's own modules are required", () => {
  expect(withRequire('let { a } = await import("node:fs/promises");')).toBe(
    'let { a } = await Promise.resolve(require("node:fs/promises"));',
  );
});

test("a script without dynamic imports stays as it is", () => {
  const script = 'var x = "important(1)"; import_fs.readSync();';
  expect(withRequire(script)).toBe(script);
});

test.each(['import("./other.ts")', "import(name)", 'import("bun:jsc")'])(
  "%s is refused",
  (text) => {
    expect(() => withRequire(`await ${text};`)).toThrow("which an embedded script cannot do");
  },
);
