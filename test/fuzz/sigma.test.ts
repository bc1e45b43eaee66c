// Damaged and made-up Sigma files: loading and compiling each ends soon, and either gives rules or
// tells what is wrong; nothing is thrown. FUZZ_SECONDS makes it longer, FUZZ_SEED repeats a run.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { makeProgram } from "../../src/policy/compile/program.ts";
import { Problems } from "../../src/policy/language/problem.ts";
import { SourceFile } from "../../src/policy/language/source-text.ts";
import { loadAll } from "../../src/policy/sigma/load-all.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { damagedText } from "../support/policy/damaged-text.ts";
import { randomOf } from "../support/policy/random.ts";

const seconds = Number(process.env["FUZZ_SECONDS"] ?? 3);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);
const slowestMs = 1000;
const folder = "policies/sigma/rules/linux/process_creation";

const seeds: readonly string[] = [
  `title: T
id: 1
level: high
tags: [a, "b"]
logsource:
  product: linux
  category: file_event
detection:
  one:
    Image|endswith|windash:
      - /a
      - 'b*c?'
    CommandLine|re|i: '^(a|b)+[^/]{2,}$'
    DestinationIp|cidr: fe80::/10
    ProcessId|gte: 0x10
    User: null
  two:
    - Image|base64offset|contains: foobar
    - TargetFilename|wide|base64: "x\\\\y"
  words: [a, '*b*']
  condition: (one or not 1 of t*) and all of them
`,
  `action: global
title: G
detection: {a: {Image: &x y, User|fieldref: ParentUser, Initiated: true}}
---
detection: {b: {Image|exists: false, CommandLine: *x}, condition: a and b}
---
action: repeat
detection: {condition: [a, 1 of them]}
---
action: reset
`,
  ...(hasReference
    ? ["webshell_detection", "system_network_discovery", "python_pty_spawn"].map((name) =>
        readFileSync(referencePath(`${folder}/proc_creation_lnx_${name}.yml`), "utf8"),
      )
    : []),
];

const pieces: readonly string[] = [
  ..."\n\t -#:>|&*![]{}(),'\"\\=<%@?`\u0000\u00e9\u{1f600}",
  ...["    Image|", "|contains", "|all", "|re: ", "|expand", "|neq", "|cased", "---\n", "null"],
  ...["condition: ", "and ", "not ", "1 of ", "all of ", "them", "(", "action: repeat\n"],
  ...["  sel:\n    - ", "*x", "&x ", "%a%", "0x1", "\\*"],
];

test(
  `damaged files (seed ${seed})`,
  async () => {
    const random = randomOf(seed);
    const end = performance.now() + seconds * 1000;
    let rounds = 0;
    while (performance.now() < end) {
      const text = damagedText(seeds, pieces, random);
      const start = performance.now();
      try {
        const problems = new Problems();
        const options = { mode: "default", skipUnsupported: random() < 0.5 } as const;
        const policies = loadAll([new SourceFile("a.yml", text)], options, problems);
        await makeProgram(policies, options, problems);
        const names = policies.rules.map(({ name }) => name);
        expect(problems.errors > 0 || names.every((name) => name !== "")).toBe(true);
      } catch (error) {
        throw new Error(JSON.stringify(text), { cause: error });
      }
      const took = performance.now() - start;
      if (took > slowestMs) throw new Error(`${took} ms: ${JSON.stringify(text)}`);
      rounds += 1;
    }
    expect(rounds).toBeGreaterThan(seconds * 10);
  },
  (seconds + 60) * 1000,
);
