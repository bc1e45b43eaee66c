// `npm run generate`: the records' code, made from the list of fields, and all that is made from the
// compiled addon or from attributes, each in a process of its own, since the last loads the addon by what the one before
// it has written.

import { join } from "node:path";
import { run } from "./base/run.ts";

const ROOT = join(import.meta.dir, "..");

for (const name of ["records", "json", "layout", "syscalls", "fields"]) {
  await run([process.execPath, `build/generate/${name}.ts`], { cwd: ROOT });
}
