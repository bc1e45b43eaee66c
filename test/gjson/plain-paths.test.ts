// Keys, indexes, wildcards and escapes, what counts as found, and how values become strings. Each row is
// a path and the string that it gives; null where nothing is found.

import { describe, expect, test } from "bun:test";
import { compilePath, exists, get } from "../../src/gjson/gjson.ts";

type Row = readonly [path: string, value: string | null];

function answers(json: string, rows: readonly Row[]): void {
  test.each(rows)("%j gives %j", (path, value) => {
    const found = compilePath(path).find(json);
    expect(found.exists ? found.value : null).toBe(value);
    expect(found.limit).toBeNull();
    expect(get(json, path)).toBe(value ?? "");
    expect(exists(json, path)).toBe(value !== null);
  });
}

describe("keys and indexes", () => {
  const json = `{
    "kind": "EventList", "count": 3, "ok": true, "off": false, "none": null, "": "empty",
    "items": [ {"name": "web", "ports": [80, 443]}, {"name": "db", "ports": []}, "tail" ],
    "grid": [[1, 2], [3, [4, 5]]],
    "owner": { "uid": "a-1", "labels": {"app": "shop"} }
  }`;
  answers(json, [
    ["kind", "EventList"],
    ["count", "3"],
    ["ok", "true"],
    ["off", "false"],
    ["none", ""],
    ["", "empty"],
    ["Kind", null],
    ["kin", null],
    ["kinds", null],
    ["kind.x", null],
    ["count.0", null],
    ["none.x", null],
    ["items.0.name", "web"],
    ["items.1.name", "db"],
    ["items.00.name", "web"],
    ["items.2", "tail"],
    ["items.2.x", null],
    ["items.3", null],
    ["items.-1", null],
    ["items.name", null],
    ["items.*", null],
    ["items.0.ports", "[80, 443]"],
    ["items.0.ports.1", "443"],
    ["items.1.ports", "[]"],
    ["items.1.ports.0", null],
    ["items.99999999999999999999", null],
    ["grid.1.1.0", "4"],
    ["grid.0", "[1, 2]"],
    ["grid.0.", null],
    ["owner", `{ "uid": "a-1", "labels": {"app": "shop"} }`],
    ["owner.labels.app", "shop"],
    ["owner.labels.app.", null],
    ["owner..uid", null],
    [".kind", null],
    ["owner|labels|app", "shop"],
    ["owner|labels.app", "shop"],
    ["items|1|name", "db"],
    ["missing|0", null],
  ]);
});

describe("wildcards", () => {
  const json = `{"alpha":{"x":1},"alps":{"y":2},"beta":{"x":3},"a*b":4,"é😀z":5,"\\u00fc":6,"a?":7}`;
  answers(json, [
    ["al*.x", "1"],
    ["al*.y", "2"],
    ["*.y", "2"],
    ["b*.x", "3"],
    ["*a.x", "1"],
    ["a??s.y", "2"],
    ["a?????s.y", null],
    ["*", `{"x":1}`],
    ["**", `{"x":1}`],
    ["?", "6"],
    ["???", "4"],
    ["é?z", "5"],
    ["é??z", null],
    ["*z*", "5"],
    ["a\\*b", "4"],
    ["a\\?", "7"],
    ["a*b", "4"],
    ["al*s.*", "2"],
    ["*.*", "1"],
    ["*q*", null],
  ]);
});

describe("escapes", () => {
  const json = `{"a.b":{"c|d":1,"@this":2,"#":3,"\\\\":4,"x\\"y":5},"sf.pod":{"ip":6},"@k":7,"!true":8,"[0]":9,"{a}":10}`;
  answers(json, [
    ["a\\.b.c\\|d", "1"],
    ["a\\.b.\\@this", "2"],
    ["a\\.b.#", "3"],
    ["a\\.b.\\\\", "4"],
    ['a\\.b.x"y', "5"],
    ["a.b", null],
    ["sf\\.pod.ip", "6"],
    ["\\@k", "7"],
    ["@k", "7"],
    ["\\!true", "8"],
    ["\\[0]", "9"],
    ["\\{a}", "10"],
    ["sf\\.pod\\", `{"ip":6}`],
    ["a\\.*.c\\|d", "1"],
    ["s\\f\\.pod.ip", "6"],
  ]);
});

describe("keys that come again", () => {
  const json = `{"a":{"x":1},"a":{"y":2},"b":5,"b":{"z":3},"c":[1],"c":{"0":8},"d":[],"d":[7]}`;
  answers(json, [
    ["a", `{"x":1}`],
    ["a.x", "1"],
    ["a.y", "2"],
    ["b", "5"],
    ["b.z", "3"],
    ["c.0", "1"],
    ["d.0", "7"],
    ["d.#", "0"],
    ["d.#(=7)", "7"],
    ["d.#(=7)#", "[]"],
  ]);
});

describe("strings", () => {
  const json = String.raw`["plain","a\"b","\\","\/\b\f\n\r\t","\u0041\u00e9","\ud83d\ude00","\ud83d","\ud83d\u0041b",
    "\ud800\udc00\udbff\udfff","\udc00\udc00","\ud800\ue000",
    "a\qb","\u00","\uzzzzb","tab	in","tab	in\n","","\\\\\"x","\u12zz"]`;
  answers(json, [
    ["0", "plain"],
    ["1", 'a"b'],
    ["2", "\\"],
    ["3", "/\b\f\n\r\t"],
    ["4", "Aé"],
    ["5", "😀"],
    ["6", "\ufffd"],
    ["7", "\ufffdb"],
    ["8", "\u{10000}\u{10ffff}"],
    ["9", "\ufffd"],
    ["10", "\ufffd"],
    ["11", "a"],
    ["12", ""],
    ["13", "\0b"],
    ["14", "tab\tin"],
    ["15", "tab"],
    ["16", ""],
    ["17", '\\\\"x'],
    ["18", "\0"],
  ]);
});

describe("numbers", () => {
  const numbers: readonly Row[] = [
    ["0", "0"],
    ["-0", "-0"],
    ["007", "007"],
    ["12345678901234567890123", "12345678901234567890123"],
    ["1.50", "1.5"],
    ["-2.0", "-2"],
    ["1e3", "1000"],
    ["1E-7", "0.0000001"],
    ["1.25e-3", "0.00125"],
    ["1e21", "1000000000000000000000"],
    ["1.5e300", `15${"0".repeat(299)}`],
    ["-1e400", "-Inf"],
    ["+5", "5"],
    ["-", "-"],
    ["1.2.3", "0"],
    ["1x", "0"],
    ["0x10", "0"],
    ["0x1p4", "16"],
    ["-0x.8p1", "-1"],
    ["0x_1p0_1", "2"],
    ["1_0", "10"],
    ["1__0", "0"],
    ["1_", "0"],
    ["1_e5", "0"],
    ["0x1_p4", "0"],
    ["Infinity", "+Inf"],
    ["-inf", "-Inf"],
    ["NaN", "NaN"],
    ["nan", "NaN"],
    ["-.5e1", "-5"],
    ["5.", "5"],
    [".5", "5"],
  ];
  test.each(numbers)("%s is written as %j", (text, value) => {
    const found = compilePath("a").find(`{"a":${text}}`);
    expect(found.exists ? found.value : null).toBe(value);
  });
});

describe("documents", () => {
  const rows: readonly (readonly [string, string, string | null])[] = [
    ["", "a", null],
    [" ", "a", null],
    ["5", "0", null],
    ['"a"', "a", null],
    ["null", "@this", ""],
    ["  true ", "@this", "true"],
    ["x", "@this", null],
    ['junk {"a":1}', "a", "1"],
    ['{"a":1}{"b":2}', "b", null],
    ['{"a":1}{"b":2}', "..1.b", "2"],
    ['{"a":1', "a", "1"],
    ['{"a":[1,2', "a", "[1,2"],
    ['{"a":[1,2', "a.1", "2"],
    ['{"a":"x', "a", null],
    ['{"a', "a", null],
    ['{"a"', "a", null],
    ['{"a":', "a", null],
    ['{"a" 1}', "a", "1"],
    ["{a:1}", "a", null],
    ['{"a":tru}', "a", "true"],
    ['{"a":nil}', "a", "0"],
    ['{"a":nul}', "a", ""],
    ["[1 2 3]", "1", "2"],
    ["[,,1]", "0", "1"],
    ["[1,2", "#", "2"],
    ["[", "#", "0"],
    ["[]]", "#", "0"],
    ['[{"a":1},]', "#.a", "[1]"],
    ['{"l":[{"a":1},],"m":{"a":2}}', "l.#.a", "[1]"],
    ['{"a":{"b":1]}', "a.b", "1"],
    ['[{"a":1}!]{"a":2}', "#.a", "[1,2]"],
    ["[n", "0", ""],
    ['{"a":["x', "b", null],
    ['{"a":["x', "a", '["x'],
    ['{"a":{"x', "a.b", null],
    ['{"a":{"x"', "a.b", null],
    ['{"a":{"x":"', "a.b", null],
    ['{"a":["', "a.1", null],
    ['[true{"b":1}]', "0", "true"],
    ["\ufeff{}", "@this", null],
  ];
  test.each(rows)("%j asked for %j gives %j", (json, path, value) => {
    const found = compilePath(path).find(json);
    expect(found.limit).toBeNull();
    expect(found.exists ? found.value : null).toBe(value);
  });
});

test("a path is read once for many documents", () => {
  const path = compilePath("items.#(n>1).id");
  const one = '{"items":[{"n":1,"id":"a"},{"n":2,"id":"b"}]}';
  expect([path.get(one), path.get("{}"), path.get("["), path.get(one)]).toEqual(["b", "", "", "b"]);
  // The same component is met in an object and in an array.
  const index = compilePath("0.#");
  expect([index.get("[[1,2]]"), index.get('{"0":{"#":"key"}}')]).toEqual(["2", "key"]);
});

test("types are told", () => {
  const json = '{"s":"","n":1,"t":true,"f":false,"z":null,"o":{},"a":[]}';
  const types = ["s", "n", "t", "f", "z", "o", "a", "x"].map((key) => compilePath(key).find(json));
  expect(types.map(({ type }) => type)).toEqual([
    "String",
    "Number",
    "True",
    "False",
    "Null",
    "JSON",
    "JSON",
    "Null",
  ]);
  expect(types.map((found) => found.exists)).toEqual([...Array(7).fill(true), false]);
});
