// `bun run build`: the addon and the executable, both in dist/. The executable finds the addon beside
// itself, by the folder of process.execPath; nothing is ever unpacked to a temporary folder.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildNative } from "./native.ts";
import { entryPoint, run, step } from "./run.ts";

const ROOT = join(import.meta.dir, "..");
const EXECUTABLE = join(ROOT, "dist/sysflow");

/** Brings dist/ up to date and returns the executable's path. */
export async function compile(): Promise<string> {
  await buildNative();
  await step("dist/sysflow", async (step) => {
    await mkdir(join(ROOT, "dist"), { recursive: true });
    const command = [process.execPath, "build", ...(await entryFiles()), ...(await flags())];
    await run(command, { cwd: ROOT, step });
    // A second copy of the map, which the executable has inside.
    await rm(`${EXECUTABLE}.map`, { force: true });
  });
  return EXECUTABLE;
}

async function flags(): Promise<string[]> {
  return [
    "--compile",
    "--target=bun",
    // Without these the executable obeys files of whatever folder it is started in, as root.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "--no-compile-autoload-tsconfig",
    "--no-compile-autoload-package-json",
    // Stacks then name our files and lines.
    "--sourcemap=inline",
    "--minify-syntax",
    // The version itself comes from package.json, which is bundled.
    `--define=SYSFLOW_COMMIT=${JSON.stringify(await commit())}`,
    `--outfile=${EXECUTABLE}`,
  ];
}

/** Workers are entry points of their own. */
async function entryFiles(): Promise<string[]> {
  const workers = await Array.fromAsync(new Bun.Glob("src/**/*-worker.ts").scan({ cwd: ROOT }));
  return ["src/main.ts", ...workers.sort()];
}

/** The commit we are built from, with a `+` when files differ from it; `unknown` outside git. */
async function commit(): Promise<string> {
  try {
    const head = (await run(["git", "rev-parse", "HEAD"], { cwd: ROOT })).trim();
    const changes = await run(["git", "status", "--porcelain"], { cwd: ROOT });
    return changes === "" ? head : `${head}+`;
  } catch {
    return "unknown";
  }
}

if (import.meta.main) {
  await entryPoint(async () => {
    await compile();
  });
}
