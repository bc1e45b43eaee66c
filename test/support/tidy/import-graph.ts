// Who imports whom in src/, read off the sources, and the circles in it. Type-only imports count,
// since they tie files together for a reader as much as others do; what is loaded at run time is a
// question of its own.

import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** From each node to those that it needs. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

const statement =
  /\b(?:import|export)\s+(type\s+)?(?:[\w*\s{},]+?\s+from\s+)?"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/g;

interface Import {
  readonly path: string;
  /** Nothing of it is left at run time. */
  readonly isTypeOnly: boolean;
}

/** Relative imports in a file's text. @param name its path from the root @returns such paths */
export function importsIn(name: string, text: string): readonly Import[] {
  return [...text.matchAll(statement)].map(([all, type, path, loaded]) => ({
    path: normalize(join(dirname(name), path ?? loaded ?? "")),
    isTypeOnly: type !== undefined || isOfTypes(all),
  }));
}

/** `import { type A, type B } from …`. */
function isOfTypes(text: string): boolean {
  const names = /\{([^}]*)\}/.exec(text)?.[1]?.split(",") ?? [];
  const given = names.map((one) => one.trim()).filter((one) => one !== "");
  return given.length > 0 && given.every((one) => one.startsWith("type "));
}

export function importsOf(root: string, name: string): readonly Import[] {
  return importsIn(name, readFileSync(join(root, name), "utf8"));
}

/** @param names files by their paths from the root */
export function fileGraph(root: string, names: readonly string[], types: boolean): Graph {
  const known = new Set(names);
  return new Map(
    names.map((name) => {
      const needed = importsOf(root, name).filter((one) => types || !one.isTypeOnly);
      return [name, new Set(needed.map((one) => one.path).filter((path) => known.has(path)))];
    }),
  );
}

/** The folders side by side in one folder, at any depth, each with those that its files need. */
export function folderGraph(files: Graph): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, needed] of files) {
    for (const to of needed) {
      const pair = partingFolders(from.split("/"), to.split("/"));
      if (pair !== null) {
        graph.set(pair[0], (graph.get(pair[0]) ?? new Set()).add(pair[1]));
      }
    }
  }
  return graph;
}

/** The folders in which two paths part; null where a file lies beside the other's folder. */
function partingFolders(a: readonly string[], b: readonly string[]): [string, string] | null {
  const length = a.findIndex((part, index) => part !== b[index]) + 1;
  const isBetweenFolders = length > 0 && length < a.length && length < b.length;
  return isBetweenFolders ? [a.slice(0, length).join("/"), b.slice(0, length).join("/")] : null;
}

/** All that `start` needs, directly or not, itself included. */
export function reachedFrom(graph: Graph, start: string): ReadonlySet<string> {
  const reached = new Set([start]);
  for (const node of reached) {
    for (const next of graph.get(node) ?? []) {
      reached.add(next);
    }
  }
  return reached;
}

/** Each set of nodes that all need each other, sorted. */
export function circles(graph: Graph): readonly (readonly string[])[] {
  const reach = new Map([...graph.keys()].map((node) => [node, reachedFrom(graph, node)]));
  const found = new Map<string, readonly string[]>();
  for (const [node, reached] of reach) {
    const ring = [...reached].filter((other) => reach.get(other)?.has(node)).sort();
    if (ring.length > 1) {
      found.set(ring.join(" "), ring);
    }
  }
  return [...found.values()];
}
