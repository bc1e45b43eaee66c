// The style rules that no tool checks: who may import whom, words that have one home, files that
// nobody imports, the top level's shape.

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { relative } from "node:path";
import {
  circles,
  fileGraph,
  folderGraph,
  importsIn,
  importsOf,
  reachedFrom,
} from "./support/tidy/import-graph.ts";
import {
  filesBelow,
  fullFolders,
  lineCount,
  linesMax,
  ROOT,
  read,
  withoutComments,
} from "./support/tidy/sources.ts";

/** What each folder of src/ may import besides itself and `base`; null for all but the program. */
const PERMITTED: Readonly<Record<string, readonly string[] | null>> = {
  base: [],
  avro: [],
  gjson: [],
  capture: [],
  sysflow: ["avro"],
  driver: ["capture", "sysflow"],
  collect: ["capture", "sysflow"],
  containers: ["sysflow"],
  k8s: ["sysflow"],
  join: ["sysflow"],
  write: ["avro", "sysflow"],
  read: ["avro", "sysflow"],
  flatten: ["join", "sysflow", "gjson"],
  policy: ["flatten", "gjson"],
  export: ["flatten", "policy", "join", "sysflow"],
  show: ["join", "sysflow", "flatten"],
  run: ["driver", "capture", "collect", "write", "sysflow", "containers", "k8s"],
  telemetry: ["run", "capture"],
  pipeline: ["run", "read", "join", "flatten", "policy", "export", "write"],
  library: ["driver", "capture", "collect", "run", "write", "read", "join", "show", "sysflow"],
  cli: null,
  "index.ts": null,
  "main.ts": ["cli"],
};
/** Nothing imports these: they are ways in. */
const WAYS_IN = ["index.ts", "main.ts"];

const CLI_LINES_MAX = 3000;

/** A pattern, the files in which it may stand, and what to do instead. */
const ONE_HOME: readonly { pattern: RegExp; homes: readonly string[]; instead: string }[] = [
  { pattern: /\bDate\.now\b/, homes: ["src/base/clock.ts"], instead: "base/clock.ts" },
  { pattern: /\bprocess\.env\b/, homes: ["src/cli/options.ts"], instead: "cli/options.ts" },
  {
    pattern: /\bprocess\.exit(Code)?\b/,
    homes: ["src/cli/", "src/main.ts"],
    instead: "an OperatorError, or what is returned: the program alone ends itself",
  },
  { pattern: /\bsetenv\b|\bputenv\b/, homes: [], instead: "an option: others read it too" },
  { pattern: /\bBun\./, homes: ["src/base/", "src/main.ts"], instead: "a small file in base/" },
  { pattern: /\bconsole\./, homes: [], instead: "base/log.ts or a stream" },
  { pattern: /\bFIXME\b|\bTODO\b|\bXXX\b/, homes: [], instead: "an issue" },
];

/** A statement that looks at a promise and goes on. */
const UNAWAITED = /^ *expect\([^;]*\)\s*\.(rejects|resolves)\b/m;

const TOP_LEVEL = /^(package\.json|tsconfig\.json|bunfig\.toml|native|src|build|docker|test)$/;
const TOP_LEVEL_FORCED = /^(README\.md|bun\.lock|LICENSE|\..*|node_modules|dist)$/;

function folderOf(name: string): string {
  return relative("src", name).split("/")[0] ?? "";
}

function importedBy(name: string): string[] {
  const paths = importsOf(ROOT, name).map((one) => one.path);
  return paths.filter((path) => path !== "package.json");
}

/** For what may import all folders. */
function notWaysIn(folder: string): string[] {
  return WAYS_IN.includes(folder) ? [] : [folder];
}

const sources = filesBelow("src", /\.ts$/);
const graph = fileGraph(ROOT, sources, true);

describe("imports", () => {
  test.each(sources)("%s imports only what its folder may", (name) => {
    const own = folderOf(name);
    const permitted = PERMITTED[own];
    expect(permitted, `${own} has no row in the import table`).toBeDefined();
    const wrong = importedBy(name)
      .map(folderOf)
      .filter((folder) => folder !== own && folder !== "base")
      .filter((folder) => !(permitted ?? notWaysIn(folder)).includes(folder));
    expect(wrong).toEqual([]);
  });

  test("every source file is imported by another", () => {
    const users = [...sources, ...filesBelow("test", /\.ts$/), ...filesBelow("build", /\.ts$/)];
    // Those that package.json chooses by runtime.
    const named = read("package.json").matchAll(/"\.\/(src\/[^"]+\.ts)"/g);
    const imported = new Set([...users.flatMap(importedBy), ...[...named].map((one) => one[1])]);
    const lonely = sources.filter(
      (name) => !(imported.has(name) || WAYS_IN.includes(folderOf(name))),
    );
    expect(lonely).toEqual([]);
  });

  test("no file needs itself through others, types counted", () => {
    expect(circles(graph)).toEqual([]);
  });

  test("no folder needs itself through others, types counted", () => {
    expect(circles(folderGraph(graph))).toEqual([]);
  });

  test("circles are found", () => {
    const files = new Map([
      ["src/a/x.ts", new Set(["src/b/x.ts"])],
      ["src/b/x.ts", new Set(["src/b/y.ts", "src/c.ts"])],
      ["src/b/y.ts", new Set(["src/a/y.ts"])],
      ["src/c.ts", new Set(["src/c.ts", "src/a/x.ts"])],
    ]);
    expect(circles(files)).toEqual([["src/a/x.ts", "src/b/x.ts", "src/c.ts"]]);
    expect(circles(folderGraph(files))).toEqual([["src/a", "src/b"]]);
  });

  test.each([
    ['import { a } from "./b.ts";', false],
    ['import {\n  type a,\n  b,\n} from "./b.ts";', false],
    ['import { type a, type b } from "./b.ts";', true],
    ['import type { a } from "./b.ts";', true],
    ['export type { a } from "./b.ts";', true],
    ['import "./b.ts";', false],
    ['const { a } = await import("./b.ts");', false],
  ])("an import is seen in %j", (text, isTypeOnly) => {
    expect(importsIn("src/x/a.ts", text)).toEqual([{ path: "src/x/b.ts", isTypeOnly }]);
  });

  test("`sysflow record` loads nothing of what makes records", () => {
    const loaded = reachedFrom(fileGraph(ROOT, sources, false), "src/cli/commands/record.ts");
    expect([...loaded]).toContain("src/run/session.ts");
    expect([...loaded].filter((name) => /^src\/(collect|show)\//.test(name))).toEqual([]);
  });
});

/** Members that the program itself does not need, and why they stay. */
const FOR_TESTS: Readonly<Record<string, string>> = {
  "BatchView.isEof": "the header's field for what JavaScript is told by next()",
  "ContainerFile.pendingRecords": "what is between two blocks, which no other member shows",
  "SysFlowItem.timeMs": "for programs that use the library",
};

describe("members", () => {
  const everywhere = [...sources, ...filesBelow("build", /\.(ts|mjs)$/)];
  const inProgram = wordCounts(everywhere);
  const inAll = wordCounts([...everywhere, ...filesBelow("test", /\.ts$/)]);

  /** Those whose name stands nowhere but in their declaration, as `Class.member`. */
  const deadIn = (name: string) =>
    membersIn(read(name))
      .filter(({ kind, member }) => {
        // What native code gives or takes may be declared for tests alone.
        const counts = kind === "class" ? inProgram : inAll;
        return (counts.get(member) ?? 0) <= 1;
      })
      .map(({ owner, member }) => `${owner}.${member}`);

  test("are found in classes and interfaces, if they are for others", () => {
    const text =
      "export class A<T> extends B {\n  readonly #own = 1;\n  static x = 1;\n  readonly y?: T;\n" +
      "  constructor() {\n    z();\n  }\n  get w(): number {\n  }\n  async v<U>(u: U) {\n  }\n}\n" +
      "interface C {\n  readonly t: number;\n  s(r: string): void;\n}\n";
    const found = membersIn(text).map(({ kind, owner, member }) => `${kind} ${owner}.${member}`);
    const ofA = ["x", "y", "w", "v"].map((member) => `class A.${member}`);
    expect(found).toEqual([...ofA, "interface C.t", "interface C.s"]);
  });

  test("of classes are used by the program, those of interfaces by somebody", () => {
    expect(everywhere.flatMap(deadIn).sort()).toEqual(Object.keys(FOR_TESTS).sort());
  });
});

describe("tests", () => {
  test.each([
    ["  expect(one()).rejects.toThrow();", true],
    ["  expect(\n    one(),\n  ).resolves.toBe(1);", true],
    ["  await expect(one()).rejects.toThrow();", false],
    ["  return expect(one()).rejects.toThrow();", false],
  ])("that do not wait for a promise are found: %j", (text, isFound) => {
    expect(UNAWAITED.test(text)).toBe(isFound);
  });

  test("wait for the promises that they look at", () => {
    const tests = filesBelow("test", /\.ts$/).filter((name) => name !== "test/tidy.test.ts");
    expect(tests.filter((name) => UNAWAITED.test(read(name)))).toEqual([]);
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

  test("no folder of src has more than a page of files", () => {
    expect(fullFolders(sources)).toEqual([]);
  });

  test("the command line is small: words in, exit status out", () => {
    const lines = sources
      .filter((name) => name.startsWith("src/cli/"))
      .reduce((sum, name) => sum + lineCount(name), 0);
    expect(lines).toBeLessThanOrEqual(CLI_LINES_MAX);
  });

  test.each(sources)("%s is at most 500 lines", (name) => {
    expect(lineCount(name)).toBeLessThanOrEqual(name.includes(".gen.") ? 2000 : linesMax);
  });

  test.each(sources)("%s opens with a comment that says what it is", (name) => {
    expect(read(name)).toMatch(/^(#!.*\n)?\/\/ /);
  });
});

interface Member {
  readonly kind: string;
  readonly owner: string;
  readonly member: string;
}

/** By the house's form: what a class or an interface declares is two columns to the right of it. */
function membersIn(text: string): readonly Member[] {
  const owners = /^(?:export )?(?:abstract )?(class|interface) (\w+)[^{]*\{\n([\s\S]*?)^\}/gm;
  const members =
    /^ {2}(?:(?:static|readonly|async|override|get|set|abstract) )*([a-zA-Z]\w*)\??(?: =|[(:<;])/gm;
  return [...withoutComments(text).matchAll(owners)].flatMap(
    ([, kind = "", owner = "", body = ""]) =>
      [...body.matchAll(members)]
        .map(([, member = ""]) => ({ kind, owner, member }))
        .filter(({ member }) => member !== "constructor"),
  );
}

/** How often each word stands in the code of these files. */
function wordCounts(files: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of files.flatMap((name) => withoutComments(read(name)).match(/\w+/g) ?? [])) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
