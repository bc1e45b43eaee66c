// Processes in a cgroup of a container's, made by hand in a hierarchy of version 1, where each is apart.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";

const hierarchy = "/sys/fs/cgroup/cpu";

/** Null: this host has what it takes. */
export function whyNoCgroup(): string | null {
  return fs.existsSync(join(hierarchy, "cgroup.procs"))
    ? null
    : "this host has no cgroup hierarchy of version 1 for the CPU";
}

/** Runs a command as Docker's container of this id would. @throws Error where it fails */
export function runInContainer(id: string, ...command: readonly string[]): void {
  const parent = join(hierarchy, "docker");
  const isOurs = !fs.existsSync(parent);
  const cgroup = join(parent, id);
  fs.mkdirSync(cgroup, { recursive: true });
  const script = 'cgroup=$0; echo $$ > "$cgroup/cgroup.procs" && exec "$@"';
  const { status, stderr } = spawnSync("/bin/sh", ["-c", script, cgroup, ...command]);
  fs.rmdirSync(cgroup);
  if (isOurs) {
    fs.rmdirSync(parent);
  }
  if (status !== 0) {
    throw new Error(`${command.join(" ")}: ${stderr}`);
  }
}
