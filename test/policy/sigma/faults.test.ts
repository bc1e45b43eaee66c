// Everything that is wrong with Sigma rules is told at once, each with its place; what records cannot
// answer can leave a rule out instead.

import { describe, expect, test } from "bun:test";
import { unavailable } from "../../../src/flatten/registry.ts";
import { limits } from "../../../src/policy/language/limits.ts";
import { loadSigmaText, ruleWith } from "../../support/policy/sigma-rules.ts";

function faults(text: string): readonly string[] {
  return loadSigmaText(text).heads.map((head) => head.replace("a.yml:", ""));
}

/** Of a rule with one search of this line, which is the fourth of the file. */
function lineFault(line: string): string {
  const heads = faults(ruleWith(`sel:\n  ${line}\ncondition: sel`));
  return heads.join("\n").replace(/^4:/, "");
}

describe("a line of a search", () => {
  test.each([
    ["Image|contain: a", "5: the modifier contain is none that Sigma has; did you mean contains?"],
    ["Image|contains|contains: a", "5: the modifier contains stands twice"],
    ["Image|contains|endswith: a", "5: the modifier endswith cannot stand beside contains"],
    ["Image|re|endswith: a", "5: the modifier endswith cannot stand beside re"],
    ["Image|re|cidr: a", "5: the modifier cidr cannot stand beside re"],
    ["Image|lt|gte: 1", "5: the modifier gte cannot stand beside lt"],
    ["Image|lte|contains: 1", "5: the modifier contains cannot stand beside lte"],
    ["Image|i: a", "5: the modifier i belongs to regular expressions: it must stand behind re"],
    ["Image|wide: a", "5: a modifier for UTF-16 needs base64 or base64offset behind it"],
    [
      "Image|base64|wide: a",
      "5: the modifier wide must be the only one of its kind, before base64",
    ],
    [
      "Image|utf16|utf16le|base64: a",
      "5: the modifier utf16le must be the only one of its kind, before base64",
    ],
    [
      "Image|base64|base64offset: a",
      "5: the modifier base64offset cannot stand beside another base64",
    ],
    ["Image|re|base64: a", "5: the modifier base64 cannot stand beside re"],
    ["Image|base64: 'a*'", "19: a text for base64 has no wildcards: write \\* and \\?"],
    ["Image|base64offset: 'a'", "25: base64offset needs a text of two bytes or more"],
    ["Image|lt: abc", "15: lt, lte, gt and gte take a number"],
    ["Image|exists: 1", "19: exists takes true or false"],
    ["Image|exists: 'true'", "19: exists takes true or false"],
    ["Image|contains: null", "21: null has no meaning with this modifier"],
    ["Image|re:", "14: null has no meaning with this modifier"],
    ["Image|re|utf16le|base64: a", "5: the modifier utf16le cannot stand beside re"],
    ["Image|utf16be|re: a", "5: the modifier utf16be cannot stand beside re"],
    ["Image|exists|contains: true", "5: the modifier contains cannot stand beside exists"],
    ["Image|re|startswith: a", "5: the modifier startswith cannot stand beside re"],
    ["Image|re|windash: a", "5: the modifier windash cannot stand beside re"],
    ["Image|s: a", "5: the modifier s belongs to regular expressions: it must stand behind re"],
    ["Image|re: 'a)(b'", "15: a ) of the regular expression closes nothing"],
    ["Image|re: '[a])'", "15: a ) of the regular expression closes nothing"],
    ["Image|re: '[]a])'", "15: a ) of the regular expression closes nothing"],
    ["Image|re: '[^]a])'", "15: a ) of the regular expression closes nothing"],
    ["Image|re: '\\[a])'", "15: a ) of the regular expression closes nothing"],
    [
      "DestinationIp|cidr: 10.0.0.0",
      "25: cidr takes a range of addresses such as 10.0.0.0/8, not 10.0.0.0",
    ],
    ["Image|cidr: 10.0.0.0/8", "17: cidr takes a field with addresses, and sf.proc.exe has none"],
    ["Image: []", "12: Image: takes a value or a list of values, not an empty list"],
    ["Image: {a: b}", "12: Image: takes a value or a list of values, not keys with values"],
    ["Image: [[a]]", "13: Image: takes a value or a list of values, not a list"],
    ["Initiated: maybe", "16: this field is true or false, and has no modifiers"],
    ["Initiated|contains: true", "25: this field is true or false, and has no modifiers"],
    ["Image|fieldref: Initiated", "21: Initiated has no value that others can be compared with"],
    ["- null", "7: null is no keyword"],
    ["- a\n  - Image", ""],
    ["'|cidr': 10.0.0.0/8", "5: keywords have no such modifier: a field must stand before it"],
    ["{}", "5: a search has at least one field"],
    ["[]", "5: a search has at least one item"],
  ])("%s", (line, expected) => {
    expect(lineFault(line)).toBe(expected);
  });
});

/** These are no faults of the rule: it asks what records cannot answer. */
const unsupported: [string, string][] = [
  [
    "DestinationHostname: a",
    "5: there is no attribute for the field DestinationHostname: records have addresses, no names of hosts",
  ],
  [
    "Imge: a",
    "5: there is no attribute for the field Imge: records do not have it; did you mean Image?",
  ],
  [
    "Image|expand: 'x%Servers%'",
    "19: nothing is known for the placeholder %Servers%: put values in its place",
  ],
  [
    "Image|re|expand: '^%a_1%$'",
    "22: nothing is known for the placeholder %a_1%: put values in its place",
  ],
  [
    "Image|fieldref: Company",
    "21: there is no attribute for the field Company: records do not have it",
  ],
  ...["SourceHostname", "DestinationHostname"].map((field): [string, string] => [
    `${field}|contains: x`,
    `5: there is no attribute for the field ${field}: records have addresses, no names of hosts`,
  ]),
  ...["Hashes", "md5", "sha1", "sha256", "imphash"].map((field): [string, string] => [
    `${field}: x`,
    `5: there is no attribute for the field ${field}: records have no hashes of files`,
  ]),
  ...["ProcessGuid", "ParentProcessGuid", "LogonGuid"].map((field): [string, string] => [
    `${field}: x`,
    `5: there is no attribute for the field ${field}: only Sysmon makes such numbers`,
  ]),
  [
    "TargetFileName: x",
    "5: there is no attribute for the field TargetFileName: records do not have it; did you mean TargetFilename?",
  ],
  [
    "Initiate: x",
    "5: there is no attribute for the field Initiate: records do not have it; did you mean Initiated?",
  ],
  [
    `${"x".repeat(70)}: x`,
    `5: there is no attribute for the field ${"x".repeat(60)}…: records do not have it`,
  ],
  [
    `${"x".repeat(60)}: x`,
    `5: there is no attribute for the field ${"x".repeat(60)}: records do not have it`,
  ],
  ["proc.pgid: 3", `5: proc.pgid cannot be known: ${unavailable("proc.pgid")}`],
  ...["minute", "day", "week", "month", "year"].map((part): [string, string] => [
    `ProcessId|${part}: 3`,
    `5: the modifier ${part} is not supported: records tell times in nanoseconds`,
  ]),
  ["ProcessId|hour: 3", "5: the modifier hour is not supported: records tell times in nanoseconds"],
];

describe("what records cannot answer", () => {
  test.each(unsupported)("is an error: %s", (line, expected) => {
    expect(lineFault(line)).toBe(expected.replace(": ", ": T: "));
  });

  test.each(unsupported)("leaves the rule out: %s", (line, expected) => {
    const text = ruleWith(`sel:\n  ${line}\ncondition: sel`);
    const { rules, heads, skipped } = loadSigmaText(text, { skipUnsupported: true });
    expect([...heads, ...rules]).toEqual([]);
    expect(skipped).toEqual([`4: T: ${expected.replace(/^\d+: /, "")}`]);
  });

  test("is told once for a field that many lines have, at the first", () => {
    const detection = "a:\n  Company: x\nb:\n  Company|contains: [y, z]\ncondition: 1 of them";
    const heads = faults(ruleWith(detection));
    expect(heads).toHaveLength(1);
    expect(heads[0]).toStartWith("4:5: ");
  });

  test("of aggregations and documents that are no rules", () => {
    const correlation = "title: C\ncorrelation:\n  type: event_count\n  rules: [a]\n";
    const filter = "title: F\nfilter:\n  rules: [a]\n";
    const aggregation = ruleWith("a:\n  Image: x\ncondition: a | count() > 3");
    const text = [correlation, filter, aggregation].join("---\n");
    expect(faults(text)).toEqual([
      "2:1: C: correlation rules are not supported: this one is event_count",
      "7:1: F: filters for other rules are not supported",
      "14:16: T: aggregations are not supported: this one is | count() > 3",
    ]);
    const { heads, skipped } = loadSigmaText(text, { skipUnsupported: true });
    expect(heads).toEqual([]);
    expect(skipped.map((each) => each.slice(0, 5))).toEqual(["2: C:", "7: F:", "14: T"]);
  });

  test("does not hide what is wrong besides", () => {
    const text = ruleWith("a:\n  Company: x\n  Image|contain: y\ncondition: a");
    const { heads, skipped } = loadSigmaText(text, { skipUnsupported: true });
    expect(heads).toHaveLength(1);
    expect(heads[0]).toContain("the modifier contain is none that Sigma has");
    expect(skipped).toEqual([]);
  });
});

const detection = "detection: {a: {Image: x}, condition: a}\n";

describe("a rule", () => {
  test.each([
    ["- rule: R", "1:1: a document has keys, such as title and detection; this one is a list"],
    ["just text", '1:1: a document has keys, such as title and detection; this one is "just text"'],
    ["title: T", "1:1: a Sigma rule needs the key detection"],
    ["title: T\ndetection: x", '2:12: detection: must have keys below it, not "x"'],
    ["title: T\ndetection: {a: {Image: x}}", "2:12: detection: needs a condition"],
    [detection, "1:1: a Sigma rule needs an id or a title"],
    [
      `title: T\nlevel: hihg\n${detection}`,
      '2:8: level: must be one of informational, low, medium, high, critical, not "hihg"; did you mean high?',
    ],
    [`title: T\ntags: a\n${detection}`, '2:7: tags: must be a list of texts, not "a"'],
    [`title: T\ntags: [[a]]\n${detection}`, "2:7: tags: must be a list of texts, not a list"],
    [
      `title: T\nlogsource: {product: [a]}\n${detection}`,
      "2:22: product: must be a text, not a list",
    ],
    [
      `title: T\nlogsource: {category: {a: b}}\n${detection}`,
      "2:23: category: must be a text, not keys with values",
    ],
    [
      `title: T\nlogsource: {service: [a]}\n${detection}`,
      "2:22: service: must be a text, not a list",
    ],
    ["title: T\ndetection:\n", "1:1: a Sigma rule needs the key detection"],
    [
      `title: T\nlevel: {a: b}\n${detection}`,
      "2:8: level: must be one of informational, low, medium, high, critical, not keys with values",
    ],
    [
      `title: T\nlogsource: linux\n${detection}`,
      '2:12: logsource: must have keys below it, not "linux"',
    ],
    [
      `title: T\nstatus: stabel\n${detection}`,
      '2:9: warning: status: is none of stable, test, experimental, deprecated, unsupported: "stabel"; did you mean stable?',
    ],
    [`title: T\ntitle: U\n${detection}`, "2:1: title: stands twice in one item"],
    ["title: [", "1:9: not YAML: "],
  ])("%j", (text, expected) => {
    expect(faults(text)).toHaveLength(1);
    expect(faults(text)[0]).toStartWith(expected);
  });

  test("with several faults", () => {
    const text = ruleWith("a:\n  Image|x: y\n  User|z: y\nb: []\ncondition: a or c");
    expect(faults(text)).toEqual([
      "4:5: the modifier x is none that Sigma has",
      "5:5: the modifier z is none that Sigma has",
      "6:6: a search has at least one item",
      "7:19: there is no search c",
    ]);
  });

  test("is none where a file is empty", () => {
    expect(faults("# nothing\n---\n")).toEqual([]);
  });
});

describe("codes of faults", () => {
  const rule = (line: string, condition = "a") =>
    ruleWith(`a:\n  ${line}\ncondition: ${condition}`);
  test.each([
    ["POLICY_SYNTAX", "title: ["],
    ["POLICY_SYNTAX", "just text"],
    ["POLICY_SYNTAX", rule("Image|contain: a")],
    ["POLICY_SYNTAX", rule("Image: a", "a and")],
    ["POLICY_UNKNOWN_NAME", rule("Image: a", "b")],
    ["POLICY_UNSUPPORTED_FIELD", rule("Company: a")],
    ["POLICY_UNSUPPORTED_FIELD", rule("Image|hour: a")],
    ["POLICY_UNSUPPORTED_FIELD", rule("Image|expand: '%a%'")],
    ["POLICY_UNSUPPORTED_FIELD", rule("Image: a", "a | count() > 1")],
    ["POLICY_UNSUPPORTED_FIELD", "title: T\ncorrelation: {type: temporal}\n"],
    ["POLICY_VALUE", rule("Image: []")],
    ["POLICY_VALUE", rule("Image: a", "[]")],
    ["POLICY_VALUE", rule("Image: a", "[[a]]")],
    ["POLICY_VALUE", `title: T\nlevel: x\n${detection}`],
    ["POLICY_VALUE", `title: T\ntags: x\n${detection}`],
    ["POLICY_VALUE", `title: T\nlogsource: x\n${detection}`],
    ["POLICY_VALUE", "action: repeat\n"],
    ["POLICY_VALUE", "action: x\n"],
    ["POLICY_DOUBTFUL", `title: T\nstatus: x\n${detection}`],
    ["POLICY_KEY", "title: T\n"],
    ["POLICY_KEY", "title: T\ndetection: {a: {Image: x}}\n"],
    ["POLICY_KEY", detection],
    ["POLICY_UNSUPPORTED_FIELD", "title: T\ncorrelation: x\n"],
    [
      "POLICY_SYNTAX",
      "title: T\ndetection: {a: {x: &b [*b]}, condition: a}\n".replace("&b [*b]", "["),
    ],
    ["POLICY_LIMIT", rule("Image: a", "(".repeat(1000))],
    ["POLICY_LIMIT", rule("Image: a", "a ".repeat(limits.conditionTokens + 1))],
  ])("%s: %#", (code, text) => {
    expect(loadSigmaText(text).codes).toEqual([code]);
  });
});

test("aliases that mean too much are refused", () => {
  const lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [before, name] of [..."abcdefg"].map((name, at, all) => [all[at - 1], name])) {
    if (before !== undefined)
      lines.push(`${name}: &${name} [${`*${before}, `.repeat(9)}*${before}]`);
  }
  expect(faults(lines.join("\n"))[0]).toContain(`more than ${limits.yamlValues} values`);
});
