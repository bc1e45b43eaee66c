// Made-up conditions, compiled in both modes and asked of small worlds: each ends soon, and what the
// engine says is what the plain evaluation of its nodes says. FUZZ_SECONDS makes it longer, FUZZ_SEED
// repeats a run.

import { expect, test } from "bun:test";
import { kindBit } from "../../src/flatten/record-kinds.ts";
import { holds } from "../../src/policy/engine/interpret.ts";
import type { PolicyMode } from "../../src/policy/load/loaded.ts";
import { joinOf } from "../support/flatten/at-records.ts";
import { worlds } from "../support/flatten/worlds.ts";
import { randomOf } from "../support/policy/random.ts";
import { compileText } from "../support/policy/run-policies.ts";

const seconds = Number(process.env["FUZZ_SECONDS"] ?? 3);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);
const slowestMs = 1000;

const operands: readonly string[] = [
  ...[
    "sf.type",
    "sf.proc.exe",
    "sf.proc.aname",
    "proc.name",
    "evt.type",
    "fd.name",
    "fd.snet",
    "sf.ret",
  ],
  ...[
    "sf.ts",
    "sf.proc.tty",
    "sf.ke.message[kind]",
    'sf.ke.message[a.#(b=="c")#]',
    "proc.aname[2]",
  ],
  ...[
    "tolower(proc.cmdline)",
    "len(sf.opflags)",
    "b64(sf.proc.args)",
    "val(sf.pproc.exe)",
    "sf.net.port",
  ],
];
const operators: readonly string[] = [
  ...["=", "!=", "<", ">=", "contains", "icontains", "startswith", "endswith", "in", "pmatch"],
  ...["intersects", "glob", "iglob", "regex", "bcontains", "bstartswith", "exists"],
];
const values: readonly string[] = [
  ...[
    "PE",
    "bash",
    "/bin/bash",
    "0",
    "-1.5",
    "1700000000000000100",
    "(a, bash, '')",
    "[1, 443]",
    "l1",
  ],
  ...[
    "'*b*'",
    "'(a*)*b'",
    "'[[:alpha:]'",
    "7f45",
    "192.0.2.0/24",
    "'a,b'",
    '""',
    "true",
    "(l1)",
    "''",
  ],
];

function conditionOf(random: () => number, depth: number): string {
  const one = (list: readonly string[]) => list[Math.floor(random() * list.length)] as string;
  const kind = random();
  if (depth > 0 && kind < 0.5) {
    const word = random() < 0.5 ? " and " : " or ";
    const terms = Array.from({ length: 2 + Math.floor(random() * 3) }, () =>
      conditionOf(random, depth - 1),
    );
    return `(${terms.join(word)})`;
  }
  if (depth > 0 && kind < 0.6) return `not ${conditionOf(random, depth - 1)}`;
  if (kind < 0.65) return one(["m1", "m2", "nosuch"]);
  const right = random() < 0.2 ? one(operands) : one(values);
  return `${one(operands)} ${one(operators)} ${right}`;
}

const joined = Object.values(worlds).map((world) => () => joinOf(world));

async function tryOne(text: string, mode: PolicyMode): Promise<boolean> {
  const { engine, program } = await compileText(text, mode);
  if (engine === null) return false;
  for (const make of joined) {
    const of = make();
    engine.match(of);
    const isAsked = (program.kinds & kindBit(of.record.kind)) !== 0;
    const expected = program.rules.flatMap(({ node }, index) =>
      isAsked && holds(node, of) ? [index] : [],
    );
    expect([...engine.matches.subarray(0, engine.matchCount)]).toEqual(expected);
  }
  return true;
}

test(
  `conditions (FUZZ_SEED=${seed})`,
  async () => {
    const random = randomOf(seed);
    const end = performance.now() + seconds * 1000;
    let compiled = 0;
    while (performance.now() < end) {
      const rules = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => {
        return `- rule: R${index}\n  desc: d\n  condition: ${conditionOf(random, 3)}\n`;
      });
      const names =
        "- list: l1\n  items: [bash, a]\n- macro: m1\n  condition: sf.ret = 0\n- macro: m2\n  condition: m1 or sf.type = FF\n";
      const text = names + rules.join("");
      for (const mode of ["default", "sysflow"] satisfies PolicyMode[]) {
        const start = performance.now();
        try {
          if (await tryOne(text, mode)) compiled += 1;
        } catch (error) {
          throw new Error(`${mode}: ${JSON.stringify(text)}`, { cause: error });
        }
        const took = performance.now() - start;
        if (took > slowestMs) throw new Error(`${took} ms, ${mode}: ${JSON.stringify(text)}`);
      }
    }
    expect(compiled).toBeGreaterThan(seconds);
  },
  (seconds + 60) * 1000,
);
