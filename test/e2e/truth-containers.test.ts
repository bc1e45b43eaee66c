// Processes in cgroups such as runtimes make, live and replayed: who has a container record, by
// which id, and who has none.

import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyNotLive } from "../support/program/sysflow.ts";
import type { SfRecord } from "../support/records/read-sf.ts";
import { type Act, buildTruth, ways } from "../support/truth/observe.ts";
import { hasCompiler } from "../support/truth/workload.ts";

/** Of version 1 each hierarchy is apart, so that the test may make what it wants there. */
const hierarchy = "/sys/fs/cgroup/cpu";

function whyNot(): string | null {
  if (!fs.existsSync(join(hierarchy, "cgroup.procs"))) {
    return "this host has no cgroup hierarchy of version 1 for the CPU";
  }
  return whyNotLive();
}

const obstacle = whyNot();
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-containers-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const own = `sysflow-${process.pid}`;
const digits = "3ad7b26ded6d8e7b23da7d48fe889434";
const full = `${digits}573036c27ae5a74837233de441c3601e`;

/** What a user may call cgroups in one that was given away. */
const ofUser = "user.slice/user-1000.slice/user@1000.service";

/** Null: on the host. The last word: the process has process numbers of its own there. */
const cgroups: readonly [path: string, id: string | null, pids?: "own"][] = [
  [`lxc.payload.${own}/system.slice/ssh.service`, own],
  [`lxc/${own}/init.scope`, own],
  [`machine.slice/machine-my\\x2d${process.pid}.scope/payload`, `my-${process.pid}`],
  [`ecs/${digits}/${digits}-${process.pid}`, `${digits}-${process.pid}`],
  [`garden/${own}`, own],
  [`buildkit/${own}`, own],
  [`docker/buildkit/${own}`, own],
  [`user.slice/runc-${own}.scope`, own],
  [`docker/${full}/lxc.payload.${own}`, own],
  [`lxc.payload.${own}/docker/${full}`, digits.slice(0, 12)],
  [`lxc.monitor.${own}`, null],
  [`machine.slice/machine-${own}.scope/supervisor`, null],
  [`machine.slice/machine-qemu\\x2d1\\x2d${own}.scope`, null],
  [`user.slice/user-1000.slice/session-${process.pid}.scope`, null],
  [`system.slice/${own}.service`, null],
  [`${ofUser}/garden/${own}`, null],
  [`${ofUser}/app.slice/runc-${own}.scope`, null],
  [`${ofUser}/machine.slice/machine-${own}.scope`, null],
  [`${ofUser}/kubepods/besteffort/pod1/${own}`, null],
  [`system.slice/${own}.service/lxc/${own}`, null],
  [`${own}/garden/${own}`, null],
  [`${ofUser}/lxc.payload.${own}/system.slice/ssh.service`, own, "own"],
  [`${ofUser}/app.slice/runc-${own}.scope`, own, "own"],
  [`system.slice/${own}.service/garden/${own}`, own, "own"],
  [`${ofUser}/${own}.scope`, null, "own"],
  [`${ofUser}/user.slice/libpod-${full}.scope/container`, digits.slice(0, 12)],
];

/** Makes the folders on the way to it that are not there, and returns them from the innermost on. */
function makeCgroup(path: string): readonly string[] {
  const made: string[] = [];
  let at = hierarchy;
  for (const name of path.split("/")) {
    at = join(at, name);
    if (!fs.existsSync(at)) {
      fs.mkdirSync(at);
      made.unshift(at);
    }
  }
  return made;
}

/** A shell enters each cgroup; the program that it then is acts there. */
const enterAll: Act = () => {
  cgroups.forEach(([path, _, pids], index) => {
    const made = makeCgroup(path);
    const script = 'cgroup=$0; echo $$ > "$cgroup/cgroup.procs" && exec "$@"';
    const target = join(folder, `in-${index}`);
    const command = pids === "own" ? ["unshare", "--fork", "--pid", "mkdir"] : ["mkdir"];
    const words = ["-c", script, join(hierarchy, path), ...command, target];
    const result = spawnSync("/bin/sh", words);
    fs.rmdirSync(target);
    for (const each of made) {
      fs.rmdirSync(each);
    }
    if (result.status !== 0) {
      throw new Error(`${path}: ${result.stderr}`);
    }
  });
  return [];
};

/** The container of the process that made the folder, as a record before it defines it. */
function containerOfMaker(records: readonly SfRecord[], path: string): string | null | undefined {
  const file = records.find(({ kind, rec }) => kind === "File" && rec["path"] === path);
  const event = records.find(
    ({ kind, rec }) => kind === "FileEvent" && rec["fileOID"] === file?.rec["oid"],
  );
  const maker = records.findLast(
    ({ kind, rec, index }) =>
      kind === "Process" &&
      index < (event?.index ?? 0) &&
      Bun.deepEquals(rec["oid"], event?.rec["procOID"]),
  );
  const id = maker?.rec["containerId"] as string | null | undefined;
  const isDefined = records.some(({ kind, rec }) => kind === "Container" && rec["id"] === id);
  return typeof id === "string" && !isDefined ? undefined : id;
}

describe.skipIf(obstacle !== null)("containers by their cgroups", () => {
  test.each(ways)(
    "%s",
    async (_, observe) => {
      const { records } = await observe(folder, enterAll);
      const found = cgroups.map(([path], index) => [
        path,
        containerOfMaker(records, join(folder, `in-${index}`)),
      ]);
      expect(found).toEqual(cgroups.map(([path, id]) => [path, id]));
    },
    120_000,
  );
});

const user = 4321;
const line = (name: string) => `${name}:x:${user}:${user}::/:/bin/sh\n`;

/** How a container has its list of users, and what its user then is called. */
const lists: readonly [what: string, name: string, make: (root: string) => void, last?: string][] =
  [
    ["a file", "insider", (root) => fs.writeFileSync(join(root, "etc/passwd"), line("insider"))],
    [
      "an absolute link in it",
      "insider",
      (root) => {
        fs.writeFileSync(join(root, "list"), line("insider"));
        fs.symlinkSync("/list", join(root, "etc/passwd"));
      },
    ],
    [
      "a link that would lead out of it",
      "<NA>",
      (root) => {
        fs.writeFileSync(`${root}-list`, line("outsider"));
        fs.symlinkSync(`${root}-list`, join(root, "etc/passwd"));
      },
    ],
    ["a FIFO", "<NA>", (root) => spawnSync("mkfifo", [join(root, "etc/passwd")])],
    [
      "a file that is too long",
      "<NA>",
      (root) => fs.writeFileSync(join(root, "etc/passwd"), line("insider").padEnd(300_000, "#")),
    ],
    [
      "a file, for the numbers of the user namespace",
      "boss",
      (root) => fs.writeFileSync(join(root, "etc/passwd"), "boss:x:0:0::/:/bin/sh\n"),
      "namespace",
    ],
    [
      "a file, for other numbers than the user namespace's",
      "<NA>",
      (root) => fs.writeFileSync(join(root, "etc/passwd"), line("insider")),
      "namespace",
    ],
  ];

describe.skipIf(obstacle !== null || !hasCompiler)("users of containers", () => {
  test.each(ways)(
    "have the names of their own list, or none: %s",
    async (way, observe) => {
      const program = buildTruth(folder, "users");
      fs.chmodSync(folder, 0o755);
      const act: Act = () => {
        lists.forEach(([what, name, makeList, last], index) => {
          const root = join(folder, `root-${index}`);
          fs.rmSync(root, { recursive: true, force: true });
          fs.mkdirSync(join(root, "etc"), { recursive: true });
          fs.copyFileSync(program, join(root, "users"));
          makeList(root);
          const cgroup = `docker/${String(index).repeat(12)}${full.slice(12)}`;
          const made = makeCgroup(cgroup);
          const words = [join(hierarchy, cgroup, "cgroup.procs"), root, String(user)];
          // The library tells a capture of a container's users when it has met the first of them.
          const times = way === "replayed" && name !== "<NA>" ? 2 : 1;
          const run = () => spawnSync(program, last === undefined ? words : [...words, last]);
          const results = Array.from({ length: times }, run);
          const result = results.find(({ status }) => status !== 0);
          for (const each of made) {
            fs.rmdirSync(each);
          }
          if (result !== undefined) {
            throw new Error(`${what}: ${result.stderr}`);
          }
        });
        return [];
      };
      const { records } = await observe(folder, act);
      const found = lists.map(([what], index) => {
        const process = records.findLast(
          ({ kind, rec }) => kind === "Process" && rec["containerId"] === String(index).repeat(12),
        );
        return [what, process?.rec["uid"], process?.rec["userName"]];
      });
      // The library's lists, which a capture has, know nothing of user namespaces.
      const wanted = (name: string) => (way === "replayed" && name === "boss" ? "<NA>" : name);
      expect(found).toEqual(lists.map(([what, name]) => [what, user, wanted(name)]));
    },
    120_000,
  );
});
