// Upstream's attributes: a zero where others have no value, places that kinds of records share, chains
// of parents as they were first, and what its comparisons make of quotes.

import { describe, expect, test } from "bun:test";
import { attributes, beginFlattening, findAttribute } from "../../src/flatten/registry.ts";
import type { JoinedRecord } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import type { Process, SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { deliver } from "../../src/sysflow/record-sink.ts";
import { joinOf } from "../support/flatten/at-records.ts";
import { compatValues, compatWorlds } from "../support/flatten/compat-values.ts";
import { curlOid, type WorldName, worlds } from "../support/flatten/worlds.ts";
import {
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";

function text(name: string, world: WorldName): string | null | undefined {
  return findAttribute(name, "sysflow")?.text(joinOf(worlds[world]));
}

const names = attributes
  .map(({ name }) => name)
  .filter((name) => findAttribute(name, "sysflow") !== undefined);

test("all of its names are here", () => {
  // 84 of sf.* and 56 of Falco's; those that are not in our mode are asked for below.
  expect(names.length).toBe(84 + 56 - 1);
});

describe("each has a value", () => {
  test.each(["exec", "rename", "open", "connect", "kubernetes", "unknown"] as const)(
    "in %s",
    (of) => {
      expect(names.filter((name) => text(name, of) === null)).toEqual([]);
    },
  );

  test.each(["process flow", "network event", "entity"] as const)("but not in %s", (of) => {
    expect(names.filter((name) => text(name, of) !== null)).toEqual([]);
  });
});

test.each([
  ["sf.container.type", "host", "DOCKER"],
  ["sf.container.id", "host", ""],
  ["sf.ke.action", "exec", "K8S_COMPONENT_ADDED"],
  ["sf.ke.kind", "exec", "K8S_NODES"],
  ["sf.file.name", "exec", "."],
  ["sf.proc.name", "unknown", "."],
  ["sf.proc.cmdline", "unknown", " "],
  ["sf.pproc.tty", "exec", "true"],
  ["sf.pproc.tty", "host", "0"],
  ["sf.flow.rbytes", "open", "16384"],
  ["sf.flow.wops", "rename", "204"],
  ["sf.flow.rops", "mkdir", "0"],
  ["sf.file.fd", "rename", "2"],
  ["sf.net.sip", "open", "7.64.0.0"],
  ["sf.file.is_open_write", "connect", "false"],
  ["sf.file.openflags", "exec", "NONE"],
  ["sf.file.openflags", "open in layers", "RDONLY"],
  ["sf.pod.internalip", "exec", '["10.0.0.5""10.0.0.6"]'],
  ["proc.pgid", "exec", "0"],
  ["proc.tty", "shell", "false"],
  ["proc.createtime", "shell", "0"],
  ["evt.type", "connect", "CONNECT,SEND,TRUNCATE"],
  ["evt.rawres", "connect", "NF"],
  ["evt.dir", "exec", ">,<"],
  ["fd.name", "open", "shadow"],
  ["sf.pod.services+", "exec", ""],
] as const)("%s of %s is %p", (name, world, value) => {
  expect(text(name, world)).toBe(value);
});

test.each(Object.entries(compatValues))("%s is %j", (name, values) => {
  expect(compatWorlds.map((world) => text(name, world) ?? null)).toEqual([...values]);
});

test("no list is empty", () => {
  expect(findAttribute("sf.opflags", "sysflow")?.items?.(joinOf(worlds.kubernetes))).toEqual([""]);
});

test("orderings see 0 in numbers of 32 bits and in truths", () => {
  const of = joinOf(worlds.exec);
  expect(findAttribute("sf.pproc.uid", "sysflow")?.number?.(of)).toBe(0);
  expect(findAttribute("sf.pproc.tty", "sysflow")?.number?.(of)).toBe(0);
  expect(findAttribute("sf.proc.tty", "sysflow")?.number?.(of)).toBe(1);
  expect(findAttribute("sf.proc.uid", "sysflow")?.number?.(of)).toBe(1000);
  expect(findAttribute("sf.ts", "sysflow")?.number?.(of)).toBe(Number(1_700_000_000_000_000_100n));
});

/** The texts of an attribute at the records of a stream that have a process. */
function textsAt(name: string, records: readonly SysFlowRecord[]): readonly string[] {
  const texts: string[] = [];
  const observe = beginFlattening("sysflow");
  const joiner = new Joiner({
    joined(of: JoinedRecord) {
      observe(of);
      if ("procOID" in of.record) {
        texts.push(findAttribute(name, "sysflow")?.text(of) ?? "");
      }
    },
  });
  for (const record of records) {
    deliver(record, joiner);
  }
  return texts;
}

test("chains of parents are those that a process had first, until the next header", () => {
  const event = { ...sampleProcessEvent(2, 1), procOID: curlOid };
  const before: Process = { ...sampleParent(), oid: curlOid, exe: "/bin/a" };
  const after: Process = { ...before, exe: "/bin/b" };
  const stream = [sampleHeader, before, event, after, event, sampleHeader, after, event];
  expect(textsAt("sf.proc.aname", stream)).toEqual(["a", "a", "b"]);
  expect(textsAt("sf.proc.name", stream)).toEqual(["a", "b", "b"]);
});

test("a chain is that of the first record, though it is asked for later", () => {
  const event = { ...sampleProcessEvent(2, 1), procOID: curlOid };
  const first: Process = { ...sampleParent(), oid: curlOid, exe: "/bin/a" };
  const namesake: Process = { ...first, oid: { ...curlOid, createLo: 1 }, exe: "/bin/c" };
  const others = [namesake, { ...event, procOID: namesake.oid }];
  const stream = [sampleHeader, first, event, ...others, { ...first, exe: "/bin/b" }, event];
  const asked = (mode: "sysflow" | "default") => {
    const observe = beginFlattening(mode);
    let text: string | null | undefined;
    const joiner = new Joiner({
      joined(of: JoinedRecord) {
        observe(of);
        if (of.number === stream.length) {
          text = findAttribute("sf.proc.aname", mode)?.text(of);
        }
      },
    });
    for (const record of stream) {
      deliver(record, joiner);
    }
    return text;
  };
  expect(asked("sysflow")).toBe("a");
  expect(asked("default")).toBe("b");
  expect(asked("sysflow")).toBe("a");
});

test("chains are no more than a bound; where it is reached, they are as they are now", () => {
  const event = { ...sampleProcessEvent(2, 1), procOID: curlOid };
  const first: Process = { ...sampleParent(), oid: curlOid, exe: "/bin/a" };
  const large = Array.from({ length: 5 }, (_, i): SysFlowRecord[] => {
    const oid = { ...curlOid, hpid: 5000 + i };
    const exeArgs = "x".repeat(4 * 1024 * 1024);
    return [
      { ...first, oid, exeArgs },
      { ...event, procOID: oid },
    ];
  });
  const again = [{ ...first, exe: "/bin/b" }, event];
  const few = [sampleHeader, first, event, ...large.slice(0, 3).flat(), ...again];
  expect(textsAt("sf.proc.aname", few).at(-1)).toBe("a");
  const many = [sampleHeader, first, event, ...large.flat(), ...again, first, event];
  expect(textsAt("sf.proc.aname", many).slice(-2)).toEqual(["b", "b"]);
});

test("texts of very many parents end at a bound", () => {
  const exe = `/${"x".repeat(100_000)}`;
  const chain = [1, 2, 3, 4, 5].map((hpid): Process => {
    const poid = hpid === 1 ? null : { ...curlOid, hpid: hpid - 1 };
    return { ...sampleParent(), oid: { ...curlOid, hpid }, poid, exe, exeArgs: "" };
  });
  const event = { ...sampleProcessEvent(2, 1), procOID: { ...curlOid, hpid: 5 } };
  expect(textsAt("sf.proc.aexe", [sampleHeader, ...chain, event])).toEqual([`${exe},${exe}`]);
});

test.each([
  ['"quoted"', "quoted"],
  [`'mixed"`, "mixed"],
  ['""twice""', '"twice"'],
  ['"', ""],
  ["plain", "plain"],
])("the arguments %p are seen as %p", (exeArgs, seen) => {
  const process: Process = { ...sampleParent(), oid: curlOid, exeArgs };
  const event = { ...sampleProcessEvent(2, 1), procOID: curlOid };
  expect(textsAt("sf.proc.args", [sampleHeader, process, event])).toEqual([seen]);
});
