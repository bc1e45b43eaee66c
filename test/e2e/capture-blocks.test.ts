// Captures that other tools have been at: pcapng lets a block end with options (a comment, the
// program's name) and lets blocks of other programs stand anywhere. None of that is damage, and the
// records stay the same. A packet capture is called one. What is damaged is still told.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { exitStatus } from "../../src/base/exit-status.ts";
import {
  type Block,
  blocksOf,
  blockTypes,
  captureOf,
  options,
  sectionHeader,
  words,
} from "../support/captures/capture-blocks.ts";
import { plainCapture } from "../support/captures/golden.ts";
import { everyRecord, type Run, sysflow } from "../support/program/sysflow.ts";
import { readSf } from "../support/records/read-sf.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-blocks-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const original = blocksOf(plainCapture("mixed"));
const output = join(folder, "out.sf");
const comment = options([1, "made in the lab"]);
const isEvent = ({ type }: Block) => type >= 0x204 && (type & 0xff) > 0x15 && type !== 0x218;

function replay(blocks: readonly Block[], compressed = false): Run {
  const path = join(folder, "changed.scap");
  const bytes = captureOf(blocks);
  fs.writeFileSync(path, compressed ? gzipSync(bytes) : bytes);
  fs.rmSync(output, { force: true });
  return sysflow(["collect", "-r", path, "-w", output, "-e", "x", ...everyRecord]);
}

function records(run: Run): readonly unknown[] {
  expect([run.status, run.stderr]).toEqual([exitStatus.OK, run.stderr]);
  return readSf(output).filter(({ kind }) => kind !== "SFHeader");
}

/** Options behind the content of each block of a type. */
function withOptions(type: number, bytes: Buffer): Block[] {
  expect(original.some((block) => block.type === type)).toBe(true);
  return original.map((block) =>
    block.type === type ? { type, content: Buffer.concat([block.content, bytes]) } : block,
  );
}

/** A block before each one that `where` names. */
function withBlocks(block: Block, where: (at: Block) => boolean): Block[] {
  return original.flatMap((at) => (where(at) ? [block, at] : [at]));
}

const custom: Block = { type: 0x0bad, content: Buffer.concat([words(32473), Buffer.alloc(24)]) };
const names: Block = { type: 4, content: Buffer.alloc(4) };
const statistics: Block = { type: 5, content: Buffer.alloc(12) };
const journal: Block = { type: 9, content: Buffer.from("MESSAGE=x\n\0\0") };
const several = options([1, "first"], [1, "a second comment"], [4, "editor 1.0"]);
const long = options([1, "x".repeat(60_000)]);

const harmless: readonly (readonly [string, Block[]])[] = [
  ["a comment in the section header", withOptions(sectionHeader, comment)],
  ["several options there", withOptions(sectionHeader, several)],
  ["a long one", withOptions(sectionHeader, long)],
  ["options without their end", withOptions(sectionHeader, comment.subarray(0, -4))],
  ["of the machine", withOptions(blockTypes.machine, comment)],
  ["of the processes", withOptions(blockTypes.processes, several)],
  ["of the descriptors", withOptions(blockTypes.descriptors, comment)],
  ["of the interfaces", withOptions(blockTypes.interfaces, several)],
  ["of the users", withOptions(blockTypes.users, comment)],
  ["the end of options alone", withOptions(blockTypes.processes, options())],
  ["an empty comment", withOptions(blockTypes.users, options([1, ""]))],
  ["a foreign block behind the section header", withBlocks(custom, ({ type }) => type === 0x201)],
  ["names and a journal before each event", withBlocks(names, isEvent)],
  ["foreign blocks between events", withBlocks(journal, isEvent)],
  ["statistics at the end", [...original, statistics]],
];

describe("options and foreign blocks", () => {
  const expected = records(replay(original));

  test.each(harmless)("%s", (_, blocks) => {
    expect(records(replay(blocks))).toEqual(expected);
  });

  test("and compressed", () => {
    expect(records(replay(withOptions(sectionHeader, comment), true))).toEqual(expected);
  });
});

describe("damage is still damage", () => {
  const wrongEnd = Buffer.concat([comment.subarray(0, -4), words(0x0004_0000)]);
  const event = original.findIndex(isEvent);
  const cut = captureOf([...original.slice(0, event), custom]).subarray(0, -6);

  test.each([
    ["a list that ends in nonsense", withOptions(blockTypes.processes, Buffer.alloc(20, 0xff))],
    ["options that do not end", withOptions(blockTypes.users, wrongEnd)],
    ["a block of Falco's own range", withBlocks({ ...custom, type: 0x2f0 }, isEvent)],
  ])("%s", (_, blocks) => {
    expect(replay(blocks).status).toBe(exitStatus.DAMAGED_INPUT);
  });

  test("a foreign block that is cut", () => {
    const path = join(folder, "cut.scap");
    fs.writeFileSync(path, cut);
    const run = sysflow(["collect", "-r", path, "-w", output]);
    expect([run.status, run.stderr]).toEqual([exitStatus.DAMAGED_INPUT, run.stderr]);
  });
});

describe("packet captures", () => {
  const interfaceBlock: Block = { type: 1, content: Buffer.alloc(8, 1) };
  const header = original[0] as Block;
  const pcap = Buffer.concat([words(0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1)]);

  test.each([
    ["pcap", pcap],
    ["pcap of nanoseconds", Buffer.concat([words(0xa1b23c4d), pcap.subarray(4)])],
    ["pcapng", captureOf([header, interfaceBlock, { type: 6, content: Buffer.alloc(24) }])],
    ["pcapng with names first", captureOf([header, names, interfaceBlock])],
    ["pcapng, compressed", gzipSync(captureOf([header, interfaceBlock]))],
  ])("%s", (_, bytes) => {
    const path = join(folder, "packets");
    fs.writeFileSync(path, bytes);
    const run = sysflow(["collect", "-r", path, "-w", output]);
    expect(run.stderr).toMatch(/^sysflow: error: cannot read .* it is a packet capture \(pcap/);
    expect(run.stderr).toMatch(
      /record system calls with .sysflow record. \[OperationNotSupported\]\n$/,
    );
    expect(run.status).toBe(exitStatus.FAILURE);
  });
});
