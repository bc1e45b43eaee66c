// What the searches of Sigma rules become in the tree of a condition.

import { describe, expect, test } from "bun:test";
import { conditionText } from "../../support/policy/sigma-rules.ts";

/** One search with these lines, and what it becomes. */
function search(lines: string): string {
  return conditionText(`sel:\n${lines.replace(/^(?=.)/gm, "  ")}\ncondition: sel`);
}

const image = "tolower(sf.proc.exe)";
const line = "tolower(sf.proc.cmdline)";

describe("values", () => {
  test.each([
    ["Image: /bin/Nc", `${image} = "/bin/nc"`],
    ["Image|contains: nC", `${image} contains "nc"`],
    ["Image|startswith: /Tmp/", `${image} startswith "/tmp/"`],
    ["Image|endswith: /NC", `${image} endswith "/nc"`],
    ["Image|cased: /bin/Nc", `sf.proc.exe = "/bin/Nc"`],
    ["Image|cased|endswith: /Nc", `sf.proc.exe endswith "/Nc"`],
    ["Image: [/bin/a, /bin/B]", `${image} in {"/bin/a", "/bin/b"}`],
    ["Image|endswith: [/a, /B]", `(${image} endswith "/a" or ${image} endswith "/b")`],
    ["Image|contains|all: [a, b]", `(${image} contains "a" and ${image} contains "b")`],
    ["Image|all: [a*, '*b']", `(${image} startswith "a" and ${image} endswith "b")`],
    ["Image|neq: /bin/a", `not ${image} = "/bin/a"`],
    ["Image|neq: [/bin/a, /bin/b]", `not ${image} in {"/bin/a", "/bin/b"}`],
    ["Image: ''", `${image} = ""`],
    ["Image: [a*, b]", `(${image} startswith "a" or ${image} = "b")`],
    ["Image: [b, '']", `(${image} = "b" or ${image} = "")`],
    ["Image: [b, null]", `(${image} = "b" or not exists sf.proc.exe)`],
    ["Image: [b, 12]", `${image} in {"b", "12"}`],
    ["Image: '%a%'", `${image} = "%a%"`],
    ["Image: 'a\\%'", `${image} = "a\\\\%"`],
    ["Image: null", "not exists sf.proc.exe"],
    ["Image: Null", "not exists sf.proc.exe"],
    ["Image: NULL", "not exists sf.proc.exe"],
    ["Image: ~", "not exists sf.proc.exe"],
    ["Image:", "not exists sf.proc.exe"],
    ["Image: 'null'", `${image} = "null"`],
    ["Image: [null, '', /a]", `(not exists sf.proc.exe or ${image} = "" or ${image} = "/a")`],
    ["Image|exists: true", "exists sf.proc.exe"],
    ["Image|exists: false", "not exists sf.proc.exe"],
  ])("%s", (lines, expected) => {
    expect(search(lines)).toBe(expected);
  });
});

describe("numbers, flags and files", () => {
  test.each([
    ["ProcessId: 12", `sf.proc.pid = "12"`],
    ["ProcessId: '12'", `sf.proc.pid = "12"`],
    ["ProcessId: 0x1F", `sf.proc.pid = "31"`],
    ["ProcessId: -1", `sf.proc.pid = "-1"`],
    ["ProcessId: [1, 2]", `sf.proc.pid in {"1", "2"}`],
    ["CommandLine|contains: 0x1F", `${line} contains "0x1f"`],
    ["CommandLine|contains: 1.50", `${line} contains "1.50"`],
    ["CommandLine|contains: true", `${line} contains "true"`],
    ["DestinationPort|lt: 1024", `sf.net.dport < "1024"`],
    ["DestinationPort|lt: '1024'", `sf.net.dport < "1024"`],
    ["DestinationPort|lte: 1024", `sf.net.dport <= "1024"`],
    ["DestinationPort|gt: 1024", `sf.net.dport > "1024"`],
    ["DestinationPort|gte: 1024.5", `sf.net.dport >= "1024.5"`],
    ["Initiated: 'True'", `sf.opflags = "CONNECT"`],
    ...["True", "TRUE", "true", "'TRUE'"].map((value) => [
      `Initiated: ${value}`,
      `sf.opflags = "CONNECT"`,
    ]),
    ["Initiated: FALSE", `not sf.opflags = "CONNECT"`],
    ["Initiated: False", `not sf.opflags = "CONNECT"`],
    ["ProcessId: +12", `sf.proc.pid = "12"`],
    ["ProcessId: 0o17", `sf.proc.pid = "15"`],
    ["ProcessId: .5", `sf.proc.pid = "0.5"`],
    ["ProcessId: 12x", `sf.proc.pid = "12x"`],
    ["ProcessId: 99999999999999999999", `sf.proc.pid = "99999999999999999999"`],
    ["sf.ts: 0x10", `sf.ts = "16"`],
    ["sf.ke.message: A", `tolower(sf.ke.message) = "a"`],
    ["Initiated: false", `not sf.opflags = "CONNECT"`],
    ["sf.proc.name: SH", `tolower(sf.proc.name) = "sh"`],
    [
      "TargetFilename|endswith: .so",
      `(tolower(sf.file.newpath) endswith ".so" or ` +
        `(not exists sf.file.newpath and tolower(sf.file.path) endswith ".so"))`,
    ],
    ["TargetFilename: null", "(not exists sf.file.newpath and not exists sf.file.path)"],
    ["TargetFilename|exists: false", "(not exists sf.file.newpath and not exists sf.file.path)"],
    [
      "TargetFilename|exists: true",
      "(exists sf.file.newpath or (not exists sf.file.newpath and exists sf.file.path))",
    ],
  ])("%s", (lines, expected) => {
    expect(search(lines)).toBe(expected);
  });
});

describe("wildcards", () => {
  test.each([
    ["a*", `${image} startswith "a"`],
    ["*a", `${image} endswith "a"`],
    ["*a*", `${image} contains "a"`],
    ["**a**", `${image} contains "a"`],
    ["*", "exists sf.proc.exe"],
    ["a*b", `${image} glob "a*b"`],
    ["a?b", `${image} glob "a?b"`],
    ["?", `${image} glob "?"`],
    ["?*", `${image} glob "?*"`],
    ["*?", `${image} glob "*?"`],
    ["a*?", `${image} glob "a*?"`],
    ["*a?", `${image} glob "*a?"`],
    ["?a*", `${image} glob "?a*"`],
    ["*a*b", `${image} glob "*a*b"`],
    ["a\\*b", `${image} = "a*b"`],
    ["a\\?b", `${image} = "a?b"`],
    ["a\\\\b", `${image} = "a\\\\b"`],
    ["a\\b", `${image} = "a\\\\b"`],
    ["a\\\\*", `${image} startswith "a\\\\"`],
    ["a\\\\\\*", `${image} = "a\\\\*"`],
    ["a\\\\\\\\b", `${image} = "a\\\\\\\\b"`],
    ["a\\\\\\b", `${image} = "a\\\\\\\\b"`],
    ["a\\", `${image} = "a\\\\"`],
    ["a\\*b*c[d]", `${image} glob "a\\\\*b*c\\\\[d\\\\]"`],
  ])("%s", (value, expected) => {
    expect(search(`Image: '${value}'`)).toBe(expected);
  });

  test("beside a modifier", () => {
    expect(search("Image|contains: a*b")).toBe(`${image} glob "*a*b*"`);
    expect(search("Image|endswith: '*a'")).toBe(`${image} endswith "a"`);
    expect(search("Image|startswith: a?")).toBe(`${image} glob "a?*"`);
    expect(search("Image|contains: ''")).toBe("exists sf.proc.exe");
  });
});

describe("encodings", () => {
  test.each([
    ["base64: 'foobar'", `${line} = "zm9vymfy"`],
    ["base64|contains: 'foobar'", `${line} contains "zm9vymfy"`],
    ["base64|cased: 'foobar'", `sf.proc.cmdline = "Zm9vYmFy"`],
    ["wide|base64|cased: 'cmd'", `sf.proc.cmdline = "YwBtAGQA"`],
    ["utf16le|base64|cased: 'cmd'", `sf.proc.cmdline = "YwBtAGQA"`],
    ["utf16be|base64|cased: 'cmd'", `sf.proc.cmdline = "AGMAbQBk"`],
    ["utf16|base64|cased: 'cmd'", `sf.proc.cmdline = "//5jAG0AZAA="`],
    ["base64|cased: 'a\\*ä'", `sf.proc.cmdline = "YSrDpA=="`],
    [
      "base64offset|contains|cased: 'foobar'",
      ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]
        .map((form) => `sf.proc.cmdline contains "${form}"`)
        .join(" or "),
    ],
  ])("%s", (lines, expected) => {
    expect(search(`CommandLine|${lines}`).replace(/^\((.*)\)$/, "$1")).toBe(expected);
  });
});

test.each([
  ["windash|contains: ' -f '", "(?s:.* [-/\u2013\u2014\u2015]f .*)"],
  ["windash: 'a/b -c'", "(?s:a/b [-/\u2013\u2014\u2015]c)"],
  ["windash|startswith: '-a-b.*'", "(?s:[-/\u2013\u2014\u2015]a-b\\..*)"],
])("%s", (lines, expected) => {
  expect(search(`CommandLine|${lines}`)).toBe(`${line} regex ${JSON.stringify(expected)}`);
});

test.each(["[)]", "[^)]", "[])]", "[^])]", "\\)", "[a\\])]", "(a)(b)"])("re: %s", (regex) => {
  const expected = JSON.stringify(`(?s:.*)(?-s:${regex})(?s:.*)`);
  expect(search(`Image|re: '${regex}'`)).toBe(`sf.proc.exe regex ${expected}`);
});

test("windash changes no text without an option", () => {
  expect(search("CommandLine|windash|contains: a-b")).toBe(`${line} contains "a-b"`);
});

describe("regular expressions, networks, other fields", () => {
  test.each([
    ["CommandLine|re: 'A\\*b?'", `sf.proc.cmdline regex "(?s:.*)(?-s:A\\\\*b?)(?s:.*)"`],
    ["CommandLine|re|i: 'Ab'", `sf.proc.cmdline regex "(?s:.*)(?i-s:Ab)(?s:.*)"`],
    ["Image|fieldref|cased|endswith: CurrentDirectory", "sf.proc.exe endswith sf.proc.cwd"],
    ["CommandLine|re|i|m|s: 'Ab'", `sf.proc.cmdline regex "(?s:.*)(?ims:Ab)(?s:.*)"`],
    [
      "CommandLine|re|ignorecase|multiline: 'Ab'",
      `sf.proc.cmdline regex "(?s:.*)(?im-s:Ab)(?s:.*)"`,
    ],
    ["CommandLine|re|dotall: 'Ab'", `sf.proc.cmdline regex "(?s:.*)(?s:Ab)(?s:.*)"`],
    ["CommandLine|re|contains: 'Ab'", `sf.proc.cmdline regex "(?s:.*)(?-s:Ab)(?s:.*)"`],
    ["CommandLine|fieldref|endswith: Image", `${line} endswith ${image}`],
    ["CommandLine|fieldref|contains: Image", `${line} contains ${image}`],
    [
      "Image|fieldref: TargetFilename",
      `(${image} = tolower(sf.file.newpath) or ` +
        `(not exists sf.file.newpath and ${image} = tolower(sf.file.path)))`,
    ],
    ["CommandLine|re|i|ignorecase: 'Ab'", `sf.proc.cmdline regex "(?s:.*)(?i-s:Ab)(?s:.*)"`],
    ["Image|fieldref: ProcessId", "sf.proc.exe = sf.proc.pid"],
    ["ProcessId|fieldref: Image", "sf.proc.pid = sf.proc.exe"],
    ["CommandLine|re: 12", `sf.proc.cmdline regex "(?s:.*)(?-s:12)(?s:.*)"`],
    ["DestinationIp|cidr: 10.0.0.0/8", `sf.net.dip in "10.0.0.0/8"`],
    ["Image|fieldref: ParentImage", `${image} = tolower(sf.pproc.exe)`],
    ["Image|fieldref|cased: ParentImage", "sf.proc.exe = sf.pproc.exe"],
    ["CommandLine|fieldref|startswith: Image", `${line} startswith ${image}`],
    ["Image|fieldref|neq: ParentImage", `not ${image} = tolower(sf.pproc.exe)`],
    ["ProcessId|fieldref: ParentProcessId", "sf.proc.pid = sf.pproc.pid"],
    ["sf.proc.aexe: a,b", `tolower(sf.proc.aexe) glob "a,b"`],
    ["sf.proc.aexe|endswith: ',b'", `tolower(sf.proc.aexe) glob "*,b"`],
    [
      "sf.proc.aexe: ['a,b', c]",
      `(tolower(sf.proc.aexe) glob "a,b" or tolower(sf.proc.aexe) = "c")`,
    ],
    [
      "sf.proc.aexe|windash: ' -a,b'",
      `tolower(sf.proc.aexe) regex "(?s: [-/\u2013\u2014\u2015]a,b)"`,
    ],
    ["'sf.proc.aexe[1]': a,b", `tolower(sf.proc.aexe[1]) = "a,b"`],
    ["'proc.aname[2]': b", `tolower(proc.aname[2]) = "b"`],
    ["sf.proc.aexe: [b, c]", `tolower(sf.proc.aexe) in {"b", "c"}`],
    ["Image|expand: 100\\%", `${image} = "100%"`],
  ])("%s", (lines, expected) => {
    expect(search(lines)).toBe(expected);
  });
});

describe("maps, lists and keywords", () => {
  test.each([
    ["Image: a\nUser: b", `(${image} = "a" and tolower(sf.proc.user) = "b")`],
    ["- Image: a\n- User: b", `(${image} = "a" or tolower(sf.proc.user) = "b")`],
    [
      "- Image: a\n  User: b\n- User: c",
      `((${image} = "a" and tolower(sf.proc.user) = "b") or tolower(sf.proc.user) = "c")`,
    ],
    [
      "- - Image: a\n  - Image: b\n- Image: c",
      `(${image} = "a" or ${image} = "b" or ${image} = "c")`,
    ],
  ])("%s", (lines, expected) => {
    expect(search(lines)).toBe(expected);
  });

  const anywhere = (comparison: string, text: string) => {
    const names = ["sf.proc.cmdline", "sf.proc.exe", "sf.file.path", "sf.file.newpath"];
    return names.map((name) => `tolower(${name}) ${comparison} "${text}"`).join(" or ");
  };
  test.each([
    ["- Evil", `(${anywhere("contains", "evil")})`],
    ["- a\n- b*c", `(${anywhere("contains", "a")} or ${anywhere("glob", "*b*c*")})`],
    ["'|all': [a, b]", `((${anywhere("contains", "a")}) and (${anywhere("contains", "b")}))`],
    ["'|endswith': a", `(${anywhere("endswith", "a")})`],
    ["Evil", `(${anywhere("contains", "evil")})`],
  ])("keywords %s", (lines, expected) => {
    expect(search(lines)).toBe(expected);
  });
});
