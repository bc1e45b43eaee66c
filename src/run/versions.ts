// What this executable is made of.

import { type BuildContents, buildContents, type Library } from "../base/build-contents.ts";
import { OperatorError } from "../base/errors.ts";
import { version } from "../base/version.ts";
import { type SchemaVersion, schemaVersions } from "../sysflow/values.ts";

export interface Versions {
  readonly version: string;
  /** With a `+` where files differed from it. This and what else only the build knows: else null. */
  readonly commit: string | null;
  /** What it was built for: machine, system, C library. */
  readonly target: string | null;
  /** The oldest processors it runs on. */
  readonly cpu: string | null;
  /** Of SysFlow, those that can be written. */
  readonly schemaVersions: readonly SchemaVersion[];
  /** Release of the Falco libs inside; null where the capture library cannot be loaded. */
  readonly falcoLibs: string | null;
  readonly runtime: Pick<Library, "name" | "version">;
  readonly libc: Pick<Library, "name" | "version"> | null;
  readonly architecture: string;
}

export async function versions(): Promise<Versions> {
  const built = buildContents();
  const bun = process.versions["bun"];
  return {
    version,
    commit: built?.commit ?? null,
    target: built?.target ?? null,
    cpu: built?.cpu ?? null,
    schemaVersions,
    falcoLibs: built === null ? await loadedFalcoLibs() : builtFalcoLibs(built),
    runtime:
      bun === undefined
        ? { name: "Node", version: process.versions.node }
        : { name: "Bun", version: bun },
    libc: built === null ? null : { name: built.libc.name, version: built.libc.version },
    architecture: process.arch,
  };
}

/** Everything inside with its licence, the runtime first; null when run from sources. */
export function libraries(): readonly Library[] | null {
  const built = buildContents();
  if (built === null) return null;
  const { parts, ...runtime } = built.runtime;
  const named = parts.map((part) => ({ ...part, name: `${runtime.name}: ${part.name}` }));
  return [runtime, ...named, built.libc, ...built.libraries];
}

export function versionText(of: Versions): string {
  const libs =
    of.falcoLibs === null ? "capture library not loadable" : `Falco libs ${of.falcoLibs}`;
  const parts = [
    ...(of.commit === null ? [] : [`commit ${shortCommit(of.commit)}`]),
    `SysFlow schemas ${of.schemaVersions.join(" and ")}`,
    libs,
    `${of.runtime.name} ${of.runtime.version}`,
    of.architecture,
  ];
  return `sysflow ${of.version} (${parts.join(", ")})`;
}

const shortCommitLength = 12;

/** Twelve digits, as git's own messages have it in large repositories, and the `+`. */
function shortCommit(commit: string): string {
  const changed = commit.endsWith("+") ? "+" : "";
  return commit.slice(0, shortCommitLength) + changed;
}

/** Known without loading the capture library, which takes longer than all the rest of `sysflow version`. */
function builtFalcoLibs(built: BuildContents): string | null {
  return built.libraries.find(({ name }) => name === "Falco libs")?.version ?? null;
}

async function loadedFalcoLibs(): Promise<string | null> {
  try {
    const { loadBinding } = await import("../capture/binding.ts");
    return loadBinding().libraryVersion;
  } catch (error) {
    if (error instanceof OperatorError) {
      return null;
    }
    throw error;
  }
}
