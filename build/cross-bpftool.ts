// A bpftool that links BPF objects of the other byte order: the build machine's own refuses them, and
// so does that of the next release. It comes from there as a package nevertheless, unpacked with the
// libraries it was made for and started with their loader, since this machine's C library is older.

import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { fetchNewest } from "./debian-source.ts";
import { run, type Step } from "./run.ts";

const RECIPE = 1;

/** The tool and what it links, by the suite that has them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "trixie-backports": ["bpftool"],
  trixie: ["libc6", "libcap2", "libelf1t64", "libssl3t64", "libzstd1", "zlib1g"],
};

/** The path of a bpftool for objects of either byte order, fetched once. */
export async function crossBpftool(step: Step): Promise<string> {
  const folder = await cached("cross-bpftool", { RECIPE, PACKAGES }, async (out) => {
    const debs = join(out, "debs");
    await mkdir(debs);
    for (const [suite, names] of Object.entries(PACKAGES)) {
      for (const name of names) await fetchNewest(name, suite, debs, step);
    }
    for (const name of await readdir(debs)) await run(["dpkg-deb", "-x", join(debs, name), out]);
    await rm(debs, { recursive: true });
    const path = join(out, "bpftool");
    await Bun.write(path, LAUNCHER);
    await chmod(path, 0o755);
    await run([path, "version"]);
  });
  return join(folder, "bpftool");
}

const LAUNCHER = `#!/bin/sh
root=\${0%/*}
libraries=$root/usr/lib/x86_64-linux-gnu
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$root/usr/sbin/bpftool" "$@"
`;
