// Whether a run asks the container runtimes of its host. What asks them is imported by runs that do:
// node:http alone takes milliseconds.

import type { ContainerLookupsOptions } from "./container-lookups.ts";
import { askNobody, type RunLookups } from "./run-lookups.ts";

/**
 * @param isWanted whether the operator wants names at all
 * @param read the capture that is read; null: live
 */
export async function containerLookups(
  isWanted: boolean,
  read: string | null,
  options: ContainerLookupsOptions,
): Promise<RunLookups> {
  if (!isWanted || read !== null) {
    return askNobody;
  }
  const { ContainerLookups } = await import("./container-lookups.ts");
  return new ContainerLookups(options);
}
