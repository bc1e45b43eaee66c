// Node's own program for a machine that Bun has no build for, from the npm registry. bun.lock pins it
// with its hash; but Bun leaves out of node_modules what this machine cannot run, so it is installed
// a second time, by that row of bun.lock, into the cache.

import { join } from "node:path";
import { cached } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";

const ROOT = join(import.meta.dir, "../..");

/** Raise when the steps below change in a way that none of their hashed inputs shows. */
const RECIPE = 1;

/**
 * The folder of an npm package for another machine, installed now unless it is in the cache.
 *
 * @param cpu Node's name of the machine.
 * @throws Error where bun.lock does not have the package, or the registry another one of that name.
 */
export async function foreignPackage(name: string, cpu: string, step: Step): Promise<string> {
  const lock = await Bun.file(join(ROOT, "bun.lock")).text();
  const { row, version } = lockRow(lock, name);
  const folder = await cached(`npm-${name}`, { RECIPE, row, cpu }, async (out) => {
    step.note(`installing ${name} ${version}`);
    const own = { name: "foreign", dependencies: { [name]: version } };
    await Bun.write(join(out, "package.json"), JSON.stringify(own));
    const head = { lockfileVersion: 2, configVersion: 1, workspaces: { "": own } };
    const text = JSON.stringify(head).slice(0, -1);
    await Bun.write(join(out, "bun.lock"), `${text},"packages":{\n${row}\n}}\n`);
    const options = ["--frozen-lockfile", "--ignore-scripts", "--no-progress"];
    const place = ["--os=linux", `--cpu=${cpu}`, "--backend=copyfile"];
    await run([process.execPath, "install", ...options, ...place], { cwd: out, step });
  });
  return join(folder, "node_modules", name);
}

/** A package's line in bun.lock, and its version there. */
export function lockRow(lock: string, name: string): { row: string; version: string } {
  const row = lock.split("\n").find((line) => line.trimStart().startsWith(`"${name}": [`));
  const version = row?.match(/\["[^"]+@([^"@]+)"/)?.[1];
  if (row === undefined || version === undefined || !row.includes('"sha512-')) {
    throw new Error(`bun.lock names no version and hash of ${name}`);
  }
  return { row, version };
}
