// What this executable is made of. The one place where package.json's version is read.

import packageJson from "../../package.json" with { type: "json" };
import { OperatorError } from "../base/errors.ts";
import { loadBinding } from "../capture/binding.ts";
import { schemaVersion } from "../sysflow/record.ts";

export interface Versions {
  readonly version: string;
  readonly schemaVersion: number;
  /** Release of the Falco libs inside; null where the capture library cannot be loaded. */
  readonly falcoLibs: string | null;
  /** `Bun 1.4.5`, `Node 20.11.0`. */
  readonly runtime: string;
  readonly architecture: string;
}

export function versions(): Versions {
  const bun = process.versions["bun"];
  return {
    version: packageJson.version,
    schemaVersion,
    falcoLibs: falcoLibs(),
    runtime: bun === undefined ? `Node ${process.versions.node}` : `Bun ${bun}`,
    architecture: process.arch,
  };
}

export function versionText(of: Versions): string {
  const libs =
    of.falcoLibs === null ? "capture library not loadable" : `Falco libs ${of.falcoLibs}`;
  const parts = [`SysFlow schema ${of.schemaVersion}`, libs, of.runtime, of.architecture];
  return `sysflow ${of.version} (${parts.join(", ")})`;
}

function falcoLibs(): string | null {
  try {
    return loadBinding().libraryVersion;
  } catch (error) {
    if (error instanceof OperatorError) {
      return null;
    }
    throw error;
  }
}
