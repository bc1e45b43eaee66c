// The packer from the command line. It checks everything, writes the result unless it is a dry run,
// and prints the report. The build itself calls pack.ts (see build/compile.ts).

import { chmod } from "node:fs/promises";
import { parseArgs } from "node:util";
import { entryPoint } from "../base/run.ts";
import { X86_64_V2 } from "./cpu.ts";
import { HOSTILE_ENVIRONMENT } from "./hostile-environment.ts";
import { pack } from "./pack.ts";
import { reportText } from "./report.ts";

const USAGE =
  "usage: bun build/pack/main.ts --program FILE --loader FILE [--library NAME=FILE]... " +
  "(--out FILE | --dry-run) [--json]";

const OPTIONS = {
  program: { type: "string" },
  loader: { type: "string" },
  library: { type: "string", multiple: true },
  out: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

/** Packs as the arguments say and returns the report as text or JSON. */
export async function packTask(args: readonly string[]): Promise<string> {
  const { values } = parseArgs({ options: OPTIONS, args: [...args] });
  const { program, loader, out, json } = values;
  const isDry = values["dry-run"];
  if (!program || !loader || (!out && !isDry)) throw new Error(USAGE);
  const libraries = (values.library ?? []).map((text) => {
    const [, name, file] = text.match(/^([^=]+)=(.+)$/) ?? [];
    if (!name || !file) throw new Error(`--library ${text}: not NAME=FILE\n${USAGE}`);
    return { name, file };
  });
  const fixed = { hostileEnvironment: HOSTILE_ENVIRONMENT, cpu: X86_64_V2 };
  const { bytes, report } = await pack({ program, loader, libraries, ...fixed });
  if (out && !isDry) {
    await Bun.write(out, bytes);
    await chmod(out, 0o755);
  }
  return json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report);
}

if (import.meta.main) {
  await entryPoint(async () => {
    process.stdout.write(await packTask(process.argv.slice(2)));
  });
}
