// The layout that the addon was compiled with is the one that TypeScript reads, and a mismatch is
// refused before the first batch.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  fnv1a,
  renderCounters,
  renderLayout,
  renderLimits,
  renderOptions,
} from "../../build/generate/layout.ts";
import { renderOperations, renderOpFlags } from "../../build/generate/operations.ts";
import { loadBinding } from "../../src/capture/binding.ts";

const root = join(import.meta.dir, "../..");

test.each([
  ["capture/layout.gen.ts", renderLayout],
  ["capture/counters.gen.ts", renderCounters],
  ["capture/limits.gen.ts", renderLimits],
  ["capture/open-options.gen.ts", renderOptions],
  ["sysflow/op-flags.gen.ts", renderOpFlags],
  ["driver/operations.gen.ts", renderOperations],
] as const)("layoutText() renders to %s", (name, render) => {
  const generated = readFileSync(join(root, "src", name), "utf8");
  expect(render(loadBinding().layoutText())).toBe(generated);
});

test("an option of a type that is not known is refused", () => {
  expect(() => renderOptions("option\tratio\tdouble\tA part.\n")).toThrow(
    /TypeScript's for double/,
  );
});

test("both sides hash alike", () => {
  const { layoutHash, layoutText } = loadBinding();
  expect(fnv1a(layoutText())).toBe(layoutHash);
});

test("another hash is refused with an error for the operator", async () => {
  // In a process of its own: the binding is loaded once, and a mocked module stays mocked.
  const program = `
    import { mock } from "bun:test";
    const layout = await import(${JSON.stringify(join(root, "src/capture/layout.gen.ts"))});
    mock.module(${JSON.stringify(join(root, "src/capture/layout.gen.ts"))}, () => ({
      ...layout,
      LAYOUT_HASH: layout.LAYOUT_HASH ^ 1,
    }));
    const { loadBinding } = await import(${JSON.stringify(join(root, "src/capture/binding.ts"))});
    try {
      loadBinding();
    } catch (error) {
      process.stdout.write(error.constructor.name + " " + error.code + " " + error.message);
    }
  `;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  expect(text).toStartWith("OperatorError DriverLibsMismatch cannot use the capture library ");
  expect(text).toEndWith("it is of another build than this program; build both from one commit");
});
