// Names and folders of paths, against what Go's path/filepath gives; and the paths of sockets.

import { expect, test } from "bun:test";
import { baseName, directoryOf, socketPath, trimmed } from "../../src/flatten/texts/paths.ts";

test.each([
  ["/a/b", "b", "/a"],
  ["/a/b/", "b", "/a/b"],
  ["/a//", "a", "/a"],
  ["a", "a", "."],
  ["a/b", "b", "a"],
  ["/", "/", "/"],
  ["///", "/", "/"],
  ["/a", "a", "/"],
  ["", "", ""],
  ["/a//b", "b", "/a"],
  ["/a/./b", "b", "/a"],
  ["/a/../b", "b", "/"],
  ["/../b", "b", "/"],
  ["../a", "a", ".."],
  ["../../a", "a", "../.."],
  ["a/../b", "b", "."],
  ["./a", "a", "."],
  ["./a/b", "b", "a"],
  ["/.git/x", "x", "/.git"],
  ["pipe:[17]", "pipe:[17]", "."],
])("%p has the name %p and the folder %p", (path, name, folder) => {
  expect(baseName(path)).toBe(name);
  expect(directoryOf(path)).toBe(folder);
});

test.each([
  ["a", "a"],
  [" a b\t\n", "a b"],
  ["\u00a0é\u00a0", "é"],
  ["é", "é"],
  ["a ", "a"],
  [" a", "a"],
  ["", ""],
])("%p is %p when trimmed", (text, expected) => {
  expect(trimmed(text)).toBe(expected);
});

test.each([
  ["ffff88003c1d1800->ffff8800038ba000 /dev/log", "/dev/log", "ffff88003c1d1800->ffff8800038ba000"],
  ["00AB->0 /a b", "/a", "ab->0"],
  ["  1->2 \t/x", "/x", "1->2"],
  ["1->2/x", "/x", "1->2"],
  ["1->2 /a!b", "/a!b", "1->2"],
  ["1-\\u003e2 /x", "/x", "1-\\u3e2"],
])("%p is the socket %p of %p", (text, path, ends) => {
  expect(socketPath(text)).toEqual({ path, ends });
});

test.each([
  "/a->b c",
  "->1 /x",
  "1-> /x",
  "1->2",
  "1->2 ",
  "g->1 /x",
  "1 ->2 /x",
  "12345678123456780->1 /x",
  `${"0".repeat(41)}->1 /x`,
  "",
])("%p is no socket's path", (text) => {
  expect(socketPath(text)).toBeNull();
});
