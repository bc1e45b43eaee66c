// Attributes are found by their names, and Falco's fields that nothing answers have a reason.

import { describe, expect, test } from "bun:test";
import type { Attribute } from "../../src/flatten/attribute.ts";
import { kindBit, kindByCode, kindCode } from "../../src/flatten/record-kinds.ts";
import { attributes, falcoFields, findAttribute, unavailable } from "../../src/flatten/registry.ts";
import { recordKinds } from "../../src/sysflow/record.gen.ts";
import { compatValues } from "../support/flatten/compat-values.ts";
import { falcoFieldNames } from "../support/flatten/falco-field-names.ts";

test("each name is there once, and found", () => {
  const names = attributes.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(names.map((name) => findAttribute(name, "default")?.name)).toEqual(names);
});

const upstreams = Object.keys(compatValues).map((name) => findAttribute(name, "sysflow"));

test("each has what its type asks for, and a line of description", () => {
  for (const each of [...attributes, ...upstreams]) {
    const { name, type, items, number, timeHi, timeLo, description } = each as Attribute;
    expect(items !== undefined, name).toBe(type === "list");
    expect(number !== undefined, name).toBe(["integer", "boolean", "time"].includes(type));
    expect([timeHi, timeLo].every((each) => (each !== undefined) === (type === "time"))).toBe(true);
    expect(description, name).toMatch(/^[^\n]{1,90}$/);
  }
});

test("JSON is what has paths into it", () => {
  const json = (all: readonly (Attribute | undefined)[]) =>
    all.filter((each) => each?.type === "json").map((each) => each?.name);
  const upstream = ["sf.pod.hostip", "sf.pod.internalip", "sf.pod.services", "sf.ke.message"];
  expect(json(upstreams)).toEqual(upstream);
  const ours = ["sf.pod.labels", "sf.pod.selectors"];
  expect(json(attributes)).toEqual([...upstream.slice(0, 3), ...ours, ...upstream.slice(3)]);
});

test("each kind with attributes has a bit and a code of its own", () => {
  const coded = recordKinds.filter((kind) => kindCode(kind) !== null);
  expect(coded.map((kind) => [kindCode(kind) ?? "", kindBit(kind)] as const).sort()).toEqual(
    [...kindByCode].sort(),
  );
  expect(recordKinds.filter((kind) => kindBit(kind) !== 0)).toEqual(coded);
  expect(new Set(kindByCode.values()).size).toBe(7);
});

test.each([
  "proc.nmae",
  "proc.aname[x]",
  "proc.aname[-1]",
  "proc.aname[]",
  "proc.aname[99999]",
  "proc.name[1]",
  "evt.arg[fd]",
  "sf.proc.aname[1]",
  "",
])("%p is no attribute", (name) => {
  expect(findAttribute(name, "default")).toBeUndefined();
});

test.each([
  ["proc.aname[0]", "of the process itself"],
  ["proc.aname[2]", "of the parent number 2"],
  ["proc.env[A]", "the variable A of the environment"],
  ["proc.aenv[A]", "the variable A, of the nearest parent that has it"],
  ["k8s.pod.label[a]", "the label a of the pod"],
])("%s is described", (name, description) => {
  expect(findAttribute(name, "default")?.description).toBe(description);
});

test("an index may be larger than any chain, within reason", () => {
  expect(findAttribute("proc.aname[9999]", "default")?.owner).toBe("parents");
  expect(findAttribute("proc.aname[10000]", "default")).toBeUndefined();
});

test("upstream's mode has its names and no others", () => {
  expect(findAttribute("proc.pgid", "sysflow")?.name).toBe("proc.pgid");
  expect(findAttribute("evt.res", "sysflow")).toBeUndefined();
  expect(findAttribute("proc.aname[1]", "sysflow")).toBeUndefined();
});

describe("Falco's fields", () => {
  test("each is answered, or there is a reason why not", () => {
    const neither = falcoFieldNames.filter(
      (name) => findAttribute(name, "default") === undefined && unavailable(name) === undefined,
    );
    expect(neither.filter((name) => !withKey.test(name))).toEqual([]);
  });

  test("none is answered and has a reason why not", () => {
    expect(attributes.filter(({ name }) => unavailable(name) !== undefined)).toEqual([]);
    const names = falcoFields.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(falcoFields.filter(({ note }) => note === "")).toEqual([]);
    const unlisted = falcoFieldNames.filter((name) => !names.includes(name));
    expect(unlisted.filter((name) => !withKey.test(name))).toEqual([]);
  });

  test.each([
    ["evt.arg.request", "no SysFlow record has this argument"],
    ["evt.arg[0]", "which argument has which number differs from call to call; use evt.arg.NAME"],
    ["evt.rawarg.uid", "no SysFlow record has raw arguments"],
    ["thread.cgroup.cpuacct", "SysFlow records do not have cgroups"],
    ["container.mount.dest[/proc*]", "SysFlow records do not have it of a container"],
    ["user.loginname", "SysFlow records have the number of who logged in and no more"],
    ["evt.buflen.x", "it is of one call, and a record may stand for many"],
    ["evtin.span.x", "Falco itself has given it up"],
    ["span.x", "Falco itself has given it up"],
    ["jevt.value", "it is of another source than system calls"],
    ["json.value[/a]", "it is of another source than system calls"],
    ["ct.name", "it is of another source than system calls"],
    ["k8smeta.x", "fields of Falco's plugins are not known; sf.pod.* and k8s.pod.* are"],
    ["ka.verb", "it is of another source than system calls"],
    ["proc.nmae", undefined],
    ["proc.aname[2]", undefined],
    ["sf.proc.nmae", undefined],
  ])("%s: %p", (name, why) => {
    expect(unavailable(name)).toBe(why);
  });

  test("what schema 6 alone can answer is told", () => {
    const newer = falcoFields.filter(({ answered }) => answered === "with schema 6");
    const args = ["dev", "dir", "gid", "mode", "pathname", "type"].map((name) => `evt.arg.${name}`);
    expect(newer.map(({ name }) => name)).toEqual([...args, "user.loginuid"]);
  });
});

/** Which are listed without their index or key. */
const withKey = /^(evt\.arg|evt\.rawarg|k8s\.pod\.label|evtin\..*|span\..*)$/;
