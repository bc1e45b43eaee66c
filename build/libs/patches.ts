// Our patches to Falco's libraries, in native/patches: what they are, in which order they are applied
// and, as `npm run patches -- FOLDER`, which of them apply to the source of another release.

import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const FOLDER = join(import.meta.dir, "../../native/patches");

const HELP = `usage: npm run patches -- FOLDER

Tells which of the patches of native/patches apply to the source of another release of Falco's
libraries, which lies unpacked in FOLDER and stays as it is. They are applied in their order to a
copy of the files that they change; one that fails is left out, so that those after it which build
on it fail, too. One line for each:

  applies       every line is as the patch knows it, be it at another place
  is there      the release has it already: the patch can go
  with fuzz     only by leaving out some of the lines around a change: make it anew
  fails at      the files in which it finds no place, or that are not there

status: 0 where all apply or are there, 1 where some do not, 2 where FOLDER is none
`;

/** One patch. Folders tell the subject; the number alone gives the order. */
export interface LibraryPatch {
  /** Its file, below native/patches: `paths/0015-names-are-bytes.patch`. */
  readonly name: string;
  /** The DEP-3 header, by field: Description, Origin, Forwarded, Test … */
  readonly header: ReadonlyMap<string, string>;
  /** What follows the header. All that the libraries' build depends on. */
  readonly diff: string;
}

/** What became of one patch. `files`: of `fails`, those in which it finds no place. */
export interface Outcome {
  readonly name: string;
  readonly kind: "applies" | "is there" | "with fuzz" | "fails";
  readonly files: readonly string[];
}

/** All patches, in the order in which they are applied. */
export async function libraryPatches(folder = FOLDER): Promise<readonly LibraryPatch[]> {
  const found = await Array.fromAsync(new Bun.Glob("**/*.patch").scan({ cwd: folder }));
  const names = found.sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  return await Promise.all(
    names.map(async (name) => readPatch(name, await Bun.file(join(folder, name)).text())),
  );
}

/** @throws Error where the text has no difference in it. */
export function readPatch(name: string, text: string): LibraryPatch {
  const begin = text.startsWith("--- ") ? 0 : text.indexOf("\n--- ") + 1;
  if (begin === 0 && !text.startsWith("--- ")) throw new Error(`${name} changes nothing`);
  const header = new Map<string, string>();
  let field = "";
  for (const line of text.slice(0, begin).trimEnd().split("\n")) {
    const [, key, value = ""] = line.match(/^([A-Z][\w-]*): ?(.*)$/) ?? [];
    if (key !== undefined) {
      field = key;
      header.set(key, value);
    } else {
      header.set(field, `${header.get(field) ?? ""}\n${line}`);
    }
  }
  return { name, header, diff: text.slice(begin) };
}

/** Applies patches one after the other to a copy of the files of `folder` that they change. */
export async function tryPatches(
  patches: readonly LibraryPatch[],
  folder: string,
): Promise<readonly Outcome[]> {
  const copy = await mkdtemp(join(tmpdir(), "sysflow-patches-"));
  try {
    for (const file of new Set(patches.flatMap(({ diff }) => filesOf(diff)))) {
      if (!existsSync(join(folder, file))) continue;
      await mkdir(dirname(join(copy, file)), { recursive: true });
      await cp(join(folder, file), join(copy, file));
    }
    const outcomes: Outcome[] = [];
    for (const patch of patches) outcomes.push(await tryPatch(patch, copy));
    return outcomes;
  } finally {
    await rm(copy, { recursive: true });
  }
}

async function tryPatch({ name, diff }: LibraryPatch, copy: string): Promise<Outcome> {
  const lacking = filesOf(diff).filter(
    (file) => !isMadeBy(diff, file) && !existsSync(join(copy, file)),
  );
  if (lacking.length > 0) return { name, kind: "fails", files: lacking };
  const ways = [
    ["applies", ["-F0", "--forward"]],
    ["is there", ["-F0", "--reverse"]],
    ["with fuzz", ["-F2", "--forward"]],
  ] as const;
  let said = "";
  for (const [kind, options] of ways) {
    const tried = await patch([...options, "--dry-run"], diff, copy);
    if (tried.status === 0) {
      if (kind !== "is there") await patch(options, diff, copy);
      return { name, kind, files: [] };
    }
    if (kind === "with fuzz") said = tried.said;
  }
  return { name, kind: "fails", files: failedFiles(said) };
}

/** Those that a dry run of patch(1) has found no place in. */
function failedFiles(said: string): readonly string[] {
  const failed = new Set<string>();
  let file = "";
  for (const line of said.split("\n")) {
    file = line.match(/^checking file '?([^']*)'?/)?.[1] ?? file;
    if (/FAILED at|Skipping patch|hunks? (?:failed|ignored)/i.test(line)) failed.add(file);
  }
  return [...failed];
}

async function patch(options: readonly string[], diff: string, cwd: string) {
  const always = ["-p1", "--batch", "--no-backup-if-mismatch", "--reject-file=-"];
  const child = Bun.spawn(["patch", ...always, ...options], {
    cwd,
    stdin: Buffer.from(diff),
    stdout: "pipe",
    stderr: "ignore",
    env: { ...process.env, LC_ALL: "C" },
  });
  const said = await new Response(child.stdout).text();
  return { status: await child.exited, said };
}

/** The files that a patch changes or makes. */
function filesOf(diff: string): readonly string[] {
  const pairs = diff.matchAll(/^--- (\S+).*\n\+\+\+ (\S+)/gm);
  return [...pairs].map(([, before = "", after = ""]) =>
    (after === "/dev/null" ? before : after).replace(/^[^/]*\//, ""),
  );
}

function isMadeBy(diff: string, file: string): boolean {
  return diff.includes(`--- /dev/null\n+++ b/${file}\n`);
}

/** One line each, and the sums. */
export function outcomeText(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ name, kind, files }) => {
    const what = kind === "fails" ? `fails at ${files.join(", ")}` : kind;
    return `${basename(name, ".patch")}: ${what}\n`;
  });
  const count = (kind: Outcome["kind"]) => outcomes.filter((one) => one.kind === kind).length;
  const kinds = ["applies", "is there", "with fuzz", "fails"] as const;
  const sums = kinds.map((kind) => `${kind} ${count(kind)}`).join(", ");
  return `${lines.join("")}${outcomes.length} patches: ${sums}\n`;
}

async function main(words: readonly string[]): Promise<number> {
  const [folder, ...more] = words;
  if (folder === "--help" || folder === "-h") {
    process.stdout.write(HELP);
    return 0;
  }
  if (folder === undefined || more.length > 0) {
    process.stderr.write(HELP);
    return 2;
  }
  if (!existsSync(join(folder, "."))) {
    process.stderr.write(`cannot try the patches on ${folder}: there is no such folder\n`);
    return 2;
  }
  const outcomes = await tryPatches(await libraryPatches(), folder);
  process.stdout.write(outcomeText(outcomes));
  return outcomes.every(({ kind }) => kind === "applies" || kind === "is there") ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
