// What `npm start` shows: ten seconds of this host, live, as a table of records and a summary. Where
// the kernel or the rights do not allow that it says why, and replays a capture that the project
// ships. The records go to dist/demo/ as well.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const SYSFLOW = join(ROOT, "dist/sysflow");
const SHIPPED_CAPTURE = join(ROOT, "test/golden/mixed.scap");
const OUTPUT = join(ROOT, "dist/demo/");
const SECONDS = 10;

async function sysflow(args: readonly string[], stdout: "inherit" | "ignore"): Promise<number> {
  const child = Bun.spawn([SYSFLOW, ...args], { stdio: ["ignore", stdout, "inherit"] });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  // A terminal sends its signals to the whole group, so there the child has them already.
  if (!process.stdin.isTTY) {
    process.on("SIGINT", forward);
    process.on("SIGTERM", forward);
  } else {
    process.on("SIGINT", () => {});
  }
  return await child.exited;
}

await mkdir(OUTPUT, { recursive: true });
const show = ["collect", "--print", "-w", OUTPUT];
const isReady = (await sysflow(["check"], "ignore")) === 0;
if (isReady) {
  process.stdout.write(`This host, live, for ${SECONDS} seconds:\n`);
  process.exitCode = await sysflow([...show, "--duration", String(SECONDS)], "inherit");
} else {
  await sysflow(["check"], "inherit");
  process.stdout.write("\nSo no live capture here. A capture that the project ships, replayed:\n");
  process.exitCode = await sysflow([...show, "-r", SHIPPED_CAPTURE], "inherit");
}
