// The engine on generated policies says of each record what the plain walk over the trees says: with
// shared macros, few rules and many, on real traces and on the sample of each kind of record.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { kindBit } from "../../../src/flatten/record-kinds.ts";
import type { JoinedRecord } from "../../../src/join/joined-record.ts";
import { Joiner } from "../../../src/join/joiner.ts";
import { holds } from "../../../src/policy/engine/interpret.ts";
import { compilePolicies, type Policies } from "../../../src/policy/engine/policies.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { hasReference, referencePath } from "../../support/captures/reference.ts";
import { atRecordsOf } from "../../support/flatten/at-records.ts";
import { naiveHolds } from "../../support/policy/naive.ts";
import { writeSample } from "../../support/records/sample-records.ts";

const texts = [
  ...[
    "sf.proc.exe",
    "sf.proc.name",
    "sf.proc.args",
    "sf.proc.user",
    "sf.pproc.exe",
    "sf.file.path",
  ],
  ...["sf.container.image", "sf.opflags", "sf.proc.aname", "sf.net.ip", "sf.pod.name", "fd.name"],
  ...["proc.name", "proc.aname[1]", "sf.ke.message[type]", "sf.pod.services[0.name]", "evt.type"],
  ...["tolower(sf.proc.exe)", "basename(sf.file.path)", "toupper(proc.aname)"],
];
const numbers = [
  ...["sf.ret", "sf.proc.uid", "sf.net.dport", "sf.flow.rbytes", "sf.proc.tty", "sf.proc.pid"],
  ...["len(sf.proc.args)", "len(sf.proc.aname)", "sf.pproc.uid"],
];
const words = [
  ...[
    '""',
    "PE",
    "OPEN",
    '"EXEC,CLONE"',
    "/usr/bin",
    "/usr",
    "/",
    "bash",
    "sh",
    "a",
    "root",
    "/etc/passwd",
  ],
  ...[
    "docker",
    "10.0.2.15",
    "redis",
    "mongo",
    "exec",
    "open",
    "READ",
    "conf",
    "/tmp/",
    "-c",
    "lib",
  ],
];
const digits = ["0", "1", "-1", "2.5", "443", "80", "1000", "100000"];
const kinds = ["PE", "FF", "NF", "FE", "KE", "PF", '"PE"'];

const text = fc.constantFrom(...texts);
const word = fc.constantFrom(...words);
const list = fc.oneof(
  fc.array(word, { maxLength: 8 }).map((items) => `(${items.join(", ")})`),
  fc.constantFrom("(l1)", "(l2, x)"),
);
const leaf = fc
  .oneof(
    fc.tuple(
      text,
      fc.constantFrom("=", "!=", "contains", "icontains", "startswith", "endswith"),
      word,
    ),
    fc.tuple(text, fc.constantFrom("in", "pmatch", "intersects", "startswith", "contains"), list),
    fc.tuple(
      fc.constantFrom(...numbers),
      fc.constantFrom("=", "!=", "<", "<=", ">", ">="),
      fc.constantFrom(...digits),
    ),
    fc.tuple(fc.constantFrom(...numbers), fc.constantFrom("in"), fc.constant("(0, 1, 443)")),
    fc.tuple(fc.constant("sf.type"), fc.constantFrom("=", "!="), fc.constantFrom(...kinds)),
    fc.tuple(fc.constant("sf.type"), fc.constant("in"), fc.constant("(PE, FF)")),
    fc.tuple(
      fc.constantFrom("exists", "not exists"),
      fc.constantFrom(...texts, ...numbers),
      fc.constant(""),
    ),
    fc.constantFrom(
      ["m1", "", ""],
      ["m2", "", ""],
      ["sf.proc.exe", "=", "sf.pproc.exe"],
      ["sf.proc.uid", "!=", "val(sf.pproc.uid)"],
    ),
  )
  .map((parts) => parts.join(" "));
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    fc
      .array(tie("condition"), { minLength: 2, maxLength: 3 })
      .map((terms) => `(${terms.join(" and ")})`),
    fc
      .array(tie("condition"), { minLength: 2, maxLength: 3 })
      .map((terms) => `(${terms.join(" or ")})`),
    tie("condition").map((term) => `not (${term})`),
  ),
}));
/** Conditions of macros, filters, and rules. */
const policy = fc.record({
  macros: fc.tuple(
    leaf.filter((each) => !/\bm[12]/.test(each)),
    condition.filter((each) => !/\bm[12]/.test(each)),
  ),
  filters: fc.array(condition, { maxLength: 1 }),
  rules: fc.oneof(
    fc.array(condition, { minLength: 1, maxLength: 6 }),
    fc.array(
      fc.oneof(
        condition,
        fc.tuple(leaf, condition).map((both) => both.join(" and ")),
      ),
      { minLength: 30, maxLength: 60 },
    ),
  ),
});

function yamlOf({
  macros,
  filters,
  rules,
}: {
  macros: readonly string[];
  filters: readonly string[];
  rules: readonly string[];
}): string {
  const quoted = (condition: string) => JSON.stringify(condition);
  return [
    "- list: l1\n  items: [bash, l2, '/bin']",
    '- list: l2\n  items: [sh, redis, "a"]',
    ...macros.map((each, index) => `- macro: m${index + 1}\n  condition: ${quoted(each)}`),
    ...filters.map((each) => `- filter: f\n  condition: ${quoted(each)}`),
    ...rules.map((each, index) => `- rule: R${index}\n  condition: ${quoted(each)}`),
  ].join("\n");
}

async function eachRecord(at: (of: JoinedRecord) => void): Promise<void> {
  writeSample(
    new Joiner({
      joined(of) {
        if (kindBit(of.record.kind) !== 0) at(of);
      },
    }),
  );
  if (hasReference) {
    for (const trace of ["tcp.sf", "httpd.sf", "shellshock.sf"]) {
      await atRecordsOf(referencePath(`traces/${trace}`), at);
    }
    let rest = 0;
    await atRecordsOf(referencePath("traces/k8s_small.sf"), (of) => {
      rest += 1;
      if (rest % 29 === 0 || of.record.kind === "K8sEvent" || of.record.kind === "FileEvent")
        at(of);
    });
  }
}

function compareAt(policies: Policies, of: JoinedRecord): void {
  const { engine, loaded, program } = policies;
  engine.match(of);
  const { scope } = loaded;
  const dropped = loaded.filters.findIndex(({ condition }) =>
    naiveHolds(condition.expression, scope, of),
  );
  const expected = loaded.rules.flatMap(({ condition }, index) => {
    return dropped < 0 && naiveHolds(condition.expression, scope, of) ? [index] : [];
  });
  const found = [...engine.matches.subarray(0, engine.matchCount)];
  if (engine.droppedBy !== dropped || found.join() !== expected.join()) {
    throw new Error(
      `${of.record.kind}: found ${found}, expected ${expected}; dropped by ${engine.droppedBy}, expected ${dropped}`,
    );
  }
  const plain = program.rules.flatMap(({ node }, index) => (holds(node, of) ? [index] : []));
  if (dropped < 0) expect(plain).toEqual(expected);
}

test("equals the plain walk", async () => {
  await fc.assert(
    fc.asyncProperty(policy, async (made) => {
      const text = yamlOf(made);
      const file = new SourceFile("a.yaml", text);
      const policies = await compilePolicies([file], { mode: "default", skipUnsupported: false });
      await eachRecord((of) => compareAt(policies, of));
    }),
    { numRuns: Number(process.env["POLICY_RUNS"] ?? 25) },
  );
}, 600_000);
