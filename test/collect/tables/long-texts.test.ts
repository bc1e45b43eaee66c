import { describe, expect, test } from "bun:test";
import * as native from "../../../src/capture/layout.gen.ts";
import { collectLimits } from "../../../src/collect/limits.ts";
import { LongTexts } from "../../../src/collect/tables/long-texts.ts";
import type { TestRecord } from "../../support/collect/batch-builder.ts";
import { at, collect, collectBatches } from "../../support/collect/collect.ts";

/** Cuts after so many bytes each, wherever that is. */
function pieces(process: number, part: "args" | "env", text: string, bytes: number): TestRecord[] {
  const all = Buffer.from(text);
  return Array.from({ length: Math.ceil(all.length / bytes) }, (_, i) => ({
    kind: "processText",
    process,
    part,
    piece: all.subarray(i * bytes, (i + 1) * bytes),
  }));
}

function exec(process: number, ts: bigint): TestRecord {
  return { kind: "processOp", ts, process, tid: 1, op: native.NATIVE_EXEC };
}

const args = ["-x", "", "é€", "last"];
const env = ["A=ü", "", "B=2"];

describe("texts that come in pieces", () => {
  test.each([1, 2, 3, 7, 1000])("are whole, cut after each %d bytes", (bytes) => {
    const { sink } = collect([
      ...pieces(1, "args", args.join("\0"), bytes),
      ...pieces(1, "env", env.join("\0"), bytes),
      { kind: "process", process: 1, pid: 7, argsApart: args.length, envApart: env.length },
      exec(1, at(0)),
    ]);
    expect(sink.of("Process")).toMatchObject([{ exeArgs: args.join(" "), env }]);
  });

  test("may begin in an earlier batch", () => {
    const [first, ...others] = pieces(1, "args", args.join("\0"), 4);
    const process: TestRecord = { kind: "process", process: 1, pid: 7, env, argsApart: 4 };
    const batches = [[first as TestRecord], [...others], [process, exec(1, at(0))]];
    const sink = collectBatches(batches, { lastTs: at(1) });
    expect(sink.of("Process")).toMatchObject([{ exeArgs: args.join(" "), env }]);
  });

  test("are those of the next process, and of no later one", () => {
    const { sink } = collect([
      ...pieces(1, "env", env.join("\0"), 5),
      { kind: "process", process: 1, pid: 7, args: ["a"], envApart: env.length },
      ...pieces(2, "args", "b\0c", 1),
      { kind: "process", process: 2, pid: 8, parent: 1, argsApart: 2, env: ["C=3"] },
      exec(2, at(0)),
    ]);
    expect(sink.of("Process")).toMatchObject([
      { exeArgs: "a", env },
      { exeArgs: "b c", env: ["C=3"] },
    ]);
  });

  test("are kept once for parent and child", () => {
    const both = (process: number, parent: number): TestRecord[] => [
      ...pieces(process, "args", args.join("\0"), 9),
      ...pieces(process, "env", env.join("\0"), 9),
      { kind: "process", process, pid: process, parent, argsApart: 4, envApart: 3 },
    ];
    const { sink } = collect([...both(1, 0), ...both(2, 1), exec(2, at(0))]);
    const [parent, child] = sink.of("Process");
    expect(child?.env).toBe(parent?.env);
    expect(child?.exeArgs).toBe(args.join(" "));
  });

  test("without a single item are empty", () => {
    const { sink } = collect([
      { kind: "process", process: 1, pid: 7, argsApart: 0, env },
      { kind: "process", process: 2, pid: 8, args: ["a"], envApart: 0 },
      ...[exec(1, at(0)), exec(2, at(0))],
    ]);
    expect(sink.of("Process")).toMatchObject([
      { exeArgs: "", env },
      { exeArgs: "a", env: [] },
    ]);
  });

  test("are kept once where a process runs another program with the same environment", () => {
    const again = (): TestRecord[] => [
      ...pieces(1, "env", env.join("\0"), 9),
      { kind: "process", process: 1, pid: 7, envApart: env.length },
      exec(1, at(0)),
    ];
    const { sink } = collect([...again(), ...again()]);
    const [first, second] = sink.of("Process");
    expect(second?.env).toEqual(env);
    expect(second?.env).toBe(first?.env);
  });
});

test.each<[string, readonly TestRecord[]]>([
  ["pieces of two processes", [...pieces(1, "args", "a", 1), ...pieces(2, "args", "b", 1)]],
  [
    "pieces of another process",
    [...pieces(1, "args", "a", 1), { kind: "process", process: 2, pid: 2, argsApart: 1 }],
  ],
  [
    "fewer items than the record says",
    [...pieces(1, "env", "A=1", 3), { kind: "process", process: 1, pid: 1, envApart: 2 }],
  ],
])("%s are a bug", (_, records) => {
  expect(() => collect(records)).toThrow("assertion failed");
});

describe("where processes keep as much of them as there may be", () => {
  const long = (process: number, part: "args" | "env", parent = 0): TestRecord[] => [
    ...pieces(
      process,
      part,
      part === "args" ? "ü".repeat(50_000) : `A=${"é".repeat(49_999)}`,
      65_536,
    ),
    {
      kind: "process",
      process,
      pid: process,
      createTs: at(0, process),
      ...(parent > 0 && { parent }),
      ...(part === "args" ? { argsApart: 1 } : { envApart: 1 }),
    },
    exec(process, at(1)),
  ];
  const run = (records: readonly TestRecord[]) =>
    collect([...records], {}, undefined, { ...collectLimits, longTextBytes: 100_000 });
  const lengths = ({ sink }: ReturnType<typeof run>) =>
    sink.of("Process").map((r) => [String(r.exeArgs).length, String(r.env).length]);

  test("the next is cut, between two characters, and counted", () => {
    const collected = run([...long(1, "env"), ...long(2, "env"), ...long(3, "args")]);
    expect(lengths(collected)).toEqual([
      [0, 50_001],
      [0, 32_769],
      [32_768, 0],
    ]);
    expect(collected.sink.of("Process")[1]?.env).toEqual([`A=${"é".repeat(32_767)}`]);
    expect(collected.collector.stats().textsCut).toBe(2);
  });

  test("the end of a process makes room, and so does another program in it", () => {
    const gone: TestRecord = { kind: "processGone", process: 1 };
    const collected = run([...long(1, "args"), gone, ...long(2, "args"), ...long(2, "args")]);
    expect(collected.collector.stats().textsCut).toBe(0);
  });

  test("processes without any take no room, and give none", () => {
    const others = Array.from({ length: 9 }, (_, i): TestRecord => {
      return { kind: "process", process: 10 + i, pid: 10 + i };
    });
    const textsCut = (longTextBytes: number) => {
      const records = [...others, ...long(1, "args")];
      const limits = { ...collectLimits, longTextBytes };
      return collect(records, {}, undefined, limits).collector.stats().textsCut;
    };
    expect([textsCut(100_000), textsCut(99_999)]).toEqual([0, 1]);
  });

  test("a child has whole what its parent has cut, once there is room", () => {
    const collected = run([
      ...long(1, "env"),
      ...long(2, "env"),
      { kind: "processGone", process: 1 },
      ...long(3, "env", 2),
    ]);
    expect(lengths(collected)).toEqual([
      [0, 50_001],
      [0, 32_769],
      [0, 50_001],
    ]);
    expect(collected.collector.stats().textsCut).toBe(1);
  });

  test("what an ended process keeps for its descendants counts until they are gone", () => {
    const family = [...long(1, "args"), ...long(2, "args", 1), { kind: "processGone", process: 1 }];
    const left = (...records: TestRecord[]) =>
      run([...(family as TestRecord[]), ...records, ...long(3, "env")]).collector.stats().textsCut;
    expect(left()).toBe(1);
    expect(left({ kind: "processGone", process: 2 })).toBe(0);
  });
});

describe("the room for them", () => {
  const owner = () => ({ longTextBytes: 0 });
  const kept = (texts: LongTexts, bytes: number) => {
    const { cut } = texts;
    texts.keep(Buffer.alloc(bytes, "a"), owner());
    return texts.cut === cut;
  };

  test("is what was kept, and is given back once", () => {
    const texts = new LongTexts(10);
    const first = owner();
    texts.keep(Buffer.alloc(6), first);
    expect(first.longTextBytes).toBe(6);
    texts.release(first);
    expect(first.longTextBytes).toBe(0);
    texts.release(first);
    expect([kept(texts, 6), kept(texts, 5), kept(texts, 4), kept(texts, 1)]).toEqual([
      ...[true, false, true, false],
    ]);
    expect(texts.cut).toBe(2);
  });

  test("is not taken by what was cut", () => {
    const texts = new LongTexts(10);
    const long = owner();
    texts.keep(Buffer.alloc(11), long);
    expect(long.longTextBytes).toBe(0);
    expect(kept(texts, 10)).toBe(true);
  });

  /** The cut is behind so many bytes, or before the character that stands there. */
  const cutBytes = 64 * 1024;
  test.each([
    ["one byte", "a", cutBytes],
    ["two", "é", cutBytes],
    ["three", "€", cutBytes - 1],
    ["four", "😀", cutBytes],
  ])("leaves whole characters of %s", (_, character, bytes) => {
    const text = Buffer.from(character.repeat(70_000));
    expect(new LongTexts(1).keep(text, owner()).length).toBe(bytes);
    const shifted = Buffer.from(`a${character.repeat(70_000)}`);
    const left = new LongTexts(1).keep(shifted, owner());
    expect(left.toString("utf8")).not.toContain("\ufffd");
    expect(left.length).toBeGreaterThan(cutBytes - character.length * 4);
  });

  test("leaves a shorter text whole, and nothing of what has no start", () => {
    expect(new LongTexts(1).keep(Buffer.from("aé"), owner()).toString()).toBe("aé");
    expect(new LongTexts(1).keep(Buffer.alloc(70_000, 0x80), owner()).length).toBe(0);
    const late = Buffer.concat([Buffer.from("ab"), Buffer.alloc(70_000, 0x80)]);
    expect(new LongTexts(1).keep(late, owner()).toString()).toBe("a");
  });
});
