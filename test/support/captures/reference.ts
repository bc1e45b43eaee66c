// Where upstream's data lies: beside the checkout, never in it. Tests skip where it is absent.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../../../shared/reference");

export const hasReference: boolean = existsSync(folder);

/** @param path below the folder of reference data, such as `captures/alpine-alpine.scap`. */
export function referencePath(path: string): string {
  return join(folder, path);
}

/** Paths below the folder of reference data, sorted; none where it is absent. */
export function referenceFiles(under: string, ending: string): readonly string[] {
  if (!hasReference) {
    return [];
  }
  const names = readdirSync(join(folder, under)).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => join(under, name));
}
