// Texts made of entities are made once, and anew right after the entity or one of its parents is told
// anew; and they are no more than a bound, whatever a file holds.

import { describe, expect, test } from "bun:test";
import { findAttribute } from "../../src/flatten/registry.ts";
import { chainCharsMax, keptProcessChars } from "../../src/flatten/texts/process-texts.ts";
import type { JoinedRecord } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { joinLimits } from "../../src/join/limits.ts";
import type { File, Oid, Process, SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { deliver } from "../../src/sysflow/record-sink.ts";
import {
  sampleFile,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";

function oid(hpid: number): Oid {
  return { createLo: 7, createHi: 3, hpid };
}

function process(hpid: number, parent: number | null, exe: string): Process {
  const poid = parent === null ? null : oid(parent);
  return { ...sampleParent(), oid: oid(hpid), poid, exe, exeArgs: "", containerId: null };
}

/** Takes records and says what an attribute is at a record of a process. */
class World {
  #last: JoinedRecord | null = null;
  readonly #joiner: Joiner;

  constructor(limits = joinLimits) {
    this.#joiner = new Joiner(
      {
        joined: (joined) => {
          this.#last = joined;
        },
      },
      limits,
    );
  }

  take(...records: readonly SysFlowRecord[]): JoinedRecord {
    for (const record of records) {
      deliver(record, this.#joiner);
    }
    if (this.#last === null) {
      throw new Error("nothing was joined");
    }
    return this.#last;
  }

  text(name: string, hpid: number): string | null {
    const of = this.take({ ...sampleProcessEvent(1, 1), procOID: oid(hpid) });
    return findAttribute(name, "default")?.text(of) ?? null;
  }

  items(name: string, hpid: number): readonly string[] | null {
    const of = this.take({ ...sampleProcessEvent(1, 1), procOID: oid(hpid) });
    return findAttribute(name, "default")?.items?.(of) ?? null;
  }
}

describe("texts of a process", () => {
  test("are made once", () => {
    const world = new World();
    world.take(process(1, null, "/a"), process(2, 1, "/b"));
    const before = keptProcessChars();
    expect(world.text("sf.proc.cmdline", 2)).toBe("/b ");
    const once = keptProcessChars();
    expect(once).toBeGreaterThan(before);
    expect(world.text("sf.proc.cmdline", 2)).toBe("/b ");
    expect(keptProcessChars()).toBe(once);
    expect(world.items("sf.proc.aname", 2)).toBe(world.items("sf.proc.aname", 2));
    expect(world.items("proc.aname", 2)).toBe(world.items("proc.aname", 2));
  });

  test("are new when it is told anew", () => {
    const world = new World();
    world.take(process(1, null, "/a"));
    expect(world.text("sf.proc.cmdline", 1)).toBe("/a ");
    world.take(process(1, null, "/b"));
    expect(world.text("sf.proc.cmdline", 1)).toBe("/b ");
    expect(world.text("proc.name", 1)).toBe("b");
  });

  test("are new when any of its parents is told anew", () => {
    const world = new World();
    world.take(process(1, null, "/a"), process(2, 1, "/b"), process(3, 2, "/c"));
    expect(world.text("sf.proc.aname", 3)).toBe("c,b,a");
    world.take(process(1, null, "/x"));
    expect(world.text("sf.proc.aname", 3)).toBe("c,b,x");
    expect(world.text("sf.pproc.name", 2)).toBe("x");
    world.take(process(2, 1, "/y"));
    expect(world.text("sf.proc.aname", 3)).toBe("c,y,x");
    expect(world.text("sf.pproc.name", 3)).toBe("y");
    world.take(process(3, 1, "/c"));
    expect(world.text("sf.proc.aname", 3)).toBe("c,x");
  });

  test("are new when a parent comes after its child", () => {
    const world = new World();
    world.take(process(2, 1, "/b"));
    expect(world.text("sf.proc.aname", 2)).toBe("b");
    expect(world.text("sf.pproc.name", 2)).toBeNull();
    world.take(process(1, null, "/a"));
    expect(world.text("sf.proc.aname", 2)).toBe("b,a");
    expect(world.text("sf.pproc.name", 2)).toBe("a");
  });

  test("are new when a parent was given up, and when it comes again", () => {
    const world = new World({ ...joinLimits, processes: { entries: 3, chars: 1e6 } });
    // It came after its child, so that nothing tells that it is needed.
    world.take(process(2, 1, "/b"), process(1, null, "/a"));
    expect(world.text("sf.proc.aname", 2)).toBe("b,a");
    for (let hpid = 10; hpid < 30; hpid++) {
      world.take(process(hpid, null, "/other"));
      world.text("proc.name", 2);
    }
    expect(world.text("sf.proc.aname", 2)).toBe("b");
    world.take(process(1, null, "/again"));
    expect(world.text("sf.proc.aname", 2)).toBe("b,again");
  });

  test("are new with a new header", () => {
    const world = new World();
    world.take(process(1, null, "/a"), process(2, 1, "/b"));
    expect(world.text("sf.proc.aname", 2)).toBe("b,a");
    world.take(sampleHeader, process(2, 1, "/b"));
    expect(world.text("sf.proc.aname", 2)).toBe("b");
  });
});

describe("texts of parents", () => {
  test("end where parents go round", () => {
    const world = new World();
    world.take(process(1, 2, "/a"), process(2, 1, "/b"), process(3, 3, "/c"));
    expect(world.text("sf.proc.aname", 2)).toBe("b,a");
    expect(world.text("sf.proc.aname", 3)).toBe("c");
    expect(world.text("sf.pproc.name", 3)).toBeNull();
  });

  test("of many parents end at a bound", () => {
    const world = new World();
    const long = `/${"x".repeat(chainCharsMax / 4)}`;
    world.take(process(1, null, long));
    for (let hpid = 2; hpid <= 20; hpid++) {
      world.take(process(hpid, hpid - 1, `${long}${hpid}`));
    }
    expect(world.items("sf.proc.aexe", 20)).toEqual([20, 19, 18].map((hpid) => `${long}${hpid}`));
  });

  test("of many processes are no more than a bound, and are made again", () => {
    const world = new World();
    const bound = 8 * 1024 * 1024;
    const args = "y".repeat(bound / 16);
    const hpids = Array.from({ length: 40 }, (_, i) => i + 1);
    for (const hpid of hpids) {
      world.take({ ...process(hpid, null, `/${hpid}`), exeArgs: args });
      expect(world.text("sf.proc.cmdline", hpid)).toBe(`/${hpid} ${args}`);
      expect(keptProcessChars()).toBeLessThanOrEqual(bound);
    }
    expect(keptProcessChars()).toBeGreaterThan(bound / 2);
    for (const hpid of hpids) {
      expect(world.text("sf.proc.cmdline", hpid)).toBe(`/${hpid} ${args}`);
    }
  });

  test("are counted with what they take besides, no more once they are gone", () => {
    const world = new World();
    const room = 8 * 1024 * 1024;
    const each = 256 * 1024;
    world.take(process(1, null, "/a"), process(2, 1, "/bb"));
    const before = keptProcessChars();
    world.text("sf.proc.cmdline", 2);
    expect(keptProcessChars() - before).toBe("/bb ".length + 256);
    world.text("sf.proc.exe", 2);
    world.text("sf.proc.name", 2);
    expect(keptProcessChars() - before).toBe("/bb bb".length + 256);
    world.items("sf.proc.aname", 2);
    expect(keptProcessChars() - before).toBe("/bb bb".length + 256 + "bb/a".length + 16);
    world.take(process(1, null, "/c"));
    world.items("sf.proc.aexe", 2);
    // All that was kept by now goes for these, each of which is of one size.
    for (let hpid = 100; hpid < 200; hpid++) {
      world.take({ ...process(hpid, null, "/"), exeArgs: "z".repeat(each - 256 - "/ ".length) });
      world.text("sf.proc.cmdline", hpid);
    }
    expect(keptProcessChars()).toBe(room);
    expect(world.items("sf.proc.aname", 2)).toEqual(["bb", "c"]);
  });

  test("whose chains are made anew again and again count once", () => {
    const world = new World();
    world.take(process(1, null, "/a"), process(2, 1, "/b"));
    world.items("sf.proc.aname", 2);
    const before = keptProcessChars();
    for (let i = 0; i < 100; i++) {
      world.take(process(1, null, "/c"));
      world.items("sf.proc.aname", 2);
    }
    expect(keptProcessChars()).toBe(before);
  });
});

test("texts of a file are new when it is told anew", () => {
  const world = new World();
  const file: File = sampleFile("/etc/passwd");
  const flow = { ...sampleFileFlow(1), fileOID: file.foid };
  const name = findAttribute("sf.file.name", "default");
  expect(name?.text(world.take(file, flow))).toBe("passwd");
  expect(name?.text(world.take({ ...file, path: "/etc/group" }, flow))).toBe("group");
});
