// The folders of build/ and of test/support/: which may import which, and how large a folder and a file
// may be. A file at the top of build/ is run, and may import all; nothing imports it but another such.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { circles, fileGraph, folderGraph, importsOf } from "./support/tidy/import-graph.ts";
import {
  filesBelow,
  fullFolders,
  lineCount,
  linesMax,
  ROOT,
  read,
} from "./support/tidy/sources.ts";

interface Rooms {
  readonly top: string;
  /** What each folder may import besides itself: each stands behind those that it imports. */
  readonly permitted: Readonly<Record<string, readonly string[]>>;
  /** What it may import of elsewhere, by the beginnings of paths. */
  readonly elsewhere: Readonly<Record<string, readonly string[]>>;
}

const ROOMS: readonly Rooms[] = [
  {
    top: "build",
    permitted: {
      base: [],
      packages: ["base"],
      toolchain: ["base", "packages"],
      probe: ["base", "packages", "toolchain"],
      libs: ["base", "packages", "toolchain", "probe"],
      native: ["base", "toolchain", "probe", "libs"],
      pack: ["base"],
      ship: ["base", "packages", "toolchain", "probe", "libs", "pack"],
      generate: [],
      guests: ["base", "packages", "toolchain", "libs"],
    },
    elsewhere: {
      generate: ["src/"],
      pack: ["src/base/exit-status.ts"],
      ship: ["package.json", "src/base/build-contents.ts"],
    },
  },
  {
    top: "test/support",
    permitted: {
      tidy: [],
      build: [],
      kernels: [],
      collect: [],
      scripts: [],
      records: [],
      models: ["collect", "scripts"],
      captures: ["collect", "records"],
      containers: [],
      flatten: ["records"],
      policy: ["flatten", "records"],
      telemetry: [],
      program: [],
      truth: ["program", "records"],
      deeds: ["program", "truth"],
      options: ["program", "records", "scripts"],
      library: ["build", "program"],
    },
    elsewhere: {
      build: ["build/"],
      program: ["build/packages/", "build/toolchain/"],
      library: ["build/packages/", "build/toolchain/", "src/index.ts"],
    },
  },
];

describe.each(ROOMS)("$top", ({ top, permitted, elsewhere }) => {
  const files = filesBelow(top);
  const sources = files.filter((name) => /\.(ts|mjs)$/.test(name));
  const roomOf = (name: string) => (name.startsWith(`${top}/`) ? insideOf(name) : null);
  const insideOf = (name: string) => {
    const parts = name.slice(top.length + 1).split("/");
    return parts.length === 1 ? "" : (parts[0] ?? "");
  };
  const graph = fileGraph(ROOT, sources, true);

  test("has a row for each of its folders, and no other", () => {
    const rooms = new Set(sources.map(insideOf).filter((room) => room !== ""));
    expect([...rooms].sort()).toEqual(Object.keys(permitted).sort());
  });

  test.each(sources.filter((name) => insideOf(name) !== ""))(
    "%s imports only what its folder may",
    (name) => {
      const own = insideOf(name);
      const wrong = importsOf(ROOT, name)
        .map(({ path }) => path)
        // What a generator writes of an import is none of its own.
        .filter((path) => existsSync(join(ROOT, path)))
        .filter((path) => {
          const room = roomOf(path);
          return room === null
            ? !isPermitted(path, own)
            : room !== own && !permitted[own]?.includes(room);
        });
      expect(wrong).toEqual([]);
    },
  );

  /** Tests may import all of src. */
  function isPermitted(path: string, own: string): boolean {
    const isOfTest = top.startsWith("test/") && path.startsWith("src/");
    return isOfTest || (elsewhere[own] ?? []).some((begin) => path.startsWith(begin));
  }

  test("has a table without a circle", () => {
    const rooms = Object.keys(permitted);
    const wrong = rooms.flatMap((room, place) =>
      (permitted[room] ?? []).filter((other) => rooms.indexOf(other) >= place),
    );
    expect(wrong).toEqual([]);
  });

  test("has no circle of files or of folders, types counted", () => {
    expect(circles(graph)).toEqual([]);
    expect(circles(folderGraph(graph))).toEqual([]);
  });

  test("has no folder with more than a page of files", () => {
    expect(fullFolders(files)).toEqual([]);
  });

  test.each(sources)("%s is at most 500 lines and opens with what it is", (name) => {
    expect(lineCount(name)).toBeLessThanOrEqual(linesMax);
    expect(read(name)).toMatch(/^\/\/ /);
  });
});
