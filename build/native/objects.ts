// Compiles C++ files of ours, each into an object that the cache keeps by content: the file, every file
// of ours that it includes, the compiler and its flags. A second clone, and a branch gone back to,
// compile nothing that was compiled before.

import { readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { cached, hashOf } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";

/** How files are compiled: commands run in `root`, so that its place is in none of them. */
export interface Compiler {
  /** The repository's folder. */
  readonly root: string;
  /** The compiler and its flags. */
  readonly command: readonly string[];
  /** What the objects depend on besides. */
  readonly key: unknown;
}

/** The objects' paths, in the order of `sources`, which are paths within the repository. */
export async function compileObjects(
  sources: readonly string[],
  compiler: Compiler,
  step: Step,
): Promise<readonly string[]> {
  const objects: string[] = [];
  const waiting = [...sources.entries()];
  let begun = 0;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, source] = next;
      step.note(`compiling [${++begun}/${sources.length}]`);
      objects[place] = await compileObject(source, compiler);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return objects;
}

async function compileObject(source: string, compiler: Compiler): Promise<string> {
  const { root, command, key } = compiler;
  const files = ownFiles(source, root).map((name) => [name, contentHash(join(root, name))]);
  const name = `object-${source.replace(/\W+/g, "-")}`;
  const folder = await cached(name, [command, key, files], async (out) => {
    const map = `-ffile-prefix-map=${root}=.`;
    await run([...command, map, "-c", source, "-o", join(out, "object.o")], { cwd: root });
  });
  return join(folder, "object.o");
}

/** A source and all files of ours that it includes, in whatever depth, by their paths below `root`. */
export function ownFiles(source: string, root: string): string[] {
  const found = new Set<string>();
  const waiting = [source];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const text = readFileSync(join(root, name), "utf8");
    for (const [, included = ""] of text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
      // Beside the file, then in the folder that all of ours are below.
      const places = [join(dirname(name), included), join("native", included)];
      const own = places.find((place) => isFile(join(root, place)));
      // Others' headers are in folders that have a key of their own.
      if (own !== undefined) waiting.push(own);
    }
  }
  return [...found].sort();
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function contentHash(path: string): string {
  return hashOf(readFileSync(path, "base64"));
}
