// `#`, `#.path`, `#(query)`, `#(query)#`, pipes after them, and JSON lines. Each row is a path and the
// string that it gives; null where nothing is found.

import { describe, expect, test } from "bun:test";
import { compilePath } from "../../src/gjson/gjson.ts";

type Row = readonly [path: string, value: string | null];

function answers(json: string, rows: readonly Row[]): void {
  test.each(rows)("%j gives %j", (path, value) => {
    const found = compilePath(path).find(json);
    expect(found.exists ? found.value : null).toBe(value);
  });
}

const pods = `{"pods":[
  {"kind":"Pod","name":"web-1","cpu":250,"up":true,"ips":["10.0.0.1","10.0.0.2"]},
  {"kind":"Pod","name":"web-2","cpu":90.5,"up":false,"ips":["10.0.0.3"]},
  {"kind":"Job","name":"cron","cpu":0,"up":null,"ips":[]},
  {"kind":"Pod","name":"db","cpu":"n/a","ips":["10.1.0.1"],"spec":{"zone":"b"}}
]}`;

describe("counts and collections", () => {
  answers(pods, [
    ["pods.#", "4"],
    ["pods.#|@this", "4"],
    ["pods.#|0", null],
    ["pods.#.name", `["web-1","web-2","cron","db"]`],
    ["pods.#.up", "[true,false,null]"],
    ["pods.#.spec.zone", `["b"]`],
    ["pods.#.missing", "[]"],
    ["pods.#.ips.0", `["10.0.0.1","10.0.0.3","10.1.0.1"]`],
    ["pods.#.ips.#", "[2,1,0,1]"],
    ["pods.#.ips|#", "4"],
    ["pods.#.ips|0", `["10.0.0.1","10.0.0.2"]`],
    ["pods.#.ips|0|1", "10.0.0.2"],
    ["pods.#.ips|@flatten|#", "4"],
    ["pods.#.ips|@flatten|3", "10.1.0.1"],
    ["pods.#.name|2", "cron"],
    ["pods.#.name.0", "[]"],
    ["pods.#.", "[]"],
    ["pods.#.|#", "0"],
    ["pods.#.{name|@this}|0", '{"@this":"web-1"}'],
    ["pods.#.na\\|me", "[]"],
    [`pods.#.ips.#(="a|b")`, "[]"],
    ["pods.##", null],
    ["pods.#x", null],
    ["pods.1#", null],
    ["kind.#", null],
  ]);
});

describe("queries", () => {
  answers(pods, [
    [`pods.#(kind=="Pod").name`, "web-1"],
    [`pods.#(kind="Job").name`, "cron"],
    ["pods.#(kind=Job).name", "cron"],
    [`pods.#( kind == "Job" ).name`, "cron"],
    [`pods.#[kind=="Job"].name`, "cron"],
    [`pods.#(kind=="pod").name`, null],
    [`pods.#(kind!="Pod").name`, "cron"],
    [`pods.#(kind=="Pod")#.name`, `["web-1","web-2","db"]`],
    [`pods.#(kind=="Pod")#.name.0`, "[]"],
    [`pods.#(kind=="Pod")#|1.name`, "web-2"],
    [`pods.#(kind=="Pod")#.name|1`, "web-2"],
    [`pods.#(kind=="Pod")#|#`, "3"],
    [`pods.#(kind=="None")#`, "[]"],
    [`pods.#(kind=="None")#.name`, "[]"],
    [`pods.#(kind=="None")`, null],
    ["pods.#(cpu>100).name", "web-1"],
    ["pods.#(cpu>=250).name", "web-1"],
    ["pods.#(cpu<100).name", "web-2"],
    ["pods.#(cpu<=0).name", "cron"],
    ["pods.#(cpu=90.50).name", "web-2"],
    ["pods.#(cpu!=250)#.name", `["web-2","cron","db"]`],
    [`pods.#(cpu=="n/a")#.name`, `["cron","db"]`],
    ["pods.#(cpu>x)#.name", `["web-1","web-2"]`],
    ["pods.#(cpu%2*)#", "[]"],
    ["pods.#(up=true).name", "web-1"],
    ["pods.#(up=false).name", "web-2"],
    ["pods.#(up!=true)#.name", `["web-2"]`],
    ["pods.#(up>false)#.name", `["web-1"]`],
    ["pods.#(up<true)#.name", `["web-2"]`],
    ["pods.#(up>=x)#.name", `["web-1"]`],
    ["pods.#(up<=x)#.name", `["web-2"]`],
    ["pods.#(up>true)#", "[]"],
    ["pods.#(spec).name", "db"],
    ["pods.#(!spec).name", null],
    [`pods.#(name%"web-*")#.name`, `["web-1","web-2"]`],
    [`pods.#(name!%"web-*")#.name`, `["cron","db"]`],
    [`pods.#(name%"w?b-2").cpu`, "90.5"],
    [`pods.#(name>"cron")#.name`, `["web-1","web-2","db"]`],
    [`pods.#(name<="cron")#.name`, `["cron"]`],
    [`pods.#(ips.#(=="10.0.0.3")).name`, "web-2"],
    [`pods.#(ips.#>0)#.name`, `["web-1","web-2","db"]`],
    [`pods.#(ips.#(%"10.1.*"))#.name`, `["db"]`],
    [`pods.#(ips="x")`, null],
    [`pods.#(kind=="Pod`, null],
    ["pods.#(", null],
    [`pods.#(up)#.name`, `["web-1","web-2","cron"]`],
    [`pods.#(name="a)b").x`, null],
  ]);
});

describe("queries with a tilde", () => {
  const json = `[{"n":1,"v":true},{"n":2,"v":"T"},{"n":3,"v":0},{"n":4,"v":"false"},{"n":5,"v":null},{"n":6},{"n":7,"v":{}},{"n":8,"v":"data"}]`;
  answers(json, [
    ["#(v==~true)#.n", "[1,2]"],
    ["#(v!=~true)#.n", "[3,4,5,6,7,8]"],
    ["#(v==~false)#.n", "[3,4,5,6]"],
    ["#(v!=~false)#.n", "[1,2,7,8]"],
    ["#(v==~null)#.n", "[5,6]"],
    ["#(v!=~null)#.n", "[1,2,3,4,7,8]"],
    ["#(v==~*)#.n", "[1,2,3,4,5,7,8]"],
    ["#(v!=~*)#.n", "[6]"],
    ["#(v==~other)#.n", "[]"],
    ["#(v>~null)#.n", "[]"],
  ]);
});

describe("queries on values that are no objects", () => {
  const json = `["b","a","c\\"d","😀","\uffff",5,-1,true,false,null,[1],{"x":1},""]`;
  answers(json, [
    [`#(="a")`, "a"],
    [`#(=="c\\"d")`, 'c"d'],
    [`#(>"b")#`, `["c\\"d","😀","\uffff",5]`],
    [`#(>"\uffff")#`, `["😀",5]`],
    [`#(<"😀")#`, `["b","a","c\\"d","\uffff",-1,""]`],
    ["#(>0)", "b"],
    ["#(<0)", "-1"],
    ["#(=true)", "true"],
    ["#(=false)", "false"],
    ["#(=null)", null],
    ["#(x=1)", `{"x":1}`],
    ["#(0=1)", "[1]"],
    [`#(%"?")#`, `["b","a","😀","\uffff"]`],
    [`#(=="")`, ""],
    ["#(!x)", "b"],
    ["#(!)", null],
    [`#(<"ba")#`, `["b","a",-1,""]`],
    ["#()#", `["b","a","c\\"d","😀","\uffff",5,-1,true,false,null,""]`],
  ]);
});

describe("queries on NaN", () => {
  answers("[nan,1]", [
    ["#(>=0)#", "[1]"],
    ["#(<=0)#", "[]"],
    ["#(=0)#", "[]"],
    ["#(!=5)#", "[nan,1]"],
  ]);
});

describe("operands", () => {
  answers(String.raw`["\"a\"b","\"","a","q\"\\","a\"b\""]`, [
    [`#(="a"b)`, `"a"b`],
    [`#(=a"b")`, `a"b"`],
    [`#(="a")`, "a"],
    [String.raw`#(="q\"\\")`, 'q"\\'],
  ]);
});

describe("patterns", () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ["", "", true],
    ["", "*", true],
    ["", "?", false],
    ["abc", "abc", true],
    ["abc", "ab", false],
    ["abc", "a*", true],
    ["abc", "*c", true],
    ["abc", "*b*", true],
    ["abc", "a*c", true],
    ["abc", "a*d", false],
    ["abc", "???", true],
    ["abc", "????", false],
    ["abcbd", "a*b?", true],
    ["a\\", "a\\", true],
    ["\u{10000}", "?", true],
    ["a*c", "a\\*c", true],
    ["abc", "a\\*c", false],
    ["a\\", "a\\\\", true],
    ["mississippi", "m*iss*ip*i", true],
    ["mississippi", "m*iss*ix*i", false],
    ["😀", "?", true],
    ["a😀b", "a*😀b", true],
    ["aaaa", "*a*a*a*a*", true],
    ["aaa", "*a*a*a*a*", false],
  ];
  test.each(rows)("%j on %j: %j", (text, pattern, isMatch) => {
    const query = `#(%${JSON.stringify(pattern)})`;
    expect(compilePath(query).exists(JSON.stringify([text]))).toBe(isMatch);
  });
});

describe("lines", () => {
  const json = `{"a":1}\n{"a":2,"b":[7]}\r\n[5] 6\n"s"`;
  answers(json, [
    ["..#", "5"],
    ["..0", `{"a":1}`],
    ["..0.a", "1"],
    ["..1.b.0", "7"],
    ["..2", "[5]"],
    ["..3", "6"],
    ["..4", "s"],
    ["..5", null],
    ["..#.a", "[1,2]"],
    ["..#(a>1).a", "2"],
    ["..#(a)#|#", "2"],
    ["..#.a|@reverse", "[2,1]"],
    ["..a", null],
    ["..", null],
    ["..0|a", "1"],
  ]);
  test("of nothing", () => {
    expect([compilePath("..#").get(""), compilePath("..#.a").get("")]).toEqual(["0", "[]"]);
  });
});
