// Where `record` writes its capture. The capture must not be the command that is run, nor a file
// that the command reads or writes by redirection. Its folder is made where it is missing. All this
// is checked before native code opens the file.

import { join } from "node:path";
import { type KnownFile, knownFile, refuseKnown } from "./known-file.ts";
import { makeLastFolder } from "./output-folder.ts";

const streams = ["standard input", "standard output", "standard error"] as const;

/** @throws OperatorError OUTPUT_IN_USE or OUTPUT_OPEN_FAILED */
export function prepareTarget(path: string, program: string | undefined, search: string): void {
  const target = knownFile("the capture", path);
  if (target === null) {
    makeLastFolder(path);
    return;
  }
  const known = streams.map((name, descriptor) => knownFile(name, descriptor));
  if (program !== undefined) {
    known.push(...placesOf(program, search).map((place) => knownFile("the command to run", place)));
  }
  refuseKnown(
    path,
    target,
    known.filter((file): file is KnownFile => file !== null),
  );
}

/**
 * Where a command may be: all of them, since looking more closely would be the shell's work. An empty
 * folder is the one we are in, which `join` leaves out.
 */
function placesOf(program: string, search: string): readonly string[] {
  return program.includes("/")
    ? [program]
    : search.split(":").map((folder) => join(folder, program));
}
