// A record as JSON, in upstream's shape: what each kind has, what stands for what is not known, and
// against what upstream's processor wrote of the same traces.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { writeRecordJson } from "../../../src/export/encoders/record-json.ts";
import type { Verdict } from "../../../src/export/verdict.ts";
import { kindBit } from "../../../src/flatten/record-kinds.ts";
import { beginFlattening, findAttribute } from "../../../src/flatten/registry.ts";
import type { JoinedRecord } from "../../../src/join/joined-record.ts";
import { JsonTap } from "../../../src/sysflow/json-tap.ts";
import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type { Pod, SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { hasReference, referencePath } from "../../support/captures/reference.ts";
import { eachJoined, eachJoinedOf } from "../../support/records/joined.ts";
import {
  sampleChild,
  sampleContainer,
  sampleFile,
  sampleFileEvent,
  sampleFileFlow,
  sampleHeader,
  sampleNetworkFlow,
  sampleParent,
  sampleProcessEvent,
  sampleProcessFlow,
} from "../../support/records/sample-records.ts";

function jsonOf(joined: JoinedRecord, verdict: Verdict | null = null): string {
  const tap = new JsonTap(1 << 20);
  writeRecordJson(tap, joined, verdict);
  expect(tap.ok()).toBe(true);
  return tap.buffer.toString("utf8", 0, tap.pos);
}

const entities = [
  { ...sampleHeader, exporter: "node-1", ip: "192.0.2.7", filename: "/var/log/trace.sf" },
  sampleContainer(),
  sampleParent(),
  sampleChild(),
  sampleFile("/old"),
  sampleFile("/new"),
];

/** Long numbers as texts, so that no digit is lost. */
function parsed(json: string): Record<string, unknown> {
  return JSON.parse(json.replace(/(?<=[:[,])-?[0-9]{16,}(?=[,}\]])/g, '"$&"'));
}

/** The object of the last record. */
function objectOf(record: SysFlowRecord, before: readonly SysFlowRecord[] = entities) {
  let json = "";
  eachJoinedOf([...before, record], (joined) => {
    if (joined.record === record) {
      json = jsonOf(joined);
    }
  });
  return parsed(json);
}

describe("a record has", () => {
  test("the same keys in the same order as upstream's", () => {
    const object = objectOf(sampleFileFlow(120));
    expect(Object.keys(object)).toEqual([
      ...["version", "endts", "opflags", "ret", "ts", "type", "container", "file", "flow", "meta"],
      ...["node", "pproc", "proc"],
    ]);
    expect(object).toMatchObject({
      version: 5,
      type: "FF",
      ret: 0,
      opflags: ["OPEN", "CLOSE", "READ"],
      container: { id: "c010f5a08549", image: "alpine:latest", privileged: 0, type: "DOCKER" },
      file: { directory: "/", fd: 3, is_open_read: true, is_open_write: false, path: "/old" },
      flow: { rbytes: 8192, rops: 2, wbytes: 0, wops: 0 },
      meta: { schema: 5, tracename: "trace.sf" },
      node: { id: "node-1", ip: "192.0.2.7" },
      pproc: { pid: 1000, exe: "/bin/sh", tty: false },
      proc: { pid: 1001, tid: 1001, apid: [1001, 1000], aname: ["sh", "sh"] },
    });
  });

  test("times to the nanosecond", () => {
    expect(objectOf(sampleFileFlow(120))["ts"]).toBe("1699948055756800120");
  });

  test("a second file where there is one, else upstream's words for none", () => {
    const renamed = objectOf(sampleFileEvent(op.OP_RENAME, 110))["file"];
    expect(renamed).toMatchObject({ path: "/old", newpath: "/new", newname: "new", fd: null });
    const removed = objectOf(sampleFileEvent(op.OP_UNLINK, 110))["file"];
    const none = { newpath: "", newname: ".", newdirectory: ".", newoid: "", newsymlink: "" };
    expect(removed).toMatchObject({ ...none, openflags: ["NONE"], is_open_read: false });
  });

  test("both ends of a connection, and counts past 32 bits", () => {
    const object = objectOf(sampleNetworkFlow(130));
    expect(object["net"]).toEqual({
      dip: "127.0.0.1",
      dport: 80,
      ip: ["127.0.0.1", "127.0.0.1"],
      port: [40000, 80],
      proto: 6,
      sip: "127.0.0.1",
      sport: 40000,
    });
    expect(object["flow"]).toMatchObject({ wbytes: 5_000_000_000 });
  });
});

describe("what is not known, or is of other records, is told apart", () => {
  test("a process flow's process without a thread", () => {
    const object = objectOf(sampleProcessFlow(140));
    expect(object).toMatchObject({ type: "PF", proc: { pid: 1001, tid: null } });
  });

  test("of an unknown process no more than its id, in valid JSON", () => {
    const object = objectOf(sampleProcessEvent(op.OP_EXIT, 150), [sampleHeader]);
    expect(Object.keys(object)).not.toContain("pproc");
    expect(object["proc"]).toMatchObject({
      acmdline: [],
      exe: "",
      pid: 1001,
      uid: null,
      tty: null,
    });
  });

  test("of an unknown parent no more than its id", () => {
    const orphan = entities.filter((record) => record !== entities[2]);
    const object = objectOf(sampleProcessEvent(op.OP_EXIT, 150), orphan);
    expect(object["pproc"]).toMatchObject({ pid: 1000, exe: "", cmdline: "", uid: null });
  });

  test("a pod with all its addresses and services, in valid JSON", () => {
    const port = { port: 80, targetPort: 8080, nodePort: 0, proto: "TCP" };
    const services = [1n, 2n].map((clusterIP, i) => {
      const id = `id${i}`;
      return { id, name: `s${i}`, namespace: "ns", portList: [port], clusterIP: [clusterIP, 9n] };
    });
    const pod: Pod = {
      kind: "Pod",
      tsLo: 7,
      tsHi: 0,
      id: "pod-1",
      name: "web",
      nodeName: "n",
      hostIP: [16777343n, 33554559n],
      internalIP: [],
      namespace: "ns",
      restartCount: 2,
      labels: new Map(),
      selectors: new Map(),
      services,
    };
    const container = { ...sampleContainer(), podId: "pod-1" };
    const object = objectOf(sampleProcessEvent(op.OP_EXIT, 150), [
      ...entities.map((record) => (record.kind === "Container" ? container : record)),
      pod,
    ]);
    const ports = [{ port: 80, targetport: 8080, nodeport: 0, proto: "TCP" }];
    expect(object["pod"]).toEqual({
      hostip: ["127.0.0.1", "127.0.0.2"],
      id: "pod-1",
      internalip: [],
      name: "web",
      namespace: "ns",
      nodename: "n",
      restartcnt: 2,
      services: [
        { id: "id0", name: "s0", namespace: "ns", clusterIP: ["1.0.0.0", "9.0.0.0"], ports },
        { id: "id1", name: "s1", namespace: "ns", clusterIP: ["2.0.0.0", "9.0.0.0"], ports },
      ],
      ts: 7,
    });
  });
});

describe("the object", () => {
  test("of a Kubernetes event stands alone, its message as text", () => {
    const object = objectOf({
      kind: "K8sEvent",
      component: 2,
      action: 1,
      tsLo: 5,
      tsHi: 0,
      message: '{"kind":"Pod"}',
    });
    expect(object).toEqual({
      version: 5,
      endts: 5,
      opflags: [],
      ret: 0,
      ts: 5,
      type: "KE",
      k8s: { action: "K8S_COMPONENT_MODIFIED", kind: "K8S_PODS", message: '{"kind":"Pod"}' },
      meta: { schema: 5, tracename: "trace.sf" },
      node: { id: "node-1", ip: "192.0.2.7" },
    });
  });

  test("has what rules found at its end", () => {
    const rule = (name: string, severity: number) => {
      return { name, severity, description: "d", priority: "low", output: () => "" };
    };
    const verdict = { rules: [rule('a "rule"', 1), rule("b", 3)], tags: ["x", "x"] };
    let json = "";
    eachJoinedOf([...entities, sampleFileFlow(120)], (joined) => {
      json = jsonOf(joined, verdict);
    });
    const found =
      ',"policies":[{"id":"a \\"rule\\"","desc":"d","priority":1},' +
      '{"id":"b","desc":"d","priority":3}],"tags":["x","x"]}';
    expect(json.endsWith(found)).toBe(true);
    expect(parsed(json)["tags"]).toEqual(["x", "x"]);
  });

  test("is one line, whatever a name holds", () => {
    const hostile = 'a\n\u001b[31m"\\\u2028\u202e';
    const file = { ...sampleFile("/old"), path: `/${hostile}` };
    let json = "";
    eachJoinedOf([...entities.slice(0, 4), file, sampleFileFlow(120)], (joined) => {
      json = jsonOf(joined);
    });
    expect(json).not.toMatch(/[\p{Cc}\u2028]/u);
    expect(parsed(json)["file"]).toMatchObject({ path: `/${hostile}` });
  });
});

interface Golden extends Record<string, unknown> {
  readonly type: string;
  readonly file?: Record<string, unknown>;
  readonly flow?: Record<string, number>;
  readonly pproc?: Record<string, unknown>;
  readonly proc?: Record<string, unknown>;
}

/** What upstream's processor has wrong, or has no word for: each made in its object as ours has it. */
const mends: Readonly<Record<string, (theirs: Golden, ours: Golden) => void>> = {
  "flow counters are doubled": ({ flow = {} }) => {
    for (const [key, count] of Object.entries(flow)) {
      flow[key] = count / 2;
    }
  },
  "a file event's fd is the state of its second file": ({ file = {}, type }) => {
    if (type === "FE") {
      file["fd"] = null;
    }
  },
  "of a parent that came later, or never, texts are two quotation marks": ({ pproc }, ours) => {
    if (pproc?.["exe"] === '""') {
      const { createts, oid, pid } = pproc;
      Object.assign(pproc, ours.pproc, { createts, oid, pid });
    }
  },
  "chains are those of the first record of a process, whatever becomes of it": ({ proc }, ours) => {
    for (const name of ["acmdline", "aexe", "aname", "apid"]) {
      const stale = bare((ours["stale"] as Readonly<Record<string, string>>)[name] ?? "");
      if (proc !== undefined && stale === bare((proc[name] as readonly string[]).join(","))) {
        proc[name] = ours.proc?.[name];
      }
    }
  },
  "a quotation mark at either end of a text is cut off": ({ pproc, proc }, ours) => {
    putBack(proc ?? {}, ours.proc ?? {});
    putBack(pproc ?? {}, ours.pproc ?? {});
  },
  "the open flags of newer libraries have no names": ({ file }, ours) => {
    const newer = ["TMPFILE", "F_CREATED", "UPPER_LAYER", "LOWER_LAYER"];
    const named = ours.file?.["openflags"] as readonly string[];
    if (file !== undefined && file["openflags"] !== undefined) {
      const known = named.filter((name) => !newer.includes(name)).join();
      if (known === (file["openflags"] as readonly string[]).join()) {
        file["openflags"] = named;
      }
    }
  },
};

/** Without quotation marks, of which upstream cuts off those at the ends. */
function bare(text: string): string {
  return text.replace(/["']/g, "");
}

function putBack(theirs: Record<string, unknown>, own: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(own)) {
    const cut = JSON.stringify(value, (_, part) => {
      return typeof part === "string" ? part.replace(/^["']|["']$/g, "") : part;
    });
    if (cut === JSON.stringify(theirs[key])) {
      theirs[key] = value;
    }
  }
}

/** Chains as upstream has them, by the names of their keys. */
function staleChains(joined: JoinedRecord): Readonly<Record<string, string | null>> {
  const names = ["acmdline", "aexe", "aname", "apid"];
  return Object.fromEntries(
    names.map((name) => [name, findAttribute(`sf.proc.${name}`, "sysflow")?.text(joined) ?? null]),
  );
}

describe.skipIf(!hasReference)("as upstream wrote it (skipped without reference data)", () => {
  test.each(["httpd", "k8s_small", "shellshock", "tcp"])("%s", async (trace) => {
    const path = referencePath(`golden/${trace}.enrich.json.gz`);
    const golden = gunzipSync(readFileSync(path)).toString("utf8").trimEnd().split("\n");
    const ours: Golden[] = [];
    const observe = beginFlattening("sysflow");
    await eachJoined(referencePath(`traces/${trace}.sf`), (joined) => {
      const { kind } = joined.record;
      // Upstream drops the two others.
      if (kindBit(kind) !== 0 && kind !== "ProcessFlow" && kind !== "NetworkEvent") {
        observe(joined);
        ours.push({ ...parsed(jsonOf(joined)), stale: staleChains(joined) } as unknown as Golden);
      }
    });
    expect(ours.length).toBe(golden.length);
    const wrong = golden.flatMap((line, i) => {
      const theirs = parsed(line) as Golden;
      const { stale: _, ...own } = ours[i] as Golden;
      for (const mend of Object.values(mends)) {
        mend(theirs, ours[i] as Golden);
      }
      const [left, right] = [theirs, own].map((object) => JSON.stringify(object));
      return left === right ? [] : [{ i, left, right }];
    });
    expect(wrong.slice(0, 2)).toEqual([]);
  });
});
