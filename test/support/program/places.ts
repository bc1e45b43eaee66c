// The places where the shipped file has to run. Each is a folder that becomes a root, or the host
// itself, and a few words of shell that go there and run "$@". What is mounted is mounted in a mount
// namespace of the run's own, so it is gone with the run, however that ends.

import fs from "node:fs";
import { join } from "node:path";
import { type PinnedPackage, unpackBinaries } from "../../../build/packages/debian-source.ts";
import { MUSL } from "../../../build/toolchain/musl-toolchain.ts";
import { hasTool, hostTool } from "./host-tool.ts";
import { shippedFile } from "./shipped.ts";
import type { Run } from "./sysflow.ts";

export interface Place {
  readonly name: string;
  /** Ends by running "$@"; `$ROOT` is the place's folder, which holds the file, a capture and out/. */
  readonly enter: string;
  /** Namespaces beside that of mounts, in the words of unshare. */
  readonly namespaces?: readonly string[];
  /** Folders that the root has to have, empty. */
  readonly folders?: readonly string[];
  /** Debian packages unpacked into the root. */
  readonly packages?: readonly PinnedPackage[];
  /** What the refusal of live capture must say; null where it must work. */
  readonly refusal: RegExp | null;
}

const busybox: PinnedPackage = {
  name: "busybox-static",
  version: "1:1.35.0-4+deb12u1+b1",
  kind: "binary",
  suite: "bookworm",
  files: {
    "busybox-static_1%3a1.35.0-4+deb12u1+b1_amd64.deb":
      "3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744",
  },
};

const musl = (MUSL["amd64"] ?? []).filter(({ name }) => name === "musl");

const onHost = 'cd "$ROOT"; exec';
const kernelFolders = 'mount -t proc proc "$ROOT/proc"; mount --rbind /sys "$ROOT/sys";';
/** Only the mount of the root itself becomes read-only: what the run writes has one of its own. */
const readOnly =
  'mount --bind "$ROOT" "$ROOT"; mount --bind "$ROOT/out" "$ROOT/out"; ' +
  'mount -o remount,bind,ro "$ROOT"; cd "$ROOT";';

/** As a container engine sets it up: see the OCI runtime specification, "Default Filesystems". */
const container = [
  readOnly,
  "hostname container;",
  'mount -t proc -o nosuid,nodev,noexec proc "$ROOT/proc";',
  'mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$ROOT/sys";',
  'mount -t tmpfs -o mode=755,nosuid tmpfs "$ROOT/dev";',
  "for each in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9; do IFS=: read -r name a b <<_\n$each\n_\n",
  'mknod -m 666 "$ROOT/dev/$name" c "$a" "$b"; done;',
].join(" ");
const hostsPids = ["--uts", "--ipc", "--net"];
const containerNamespaces = ["--pid", "--fork", ...hostsPids];
const containerFolders = ["proc", "sys", "dev"];

/** The bounding set limits what root has after the next exec. */
function withCapabilities(...names: readonly string[]): string {
  const kept = ["chown", "dac_override", "kill", "setgid", "setuid", "sys_chroot", ...names];
  const set = ["-all", ...kept.map((name) => `+${name}`)].join(",");
  return `exec setpriv --inh-caps -all --bounding-set ${set}`;
}

const noBtf = /no \/sys\/kernel\/btf\/vmlinux; mount \/sys/;
/** The refusal of a user without rights. */
export const noRights = /CAP_BPF and CAP_PERFMON missing/;
/** The refusal in a pid namespace of its own. */
export const ownPids = /--pid=host .*\[PID_NAMESPACE\]/;

export const places: readonly Place[] = [
  { name: "host (glibc), root", enter: `${onHost} "$@"`, refusal: null },
  {
    name: "host, uid 65534",
    enter: `${onHost} setpriv --reuid 65534 --regid 65534 --clear-groups "$@"`,
    refusal: noRights,
  },
  {
    name: "host, no_new_privs, no capabilities",
    enter: `${onHost} setpriv --no-new-privs --inh-caps -all --bounding-set -all "$@"`,
    refusal: noRights,
  },
  {
    name: "host, /tmp noexec",
    enter:
      'mount --bind "$ROOT" /mnt; mount -t tmpfs -o noexec,nosuid,nodev tmpfs /tmp; ' +
      'cd /mnt; exec "$@"',
    refusal: null,
  },
  { name: "host, stack of 256 KiB", enter: `ulimit -s 256; ${onHost} "$@"`, refusal: null },
  { name: "host, stack unlimited", enter: `ulimit -s unlimited; ${onHost} "$@"`, refusal: null },
  {
    name: "host, no address randomisation",
    enter: `${onHost} setarch -R "$@"`,
    refusal: null,
  },
  {
    name: "chroot with nothing but the file",
    enter: 'exec chroot "$ROOT" "$@"',
    refusal: noBtf,
  },
  {
    name: "the same, read-only, uid 65534",
    enter: `${readOnly} exec chroot --userspec=65534:65534 "$ROOT" "$@"`,
    refusal: noBtf,
  },
  {
    name: "chroot with /proc and /sys, read-only",
    enter: `${readOnly} ${kernelFolders} exec chroot "$ROOT" "$@"`,
    folders: ["proc", "sys"],
    refusal: null,
  },
  {
    name: "musl-only root (musl, busybox)",
    enter:
      `${kernelFolders} exec chroot "$ROOT" /bin/busybox sh -c ` +
      `'/lib/ld-musl-x86_64.so.1 --version 2>&1 | grep -q musl && exec "$@"' sh "$@"`,
    folders: ["proc", "sys"],
    packages: [...musl, busybox],
    refusal: null,
  },
  {
    name: "container, read-only, usual capabilities",
    enter: `${container} ${withCapabilities()} chroot "$ROOT" "$@"`,
    namespaces: hostsPids,
    folders: containerFolders,
    refusal: noRights,
  },
  {
    name: "container, read-only, uid 65534",
    enter: `${container} exec chroot --userspec=65534:65534 "$ROOT" "$@"`,
    namespaces: hostsPids,
    folders: containerFolders,
    refusal: noRights,
  },
  {
    name: "container, with CAP_BPF and CAP_PERFMON, the host's pids",
    enter: `${container} ${withCapabilities("bpf", "perfmon", "sys_ptrace")} chroot "$ROOT" "$@"`,
    namespaces: hostsPids,
    folders: containerFolders,
    refusal: null,
  },
  {
    name: "the same, with pids of its own",
    enter: `${container} ${withCapabilities("bpf", "perfmon", "sys_ptrace")} chroot "$ROOT" "$@"`,
    namespaces: containerNamespaces,
    folders: containerFolders,
    refusal: ownPids,
  },
];

/** Why no place can be entered here; null where they can. */
export function whyNoPlaces(): string | null {
  const can = hasTool("unshare", ["--mount", "true"]);
  return can ? null : "it takes root and unshare to make roots and mounts";
}

/** Fills a place's folder. The file is linked, so it must be on the same file system. */
export async function furnish(root: string, place: Place, capture: string): Promise<void> {
  for (const name of ["out", ...(place.folders ?? [])]) {
    fs.mkdirSync(join(root, name), { recursive: true });
  }
  fs.chmodSync(root, 0o755);
  fs.chmodSync(join(root, "out"), 0o1777);
  await unpackBinaries(place.packages ?? [], root, { title: place.name, note: () => {} });
  fs.linkSync(fileCopy(root), join(root, "sysflow"));
  fs.copyFileSync(capture, join(root, "capture.scap"));
}

/** One copy beside all places of a test. */
function fileCopy(root: string): string {
  const copy = join(root, "../sysflow");
  if (!fs.existsSync(copy)) {
    fs.copyFileSync(shippedFile, copy);
    fs.chmodSync(copy, 0o755);
  }
  return copy;
}

/** Runs the file in a place, with an empty environment, to its end. */
export function runAt(root: string, place: Place, args: readonly string[]): Run {
  const words = ["--mount", "--propagation", "private", ...(place.namespaces ?? [])];
  const script = ["sh", "-e", "-c", place.enter, "sh", "./sysflow", ...args];
  const env = { ROOT: root, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  return hostTool("unshare", [...words, ...script], { env, timeoutMs: 60_000 });
}
