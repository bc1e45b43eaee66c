// Which records Sigma rules match, construct by construct. What the records are is in
// test/support/policy/sigma-records.ts.

import { describe, expect, test } from "bun:test";
import { matchedDeeds } from "../../support/policy/sigma-records.ts";
import { ruleWith } from "../../support/policy/sigma-rules.ts";

/** Whether a search with these lines finds the program as it is started. */
async function findsExec(lines: string): Promise<boolean> {
  const indented = lines.replace(/^(?=.)/gm, "  ");
  const { deeds, problems } = await matchedDeeds(
    [ruleWith(`sel:\n${indented}\ncondition: sel`)],
    ["exec"],
  );
  expect(problems).toEqual([]);
  return deeds.length > 0;
}

const yes: readonly string[] = [
  "Image: /usr/bin/curl",
  "Image: /USR/BIN/CURL",
  "Image|cased: /usr/bin/Curl",
  "Image: [/bin/a, /usr/bin/curl]",
  "Image|startswith: /usr/BIN/",
  "Image|endswith: /curl",
  "Image|contains: BIN",
  "Image: /usr/*/curl",
  "Image: '*/cur?'",
  "CommandLine|contains: 'a\\?b\\*c'",
  "CommandLine|contains: 'evil*a?b'",
  "CommandLine|contains: '[X]'",
  "CommandLine|contains: 'x] a,b'",
  "CommandLine|contains: 'http?//e*[x]'",
  "CommandLine|contains|all: [' -s', evil, '[x]']",
  "CommandLine|re: 'E[v]il\\.'",
  "CommandLine|re: '^/usr/bin/Curl -s'",
  "CommandLine|re: 'nothing|-O'",
  "CommandLine|re|i: 'EVIL'",
  "CommandLine|windash|contains: ' /s '",
  "CommandLine|windash|contains: ' \u2013s '",
  "CommandLine|base64|contains: 'echo hi'",
  "CommandLine|base64offset|contains: 'cho h'",
  "CommandLine|wide|base64offset|contains: 'id'",
  "CommandLine|contains|neq: nothing",
  "Image|neq: /bin/sh",
  "User: root",
  "User: ROOT",
  "CurrentDirectory: /tmp",
  "ParentImage|endswith: /nginx",
  "ParentCommandLine|contains: daemon",
  "ParentUser: www-data",
  "LogonId: 0",
  "ProcessId: 1001",
  "ProcessId: '1001'",
  "ProcessId: 0x3E9",
  "ProcessId|gt: 1000",
  "ProcessId|gte: 1001",
  "ProcessId|lt: 1002",
  "ProcessId|lte: 1001",
  "ProcessId: [1, 1001]",
  "ParentProcessId: 1000",
  "Image|exists: true",
  "TargetFilename|exists: false",
  "TargetFilename: null",
  "DestinationIp: null",
  "Image: '*'",
  "CommandLine|fieldref|startswith: Image",
  "Image|fieldref|neq: ParentImage",
  "ProcessId|fieldref|neq: ParentProcessId",
  "sf.proc.name: curl",
  "proc.name|contains: CUR",
  "Image|contains: bin\nUser: root",
  "- Image: /bin/a\n- User: root",
  "- Image: /bin/a\n  User: root\n- Image|endswith: curl\n  User: root",
  "- evil",
  "- nothing\n- 'e?il'",
  "'|all': [evil, curl]",
  "'|re': 'E(v)il'",
];

const no: readonly string[] = [
  "Image: curl",
  "Image|cased: /usr/bin/curl",
  "Image: [/bin/a, /bin/b]",
  "Image|startswith: curl",
  "Image|endswith: bin",
  "Image: /usr/?/curl",
  "Image: '*/cur'",
  "CommandLine|contains: 'a\\*b'",
  "CommandLine|contains: 'a??b'",
  "CommandLine|contains: a.b",
  "CommandLine|contains|all: [' -s', nothing]",
  "CommandLine|re: 'evil'",
  "CommandLine|re: '^-s'",
  "CommandLine|windash|contains: ' +s '",
  "CommandLine|contains: ' /s '",
  "CommandLine|base64|contains: 'echo ho'",
  "CommandLine|base64offset|contains: 'cho x'",
  "CommandLine|utf16be|base64offset|contains: 'id'",
  "CommandLine|contains|neq: evil",
  "Image|neq: [/bin/a, /usr/bin/curl]",
  "ParentImage|endswith: /curl",
  "ProcessId: 1000",
  "ProcessId|gt: 1001",
  "ProcessId|lt: 1001",
  "ParentProcessId: 1001",
  "Image|exists: false",
  "Image: null",
  "Image: ''",
  "TargetFilename|exists: true",
  "TargetFilename|contains: ''",
  "DestinationIp: '*'",
  "Initiated: true",
  "Image|fieldref: ParentImage",
  "Image|contains: bin\nUser: nobody",
  "- Image: /bin/a\n- User: nobody",
  "- nothing",
  "'|all': [evil, nothing]",
];

describe("matches", () => {
  test.each(yes)("%s", async (lines) => {
    expect(await findsExec(lines)).toBe(true);
  });
});

describe("does not match", () => {
  test.each(no)("%s", async (lines) => {
    expect(await findsExec(lines)).toBe(false);
  });
});

describe("categories", () => {
  const all = "a:\n  Image|exists: true\ncondition: a";
  test.each([
    ["process_creation", "exec"],
    ["process_termination", "exit"],
    ["file_event", "write create rename renameAway"],
    ["file_access", "read write create"],
    ["file_delete", "unlink"],
    ["file_rename", "rename renameAway"],
    ["network_connection", "connect accept udp"],
  ])("%s", async (category, expected) => {
    const text = `logsource: {product: linux, category: ${category}}\n${ruleWith(all)}`;
    const { deeds, problems } = await matchedDeeds([text]);
    expect(problems).toEqual([]);
    expect(deeds.join(" ")).toBe(expected);
  });

  test("none of them: every record with a process", async () => {
    const { deeds } = await matchedDeeds([ruleWith(all)]);
    expect(deeds).toHaveLength(16);
  });
});

describe("fields of files and connections", () => {
  const matched = async (category: string, lines: string, condition = "sel") => {
    const detection = `sel:\n  ${lines}\ncondition: ${condition}`;
    const text = `logsource: {category: ${category}}\n${ruleWith(detection)}`;
    const { deeds, problems } = await matchedDeeds([text]);
    expect(problems).toEqual([]);
    return deeds.join(" ");
  };

  test.each([
    ["file_event", "TargetFilename|startswith: /etc/cron.d/", "write create rename"],
    ["file_event", "TargetFilename|startswith: /tmp/", "renameAway"],
    ["file_event", "TargetFilename|re: '[^/]{3}$'", "write create rename renameAway"],
    ["file_rename", "SourceFilename: /tmp/secret.txt", "rename"],
    ["network_connection", "Initiated: true", "connect"],
    ["network_connection", "Initiated: 'false'", "accept udp"],
    ["network_connection", "DestinationPort: [4444, 53]", "connect udp"],
    ["network_connection", "DestinationPort|gte: 80", "connect accept"],
    ["network_connection", "DestinationPort: '4*'", "connect"],
    ["network_connection", "DestinationIp: 10.1.2.3", "connect accept udp"],
    ["network_connection", "DestinationIp|startswith: '10.'", "connect accept udp"],
    ["network_connection", "DestinationIp|cidr: 10.0.0.0/8", "connect accept udp"],
    ["network_connection", "DestinationIp|cidr: [10.2.0.0/16, 'fe80::/10']", ""],
    ["network_connection", "SourceIp|cidr: 127.0.0.0/8", "connect accept udp"],
    ["network_connection", "SourcePort: 40000", "connect accept udp"],
    ["network_connection", "Protocol: UDP", "udp"],
  ])("%s %s", async (category, lines, expected) => {
    expect(await matched(category, lines)).toBe(expected);
  });

  test("what is filtered away", async () => {
    const lines = "TargetFilename|contains: cron\nno:\n  TargetFilename|endswith: job";
    expect(await matched("file_event", lines, "sel and not no")).toBe("");
    expect(await matched("file_event", "TargetFilename|contains: cron", "not sel")).toBe(
      "renameAway",
    );
  });
});

test("a literal with a comma is one literal, also of a list", async () => {
  const map = "fieldmappings:\n  ParentCommandLine: sf.proc.acmdline\n";
  const rule = (value: string) =>
    ruleWith(`a:\n  ParentCommandLine|contains: '${value}'\ncondition: a`);
  expect((await matchedDeeds([map, rule("a,b x")], ["exec"])).deeds).toEqual(["exec"]);
  expect((await matchedDeeds([map, rule("a,nothing")], ["exec"])).deeds).toEqual([]);
});

test("what is no regular expression is told with its place", async () => {
  const { problems } = await matchedDeeds([ruleWith("a:\n  Image|re: '(?=a)b'\ncondition: a")]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toStartWith("0.yml:4:15: not a regular expression");
});
