// A Debian archive in a folder: what a test puts there in the place of a mirror.

import { join } from "node:path";
import { sha256File } from "../../../build/base/cache.ts";

/** Writes the lists of what is in the archive, by their places, and what vouches for them. */
export async function writeLists(
  folder: string,
  lists: Readonly<Record<string, string>>,
): Promise<void> {
  const dist = join(folder, "dists/bookworm");
  for (const [path, text] of Object.entries(lists)) await Bun.write(join(dist, path), text);
  const sums = Object.keys(lists).map(async (path) => ` ${await checksum(dist, path)}`);
  const release = ["Suite: bookworm", "Codename: bookworm", "Architectures: amd64"];
  const end = ["Components: main", `Date: ${new Date().toUTCString()}`, "SHA256:"];
  await Bun.write(
    join(dist, "Release"),
    [...release, ...end, ...(await Promise.all(sums)), ""].join("\n"),
  );
}

/** What a list says of a file in the archive's `pool`. */
export async function fileFields(pool: string, name: string): Promise<string> {
  const size = Bun.file(join(pool, name)).size;
  const hash = await sha256File(join(pool, name));
  return `Filename: pool/${name}\nSize: ${size}\nSHA256: ${hash}`;
}

/** A file's line among checksums. */
export async function checksum(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  return `${await sha256File(path)} ${Bun.file(path).size} ${name}`;
}
