// Damaged and made-up policy files: loading each ends soon, and either gives policies or tells what
// is wrong; nothing is thrown. FUZZ_SECONDS makes it longer, FUZZ_SEED repeats a run.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { PolicyMode } from "../../src/policy/load/loaded.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { damagedText } from "../support/policy/damaged-text.ts";
import { loadText } from "../support/policy/load-text.ts";
import { randomOf } from "../support/policy/random.ts";

const seconds = Number(process.env["FUZZ_SECONDS"] ?? 3);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);
const slowestMs = 1000;

const seeds: readonly string[] = [
  `- rule: R
  desc: >
    what it is
  condition: >
    sf.type = PE and (m or not proc.name in (l, "a b", 'c'))
    and sf.ke.message[items.#(kind=="Pod").name] startswith "x"
  output: "%proc.name"
  priority: high
  tags: [a, "b"]
  exceptions:
    - name: e
      fields: [proc.name, fd.name]
      comps: [in, startswith]
      values: [[[a, b], /etc]]
- macro: m
  condition: tolower(proc.exe) = val(proc.pexe) or exists proc.tty
- list: l
  items:
    - x
    - &y "z"
    - *y
- rule: R
  condition: or evt.dir=<
  append: true
- rule: R
  tags: [c]
  override: {tags: append}
- drop: d
  condition: not m # why
`,
  "- rule: R desc: d condition: a = b and c in ([x, y], z) priority: low enabled: false\n",
  ...(hasReference
    ? [readFileSync(referencePath("policies/runtimeintegrity/ttps.yaml"), "utf8").slice(0, 6000)]
    : []),
];

const pieces: readonly string[] = [
  ..."\n\t -#:>|&*![]{}(),'\"\\=<%@`\u0000\u00e9\u{1f600}",
  ...["- rule: ", "condition: ", "- list: l\n  items: ", "and ", "not ", "in (", "exists ", "''"],
  ...[
    "- macro: m\n  condition: ",
    "append: true\n",
    "override:\n",
    "---\n",
    "&a ",
    "*a",
    "val(",
    '\\"',
  ],
];

test(
  `damaged files (seed ${seed})`,
  () => {
    const random = randomOf(seed);
    const end = performance.now() + seconds * 1000;
    let rounds = 0;
    let slowest = 0;
    while (performance.now() < end) {
      const text = damagedText(seeds, pieces, random);
      for (const mode of ["default", "sysflow"] satisfies PolicyMode[]) {
        const start = performance.now();
        try {
          const { policies, heads } = loadText(text, mode);
          const names = policies.rules.map(({ name }) => name);
          expect(heads.length > 0 || names.every((name) => name !== "")).toBe(true);
        } catch (error) {
          throw new Error(`${mode}: ${JSON.stringify(text)}`, { cause: error });
        }
        const took = performance.now() - start;
        if (took > slowestMs) throw new Error(`${took} ms, ${mode}: ${JSON.stringify(text)}`);
        slowest = Math.max(slowest, took);
      }
      rounds += 1;
    }
    expect(rounds).toBeGreaterThan(seconds * 10);
  },
  (seconds + 60) * 1000,
);
