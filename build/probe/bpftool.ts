// The bpftool that links the probe's objects and writes its skeleton. That of Debian 12 refuses objects
// of the other byte order, and so does that of the next release: for those it comes from that release's
// backports. Either is unpacked with the libraries that it was made for and started with their loader.

import { chmod } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";
import {
  fetchedKey,
  fetchPackages,
  type PinnedPackage,
  unpackFetched,
} from "../packages/debian-source.ts";
import { BPFTOOL } from "../toolchain/pins.ts";
import type { Target } from "../toolchain/targets.ts";

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 3;

function amd64(
  suite: string,
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
): PinnedPackage {
  const place = { kind: "binary", suite, architecture: "amd64" } as const;
  // Backports keep no version for long.
  return { name, version, ...place, files, orNewest: true };
}

/** The tool and what it links. */
export const CROSS_BPFTOOL: readonly PinnedPackage[] = [
  amd64("trixie-backports", "bpftool", "7.8.0+7.3.4-1~bpo13+1", {
    "bpftool_7.8.0+7.3.4-1~bpo13+1_amd64.deb":
      "d688784c5b09164039329bd47ca442baafccc6f4edd1776f4352c9b3f7713759",
  }),
  amd64("trixie", "libc6", "2.41-12+deb13u4", {
    "libc6_2.41-12+deb13u4_amd64.deb":
      "967aa62605721081c3eb2a17650611a792aa802d76a6511d1840242623d204c9",
  }),
  amd64("trixie", "libcap2", "1:2.75-10+deb13u1+b3", {
    "libcap2_1%3a2.75-10+deb13u1+b3_amd64.deb":
      "89fc4d34fc7a28ad6f0fcd0c561ab253b9dedf6f77f5a000b47c276c8295bf67",
  }),
  amd64("trixie", "libelf1t64", "0.192-4", {
    "libelf1t64_0.192-4_amd64.deb":
      "94497b7e17b6f574a0605b380d454e20d3f01a9c63b70c2a2263f679d30053e1",
  }),
  amd64("trixie", "libssl3t64", "3.5.7-1~deb13u2", {
    "libssl3t64_3.5.7-1~deb13u2_amd64.deb":
      "916f7f40b34a06e6ebfaefcdab331bff458328411da672598f126a760472467d",
  }),
  amd64("trixie", "libzstd1", "1.5.7+dfsg-1", {
    "libzstd1_1.5.7+dfsg-1_amd64.deb":
      "2f6a2aeacfc925eba8b00ac9139bc4bfccf8cacb09eb93de067074b26948eef9",
  }),
  amd64("trixie", "zlib1g", "1:1.3.dfsg+really1.3.1-1+b1", {
    "zlib1g_1%3a1.3.dfsg+really1.3.1-1+b1_amd64.deb":
      "015be740d6236ad114582dea500c1d907f29e16d6db00566ca32fb68d71ac90d",
  }),
];

/** A bpftool in the cache. */
export interface Bpftool {
  /** Names what it was made from: part of the key of whatever it writes. */
  readonly identity: string;
  readonly path: string;
}

/** The tool for a target's byte order, fetched unless it is in the cache. */
export async function bpftool(byteOrder: Target["bpfTarget"], step: Step): Promise<Bpftool> {
  const fetched = await fetchPackages(byteOrder === "bpfel" ? BPFTOOL : CROSS_BPFTOOL, step);
  const inputs = { RECIPE, LAUNCHER, packages: fetchedKey(fetched) };
  const folder = await cached(`bpftool-${byteOrder}`, inputs, async (out) => {
    await unpackFetched(fetched, out);
    const path = join(out, "bpftool");
    await Bun.write(path, LAUNCHER);
    await chmod(path, 0o755);
    await run([path, "version"]);
  });
  return { identity: basename(folder), path: join(folder, "bpftool") };
}

/** Newer packages have all below /usr. */
const LAUNCHER = `#!/bin/sh
root=\${0%/*}
libraries=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu
loader=$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
[ -e "$loader" ] || loader=$root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
exec "$loader" --library-path "$libraries" "$root/usr/sbin/bpftool" "$@"
`;
