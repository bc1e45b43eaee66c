// What was found before is remembered while that pays.

import { expect, test } from "bun:test";
import { HitMemo } from "../../../src/policy/engine/hit-memo.ts";

test("values that come again are known, with a copy of what was found", () => {
  const memo = new HitMemo<string>(() => new Map());
  const hits = Int32Array.of(1, 2, 3);
  expect(memo.get("a")).toBeUndefined();
  memo.put("a", hits, 2);
  hits.fill(9);
  expect(memo.get("a")).toEqual(Int32Array.of(1, 2));
});

test("beyond so many all are forgotten", () => {
  const memo = new HitMemo<string>(() => new Map());
  for (let i = 0; i < 1025; i++) memo.put(String(i), Int32Array.of(i), 1);
  expect(memo.get("0")).toBeUndefined();
  expect(memo.get("1024")).toEqual(Int32Array.of(1024));
});

test("it gives up where values hardly ever come again, and only there", () => {
  const often = new HitMemo<string>(() => new Map());
  const seldom = new HitMemo<string>(() => new Map());
  often.put("a", Int32Array.of(1), 1);
  seldom.put("a", Int32Array.of(1), 1);
  for (let i = 0; i < 5000; i++) {
    often.get(i % 4 === 0 ? String(i) : "a");
    seldom.get(i % 4 === 0 ? "a" : String(i));
  }
  expect(often.get("a")).toBeDefined();
  expect(seldom.get("a")).toBeUndefined();
  seldom.put("b", Int32Array.of(1), 1);
  expect(seldom.get("b")).toBeUndefined();
});
