// What `main.ts` calls. It imports only what `sysflow version` needs, because loading the option
// table and the parser would double the time of that command.

import { exitStatus } from "../base/exit-status.ts";
import { runVersion } from "./commands/version.ts";

/** @returns the exit status; that of the command run, for `record`. @throws OperatorError */
export async function dispatch(words: readonly string[]): Promise<number> {
  if (asksOnlyVersion(words)) {
    await runVersion(false);
    return exitStatus.OK;
  }
  const { runCommandLine } = await import("./command-line.ts");
  return await runCommandLine(words);
}

function asksOnlyVersion([first, second]: readonly string[]): boolean {
  switch (first) {
    case "-v":
    case "-V":
    case "--version":
      return true;
    default:
      return first === "version" && second === undefined;
  }
}
