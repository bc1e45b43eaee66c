// What is generated from the list of operations: every column of a row gets where it belongs. That the
// committed files are what the compiled list gives is test/native/layout.test.ts.

import { expect, test } from "bun:test";
import {
  nativeNumbers,
  renderOperations,
  renderOpFlags,
  withFileEvents,
} from "../../../build/generate/operations.ts";

const text = [
  ["operation", "Exec", "2", "EXEC", "0x2", "5", "ProcessEvent", "", "", "", "the same"],
  ["operation", "Setgid", "24", "", "0", "5", "", "", "", "", ""],
  ["operation", "Read", "0", "READ", "0x4", "5", "FileFlow NetworkFlow", "", "", "", "counted"],
  ["operation", "Write", "0", "WRITE", "0x10", "5", "FileFlow", "", "", "", "counted"],
  ["operation", "Copy", "0", "READ WRITE", "0x14", "5", "FileFlow", "", "", "", "both"],
  ["operation", "Mkdir", "7", "MKDIR", "0x20", "5", "FileEvent", "mkdir", "folder", "", "result"],
  ["operation", "Link", "3", "LINK", "0x40", "5", "FileEvent", "link", "there made", "", "result"],
  ["operation", "Bind", "4", "BIND", "0x80", "6", "FileEvent", "bind", "there there", "a, [b]", ""],
  ["operation", "Cut", "5", "CUT", "0x100", "6", "FileEvent", "shorten", "there", "", "result"],
  ["flag", "LATE", "0x8", "FileFlow", "Not ended."],
]
  .map((row) => `${row.join("\t")}\n`)
  .join("");

test("numbers of a batch are those of rows that have one, in their order", () => {
  expect(nativeNumbers(text)).toEqual([
    ["EXEC", 2],
    ["LINK", 3],
    ["BIND", 4],
    ["CUT", 5],
    ["MKDIR", 7],
    ["SETGID", 24],
  ]);
});

test("each bit is there once, in the order of the bits, under the records that have it", () => {
  const rendered = renderOpFlags(text);
  const bits = [...rendered.matchAll(/export const OP_(\w+) = (\w+);/g)];
  expect(bits.map(([, name, bit]) => `${name} ${bit}`)).toEqual([
    "EXEC 0x2",
    "READ 0x4",
    "LATE 0x8",
    "WRITE 0x10",
    "MKDIR 0x20",
    "LINK 0x40",
    "BIND 0x80",
    "CUT 0x100",
  ]);
  for (const line of [
    "/** Not ended. */\nexport const OP_LATE",
    "  ProcessEvent: OP_EXEC,",
    "  ProcessFlow: 0,",
    "  FileEvent: OP_MKDIR | OP_LINK,",
    "  NetworkFlow: OP_READ,",
    "  FileFlow: OP_READ | OP_LATE | OP_WRITE,",
    "fileEventFlagsOf6 = OP_BIND | OP_CUT;",
    'fileEventCallsOf6 = ["bind","shorten"] as const;',
    "folderFlags = OP_MKDIR;",
    "existingFlags = OP_CUT;",
    "twoFileFlags = OP_LINK | OP_BIND;",
    "newNameFlags = OP_LINK;",
    '  [OP_BIND, ["a","[b]"]],\n];',
  ]) {
    expect(rendered).toContain(line);
  }
});

test("what makes no record is no row of the table of system calls", () => {
  const rendered = renderOperations(text);
  expect(rendered).toContain(
    '  copy: { records: ["FileFlow"], opFlags: ["READ","WRITE"], schema: 5, onFailure: "both" },\n',
  );
  expect(rendered).toContain('  bind: { records: ["FileEvent"], opFlags: ["BIND"], schema: 6,');
  expect(rendered).not.toContain("setgid");
});

const readme = "a\n| `FileEvent.args` | old |\n| `FileEvent.opFlags` | old |\nb\n";

test("README tells the bits of schema 6 and their arguments", () => {
  const made = withFileEvents(readme, text);
  expect(made).toContain("besides, as text: of BIND a, [b]. [These]");
  expect(made).toContain("| also BIND 0x80, CUT 0x100 (shorten) |");
  expect(made).toMatch(/^a\n.*\n.*\nb\n$/);
  expect(withFileEvents(made, text)).toBe(made);
});

test.each(["args", "opFlags"])("a README without a row for %s is refused", (field) => {
  const without = readme.replace(`FileEvent.${field}`, "other");
  expect(() => withFileEvents(without, text)).toThrow("no place for the flags");
});
