// When a user's runtime is believed.

import { afterAll, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOfUser } from "../../src/containers/owner.ts";

const root = fs.mkdtempSync(join(tmpdir(), "sysflow-owner-"));
afterAll(() => fs.rmSync(root, { recursive: true }));
const id = "ab".repeat(32);

function process(pid: number, uidMap: string, cgroup: string): void {
  const folder = join(root, `proc/${pid}`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, "uid_map"), uidMap);
  fs.writeFileSync(join(folder, "cgroup"), cgroup);
}

const inContainer = `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope\n`;
const rootless = "         0       1000          1\n         1     100000      65536\n";

test.each([
  ["a rootless container of theirs", rootless, inContainer, true],
  ["one that keeps their number", "0 100000 1000\n1000 1000 1\n", inContainer, true],
  ["one of root's", "         0          0 4294967295\n", inContainer, false],
  ["another user's", "0 1001 1\n1 200000 65536\n", inContainer, false],
  ["a process that is in no container", rootless, "0::/user.slice\n", false],
  ["a map that is empty", "", inContainer, false],
])("%s", (_, uidMap, cgroup, isTheirs) => {
  process(5, uidMap, cgroup);
  expect(isOfUser(root, 5, id, 1000)).toBe(isTheirs);
});

test("a process that has ended", () => {
  expect(isOfUser(root, 6, id, 1000)).toBe(false);
});
