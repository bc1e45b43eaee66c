// Attributes are found by their names, and Falco's fields that nothing answers have a reason.

import { describe, expect, test } from "bun:test";
import { kindBit, kindByCode, kindCode } from "../../src/flatten/record-kinds.ts";
import { attributes, falcoFields, findAttribute, unavailable } from "../../src/flatten/registry.ts";
import { recordKinds } from "../../src/sysflow/record.gen.ts";
import { falcoFieldNames } from "../support/flatten/falco-field-names.ts";

test("each name is there once, and found", () => {
  const names = attributes.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(names.map((name) => findAttribute(name, "default")?.name)).toEqual(names);
});

test("each has what its type asks for, and a line of description", () => {
  for (const { name, type, items, number, timeHi, timeLo, description } of attributes) {
    expect(items !== undefined, name).toBe(type === "list");
    expect(number !== undefined, name).toBe(["integer", "boolean", "time"].includes(type));
    expect([timeHi, timeLo].every((each) => (each !== undefined) === (type === "time"))).toBe(true);
    expect(description, name).toMatch(/^[^\n]{1,90}$/);
  }
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
    const unlisted = falcoFieldNames.filter((name) => !names.includes(name));
    expect(unlisted.filter((name) => !withKey.test(name))).toEqual([]);
  });

  test.each([
    ["evt.arg.request", "no SysFlow record has this argument"],
    ["evt.arg[0]", "which argument has which number differs from call to call; use evt.arg.NAME"],
    ["evt.rawarg.uid", "no SysFlow record has raw arguments"],
    ["thread.cgroup.cpuacct", "SysFlow records do not have cgroups"],
    ["container.mount.dest[/proc*]", "SysFlow records do not have it of a container"],
    ["user.loginuid", "SysFlow records do not have who logged in"],
    ["ka.verb", "it is of another source than system calls"],
    ["proc.nmae", undefined],
    ["proc.aname[2]", undefined],
    ["sf.proc.nmae", undefined],
  ])("%s: %p", (name, why) => {
    expect(unavailable(name)).toBe(why);
  });

  test("what schema 6 alone can answer is told", () => {
    const newer = falcoFields.filter(({ answered }) => answered === "with schema 6");
    expect(newer.map(({ name }) => name)).toEqual(
      ["dev", "dir", "gid", "mode", "pathname", "type"].map((name) => `evt.arg.${name}`),
    );
  });
});

/** Which are listed without their index or key. */
const withKey = /^(evt\.arg|evt\.rawarg|k8s\.pod\.label|evtin\..*|span\..*)$/;
