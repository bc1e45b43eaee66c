// What a live output does beside writing: blocks every so often, part files that dead writers have left,
// and what these then count for within the bounds.

import { afterAll, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partsAt, recoverPart } from "../../../src/write/file/recovery.ts";
import { keepAll, newestStamp, Upkeep, type UpkeepParts } from "../../../src/write/file/upkeep.ts";
import { descriptorsBelow } from "../../support/program/descriptors.ts";
import { sampleFileFlow, sampleHeader } from "../../support/records/sample-records.ts";
import { recordsBlock, sfBlock, sfHeader } from "../../support/records/sf-bytes.ts";

const base = fs.mkdtempSync(join(tmpdir(), "sysflow-upkeep-"));
afterAll(() => fs.rmSync(base, { recursive: true }));

let folder = "";
beforeEach(() => {
  folder = fs.mkdtempSync(join(base, "each-"));
});

const stamp = 1_700_000_000;
const head = sfHeader("null");
const block = sfBlock("null", recordsBlock([{ ...sampleHeader, version: 6 }, sampleFileFlow(1)]));
const whole = Buffer.concat([head, block]);
const cut = Buffer.concat([whole, Buffer.from("12345")]);
const form = () => ({ folder, prefix: "o.", suffix: ".sf" });
const nameOf = (second: number) => `o.${second}.sf`;
const put = (name: string, bytes: Uint8Array) => fs.writeFileSync(join(folder, name), bytes);
const left = () => fs.readdirSync(folder).sort();
const free = () => 0;

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 5000;
  while (!isSo() && performance.now() < end) await Bun.sleep(1);
  expect(isSo()).toBe(true);
}

function upkeepOf(parts: Partial<UpkeepParts> = {}) {
  const notices: string[] = [];
  let flushes = 0;
  const upkeep = new Upkeep({
    form: form(),
    keep: keepAll,
    lock: free,
    everyMs: 2 ** 30,
    flush: () => {
      flushes += 1;
    },
    onNotice: (message) => notices.push(message.replaceAll(`${folder}/`, "")),
    ...parts,
  });
  return { upkeep, notices, flushes: () => flushes };
}

describe("part files of dead writers", () => {
  test("are recovered and counted, and told of, each by what was in it", async () => {
    put(`${nameOf(stamp)}.part`, cut);
    put(`${nameOf(stamp + 1)}.part`, head);
    put(`${nameOf(stamp + 2)}.part`, Buffer.from("a text"));
    put(`${nameOf(stamp + 3)}.part`, new Uint8Array(0));
    const { upkeep, notices } = upkeepOf();
    await until(() => notices.length === 4);
    expect(notices).toEqual([
      `${nameOf(stamp)}.part was left by a writer that died: now ${nameOf(stamp)}, ` +
        "2 records kept, 5 bytes cut off behind the last whole block",
      `${nameOf(stamp + 1)}.part was left by a writer that died: removed, ` +
        `no whole block was in its ${head.length} bytes`,
      `cannot recover ${nameOf(stamp + 2)}.part: it is no SysFlow file: it begins otherwise; ` +
        "it stays as it is",
      `${nameOf(stamp + 3)}.part was left by a writer that died: removed, ` +
        "no whole block was in its 0 bytes",
    ]);
    expect([upkeep.recovered, upkeep.recoveredCut]).toEqual([1, 5 + head.length]);
    expect(left()).toEqual([nameOf(stamp), `${nameOf(stamp + 2)}.part`]);
    upkeep.stop();
  });

  test("of living ones are left alone, and nothing is said", async () => {
    put(`${nameOf(stamp)}.part`, cut);
    let asked = 0;
    const lock = () => {
      asked += 1;
      return 11;
    };
    const { upkeep, notices } = upkeepOf({ lock });
    await until(() => asked > 0);
    await Bun.sleep(20);
    expect([notices, upkeep.recovered, left()]).toEqual([[], 0, [`${nameOf(stamp)}.part`]]);
    upkeep.stop();
  });

  test("are not begun with once it has stopped", async () => {
    put(`${nameOf(stamp)}.part`, cut);
    const { upkeep } = upkeepOf();
    upkeep.stop();
    await Bun.sleep(50);
    expect(left()).toEqual([`${nameOf(stamp)}.part`]);
  });

  test("are files of this output from then on, with what is left of their bytes", async () => {
    put(`${nameOf(stamp)}.part`, cut);
    const others = Buffer.from("a text");
    put(`${nameOf(stamp + 1)}.part`, others);
    const keep = { ...keepAll, bytes: whole.length + others.length + 10 };
    const { upkeep, notices } = upkeepOf({ keep });
    await until(() => notices.length === 2);
    const { retention } = upkeep;
    expect(retention?.mayWrite(10, () => undefined)).toBe("yes");
    const { promise, resolve } = Promise.withResolvers<void>();
    expect(retention?.mayWrite(11, resolve)).toBe("later");
    await promise;
    expect([left(), retention?.removed]).toEqual([[`${nameOf(stamp + 1)}.part`], 1]);
    upkeep.stop();
  });
});

describe("now and then", () => {
  test("a block is written, until it stops, and no program is kept alive for that", async () => {
    const timers = spyOn(globalThis, "setInterval");
    const { upkeep, flushes } = upkeepOf({ everyMs: 5 });
    const [timer] = timers.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timer?.hasRef()).toBe(false);
    timers.mockRestore();
    await until(() => flushes() > 2);
    upkeep.stop();
    const before = flushes();
    await Bun.sleep(30);
    expect(flushes()).toBe(before);
  });

  test("files that have grown old are removed", async () => {
    put(nameOf(stamp), whole);
    const { upkeep } = upkeepOf({ everyMs: 5, keep: { ...keepAll, ageSec: 1 } });
    await Bun.sleep(50);
    expect(left()).toEqual([nameOf(stamp)]);
    await until(() => left().length === 0);
    upkeep.stop();
  });

  test("a file of a given name has its blocks too, and no others to keep", async () => {
    const { upkeep, flushes } = upkeepOf({ form: null, everyMs: 5 });
    expect(upkeep.retention).toBeNull();
    await until(() => flushes() > 2);
    upkeep.stop();
  });
});

const part = () => join(folder, `${nameOf(stamp)}.part`);

describe("one part file", () => {
  test("is read once, and told of as it is", async () => {
    put(`${nameOf(stamp)}.part`, cut);
    let bytes = 0;
    const found = await recoverPart(part(), free, (more) => {
      bytes += more;
    });
    expect(bytes).toBe(cut.length);
    expect(found).toEqual({
      ...{ part: part(), outcome: "whole", path: join(folder, nameOf(stamp)), why: null },
      ...{ records: 2, bytes: whole.length, bytesCut: 5 },
    });
    expect(fs.readFileSync(join(folder, nameOf(stamp))).equals(whole)).toBe(true);
  });

  test("is kept to the block before one whose records are not good, whole as that looks", async () => {
    const good = recordsBlock([sampleFileFlow(2)]);
    const bad = [
      { count: 1, data: Buffer.alloc(good.data.length, 0xff) },
      { count: 1, data: good.data.subarray(0, -1) },
      { count: 2, data: good.data },
    ];
    for (const one of bad) {
      const torn = sfBlock("null", one);
      put(`${nameOf(stamp)}.part`, Buffer.concat([whole, torn]));
      expect(await recoverPart(part(), free)).toMatchObject({
        ...{ outcome: "whole", records: 2, bytes: whole.length, bytesCut: torn.length },
      });
      fs.rmSync(join(folder, nameOf(stamp)));
    }
    put(`${nameOf(stamp)}.part`, Buffer.concat([whole, sfBlock("null", good)]));
    expect(await recoverPart(part(), free)).toMatchObject({ records: 3, bytesCut: 0 });
  });

  test("is closed, whatever it was, and no pipe is read from", async () => {
    const pipe = `${part()}.pipe.part`;
    expect(spawnSync("/usr/bin/mkfifo", [pipe]).status).toBe(0);
    const before = descriptorsBelow(folder);
    put(`${nameOf(stamp)}.part`, cut);
    await recoverPart(part(), free);
    expect(await recoverPart(pipe, free)).toMatchObject({
      ...{ outcome: "refused", why: "it is no regular file" },
    });
    expect(descriptorsBelow(folder)).toBe(before);
  });
});

describe("one part file", () => {
  test("that is not there is an operator's error where parts are looked for", () => {
    let code = "";
    try {
      partsAt([part()]);
    } catch (error) {
      ({ code } = error as { code: string });
    }
    expect(code).toBe("INPUT_OPEN_FAILED");
  });

  test("without a block is told of as it was", async () => {
    put(`${nameOf(stamp)}.part`, head.subarray(0, 50));
    expect(await recoverPart(part(), free)).toEqual({
      ...{ part: part(), outcome: "empty", path: null, why: null },
      ...{ records: 0, bytes: 0, bytesCut: 50 },
    });
  });

  test.each([
    ["removed", () => fs.rmSync(part())],
    [
      "replaced",
      () => {
        fs.renameSync(part(), join(folder, "moved"));
        fs.copyFileSync(join(folder, "moved"), part());
      },
    ],
  ])("that another has %s meanwhile is left to it", async (_, act) => {
    put(`${nameOf(stamp)}.part`, cut);
    const lock = () => {
      act();
      return 0;
    };
    expect(await recoverPart(part(), lock)).toMatchObject({
      ...{ outcome: "refused", why: "another process was quicker" },
      ...{ records: 0, bytes: 0, bytesCut: 0 },
    });
    expect(fs.existsSync(join(folder, nameOf(stamp)))).toBe(false);
  });

  test("gets the first of sixty names that nobody has taken", async () => {
    for (let i = 0; i < 59; i++) put(nameOf(stamp + i), Buffer.from("mine"));
    put(`${nameOf(stamp)}.part`, whole);
    const last = join(folder, nameOf(stamp + 59));
    expect((await recoverPart(part(), free)).path).toBe(last);
    put(`${nameOf(stamp)}.part`, whole);
    expect((await recoverPart(part(), free)).why).toBe("it exists already (EEXIST)");
    expect(left().length).toBe(61);
  });

  test.each([
    ["a.123456789", "a.123456790"],
    ["a.999999999.sf", "a.1000000000.sf"],
    ["123456789012", "123456789013"],
    ["a.12345678.sf", null],
    ["a.123456789.sf.x", null],
    ["a.123456789 x", null],
  ])("whose name %s is taken gets %p", async (name, next) => {
    put(name, Buffer.from("mine"));
    put(`${name}.part`, whole);
    const { path } = await recoverPart(join(folder, `${name}.part`), free);
    expect(path).toBe(next === null ? null : join(folder, next));
  });
});

describe("the newest time in names", () => {
  test("is that of a whole file or of a part file", () => {
    expect(newestStamp(form())).toBeNull();
    for (const name of [nameOf(7), `${nameOf(9)}.part`, nameOf(8), "o.99", "x.99.sf"])
      put(name, head);
    expect(newestStamp(form())).toBe(9);
    put(nameOf(10), head);
    expect(newestStamp(form())).toBe(10);
  });

  test("is none where the folder is not there", () => {
    expect(newestStamp({ ...form(), folder: join(folder, "none") })).toBeNull();
  });
});
