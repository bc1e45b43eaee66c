// Sigma rules in the program: `process` with them alone, among other policies and with a map of their
// fields, what is said of those that cannot be run, and why a record matched.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { sysflow } from "../support/program/sysflow.ts";
import {
  sampleChild,
  sampleContainer,
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";

setDefaultTimeout(60_000);

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-sigma-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const trace = join(folder, "trace.sf");
const policies = join(folder, "policies");

const sigma = `title: A shell, 100%
id: 00000000-0000-4000-8000-000000000001
description: says more
tags: [attack.t1059]
level: critical
logsource: {product: linux, category: process_creation}
detection:
  selection:
    Image|endswith: ['/BASH', '/sh']
    CommandLine|contains: ' -c '
  condition: selection
`;
const hostname = `title: By name
logsource: {product: linux, category: network_connection}
detection:
  selection:
    DestinationHostname: evil
  condition: selection
`;
const windows = `title: Elsewhere
logsource: {product: windows, category: process_creation}
detection: {a: {Image: x}, condition: a}
`;

beforeAll(() => {
  const writer = new FileWriter({ path: trace, rotateIntervalSec: 0, startSec: 0 });
  writer.header(sampleHeader);
  writer.container(sampleContainer());
  writer.process(sampleParent());
  writer.process(sampleChild());
  writer.processEvent(sampleProcessEvent(op.OP_CLONE, 90));
  writer.processEvent(sampleProcessEvent(op.OP_EXEC, 100));
  writer.processEvent({ ...sampleProcessEvent(op.OP_EXEC, 110), ret: -2 });
  writer.close();
  fs.mkdirSync(policies);
  fs.writeFileSync(join(policies, "sigma.yml"), `${sigma}---\n${windows}`);
});

const alert =
  "2023-11-14T07:47:35.756800100Z critical 00000000-0000-4000-8000-000000000001: " +
  "A shell, 100\uFF05 (user=root command=/bin/sh -c true parent=/bin/sh -c true)\n";

test("rules alone", () => {
  const run = sysflow(["process", "-p", policies, trace]);
  expect(run.stdout).toBe(alert);
  expect(run.status).toBe(0);
  expect(run.stderr).toContain("Elsewhere");
  expect(run.stderr).toContain("it is for logs of the product windows");
});

test("as JSON", () => {
  const run = sysflow(["process", "-p", policies, "--format", "json", trace]);
  const { policies: rules, tags } = JSON.parse(run.stdout);
  expect(rules).toEqual([
    { id: "00000000-0000-4000-8000-000000000001", desc: "says more", priority: 4 },
  ]);
  expect(tags).toEqual(["attack.t1059"]);
});

test("among other policies, with a map of fields", () => {
  const other = join(folder, "other.yaml");
  const map = join(folder, "map.yml");
  fs.writeFileSync(other, "- rule: Falco\n  desc: d\n  condition: evt.type = clone\n");
  fs.writeFileSync(map, "title: m\nfieldmappings:\n  Image: sf.proc.cwd\n");
  const mixed = sysflow(["process", "-p", policies, "-p", other, trace]);
  expect(mixed.stdout).toContain("low Falco: ");
  expect(mixed.stdout).toEndWith(alert);
  const mapped = sysflow(["process", "-p", policies, "-p", map, trace]);
  expect(mapped.status).toBe(0);
  expect(mapped.stdout).toBe("");
});

test("a field that no record has is an error, or leaves the rule out", () => {
  const path = join(folder, "hostname.yml");
  fs.writeFileSync(path, hostname);
  const refused = sysflow(["process", "-p", path, trace]);
  expect(refused.status).toBe(1);
  const message = "there is no attribute for the field DestinationHostname";
  expect(refused.stderr).toContain(`${path}:5:5: By name: ${message}`);
  const skipped = sysflow(["process", "-p", policies, "-p", path, "--skip-unsupported", trace]);
  expect(skipped.status).toBe(0);
  expect(skipped.stdout).toBe(alert);
  expect(skipped.stderr).toContain(message);
});

test("they are explained in the words of the engine's language", () => {
  const name = "00000000-0000-4000-8000-000000000001";
  const run = sysflow(["policy", "explain", "-p", policies, "--rule", name, trace]);
  expect(run.status).toBe(0);
  expect(run.stdout).toContain('no  tolower(sf.proc.exe) endswith "/bash"');
  expect(run.stdout).toContain('yes tolower(sf.proc.exe) endswith "/sh"');
  expect(run.stdout).toContain('yes tolower(sf.proc.cmdline) contains " -c "');
});

test("they are valid, and those left out are named", () => {
  const run = sysflow(["policy", "validate", policies]);
  expect(run.status).toBe(0);
  expect(run.stdout + run.stderr).toContain("it is for logs of the product windows");
});
