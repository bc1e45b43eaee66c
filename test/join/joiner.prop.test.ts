// Joining is a matter of the records and their order alone: what is joined as they are written is what
// is joined from the file, also where the store is too small for them; and with room for all, it is
// what a reader with plain maps finds.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Joiner } from "../../src/join/joiner.ts";
import { type JoinLimits, joinLimits } from "../../src/join/limits.ts";
import {
  type Container,
  type Oid,
  type Process,
  recordKinds,
  type SysFlowRecord,
} from "../../src/sysflow/record.gen.ts";
import { deliver } from "../../src/sysflow/record-sink.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import { type Joins, JoinTexts } from "../support/records/join-texts.ts";
import { readBytes } from "../support/records/read-sf.ts";
import { sampleHeader } from "../support/records/sample-records.ts";

setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "sysflow-join-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Room for next to nothing, so that nearly every stream is too long for it. */
const narrow: JoinLimits = {
  processes: { entries: 3, chars: 600 },
  endedProcesses: 1,
  files: { entries: 2, chars: 100 },
  containers: { entries: 2, chars: 200 },
  pods: { entries: 1, chars: 200 },
  parents: 2,
};

const header = { ...sampleHeader, version: 6 };

const oids: readonly Oid[] = [1, 2, 3, 4, 5, 6].map((n) => ({
  createLo: n % 2 === 0 ? 6 : 0xfffffff7,
  createHi: n % 3 === 0 ? 8 : 0xfffffff8,
  hpid: n % 2 === 0 ? n : 2 ** 40 + n,
}));
const pick = <T>(values: readonly T[]) => fc.constantFrom(...values);
const oid = pick(oids);
const foid = pick([1, 2, 3, 4].map((n) => new Uint8Array(20).fill(n, n, 12)));
const containerId = pick([null, "c1", "c2", "c3"]);

/** The ids that records have in common, since arbitrary ones never meet. */
const ids = fc.record({
  ...{ oid, procOID: oid, poid: fc.option(oid, { nil: null }), foid, fileOID: foid },
  newFileOID: fc.option(foid, { nil: null }),
  ...{ containerId, podId: pick([null, "p1", "p2"]), id: pick(["c1", "c2", "c3"]) },
});
const podId = pick(["p1", "p2", "p3"]);

const record = fc
  .constantFrom(...recordKinds.filter((kind) => kind !== "SFHeader"))
  .chain((kind) => fc.tuple(arbitraryRecord(kind), ids, podId))
  .map(([made, its, pod]) => {
    const values = { ...made } as Record<string, unknown>;
    for (const [name, value] of Object.entries({
      ...its,
      ...(made.kind === "Pod" && { id: pod }),
    })) {
      if (name in values) {
        values[name] = value;
      }
    }
    return values as unknown as SysFlowRecord;
  });

const stream = fc.array(record, { maxLength: 80, size: "max" });

/** What is written to one file after another. */
const files = fc.array(stream, { minLength: 1, maxLength: 3 });

test.each([
  ["with room for all", joinLimits],
  ["with room for few", narrow],
])("joined as written is joined from the files, %s", (_, limits) => {
  let evicted = 0;
  fc.assert(
    fc.property(files, (parts) => {
      const live = new JoinTexts();
      const read = new JoinTexts();
      const joiner = new Joiner(live, limits);
      const reader = new Joiner(read, limits);
      joiner.header(header);
      for (const records of parts) {
        const path = join(folder, "stream.sf");
        const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0, schema: 6 });
        writer.header(header);
        for (const each of records) {
          deliver(each, joiner);
          deliver(each, writer);
        }
        writer.close();
        readBytes(readFileSync(path), path, (each) => deliver(each, reader));
        expect(reader.stats()).toEqual(joiner.stats());
        joiner.forget();
      }
      expect(read.texts).toEqual(live.texts);
      evicted += joiner.stats().processes.evicted;
    }),
  );
  expect(evicted > 0).toBe(limits === narrow);
});

test("and is what plain maps find", () => {
  fc.assert(
    fc.property(stream, (records) => {
      const joined = new JoinTexts();
      const found = new JoinTexts();
      const joiner = new Joiner(joined);
      const model = new PlainJoin();
      for (const each of records) {
        deliver(each, joiner);
        found.joined(model.take(each));
      }
      expect(joined.texts).toEqual(found.texts);
    }),
  );
});

/** What the format says of references (the latest record of an id wins), and nothing else. */
class PlainJoin {
  readonly #entities = new Map<string, SysFlowRecord>();

  take(record: SysFlowRecord): Joins {
    const own = keyOf(record);
    if (own !== null) {
      this.#entities.set(own, record);
    }
    const values = record as unknown as Readonly<Record<string, unknown>>;
    const process =
      record.kind === "Process" ? record : this.#of<Process>(oidKey(values["procOID"]));
    const of = process ?? (record.kind === "File" ? record : null);
    const container =
      record.kind === "Container" ? record : this.#of<Container>(named("c", of?.containerId));
    const parents: Process[] = [];
    const seen = new Set([oidKey(process?.oid)]);
    let at = process;
    let parentsCut: "unknown" | "loop" | null = null;
    while (at !== null && at.poid !== null && parentsCut === null) {
      const parent: Process | null = this.#of(oidKey(at.poid));
      parentsCut = parent === null ? "unknown" : seen.has(oidKey(at.poid)) ? "loop" : null;
      seen.add(oidKey(at.poid));
      if (parent !== null && parentsCut === null) {
        parents.push(parent);
      }
      at = parent;
    }
    if (process === null && "procOID" in values) {
      parentsCut = "unknown";
    }
    return {
      ...{ record, process, parents, parentsCut, container },
      file: record.kind === "File" ? record : this.#of<never>(foidKey(values["fileOID"])),
      newFile: this.#of<never>(foidKey(values["newFileOID"])),
      pod: record.kind === "Pod" ? record : this.#of<never>(named("p", container?.podId)),
    };
  }

  #of<T>(key: string | null): T | null {
    return key === null ? null : ((this.#entities.get(key) as T | undefined) ?? null);
  }
}

function keyOf(record: SysFlowRecord): string | null {
  switch (record.kind) {
    case "Process":
      return oidKey(record.oid);
    case "File":
      return foidKey(record.foid);
    case "Container":
      return named("c", record.id);
    case "Pod":
      return named("p", record.id);
    default:
      return null;
  }
}

function oidKey(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

function foidKey(value: unknown): string | null {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : null;
}

function named(kind: string, id: string | null | undefined): string | null {
  return id === null || id === undefined ? null : `${kind} ${id}`;
}
