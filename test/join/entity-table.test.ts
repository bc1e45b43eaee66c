// The table by itself: what finding costs, what a use, a return and a clearing do to who goes next.

import { expect, test } from "bun:test";
import { type Entity, EntityTable } from "../../src/join/entity-table.ts";

interface Item extends Entity<Item> {
  readonly name: number;
}

function item(name: number, chars = 1, hash = Math.imul(name, 0x9e3779b1)): Item {
  const links = { bucketNext: null, orderPrevious: null, orderNext: null };
  return { name, hash, chars, isStored: true, isUsed: false, ...links };
}

function tableOf(entries: number, chars = 1e9): EntityTable<Item> {
  return new EntityTable<Item>({ entries, chars });
}

function chain(table: EntityTable<Item>, hash: number): readonly number[] {
  const names: number[] = [];
  for (let at = table.bucket(hash); at !== null; at = at.bucketNext) {
    names.push(at.name);
  }
  return names;
}

test("few share a bucket, however many there are", () => {
  const table = tableOf(1e6);
  const items = Array.from({ length: 10_000 }, (_, name) => item(name));
  for (const each of items) {
    table.add(each);
  }
  const chains = items.map(({ hash }) => chain(table, hash));
  expect(chains.every((names, name) => names.includes(name))).toBe(true);
  expect(Math.max(...chains.map(({ length }) => length))).toBeLessThan(6);
});

test("who goes is in no bucket any more, at whichever place", () => {
  for (const kept of [0, 1, 2]) {
    const table = tableOf(3);
    const items = [0, 1, 2].map((name) => item(name, 1, 7));
    for (const each of items) {
      table.add(each);
    }
    (items[kept] as Item).isUsed = true;
    for (const name of [3, 4]) {
      table.add(item(name, 1, 7));
    }
    expect([...chain(table, 7)].sort()).toEqual([kept, 3, 4]);
    expect(items.map(({ isStored }) => isStored)).toEqual([0, 1, 2].map((name) => name === kept));
    expect([table.size, table.evicted]).toEqual([3, 2]);
  }
});

test("a use counts once", () => {
  const table = tableOf(2);
  const [first, second] = [item(1), item(2)];
  table.add(first);
  table.add(second);
  first.isUsed = true;
  table.add(item(3));
  expect([first.isStored, second.isStored]).toEqual([true, false]);
  table.add(item(4));
  table.add(item(5));
  expect(first.isStored).toBe(false);
});

test("what comes again goes to the end, and others go for what it has become", () => {
  const table = tableOf(9, 10);
  const items = [item(1, 3), item(2, 3), item(3, 3)];
  for (const each of items) {
    table.add(each);
  }
  table.resize(items[0] as Item, 4);
  expect(items.map(({ isStored }) => isStored)).toEqual([true, true, true]);
  table.resize(items[0] as Item, 5);
  expect(items.map(({ isStored }) => isStored)).toEqual([true, false, true]);
  table.add(item(4, 2));
  expect(items.map(({ isStored }) => isStored)).toEqual([true, false, true]);
  table.add(item(5, 1));
  expect(items.map(({ isStored }) => isStored)).toEqual([true, false, false]);
});

test("what was cleared takes no room, and was not given up", () => {
  const table = tableOf(2, 10);
  table.add(item(1, 9));
  table.clear();
  expect([table.size, table.evicted, chain(table, item(1).hash)]).toEqual([0, 0, []]);
  const later = [item(2, 5), item(3, 5)];
  for (const each of later) {
    table.add(each);
  }
  expect(later.map(({ isStored }) => isStored)).toEqual([true, true]);
});

test("who is needed is passed over eight times, not for ever", () => {
  const needed = new EntityTable<Item>({ entries: 20, chars: 1e9 }, ({ name }) => name < 100);
  const items = Array.from({ length: 20 }, (_, name) => item(name));
  for (const each of items) {
    needed.add(each);
  }
  needed.add(item(100));
  expect(items.filter(({ isStored }) => !isStored).map(({ name }) => name)).toEqual([8]);
});
