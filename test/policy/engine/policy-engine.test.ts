// How the engine tells matches, and that what it keeps of entities is given up when they change.

import { describe, expect, test } from "bun:test";
import { Joiner } from "../../../src/join/joiner.ts";
import type { PolicyEngine } from "../../../src/policy/engine/policy-engine.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { deliver } from "../../../src/sysflow/record-sink.ts";
import { compileText } from "../../support/policy/run-policies.ts";
import {
  sampleChild,
  sampleContainer,
  sampleFile,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../../support/records/sample-records.ts";

async function engineOf(text: string): Promise<PolicyEngine> {
  const { engine, errors } = await compileText(text, "default");
  expect(errors).toEqual([]);
  return engine as PolicyEngine;
}

/** Names of the rules that match each record; "dropped by f" where a filter drops it. */
function matchesOf(engine: PolicyEngine, records: readonly SysFlowRecord[]): string[] {
  const told: string[] = [];
  const joiner = new Joiner({
    joined(of) {
      const matched = engine.match(of);
      const names = [...engine.matches.subarray(0, engine.matchCount)].map((index) => {
        return engine.rules[index]?.name ?? "?";
      });
      expect(matched).toBe(names.length > 0);
      const filter = engine.droppedBy < 0 ? null : engine.filters[engine.droppedBy]?.name;
      if (of.record.kind === "ProcessEvent" || of.record.kind === "FileFlow") {
        told.push(filter === null ? names.join(" ") : `dropped by ${filter}`);
      }
    },
  });
  for (const record of records) deliver(record, joiner);
  return told;
}

const start: readonly SysFlowRecord[] = [
  sampleHeader,
  sampleContainer(),
  sampleParent(),
  sampleChild(),
];
const exec = sampleProcessEvent(op.OP_EXEC, 100);

test("all rules that match are told, in the order of their definition", async () => {
  const engine = await engineOf(`
- rule: B
  condition: sf.opflags = EXEC
- rule: never
  condition: sf.type = FF
- rule: A
  condition: sf.proc.exe = /bin/sh
- rule: disabled
  condition: sf.type = PE
  enabled: false
- rule: other kind
  condition: sf.proc.exe = /bin/sh
  prefilter: [FF, NF]
- rule: C
  condition: sf.type = PE
  prefilter: [PE]
`);
  expect(engine.rules.map(({ name }) => name)).toEqual(["B", "never", "A", "other kind", "C"]);
  expect(matchesOf(engine, [...start, exec])).toEqual(["B A C"]);
});

test("of many rules too", async () => {
  const rules: string[] = [];
  for (let i = 0; i < 100; i++) {
    const literal = i % 10 === 3 ? "sh" : `x${i}`;
    rules.push(`- rule: R${i}\n  condition: sf.proc.exe endswith ${literal} and sf.opflags = EXEC`);
  }
  const engine = await engineOf(rules.join("\n"));
  const expected = [3, 13, 23, 33, 43, 53, 63, 73, 83, 93].map((i) => `R${i}`).join(" ");
  expect(matchesOf(engine, [...start, exec, exec])).toEqual([expected, expected]);
});

test("a record that a filter drops matches nothing", async () => {
  const engine = await engineOf(`
- rule: R
  condition: sf.type = PE
- filter: no
  condition: sf.type = FF
- drop: disabled
  condition: sf.type = PE
  enabled: false
- drop: yes
  condition: sf.proc.exe = /bin/sh and sf.opflags = EXEC
`);
  const exit = sampleProcessEvent(op.OP_EXIT, 101);
  expect(matchesOf(engine, [...start, exec, exit])).toEqual(["dropped by yes", "R"]);
});

describe("what is kept of an entity is given up", () => {
  test("when a process is told anew", async () => {
    const engine = await engineOf(`
- rule: sh
  condition: sf.proc.exe = /bin/sh and not sf.proc.exe = /bin/ls
- rule: ls
  condition: not sf.proc.exe = /bin/sh and sf.proc.exe = /bin/ls
`);
    const changed = { ...sampleChild(), exe: "/bin/ls" };
    expect(matchesOf(engine, [...start, exec, exec, changed, exec, exec])).toEqual([
      "sh",
      "sh",
      "ls",
      "ls",
    ]);
  });

  test("when a parent comes late, or is told anew", async () => {
    const engine = await engineOf(`
- rule: one
  condition: not sf.proc.aname = dash
- rule: two
  condition: sf.proc.aname = dash
`);
    const late = { ...sampleParent(), exe: "/bin/dash" };
    const child = { ...sampleChild(), exe: "/bin/ls" };
    const early = [sampleHeader, sampleContainer(), child, exec, exec, late, exec, exec];
    expect(matchesOf(engine, early)).toEqual(["one", "one", "two", "two"]);
    const again = [...start, child, exec, exec, late, exec];
    expect(matchesOf(engine, again)).toEqual(["one", "one", "two"]);
  });

  test("when a container gets its name", async () => {
    const engine = await engineOf(
      "- rule: R\n  condition: sf.container.name = shop or sf.container.image = shop",
    );
    const named = { ...sampleContainer(), name: "shop" };
    expect(matchesOf(engine, [...start, exec, named, exec])).toEqual(["", "R"]);
  });

  test("when the file is another, and it is known again of the first", async () => {
    const engine = await engineOf(
      "- rule: R\n  condition: sf.file.path endswith old and sf.file.path startswith /",
    );
    const files = [sampleFile("/old"), sampleFile("/new")];
    const flow = sampleFileFlow(100);
    const other = { ...flow, fileOID: files[1]?.foid ?? flow.fileOID };
    expect(matchesOf(engine, [...start, ...files, flow, other, flow])).toEqual(["R", "", "R"]);
  });
});

test("files that never come again are told from those that do, all the same", async () => {
  const rules: string[] = [];
  for (let i = 0; i < 40; i++)
    rules.push(`- rule: R${i}\n  condition: sf.file.path endswith 9${i}`);
  const engine = await engineOf(rules.join("\n"));
  const records: SysFlowRecord[] = [];
  const expected: string[] = [];
  for (let i = 0; i < 12_000; i++) {
    const number = i < 10_000 ? i : i % 5;
    const file = sampleFile(`/f${number}`);
    records.push(file, { ...sampleFileFlow(100), fileOID: file.foid });
    const matching = rules.flatMap((_, rule) =>
      `/f${number}`.endsWith(`9${rule}`) ? [`R${rule}`] : [],
    );
    expected.push(matching.join(" "));
  }
  expect(matchesOf(engine, [...start, ...records])).toEqual(expected);
});

test("records without attributes and of unknown processes match nothing and are no trouble", async () => {
  const engine = await engineOf("- rule: R\n  condition: not sf.proc.exe = ''");
  expect(
    matchesOf(engine, [sampleHeader, sampleContainer(), exec, ...start.slice(2), exec]),
  ).toEqual(["", "R"]);
});
