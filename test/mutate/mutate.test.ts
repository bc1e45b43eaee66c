// The tool behind `npm run mutate`: what it changes in a text, and what it makes of tests that notice, do
// not notice or never end.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutantsOf, sitesIn } from "./mutations.ts";
import { ProgressLine } from "./progress-line.ts";
import { judge, percentOf, reportText, sumsOf } from "./report.ts";
import { runMutants } from "./run-mutants.ts";
import { switchedSource } from "./switched-source.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-mutate-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

function changesOf(text: string): string[] {
  const { sites } = sitesIn("a.ts", text);
  return mutantsOf("a.ts", text, sites).map(({ was, became }) => `${was} → ${became}`);
}

describe("what is changed", () => {
  test.each([
    ["arithmetic", "a + b", ["a + b → a - b"]],
    ["the sum of texts, which have no difference", 'a + "b"', ['"b" → ""']],
    ["a relation, at its bound and turned", "a < b", ["a < b → a <= b", "a < b → a >= b"]],
    ["equality", "a === b", ["a === b → a !== b"]],
    ["logic", "a && b", ["a && b → a || b"]],
    ["what stands in for null", "a ?? b", ["a ?? b → a && b"]],
    ["bits", "a >>> b", ["a >>> b → a << b"]],
    ["true and false", "true", ["true → false"]],
    ["a negation", "!a", ["!a → a"]],
    ["a sign", "-a", ["-a → a"]],
    ["zero", "0", ["0 → 1"]],
    ["one", "1", ["1 → 0"]],
    ["another number", "7", ["7 → 7 + 1"]],
    ["a large number", "7n", ["7n → 7n + 1n"]],
    ["a text", '"a"', ['"a" → ""']],
    ["an empty text", '""', ['"" → "x"']],
    ["a text with values in it", `\`a$\{b}\``, [`\`a$\{b}\` → ""`]],
    ["a list", "[a]", ["[a] → []"]],
    ["counting", "a++", ["a++; → ;", "a++ → a--"]],
    ["an assignment with an operator", "a += b", ["a += b; → ;", "a += b → a -= b"]],
    ["a chain", "a?.b.c", ["a?.b.c → a.b.c"]],
    ["a chain into a list", "a?.[b]", ["a?.[b] → a[b]"]],
    ["a choice", "a ? b : c", ["a → true", "a → false"]],
    ["one method for another", "Math.min(a, b)", ["Math.min(a, b) → Math.max(a, b)"]],
    ["a call", "a()", ["a(); → ;"]],
  ])("%s", (_name, text, changes) => {
    const isStatement = changes[0]?.includes(";") === true;
    expect(changesOf(isStatement ? `${text};` : `const x = ${text};`)).toEqual(changes);
  });

  test.each([
    ["a condition and its branch", "if (a) { b; }", ["a → true", "a → false", "{ b; } → {}"]],
    ["a loop, which may not run for ever", "while (a) { b; }", ["a → false", "{ b; } → {}"]],
    ["a function", "function f() { a; }", ["{ a; } → {}"]],
    [
      "what a function returns, by its type",
      "function f(): boolean { return a; }",
      ["{ return a; } → {}", "a → true", "a → false"],
    ],
    ["of a number", "const f = (): number => a;", ["a → 0"]],
    ["of what may be null", "const f = (): A | null => a;", ["a → null"]],
    ["of a list", "const f = (): readonly A[] => a;", ["a → []"]],
    ["the code of an error, not its words", 'throw new E("no way", { code: "A" });', ['"A" → ""']],
  ])("%s", (_name, text, changes) => {
    expect(changesOf(text)).toEqual(changes);
  });

  test.each([
    "type A = 1 | 2;",
    'import { a } from "./a.ts";',
    'const a = b as 1 | "x";',
    "const a = { b: c };",
    'assert(a < 1, "a is small");',
    'throw new AvroError("it is no file");',
    'log.warning("it goes on");',
  ])("nothing in %s", (text) => {
    expect(changesOf(text.replace(/^log.*/, "const a = () => $&"))).toEqual([]);
  });

  test("is told with its place and line", () => {
    const text = "const a = b;\n  const c = 7;";
    const { sites } = sitesIn("a.ts", text);
    expect(mutantsOf("src/a.ts", text, sites)).toEqual([
      {
        file: "src/a.ts",
        line: 2,
        column: 13,
        was: "7",
        became: "7 + 1",
        lineText: "const c = 7;",
      },
    ]);
  });
});

describe("a source with its mutants in it", () => {
  const text = "function f(a) {\n  while (a < 3) { a++; }\n  return a;\n}\nf";
  const { sites, loops } = sitesIn("a.js", text);
  const switched = switchedSource(text, sites, loops, (site, change) => site * 10 + change);

  test.each([
    ["the source where none is on", -1, 3],
    ["a mutant where that is on", sites.findIndex((one) => one.form === "value") * 10 + 1, 4],
    ["a function without its body", 0, undefined],
  ])("is %s", (_name, active, result) => {
    let ticks = 0;
    globalThis.__switches = { is: (mutant) => mutant === active, tick: () => ticks++ };
    // biome-ignore lint/security/noGlobalEval: the text is made above
    expect(eval(switched)(0)).toBe(result);
    expect(ticks).toBe(result ?? 0);
  });

  test("keeps its lines", () => {
    expect(switched.split("\n")).toHaveLength(text.split("\n").length);
  });
});

describe("a run", () => {
  const source = `
export const limit = 7;
export function isSmall(size: number): boolean {
  return size < limit;
}
export function last(count: number): number {
  let at = 0;
  while (at < count) {
    at++;
  }
  return at;
}
export function unused(): void {
  isSmall(1);
}
`;
  const tests = `
import { afterAll, beforeEach, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSmall, last } from "../src/a.ts";
const made = fs.mkdtempSync(join(tmpdir(), "a-"));
afterAll(() => fs.rmdirSync(made));
test.each([[6, true], [7.5, false]])("%d", (size, is) => {
  fs.mkdirSync(join(made, "once"));
  expect(isSmall(size)).toBe(is);
});
test("last", async () => {
  await Promise.resolve();
  expect(last(3)).toBe(3);
});
`;

  test("tells who was noticed, who hung and who lived, and leaves all files alone", async () => {
    const root = join(folder, "root");
    fs.mkdirSync(join(root, "src"), { recursive: true });
    fs.mkdirSync(join(root, "test"));
    fs.writeFileSync(join(root, "src/a.ts"), source);
    fs.writeFileSync(join(root, "test/a.test.ts"), tests);
    const run = await runMutants({
      root,
      sources: ["src/a.ts"],
      testFiles: ["test/a.test.ts"],
      support: [],
      cache: join(folder, "cache"),
      seed: 1,
    });
    expect(run.unfitTests).toEqual([]);
    const told = run.results.map(({ mutant, outcome }) => {
      return `${mutant.line} ${mutant.was.replace(/\s+/g, " ")} → ${mutant.became} ${outcome}`;
    });
    expect(told).toEqual([
      "2 7 → 7 + 1 killed",
      "3 { return size < limit; } → {} killed",
      "4 size < limit → true killed",
      "4 size < limit → false killed",
      "4 size < limit → size <= limit survived",
      "4 size < limit → size >= limit killed",
      "6 { let at = 0; while (at < count) { at++; } return at; } → {} killed",
      "7 0 → 1 survived",
      "8 at < count → false killed",
      "8 at < count → at <= count killed",
      "8 at < count → at >= count killed",
      "8 { at++; } → {} hung",
      "9 at++; → ; hung",
      "9 at++ → at-- hung",
      "11 at → 0 killed",
      "13 { isSmall(1); } → {} unreached",
      "14 isSmall(1); → ; unreached",
      "14 1 → 0 unreached",
    ]);
    expect(fs.readFileSync(join(root, "src/a.ts"), "utf8")).toBe(source);
    expect(fs.readFileSync(join(root, "test/a.test.ts"), "utf8")).toBe(tests);
    expect(fs.readdirSync(root, { recursive: true })).toHaveLength(4);
    expect(fs.readdirSync(join(folder, "cache"))).toEqual([]);
  }, 60_000);
});

describe("what is told", () => {
  const mutant = {
    file: "a.ts",
    line: 3,
    column: 5,
    was: "0",
    became: "1",
    lineText: "let a = 0;",
  };
  const other = { ...mutant, column: 9, was: "b", became: "c" };
  const killed = { mutant, outcome: "killed" } as const;
  const survived = { mutant: other, outcome: "survived" } as const;
  const entry = { file: "a.ts", line: "let a = 0;", changes: ["b → c"], why: "it is" };

  test("lists survivors and the share that was noticed", () => {
    const judged = judge({ results: [killed, survived], unfitTests: [] }, [], ["a.ts"]);
    expect(percentOf(sumsOf(judged.results))).toBe(50);
    expect(reportText(judged, 2)).toBe(
      [
        "a.ts:3:9 b → c",
        "a.ts: 2 mutants, 1 killed (0 hung), 1 survived (0 unreached), 0 equivalent: 50.0 % (50.0 % of all)",
        "all: 2 mutants, 1 killed (0 hung), 1 survived (0 unreached), 0 equivalent: 50.0 % (50.0 % of all)",
        "2 s",
        "",
      ].join("\n"),
    );
  });

  test("one that is listed as equivalent counts against nobody", () => {
    const judged = judge({ results: [killed, survived], unfitTests: [] }, [entry], ["a.ts"]);
    expect(judged.complaints).toEqual([]);
    expect(percentOf(sumsOf(judged.results))).toBe(100);
  });

  test.each([
    ["is no longer there", "x → y", "it is no longer there"],
    ["is noticed", "0 → 1", "a test notices it"],
  ])("an entry of that list that %s is to be struck", (_name, change, why) => {
    const list = [{ ...entry, changes: [change] }];
    const { complaints } = judge({ results: [killed, survived], unfitTests: [] }, list, ["a.ts"]);
    expect(complaints).toEqual([`strike an equivalent of a.ts: ${change}, since ${why}`]);
  });

  test("an entry of a file that was not looked at whole is left alone", () => {
    const list = [{ ...entry, changes: ["x → y"] }];
    expect(judge({ results: [killed], unfitTests: [] }, list, []).complaints).toEqual([]);
  });
});

describe("the line while it runs", () => {
  test.each([
    ["is drawn a few times a second and taken away", true, 2],
    ["is nothing without a terminal", false, 0],
  ])("%s", (_name, isTTY, drawn) => {
    const written: string[] = [];
    let now = 0;
    const line = new ProgressLine({ isTTY, write: (text) => written.push(text) }, () => now);
    for (now = 0; now < 400; now += 50) {
      line.update(1 + now / 50, 10, "mutants");
    }
    expect(written).toHaveLength(drawn);
    line.close();
    expect(written.at(-1)).toBe(isTTY ? "\r\x1b[K" : undefined);
    expect(written[1]).toBe(
      isTTY ? "\r\x1b[K[===============               ] 5 of 10 mutants, 1 s left" : undefined,
    );
  });
});
