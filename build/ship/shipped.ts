// What all executables of dist/ have in common, whatever runtime they are made with: the constants
// that their bundle is compiled with, and the way they get to their place, with a bill of materials
// and the sums of all that lies there.

import { existsSync } from "node:fs";
import { chmod, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { run, type Step } from "../base/run.ts";
import type { Contents } from "./contents.ts";
import { contentDefines } from "./defines.ts";
import { sourceTime, writeSbom, writeSums } from "./sbom.ts";

const ROOT = join(import.meta.dir, "../..");
const DIST = join(ROOT, "dist");
/** The files that may lie in dist/ for others to take, each with its bill of materials. */
export const EXECUTABLES = ["sysflow", "sysflow-s390x"] as const;
export type ExecutableName = (typeof EXECUTABLES)[number];
/** What the sources load the addon by; the executable's loader knows it. */
export const ADDON = "capture.node";

/** Where an executable lies. */
export function executablePath(name: ExecutableName): string {
  return join(DIST, name);
}

/**
 * For `bun build`, which puts the folders that packages were in at that time into the program. Nothing
 * that they would look for beside themselves is in it.
 */
export const NO_FOLDERS = ['--define=__dirname="/"', '--define=__filename="/"'];

/** Arguments for `bun build` that do not depend on the runtime. */
export async function bundleFlags(contents: Contents, step: Step): Promise<string[]> {
  return [
    "--minify-syntax",
    ...NO_FOLDERS,
    `--define=SYSFLOW_ADDON=${JSON.stringify(ADDON)}`,
    ...(await contentDefines(contents, step)),
  ];
}

/** The commit we are built from, with a `+` when files differ from it; `unknown` outside git. */
export async function commit(): Promise<string> {
  try {
    const head = (await run(["git", "rev-parse", "HEAD"], { cwd: ROOT })).trim();
    const changes = await run(["git", "status", "--porcelain"], { cwd: ROOT });
    return changes === "" ? head : `${head}+`;
  } catch {
    return "unknown";
  }
}

/** Renames the executable into place: a program that runs from the old file keeps it whole. */
export async function installExecutable(
  name: ExecutableName,
  bytes: Uint8Array,
  contents: Contents,
): Promise<void> {
  const executable = executablePath(name);
  await mkdir(DIST, { recursive: true });
  await Bun.write(`${executable}.new`, bytes);
  await chmod(`${executable}.new`, 0o755);
  await rename(`${executable}.new`, executable);
  const time = await sourceTime(ROOT);
  await writeSbom({ contents, executable, out: billOf(executable), time });
  const here = EXECUTABLES.map(executablePath).filter((path) => existsSync(path));
  const files = here.flatMap((path) => [path, billOf(path)]).filter((path) => existsSync(path));
  await writeSums(files, join(DIST, "SHA256SUMS"));
}

function billOf(executable: string): string {
  return `${executable}.cdx.json`;
}
