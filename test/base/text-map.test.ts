// A map by text against the runtime's own, whose order of keys is that of their setting too.

import { expect, test } from "bun:test";
import { TextMap } from "../../src/base/text-map.ts";

test("does as Map does, over many steps", () => {
  const ours = new TextMap<number>();
  const model = new Map<string, number>();
  let random = 12_345;
  for (let step = 0; step < 20_000; step++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
    const key = `k${(random >> 8) % 300}`;
    switch (random % 5) {
      case 0:
        expect(ours.delete(key)).toBe(model.delete(key));
        break;
      case 1:
        expect(ours.get(key)).toBe(model.get(key) as number);
        break;
      default:
        ours.set(key, step);
        model.set(key, step);
    }
    expect(ours.size).toBe(model.size);
    expect(ours.oldest).toBe(model.keys().next().value ?? null);
  }
  for (const [key, value] of model) {
    expect(ours.get(key)).toBe(value);
  }
  ours.clear();
  expect([ours.size, ours.oldest, ours.get("k1")]).toEqual([0, null, undefined]);
});

test("no key costs many steps", () => {
  const map = new TextMap<number>();
  for (let n = 0; n < 20_000; n++) {
    map.set(`/tmp/${n}`, n);
  }
  expect(map.longestChain).toBeLessThanOrEqual(16);
});
