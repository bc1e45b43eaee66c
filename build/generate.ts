// `npm run generate`: everything that is made from the compiled addon, each in a process of its own,
// since the second loads the addon by what the first has written.

import { join } from "node:path";
import { run } from "./run.ts";

const ROOT = join(import.meta.dir, "..");

for (const script of ["build/generate-layout.ts", "build/generate-syscalls.ts"]) {
  await run([process.execPath, script], { cwd: ROOT });
}
