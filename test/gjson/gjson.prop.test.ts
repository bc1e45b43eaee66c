// Whatever the document and the path, GJSON answers with a string and within its budget; and on valid
// documents a plain path finds what JSON.parse and indexing find.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DEPTH_MAX, PATH_LENGTH_MAX, STEPS_MAX } from "../../src/gjson/budget.ts";
import { compilePath, exists, get } from "../../src/gjson/gjson.ts";

const words = [
  "a",
  "b",
  "kind",
  "sf.pod",
  "x*y",
  "?",
  "@this",
  "#",
  "0",
  "1",
  "",
  "é😀",
  "|",
  "\\",
  '"',
];
const key = fc.oneof(fc.constantFrom(...words), fc.string({ unit: "grapheme", maxLength: 4 }));

const { value: document } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "grapheme", maxLength: 6 }),
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .uniqueArray(key, { maxLength: 4 })
      .chain((keys) =>
        fc
          .tuple(...keys.map(() => tie("value")))
          .map((values) => Object.fromEntries(keys.map((name, index) => [name, values[index]]))),
      ),
  ),
}));

/** A way into a document: to be walked by indexing, and written as a path. Two dots begin another. */
const steps = fc.array(fc.oneof(key, fc.nat({ max: 4 }).map(String)), {
  minLength: 1,
  maxLength: 4,
});

const spaces = fc.constantFrom("", " ", "\n\t");

function walked(value: unknown, way: readonly string[]): unknown {
  let at: unknown = value;
  for (const step of way) {
    const isStep = Array.isArray(at) ? /^\d+$/.test(step) : typeof at === "object" && at !== null;
    if (!isStep || !Object.hasOwn(at as object, step)) {
      return undefined;
    }
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

function isPlain(way: readonly string[]): boolean {
  return !pathOf(way).startsWith("..");
}

/** Every character that could mean something is escaped. */
function pathOf(way: readonly string[]): string {
  return way.map((step) => step.replace(/[^a-zA-Z0-9]/gu, "\\$&")).join(".");
}

describe("a plain path", () => {
  test("finds what indexing finds", () => {
    const ways = document.chain((value) =>
      fc.tuple(fc.constant(value), fc.oneof(steps, wayInto(value)).filter(isPlain), spaces),
    );
    fc.assert(
      fc.property(ways, ([value, way, space]) => {
        const json = space + JSON.stringify(value, null, space);
        const wanted = walked(value, way);
        const found = compilePath(pathOf(way)).find(json);
        expect(found.exists).toBe(wanted !== undefined);
        if (typeof wanted === "object" && wanted !== null) {
          expect(JSON.parse(found.value)).toEqual(JSON.parse(JSON.stringify(wanted)));
        } else if (typeof wanted === "number") {
          expect(Number(found.value)).toBe(wanted === 0 ? Number(found.value) : wanted);
        } else {
          expect(found.value).toBe(String(wanted ?? ""));
        }
        expect(get(json, pathOf(way))).toBe(found.value);
        expect(exists(json, pathOf(way))).toBe(found.exists);
      }),
      { numRuns: 2000 },
    );
  });

  /** Ways that lead somewhere, for those made up at random seldom do. */
  function wayInto(value: unknown): fc.Arbitrary<string[]> {
    return fc.array(fc.nat(), { minLength: 1, maxLength: 5 }).map((choices) => {
      const way: string[] = [];
      let at: unknown = value;
      for (const choice of choices) {
        const keys = typeof at === "object" && at !== null ? Object.keys(at) : [];
        const step = keys[choice % Math.max(keys.length, 1)];
        if (step === undefined) {
          break;
        }
        way.push(step);
        at = (at as Record<string, unknown>)[step];
      }
      return way.length === 0 ? ["a"] : way;
    });
  }
});

describe("collections", () => {
  test("are those of the array's methods", () => {
    const rows = fc.array(fc.record({ n: fc.integer(), s: fc.string({ maxLength: 3 }) }));
    fc.assert(
      fc.property(rows, fc.integer(), (list, limit) => {
        const json = JSON.stringify(list);
        const parsed = (path: string) => JSON.parse(get(json, path)) as unknown;
        expect(parsed("#")).toBe(list.length);
        expect(parsed("#.n")).toEqual(list.map(({ n }) => n));
        expect(parsed(`#(n>${limit})#.s`)).toEqual(
          list.filter(({ n }) => n > limit).map(({ s }) => s),
        );
        expect(parsed("@reverse")).toEqual(list.toReversed());
        expect(parsed("@pretty")).toEqual(list);
        expect(parsed("@ugly")).toEqual(list);
        expect(parsed("[@tostr]")).toEqual([json]);
        expect(get(json, "@tostr|@fromstr")).toBe(json);
      }),
    );
  });

  test("@valid agrees with JSON.parse", () => {
    const texts = fc.oneof(
      document.map((value) => JSON.stringify(value)),
      fc
        .array(fc.constantFrom(...'{}[]",:0-+.eE1 truefalsn\\u\t'.split("")), { maxLength: 12 })
        .map((all) => all.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => expect(exists(text, "@valid")).toBe(parses(text))),
      { numRuns: 5000 },
    );
  });

  function parses(text: string): boolean {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  }
});

describe("budget", () => {
  const syntax = '.|#()[]{}"\\*?@!:,=<>%~01ab \n'.split("");
  const pieces = fc.constantFrom(
    ...syntax,
    "@tostr",
    "@pretty",
    "@dig:",
    '@flatten:{"deep":true}',
    "@values",
    "@group",
    "#.",
    "#(a>0)#",
    "..",
    "[@this,@this]",
  );
  const path = fc.array(pieces, { maxLength: 14 }).map((all) => all.join(""));
  const broken = fc.array(fc.constantFrom(...syntax, "true", "null", '"a":', '{"b":[', "1e5"), {
    maxLength: 20,
  });
  const text = fc.oneof(
    document.map((value) => JSON.stringify(value)),
    broken.map((all) => all.join("")),
    fc.string({ unit: "binary", maxLength: 30 }),
  );

  test("nothing throws or exceeds it", () => {
    fc.assert(
      fc.property(text, path, (json, one) => {
        const found = compilePath(one).find(json);
        expect(typeof found.value).toBe("string");
        // The step that ends an evaluation is charged as a whole, and is not taken.
        expect(found.exists ? found.steps : 0).toBeLessThanOrEqual(STEPS_MAX);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("bounds", () => {
  const rows = `[${Array.from({ length: 20_000 }, (_, n) => `{"a":${n},"b":["x\\n"]}`).join(",")}]`;
  const bombs: readonly (readonly [string, string, string])[] = [
    ["escapes double", '"\\"', Array(40).fill("@tostr").join("|")],
    ["multipaths multiply", "[1,2,3]", Array(40).fill("[@this,@this]").join("|")],
    ["digging in digging", rows, "@dig:@dig:@dig:a"],
    ["stars", `["${"a".repeat(1_000_000)}"]`, `#(%"*${"a".repeat(1000)}b")`],
    ["a wide indent", rows, `@pretty:{"indent":"${" ".repeat(10_000)}"}`],
    ["a long key in each group", `{"${"k".repeat(30_000)}":[${"1,".repeat(10_000)}1]}`, "@group"],
    ["a literal for each element", rows, `#.!"${"x".repeat(10_000)}"`],
  ];
  test.each(bombs)("%s: no match, soon", (_, json, bomb) => {
    const from = performance.now();
    const found = compilePath(bomb).find(json);
    expect(found).toMatchObject({ exists: false, type: "Null", value: "" });
    expect(found.steps).toBeGreaterThan(STEPS_MAX);
    expect(found.limit).toBe("it takes more than 33554432 steps");
    expect(performance.now() - from).toBeLessThan(10_000);
  });

  test("depth ends an evaluation, as far down as it says", () => {
    const nested = (levels: number) => `${"[".repeat(levels)}7${"]".repeat(levels)}`;
    const into = (levels: number) => Array(levels).fill("0").join(".");
    expect(get(nested(DEPTH_MAX - 1), into(DEPTH_MAX - 1))).toBe("7");
    const tooDeep = compilePath(into(DEPTH_MAX));
    expect(tooDeep.find(nested(DEPTH_MAX)).limit).toBe("it goes down more than 500 levels");
    expect(tooDeep.find("[]").limit).toBeNull();
    for (const path of ['@flatten:{"deep":true}', "@pretty", "@dig:x"]) {
      const found = compilePath(path).find(nested(2000));
      expect(found).toMatchObject({ exists: false, limit: "it goes down more than 500 levels" });
      expect(exists(nested(100_000), path)).toBe(false);
    }
    expect(exists("[]", `${"[".repeat(4000)}0${"]".repeat(4000)}`)).toBe(false);
    expect(exists(nested(100), `${"#(".repeat(2000)}0${")".repeat(2000)}`)).toBe(false);
    const siblings = `[${"[[1]],".repeat(DEPTH_MAX)}[]]`;
    expect(exists(siblings, '@flatten:{"deep":true}')).toBe(true);
    expect(exists(siblings, "@dig:x")).toBe(true);
    expect(exists(siblings, "@pretty")).toBe(true);
    expect(exists(siblings, "#.#.@this")).toBe(true);
    // What does not go down has no such limit.
    expect(get(nested(100_000), "#")).toBe("1");
    expect(get(`{"a":${nested(100_000)},"b":1}`, "b")).toBe("1");
    expect(exists(nested(100_000), "@valid")).toBe(true);
  });

  const priced: readonly (readonly [string, string, number])[] = [
    ["", "a", 1],
    ["  5", "a", 4],
    ['x{"a":1}', "a", 8],
    ['{"b":[1,2],"a":1}', "a", 18],
    ["[10,20]", "1", 8],
    ["[10,20]", "#", 9],
    ['[{"a":"xyz"}]', "#.a", 62],
    ['["abc"]', "#(=abc)#", 45],
    ["[1]", "@this", 7],
    ["[1]", "!7|@this", 8],
    ["[1]", "[0]", 40],
    ["[ 1 ]", "@pretty", 67],
    ['["ab"]', '#(%"a*")', 9],
    ['["abcdef"]', '#(%"x")', 12],
    ["[1]", "@dig:0", 80],
    ["[1,[2]]", "@flatten", 89],
    ["ab", "@tostr", 19],
    ['{"k":[1]}', "@group", 98],
    ['{"a":1}', "{a}", 44],
  ];
  test.each(priced)("%j with %j takes so many steps", (json, one, steps) => {
    expect(compilePath(one).find(json).steps).toBe(steps);
  });

  test("an evaluation begins with a whole budget", () => {
    const path = compilePath("@reverse|@reverse|@reverse");
    for (let round = 0; round < 10; round++) {
      expect(path.exists(rows)).toBe(true);
    }
  });
});

test("a long path finds nothing", () => {
  const name = "a".repeat(PATH_LENGTH_MAX);
  expect(get(`{"${name}":1}`, name)).toBe("1");
  expect(get(`{"${name}a":1}`, `${name}a`)).toBe("");
  expect(compilePath(`${name}a`).find("{}").limit).toBe("it has more than 16384 characters");
  expect(compilePath(name).find("{}").limit).toBeNull();
});
