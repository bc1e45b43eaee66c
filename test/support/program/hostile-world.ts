// A folder made for one run: the working folder, HOME and TMPDIR are below it and begin the same
// each time. What a run does is its outcome: what it says, how it ends, and every file it leaves.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Launch, launch, withoutSyncMarker, withoutTimes } from "./shipped.ts";

/** What stands around a program. `$WORLD` in a value or a file is the folder's path. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** By path below the folder: `cwd/.env`. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly argv0?: string;
}

export interface Outcome {
  readonly status: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Files that came, changed or went, by path below the folder, with a hash. */
  readonly files: Readonly<Record<string, string>>;
}

/** @param folder made anew, whatever it holds */
export function outcome(
  folder: string,
  program: string,
  args: readonly string[],
  surroundings: Surroundings,
  descriptor?: number,
): Outcome {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["cwd", "home/.config", "tmp"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const filled = (text: string) => text.replaceAll("$WORLD", folder);
  for (const [name, content] of Object.entries(surroundings.files ?? {})) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const bytes = typeof content === "string" ? filled(content) : content;
    writeFileSync(join(folder, name), bytes, { mode: 0o755 });
  }
  const hostile = Object.entries(surroundings.env ?? {});
  const options: Launch = {
    args,
    cwd: join(folder, "cwd"),
    env: {
      PATH: `${folder}/bin:${process.env["PATH"] ?? "/usr/bin:/bin"}`,
      HOME: join(folder, "home"),
      XDG_CONFIG_HOME: join(folder, "home/.config"),
      TMPDIR: join(folder, "tmp"),
      ...Object.fromEntries(hostile.map(([name, value]) => [name, filled(value)])),
    },
    ...(surroundings.argv0 === undefined ? {} : { argv0: surroundings.argv0 }),
    ...(descriptor === undefined ? {} : { descriptor }),
  };
  const before = filesOf(folder);
  const { status, signal, stdout, stderr } = launch(program, options);
  const after = filesOf(folder);
  const names = new Set([...before.keys(), ...after.keys()]);
  const changed = [...names].filter((name) => before.get(name) !== after.get(name)).sort();
  return {
    status: status ?? signal,
    stdout: withoutTimes(stdout),
    // The runtime's own warnings carry the process id and the name it was called by.
    stderr: withoutTimes(stderr)
      .replace(/\(node:\d+\)/g, "(node:PID)")
      .replace(/\(Use `\S* /g, "(Use `NAME "),
    files: Object.fromEntries(changed.map((name) => [name, after.get(name) ?? "gone"])),
  };
}

function filesOf(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, hashOf(join(folder, name))]));
}

function hashOf(path: string): string {
  const bytes = readFileSync(path);
  const content = path.endsWith(".sf") ? withoutSyncMarker(bytes) : bytes;
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
