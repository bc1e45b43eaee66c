// Upstream's captures replayed by us, against what upstream's collector writes for them. The list of
// explanations is the one place where a difference may be declared; what nothing needs any more
// fails too.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { OP_CLOSE, OP_SYMLINK, OP_TRUNCATE } from "../../src/sysflow/op-flags.gen.ts";
import { hasReference, referenceFiles, referencePath } from "../support/captures/reference.ts";
import { type Replay, replay } from "../support/captures/replay.ts";
import { readFileByAvsc } from "../support/records/avsc-sf.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { type Difference, type Explanation, explain } from "../support/records/diff-sf.ts";
import { diffFolded } from "../support/records/fold-files.ts";
import {
  asPythonGives,
  hasPythonAvro,
  readWithPythonAvro,
} from "../support/records/python-avro.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";

const readme = fs.readFileSync(join(import.meta.dir, "../../README.md"), "utf8");
const names = referenceFiles("captures", ".scap").map((path) => basename(path, ".scap"));
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-captures-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** These have to be the same but for the first group of the list. */
const exactNames = ["alpine-alpine", "objectstore-ls", "setuid-setuid", "mpm-preforked-cold"];

/** `rule` is what upstream does, in the words of the README's list of differences. */
interface ListedDifference extends Explanation {
  readonly rule: string;
}

const exactList: readonly ListedDifference[] = [
  ...["cwd", "env", "tty"].map((field) => ({
    rule: "`cwd`, `env`, `tty` and `containerId` of a Process keep the parent's values after exec",
    kind: "Process",
    field,
    where: isModified,
    class: "ours-right" as const,
    reason: `${field} as it is after the exec or setuid that the record is sent for; upstream keeps
      that of the first record, which after fork and exec is the parent's`,
  })),
  {
    rule: "flows that one exit or the end cuts off come in the order of a hash table",
    kind: "FileFlow",
    field: "(order)",
    // Both files are checked to be sorted by end time, so that a flow can have moved only among
    // those that end at the same nanosecond.
    where: (each) => isTruncated(each.ourRecord) && sameField(each, "endTs"),
    class: "library-version",
    reason:
      "flows cut off by one process end or shutdown: upstream's order is that of a hash table",
  },
];

const unclosed = "flows of a descriptor that dup2, close_range or exec has ended go on";

const unclosedList: readonly ListedDifference[] = [
  ...["opFlags", "endTs", "numWSendOps", "numWSendBytes", "(order)"].map((field) => ({
    rule: unclosed,
    kind: "FileFlow",
    field,
    where: isEndedUnclosed,
    class: "ours-right" as const,
    reason: `${field} of a flow that ended with a dup2 over its descriptor: upstream goes on with it
      when the number stands for the same file again, and cuts it off at the process's end`,
  })),
  {
    rule: unclosed,
    kind: "FileFlow",
    field: "(record)",
    where: ({ ourRecord, theirRecord }) => theirRecord === null && isTruncated(ourRecord),
    class: "ours-right",
    reason: "the flow after that, when the number stood for the same file again: upstream's is one",
  },
];

const unnamedSocket = "a Unix socket without a name has the argument of the last setuid for a path";

/** What the comparison takes for one on both sides (test/support/records/fold-files.ts). */
const foldedRule = "pipes and Unix sockets without a name are one File";

const linkTarget =
  "the target of a symbolic link counts from the working directory, or stays as it was given";

const explanations: readonly ListedDifference[] = [
  ...exactList,
  ...unclosedList,
  ...["userName", "groupName"].map((field) => ({
    rule: "user names of a capture may come from the replaying machine",
    kind: "Process",
    field,
    where: (each: Difference) => !isModified(each) && /^"(<NA>|cloudsdk)"$/.test(each.theirs),
    class: "ours-right" as const,
    reason: `${field} is that of the capture's own list. Upstream resolves the ids of the process
      snapshot before it has read that list: by the users of the replaying machine, or not at all`,
  })),
  ...["userName", "groupName"].map((field) => ({
    rule: "a setuid leaves the user's name as it was where no list has the new one",
    kind: "Process",
    field,
    where: (each: Difference) =>
      isModified(each) && each.ours === '"<NA>"' && each.theirs === '"root"' && hasUid(each, 1),
    class: "ours-right" as const,
    reason: `${field} after a setuid to an id that the container's list lacks: upstream changes the
      number and leaves the name of the id before`,
  })),
  {
    rule: "setuid to 0 has the argument `<NA>` in a container whose users are unknown",
    kind: "ProcessEvent",
    field: "args",
    where: (each) => each.ours === '["root"]' && each.theirs === '["<NA>"]',
    class: "ours-right",
    reason:
      "setuid to 0 in a container whose user list is unknown: 0 is root, as Process.userName says",
  },
  {
    rule: unnamedSocket,
    field: "(record)",
    where: (each) => isUnnamedConnect(each) || (each.kind === "File" && each.key === "0"),
    class: "ours-right",
    reason: `failed connects of Unix sockets, whose peer this old capture does not hold: no name. The
      "0" of upstream is what its buffer for parameters held, the argument of the last setuid`,
  },
  ...["(order)", "ts", "restype"].map((field) => ({
    rule: unnamedSocket,
    kind: "File",
    field,
    where: (each: Difference) => each.key === "",
    class: "ours-right" as const,
    reason: `${field} of the file without a name: it comes with those connects, before the pipes`,
  })),
  {
    rule: linkTarget,
    kind: "FileEvent",
    field: "fileOID",
    where: ({ ourRecord }) => ourRecord?.rec["opFlags"] === OP_SYMLINK,
    class: "ours-right",
    reason: "a relative target names a file in the folder of the link: another than its text does",
  },
  {
    rule: linkTarget,
    kind: "File",
    field: "(record)",
    where: ({ key }) => /^(cpu,cpuacct|net_cls,net_prio|pts\/ptmx|\/.*\/dev\/pts\/ptmx)$/.test(key),
    class: "ours-right",
    reason: "the files of those targets: upstream has one of the bare text",
  },
];

function isModified({ ourRecord, theirRecord }: Difference): boolean {
  return ourRecord?.rec["state"] === "MODIFIED" && theirRecord?.rec["state"] === "MODIFIED";
}

function hasUid({ ourRecord, theirRecord }: Difference, uid: number): boolean {
  return ourRecord?.rec["uid"] === uid && theirRecord?.rec["uid"] === uid;
}

/** Ended by us, and cut off at the end of the process by upstream. */
function isEndedUnclosed({ ourRecord, theirRecord }: Difference): boolean {
  const isOursClosed = (Number(ourRecord?.rec["opFlags"]) & OP_CLOSE) !== 0;
  return isOursClosed && !isTruncated(ourRecord) && isTruncated(theirRecord);
}

function isTruncated(record: SfRecord | null): boolean {
  return (Number(record?.rec["opFlags"]) & OP_TRUNCATE) !== 0;
}

function sameField({ ourRecord, theirRecord }: Difference, name: string): boolean {
  return ourRecord !== null && ourRecord.rec[name] === theirRecord?.rec[name];
}

/** CONNECT and CLOSE, without I/O; ours on "", theirs on "0". */
function isUnnamedConnect({ kind, key, ourRecord }: Difference): boolean {
  return kind === "FileFlow" && key.includes(ourRecord === null ? " 0x440 0 fd" : " 0x440  fd");
}

const ourPath = (name: string) => join(folder, `${name}.sf`);
const theirPath = (name: string) => referencePath(`captures/${name}.sysporter.sf`);

function unexplained(name: string, list: readonly Explanation[]): readonly string[] {
  const left = explain(diffFolded(ourPath(name), theirPath(name)), list).unexplained;
  return left.map(
    (each) =>
      `#${each.ourIndex}/${each.theirIndex} ${each.kind} ${each.key} ${each.field}: ` +
      `ours ${each.ours}, theirs ${each.theirs}`,
  );
}

describe.skipIf(!hasReference)("upstream's captures (skipped without reference data)", () => {
  const replays = new Map<string, Replay>();
  beforeAll(() => {
    for (const name of names) {
      replays.set(name, replay(referencePath(`captures/${name}.scap`), ourPath(name)));
    }
  }, 60_000);

  test("there are ten", () => expect(names.length).toBe(10));

  test.each(names)("%s replays to its end", (name) => {
    const { error, stats } = replays.get(name) as Replay;
    expect(error).toBeNull();
    expect(stats.events).toBeGreaterThan(100);
    expect(stats.bytesRead).toBe(fs.statSync(referencePath(`captures/${name}.scap`)).size);
    expect(checkSf(ourPath(name))).toEqual([]);
  });

  test.skipIf(!hasPythonAvro)(
    "python3-avro reads what we wrote (skipped without it)",
    () => {
      const read = readWithPythonAvro(names.map(ourPath));
      names.forEach((name, at) => {
        expect(read[at]).toEqual(readSf(ourPath(name)).map(asPythonGives));
      });
    },
    60_000,
  );

  test.each(names)("%s is what upstream writes, but for the list", (name) => {
    const isExact = exactNames.some((exact) => name.startsWith(exact));
    const list = isExact ? [...exactList, ...unclosedList] : explanations;
    expect(unexplained(name, list)).toEqual([]);
  });

  test.each(explanations)("the README has it that upstream: $rule", ({ rule, reason }) => {
    const list = readme.split("## Differs from upstream's collector, and why")[1] ?? "";
    expect(list.split("\n## ")[0]).toContain(`\n| ${rule} | `);
    expect(reason.length).toBeGreaterThan(30);
  });

  test(`the README has it that upstream: ${foldedRule}`, () => {
    expect(readme).toContain(`\n| ${foldedRule} | `);
    const ours = names.flatMap((name) => readSf(ourPath(name)));
    const unnamed = ours.filter(({ rec }) => /^(pipe|socket):\[/.test(String(rec["path"] ?? "")));
    expect(new Set(unnamed.map(({ rec }) => rec["path"])).size).toBeGreaterThan(1);
  });

  test("each explanation is needed", () => {
    const all = names.flatMap((name) => diffFolded(ourPath(name), theirPath(name)));
    expect(explain(all, explanations).unused.map((each) => each.reason)).toEqual([]);
  });

  test.each(names)("%s gives the same bytes again but for the sync marker", (name) => {
    const [first, again] = [ourPath(name), join(folder, "again")];
    const path = `${folder}/same-path.sf`;
    const capture = referencePath(`captures/${name}.scap`);
    replay(capture, path);
    fs.renameSync(path, again);
    replay(capture, path);
    expect(withoutSync(again).equals(withoutSync(path))).toBe(true);
    expect(readSf(first).length).toBe(readSf(path).length);
  });

  test.each([
    ["one record a batch", { batchRecords: 1 }, true],
    ["two", { batchRecords: 2 }, true],
    ["seven", { batchRecords: 7 }, true],
    ["8 MiB", { batchBytes: 8 << 20 }, false],
  ])(
    "batches do not change the output: %s",
    (_, options, isSmall) => {
      for (const name of names) {
        const path = join(folder, "batches.sf");
        const { stats, error } = replay(referencePath(`captures/${name}.scap`), path, options);
        expect(error).toBeNull();
        expect(withoutPath(readSf(path))).toEqual(withoutPath(readSf(ourPath(name))));
        // Else the option had no effect.
        const batches = replays.get(name)?.stats.batches ?? 0;
        expect(stats.batches > batches).toBe(isSmall);
      }
    },
    60_000,
  );
});

function withoutSync(path: string): Buffer {
  const bytes = fs.readFileSync(path);
  const { sync } = readFileByAvsc(path);
  for (let at = bytes.indexOf(sync); at >= 0; at = bytes.indexOf(sync)) {
    bytes.fill(0, at, at + sync.length);
  }
  return bytes;
}

/** The header names the file, which differs. */
function withoutPath(records: readonly SfRecord[]): readonly SfRecord["rec"][] {
  return records.map(({ kind, rec }) => (kind === "SFHeader" ? { ...rec, filename: "" } : rec));
}
