// Results of long steps, kept outside the repository under the user's cache folder. An entry's name
// ends in a hash of everything that went into it, so an entry is never stale and never rewritten:
// it is made beside its final place and renamed when complete. Deleting any of it is always safe.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "./cache-root.ts";
import type { Step } from "./run.ts";

/** SHA-256 of a file, in hex. */
export async function sha256File(path: string): Promise<string> {
  return new Bun.CryptoHasher("sha256").update(await Bun.file(path).arrayBuffer()).digest("hex");
}

/** A short hash of any JSON-able value. Key order counts, so build keys as literals. */
export function hashOf(inputs: unknown): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 16);
}

/** A hash over the names and contents of files below `folder`, whatever their times or modes. */
export async function hashFolder(folder: string, pattern = "**/*"): Promise<string> {
  const names = await Array.fromAsync(new Bun.Glob(pattern).scan({ cwd: folder, onlyFiles: true }));
  // Else a mistake in the pattern would be a hash that never changes.
  if (names.length === 0) throw new Error(`no file in ${folder} is of the form ${pattern}`);
  const pairs = names.sort().map(async (name) => [name, await sha256File(join(folder, name))]);
  return hashOf(await Promise.all(pairs));
}

/**
 * The folder holding the result of `build` for these inputs, made now if it is not there yet.
 *
 * @param inputs everything the result depends on.
 * @param build fills the folder it is given; may leave nothing else behind. If it throws, nothing
 *   is kept.
 * @param step told while another process makes the same entry and we wait for it.
 */
export async function cached(
  name: string,
  inputs: unknown,
  build: (folder: string) => Promise<void>,
  step?: Step,
): Promise<string> {
  const entry = `${name}-${hashOf(inputs)}`;
  const final = join(cacheRoot(), entry);
  if (existsSync(final)) return final;
  await mkdir(cacheRoot(), { recursive: true });
  step?.note("waiting for another build of the same");
  return await withLock(`${final}.lock`, async () => {
    step?.note("starting");
    if (existsSync(final)) return final;
    // We hold the lock: whatever is half made here was left by a build that was killed.
    const stale = (await readdir(cacheRoot())).filter((name) => name.startsWith(`${entry}.part-`));
    for (const name of stale) await rm(join(cacheRoot(), name), { recursive: true, force: true });
    const work = await mkdtemp(`${final}.part-`);
    try {
      await build(work);
      await rename(work, final);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return final;
  });
}

/** Runs `body` with an empty folder for its files, gone afterwards. */
export async function withWorkFolder<T>(
  name: string,
  body: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(cacheRoot(), { recursive: true });
  const folder = await mkdtemp(join(cacheRoot(), `${name}-`));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Runs `body` while holding an exclusive lock on `path`. The lock belongs to a child process whose
 * standard input we hold: however we die, it ends with us and the kernel lets the lock go, so there
 * is no stale lock to recognise.
 */
export async function withLock<T>(path: string, body: () => Promise<T>): Promise<T> {
  const holder = Bun.spawn(["flock", "-x", path, "-c", "echo held; exec cat"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = holder.stdout.getReader();
  try {
    const { done } = await reader.read();
    if (done) throw new Error(`cannot lock ${path}: flock ended at once`);
    return await body();
  } finally {
    // The file stays: were it removed, a waiter would hold the lock of a file that has no name.
    holder.stdin.end();
    await holder.exited;
  }
}
