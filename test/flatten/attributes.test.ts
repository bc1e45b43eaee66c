// What each attribute is in small worlds; and that each has a case with a value and one without.

import { describe, expect, test } from "bun:test";
import { kindBit } from "../../src/flatten/record-kinds.ts";
import { attributes, findAttribute } from "../../src/flatten/registry.ts";
import type { Container, File, SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { attributeValue, joinOf } from "../support/flatten/at-records.ts";
import { falcoCases, indexedCases } from "../support/flatten/falco-cases.ts";
import { sysflowCases } from "../support/flatten/sysflow-cases.ts";
import { type Case, worlds } from "../support/flatten/worlds.ts";

const cases: readonly Case[] = [...sysflowCases, ...falcoCases];

function isNone(value: unknown): boolean {
  return value === null || Number.isNaN(value);
}

describe("an attribute's value", () => {
  test.each([...cases, ...indexedCases])("%s of %s is %p", (name, world, value) => {
    const attribute = findAttribute(name, "default");
    if (attribute === undefined) {
      throw new Error(`there is no attribute ${name}`);
    }
    const of = joinOf(worlds[world]);
    expect(attributeValue(attribute, of)).toEqual(value);
    expect(attribute.text(of) === null, "its text is there where it is").toBe(isNone(value));
    if (attribute.type === "time") {
      expect(attribute.number?.(of)).toBe(isNone(value) ? Number.NaN : Number(value));
      expect(Number.isNaN(attribute.timeHi?.(of))).toBe(isNone(value));
      expect(Number.isNaN(attribute.timeLo?.(of))).toBe(isNone(value));
    }
  });

  test("each has a case with one", () => {
    const with_ = new Set(cases.filter(([, , value]) => !isNone(value)).map(([name]) => name));
    expect(attributes.map(({ name }) => name).filter((name) => !with_.has(name))).toEqual([]);
  });

  test("each has a case without one", () => {
    const without = new Set(cases.filter(([, , value]) => isNone(value)).map(([name]) => name));
    expect(attributes.map(({ name }) => name).filter((name) => !without.has(name))).toEqual([]);
  });

  test.each(attributes)("$name is in no record of a kind that it is not of", (attribute) => {
    for (const records of Object.values(worlds)) {
      const of = joinOf(records);
      const isOfKind = (kindBit(of.record.kind) & attribute.kinds) !== 0;
      expect(isOfKind || attribute.text(of) === null).toBe(true);
    }
  });
});

test.each([
  ["f", "file"],
  ["d", "directory"],
  ["u", "unix"],
  ["p", "pipe"],
  ["e", "event"],
  ["s", "signalfd"],
  ["l", "eventpoll"],
  ["i", "inotify"],
])("a descriptor of type %s is a %s", (letter, word) => {
  const records = worlds.open.map((record): SysFlowRecord => {
    return record.kind === "File"
      ? { ...record, restype: letter.charCodeAt(0) as File["restype"] }
      : record;
  });
  const of = joinOf(records);
  expect(findAttribute("fd.typechar", "default")?.text(of)).toBe(letter);
  expect(findAttribute("fd.type", "default")?.text(of)).toBe(word);
});

test("each type of container has its word", () => {
  const words = ["docker", "lxc", "libvirt-lxc", "mesos", "rkt", "custom", "cri", "containerd"];
  const all = [...words, "cri-o", "bpm"].map((_, type) => {
    const records = worlds.exec.map((record): SysFlowRecord => {
      return record.kind === "Container" ? { ...record, type: type as Container["type"] } : record;
    });
    return findAttribute("container.type", "default")?.text(joinOf(records));
  });
  expect(all).toEqual([...words, "cri-o", "bpm"]);
});

test.each(["evt.type", "syscall.type"])("%s shows one event of each operation", (name) => {
  expect(findAttribute(name, "default")?.text(joinOf(worlds.open))).toBe("open,read,close");
});
