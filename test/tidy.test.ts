// The style rules that no tool checks: who may import whom, words that have one home, files that
// nobody imports, the top level's shape.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** What each folder of src/ may import besides itself and `base`. */
const PERMITTED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  avro: [],
  capture: [],
  sysflow: ["avro"],
  driver: ["capture", "sysflow", "run", "cli"],
  collect: ["capture", "sysflow"],
  write: ["avro", "sysflow"],
  read: ["avro", "sysflow"],
  join: ["sysflow"],
  flatten: ["sysflow"],
  k8s: ["sysflow"],
  policy: ["flatten"],
  export: ["flatten", "policy"],
  show: ["join", "sysflow"],
  run: ["driver", "capture", "collect", "write", "sysflow", "cli"],
  cli: ["capture", "driver", "collect", "join", "sysflow", "write", "show", "run"],
  "main.ts": ["avro", "capture", "collect", "sysflow", "write", "cli"],
};

/** A pattern, the files in which it may stand, and what to do instead. */
const ONE_HOME: readonly { pattern: RegExp; homes: readonly string[]; instead: string }[] = [
  { pattern: /\bDate\.now\b/, homes: ["src/base/clock.ts"], instead: "base/clock.ts" },
  { pattern: /\bprocess\.env\b/, homes: ["src/cli/options.ts"], instead: "cli/options.ts" },
  { pattern: /\bBun\./, homes: ["src/base/", "src/main.ts"], instead: "a small file in base/" },
  { pattern: /\bconsole\./, homes: [], instead: "base/log.ts or a stream" },
  { pattern: /\bFIXME\b|\bTODO\b|\bXXX\b/, homes: [], instead: "an issue" },
];

const TOP_LEVEL = /^(package\.json|tsconfig\.json|bunfig\.toml|native|src|build|docker|test)$/;
const TOP_LEVEL_FORCED = /^(README\.md|bun\.lock|LICENSE|\..*|node_modules|dist)$/;

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((name) => ending.test(name) && statSync(join(ROOT, name)).isFile());
}

function read(name: string): string {
  return readFileSync(join(ROOT, name), "utf8");
}

/** Relative imports of a file, as paths from the root. */
function importsOf(name: string): string[] {
  const found = read(name).matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g);
  return [...found]
    .map((match) => normalize(join(dirname(name), match[1] ?? "")))
    .filter((path) => path !== "package.json");
}

function folderOf(name: string): string {
  return relative("src", name).split("/")[0] ?? "";
}

const sources = filesBelow("src", /\.ts$/);

describe("imports", () => {
  test.each(sources)("%s imports only what its folder may", (name) => {
    const own = folderOf(name);
    const permitted = PERMITTED[own];
    expect(permitted, `${own} has no row in the import table`).toBeDefined();
    const wrong = importsOf(name)
      .map(folderOf)
      .filter((folder) => folder !== own && folder !== "base")
      .filter((folder) => !permitted?.includes(folder));
    expect(wrong).toEqual([]);
  });

  test("every source file is imported by another", () => {
    const users = [...sources, ...filesBelow("test", /\.ts$/), ...filesBelow("build", /\.ts$/)];
    // Those that package.json chooses by runtime.
    const named = read("package.json").matchAll(/"\.\/(src\/[^"]+\.ts)"/g);
    const imported = new Set([...users.flatMap(importsOf), ...[...named].map((one) => one[1])]);
    const lonely = sources.filter((name) => name !== "src/main.ts" && !imported.has(name));
    expect(lonely).toEqual([]);
  });
});

describe("words with one home", () => {
  const natives = filesBelow("native", /\.(cc|h)$/);
  test.each(ONE_HOME)("$pattern stands only where it belongs", ({ pattern, homes, instead }) => {
    const strays = [...sources, ...natives]
      .filter((name) => !homes.some((home) => name.startsWith(home)))
      .filter((name) => pattern.test(withoutComments(read(name))));
    expect(strays, `use ${instead}`).toEqual([]);
  });

  test("native code keeps off libuv, of which Bun has only a part", () => {
    expect(natives.filter((name) => /\buv_/.test(read(name)))).toEqual([]);
  });
});

describe("the tree", () => {
  test("has nothing at its top that was not agreed", () => {
    const extra = readdirSync(ROOT).filter(
      (name) => !TOP_LEVEL.test(name) && !TOP_LEVEL_FORCED.test(name),
    );
    expect(extra).toEqual([]);
  });

  test.each(sources)("%s is at most 500 lines", (name) => {
    expect(read(name).split("\n").length).toBeLessThanOrEqual(name.includes(".gen.") ? 2000 : 500);
  });

  test.each(sources)("%s opens with a comment that says what it is", (name) => {
    expect(read(name)).toMatch(/^(#!.*\n)?\/\/ /);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}
