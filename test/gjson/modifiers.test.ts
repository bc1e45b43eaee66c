// Modifiers, multipaths and literals: what a path makes of a document instead of finding it there. Each
// row is a document, a path and the string that it gives; null where nothing is found.

import { describe, expect, test } from "bun:test";
import { compilePath } from "../../src/gjson/gjson.ts";

type Row = readonly [json: string, path: string, value: string | null];

function answers(rows: readonly Row[]): void {
  test.each(rows)("%j with %j is %j", (json, path, value) => {
    const found = compilePath(path).find(json);
    expect(found.exists ? found.value : null).toBe(value);
  });
}

describe("@this, @valid, @ugly, @reverse", () => {
  answers([
    [' {"a": 1} ', "@this", '{"a": 1} '],
    ["", "@this", null],
    ["12", "@this", "12"],
    ['"a\\nb"', "@this", "a\nb"],
    ['{"a":[1,2]}', "a.@this.1", "2"],
    ['{"a":[1,2]}', "a|@this|1", "2"],
    ['{"a":1}', "@this:x|a", "1"],
    ['{"a":1}', "@this:x.a", `{"a":1}`],
    ['{"a":1}', "@this.a.b", null],
    ['{"@this":1}', "@this.\\@this", "1"],
    ['{"@thus":1}', "@thus", "1"],
    ['{"a":{"@thus":1}}', "a.@thus", "1"],
    [' [1, {"a": [] }] ', "@valid", '[1, {"a": [] }] '],
    ["[1,]", "@valid", null],
    ["[1,]", "@valid.0", null],
    ["[1]x", "@valid", null],
    [' { "a" : [ 1 , "x \\" y" ] } ', "@ugly", '{"a":[1,"x \\" y"]}'],
    ['{"a": "open  ', "@ugly", '{"a":"open  '],
    ["[1, [2, 3], {}]", "@reverse", "[{},[2, 3],1]"],
    ['{"a":1, "b" : [2]}', "@reverse", '{"b":[2],"a":1}'],
    ['"abc"', "@reverse", "abc"],
    ["[]", "@reverse", "[]"],
    ["{}", "@reverse", "{}"],
    ["[1,", "@valid|[@tostr]", '[""]'],
    ["[1,2][3]", "@reverse", "[[3],2,1]"],
  ]);
});

describe("@valid tells JSON from what only looks like it", () => {
  const valid = [
    "0",
    "-0",
    "-1.5e+10",
    "1E5",
    '""',
    '"\\u00e9\\"\\\\\\/\\b\\f\\n\\r\\t"',
    "true",
    " null\r\n\t",
    "[ ]",
    "{ }",
    '{"a":{"b":[[],{}]},"c":""}',
    `${"[".repeat(5000)}${"]".repeat(5000)}`,
  ];
  const invalid = [
    "",
    " ",
    "-",
    "01",
    "1.",
    "1:",
    '{1":1}',
    "falsx",
    "nulx",
    "trux",
    ".5",
    "+1",
    "1e",
    "1e+",
    "NaN",
    "inf",
    "nul",
    "tru",
    "False",
    "truex",
    '"',
    '"\\x"',
    '"\\u12"',
    '"\t"',
    '"a\\',
    "[",
    "]",
    "[1 2]",
    "[1,]",
    "[,1]",
    "[1}",
    "{",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{a:1}",
    "{1:1}",
    '{"a":1 "b":2}',
    '{"a":1]',
    "1 2",
    "\u00a01",
  ];
  test.each(valid)("%j is JSON", (text) => {
    expect(compilePath("@valid").exists(text)).toBe(true);
  });
  test.each(invalid)("%j is none", (text) => {
    expect(compilePath("@valid").exists(text)).toBe(false);
  });
});

describe("@flatten and @join", () => {
  answers([
    ["[1,[2,[3]],[],[ 4 ]]", "@flatten", "[1,2,[3],4]"],
    ["[1,[2,[3,[4]]],[[]]]", '@flatten:{"deep":true}', "[1,2,3,4]"],
    ["[1,[2,[3]]]", '@flatten:{"deep":false}', "[1,2,[3]]"],
    ["[1,[2,[3]]]", '@flatten:{"deep":"true"}', "[1,2,3]"],
    ["[1,[2,[3]]]", '@flatten:{"deep":1}|#', "3"],
    ["[1,[2,[3]]]", '@flatten:{"deep":true', "[1,2,3]"],
    ["[[1,[2]]]", '@flatten:a"|"b|#', "2"],
    ["[[[1]]]", '@flatten:{"x":{},"deep":true}|0', "1"],
    ["[1,[", "@flatten", "[1,[]"],
    ["[1,[2,[3]]]", '@flatten:{"deep":true}.0', "1"],
    ['{"a":[1]}', "@flatten", '{"a":[1]}'],
    ["[]", "@flatten", "[]"],
    ['[{"a":1,"b":2},{"a":3},5,{"c":4}]', "@join", '{"a":3,"b":2,"c":4}'],
    ['[{"a":1,"b":2},{"a":3}]', '@join:{"preserve":true}', '{"a":1,"b":2,"a":3}'],
    ['[{"\\u0061":1},{"a":2}]', "@join", '{"\\u0061":2}'],
    ["[]", "@join", "{}"],
    ['{"a":1}', "@join", '{"a":1}'],
    ['[{"a":1},{"b":2}]', "@join.b", "2"],
  ]);
});

describe("@keys, @values, @group", () => {
  answers([
    ['{"a":1,"b\\n":[2]}', "@keys", '["a","b\\n"]'],
    ["[1,2]", "@keys", "[null,null]"],
    ["5", "@keys", "[null]"],
    ["", "@keys", "[]"],
    ["{}", "@keys", "[]"],
    ['{"a":1,"b":[2]}', "@values", "[1,[2]]"],
    ['{"a":{"x":1},"b":{"x":2}}', "@values.#.x", "[1,2]"],
    ["[1, 2]", "@values", "[1, 2]"],
    ["5", "@values", "[5]"],
    ["", "@values", "[]"],
    ['{"a":{"b":1}}', "a.@keys.0", "b"],
    ['{"a":{"b":1}}', "missing.@keys", "[]"],
    ['{"a":{"b":1}}', "missing|@keys", "[]"],
    ['{"id":[1,2],"n":["x"],"s":5}', "@group", '[{"id":1,"n":"x"},{"id":2}]'],
    ['{"id":[1,2]}', "@group.1.id", "2"],
    ['{"o":{"x":1},"id":[1]}', "@group", '[{"id":1}]'],
    ["{}", "@group", "[]"],
    ["[1]", "@group", null],
  ]);
});

describe("@tostr, @fromstr, @dig", () => {
  answers([
    ['{"a":1}', "@tostr", '{"a":1}'],
    ['{"a":1}', "[@tostr]", '["{\\"a\\":1}"]'],
    ['{"a":"<&>\\u0001"}', "[a.@tostr]", '["\\"\\u003c\\u0026\\u003e\\\\u0001\\""]'],
    ["\b\f\n\r\t\u0001\u2028é", "[@tostr]", '["\\b\\f\\n\\r\\t\\u0001\\u2028é"]'],
    ['{"m":"{\\"a\\":[1,2]}"}', "m.@fromstr.a.1", "2"],
    ['{"m":"[1"}', "m.@fromstr", "[1"],
    ['{"m":"\\q"}', "m.@fromstr", null],
    ["[1,2] x", "@fromstr", null],
    ["", "@fromstr", null],
    ['{"a":1}', "@tostr|@fromstr|a", "1"],
    ['{"n":"a","k":[{"n":"b"},{"k":{"n":"c"}}]}', "@dig:n", '["a","b","c"]'],
    ['{"n":"a","k":[{"n":"b"},{"k":{"n":"c"}}]}', "@dig:n|#", "3"],
    ['{"n":"a","k":[{"n":"b"},{"k":{"n":"c"}}]}', "k.@dig:#(n).n", '["b"]'],
    ["5", "@dig:n", "[]"],
    ["", "@dig:n", "[]"],
    ['{"a":{"b":1}}', "@dig:a.b", "[1]"],
  ]);
});

describe("@pretty", () => {
  answers([
    ["", "@pretty", null],
    ["5", "@pretty|[@this]", "[5]"],
    ['{"b":1,"a":[1,2,{"c":[]}],"e":{}}', "@pretty", spread()],
    ['{"b":1,"a":2}', '@pretty:{"sortKeys":true}', '{\n  "a": 2,\n  "b": 1\n}\n'],
    ['{"b":1,"a":2}', '@pretty:{"sortKeys":true}.b', "1"],
    ['{"a b":1,"a":2}', '@pretty:{"sortKeys":true}', '{\n  "a": 2,\n  "a b": 1\n}\n'],
    ['{"a":2,"a":1}', '@pretty:{"sortKeys":true}', '{\n  "a": 1,\n  "a": 2\n}\n'],
    ['{"a":[1]}', '@pretty:{"indent":"\\t","prefix":" "}', '{\n \t"a": [1]\n }\n'],
    ['{"a":1}', '@pretty:{"indent":"-"}', '{\n"a": 1\n}\n'],
    ["{}", '@pretty:{"prefix":" "}|[@tostr]', '[" {}\\n"]'],
    ["", "@pretty|[@tostr]", '[""]'],
    ["[11,22,33]", '@pretty:{"width":12}', "[11, 22, 33]\n"],
    ["[11,22,33]", '@pretty:{"width":11}', "[\n  11,\n  22,\n  33\n]\n"],
    [`["${"x".repeat(76)}"]`, "@pretty", `["${"x".repeat(76)}"]\n`],
    [`["${"x".repeat(77)}"]`, "@pretty", `[\n  "${"x".repeat(77)}"\n]\n`],
    ["[1]", '@pretty:{"width":3}', "[\n  1\n]\n"],
    ["[1]", '@pretty:{"width":4}', "[1]\n"],
    ["[[]]", '@pretty:{"width":4}', "[[]]\n"],
    ["[1]", '@pretty:{"width":0}', "[\n  1\n]\n"],
    ['["éé"]', '@pretty:{"width":7}', '[\n  "éé"\n]\n'],
    ["[[1,2],[{}]]", "@pretty", "[\n  [1, 2],\n  [\n    {}\n  ]\n]\n"],
    ['[true,"a b",null,-1.5]', "@pretty", '[true, "a b", null, -1.5]\n'],
    ['{"a":', "@pretty", '{\n  "a": \n'],
    ['{"a" 1 "b":2', "@pretty", '{\n  "a": 1,\n  "b": 2\n'],
  ]);

  function spread(): string {
    const head = ["{", '  "b": 1,', '  "a": [', "    1,", "    2,", "    {", '      "c": []'];
    return [...head, "    }", "  ],", '  "e": {}', "}", ""].join("\n");
  }
});

describe("multipaths", () => {
  const json = '{"a":{"x":1,"y":"s"},"b":[{"n":1},{"n":2}],"k.l":3,"z":null}';
  const rows: readonly (readonly [string, string | null])[] = [
    ["[a.x,b.#]", "[1,2]"],
    ["[a.x,none,z]", "[1,null]"],
    ["[]", "[]"],
    ["{}", "{}"],
    ["[none]", "[]"],
    ["{a.x,a.y}", '{"x":1,"y":"s"}'],
    ['{a.x,"why":a.y}', '{"x":1,"why":"s"}'],
    ["{one:a.x}", '{"one":1}'],
    ['{"q\\n":a.x}', '{"q\\n":1}'],
    ['{"q\\x":a.x}', '{"\\"q\\\\x\\"":1}'],
    ['{ "k":a.x}', '{" \\"k\\"":1}'],
    ['{"k,1":a.x}', '{"k,1":1}'],
    ['{"k]":a.x}', '{"k]":1}'],
    ['{"k:":a.x}', '{"k:":1}'],
    ["{b.#}", '{"_":2}'],
    ["{b.#.n}", '{"n":[1,2]}'],
    ["{b.#(n=2).n}", '{"n":2}'],
    ["{k\\.l}", '{"k\\\\.l":3}'],
    ["{a.{x}}", '{"_":{"x":1}}'],
    ["{a.@keys}", '{"@keys":["x","y"]}'],
    ['{v:a.@pretty:{"indent":""}}|@ugly', '{"v":{"x":1,"y":"s"}}'],
    ["a.[x,y]", '[1,"s"]'],
    ["a.{y}", '{"y":"s"}'],
    ["a|[x]", "[1]"],
    ["b.#.[n]", "[[1],[2]]"],
    ["b.#.{m:n}", '[{"m":1},{"m":2}]'],
    ["[a,b].0.x", "1"],
    ["[a,b]|1|0.n", "1"],
    ["{a}.a.y", "s"],
    ["[a.x]b", null],
    ["[a.x", null],
    ["[", null],
    ["k\\.l.[0]", "[]"],
    ['[!"v",!5,a.x]', '["v",5,1]'],
    ["[a.[x,[y]],[]]", '[[1,["s"]],[]]'],
  ];
  answers(rows.map(([path, value]): Row => [json, path, value]));
});

test("a member's key is the last part of its path, the empty key left out", () => {
  expect(compilePath("{.x}").get('{"":{"x":1}}')).toBe('{"x":1}');
});

describe("literals", () => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['!"text"', "text"],
    ["!5", "5"],
    ["!-1.50", "-1.5"],
    ["!true", "true"],
    ["!false", "false"],
    ["!null", ""],
    ["!nan", "NaN"],
    ["!inf", "+Inf"],
    ["!TRUE", null],
    ["!other", null],
    ["!nope", null],
    ["!", null],
    ['!{"a":{"b":1}}.a.b', "1"],
    ['!{"a":1}|@keys', '["a"]'],
    ["![1,2].1", "2"],
    ["![1,2", "[1,2"],
    ["!true.x", null],
    ["!true|@keys", "[null]"],
  ];
  answers(rows.map(([path, value]): Row => ['{"d":1}', path, value]));
});
