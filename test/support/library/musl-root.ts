// A root folder with nothing in it but musl, Bun's build for it and what that is linked with, as
// Alpine has them; and a way to run a script there.

import fs from "node:fs";
import { join } from "node:path";
import { type PinnedPackage, unpackBinaries } from "../../../build/packages/debian-source.ts";
import { MUSL } from "../../../build/toolchain/musl-toolchain.ts";
import { TARGETS } from "../../../build/toolchain/targets.ts";
import { builtToolchain, QUIET } from "../build/built.ts";
import { hostTool } from "../program/host-tool.ts";
import type { Run } from "../program/sysflow.ts";

const ROOT = join(import.meta.dir, "../../..");
const RUNTIME = join(ROOT, "node_modules/@oven/bun-linux-x64-musl/bin/bun");

const musl: readonly PinnedPackage[] = (MUSL["amd64"] ?? []).filter(({ name }) => name === "musl");

/** @returns false where musl's C++ library was not built here yet */
export async function furnishMuslRoot(root: string): Promise<boolean> {
  const toolchain = await builtToolchain(TARGETS["x86_64-linux-musl"]);
  if (toolchain === null) {
    return false;
  }
  await unpackBinaries(musl, root, QUIET);
  for (const folder of ["lib", "proc", "sys", "bin", "tmp"]) {
    fs.mkdirSync(join(root, folder), { recursive: true });
  }
  const libc = join(root, "lib/libc.musl-x86_64.so.1");
  fs.rmSync(libc, { force: true });
  fs.symlinkSync("ld-musl-x86_64.so.1", libc);
  fs.copyFileSync(join(toolchain, "shared/libstdc++.so.6"), join(root, "lib/libstdc++.so.6"));
  // Debian's own names other folders.
  fs.writeFileSync(join(root, "etc/ld-musl-x86_64.path"), "/lib\n");
  fs.copyFileSync(RUNTIME, join(root, "bin/bun"));
  fs.chmodSync(join(root, "bin/bun"), 0o755);
  return true;
}

/** Runs a script of a folder below the root. */
export function runInMuslRoot(root: string, folder: string, args: readonly string[]): Run {
  const enter =
    'mount --rbind /proc "$ROOT/proc"; mount --rbind /sys "$ROOT/sys"; exec chroot "$ROOT" /bin/bun "$@"';
  const words = ["--mount", "--propagation", "private", "sh", "-e", "-c", enter, "sh"];
  const env = { ROOT: root, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  return hostTool("unshare", [...words, "--cwd", folder, ...args], { env, timeoutMs: 60_000 });
}
