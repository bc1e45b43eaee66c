// What an attribute hangs on is what it says, since rules keep results for as long: its value is the
// same at any two records at which that is.

import { expect, test } from "bun:test";
import type { Attribute, AttributeOwner } from "../../src/flatten/attribute.ts";
import { kindBit } from "../../src/flatten/record-kinds.ts";
import { attributes, findAttribute } from "../../src/flatten/registry.ts";
import type { JoinedRecord } from "../../src/join/joined-record.ts";
import { Joiner } from "../../src/join/joiner.ts";
import { deliver } from "../../src/sysflow/record-sink.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { atRecordsOf } from "../support/flatten/at-records.ts";
import { indexedCases } from "../support/flatten/falco-cases.ts";
import { worlds } from "../support/flatten/worlds.ts";

const indexed = [...new Set(indexedCases.map(([name]) => name))].map(
  (name) => findAttribute(name, "default") as Attribute,
);
const all: readonly Attribute[] = [...attributes, ...indexed];

/** What it is the same with, by identity. */
const owners: Readonly<Record<AttributeOwner, (of: JoinedRecord) => readonly unknown[]>> = {
  record: ({ number }) => [number],
  process: ({ process }) => [process],
  parents: ({ process, parentsVersion }) => [process, parentsVersion],
  file: ({ file }) => [file],
  container: ({ container }) => [container],
  pod: ({ pod }) => [pod],
  header: ({ header }) => [header],
};

/** Says which attributes were other than before where what they hang on is the same. */
class OwnerCheck {
  readonly wrong = new Set<string>();
  compared = 0;
  readonly #known = new Map<Attribute, { owner: readonly unknown[]; text: string | null }[]>();

  look(of: JoinedRecord): void {
    for (const attribute of all) {
      if ((kindBit(of.record.kind) & attribute.kinds) !== 0 && attribute.owner !== "record") {
        this.#compare(attribute, owners[attribute.owner](of), attribute.text(of));
      }
    }
  }

  /** With the last few. */
  #compare(attribute: Attribute, owner: readonly unknown[], text: string | null): void {
    const known = this.#known.get(attribute) ?? [];
    const same = known.find((each) => each.owner.every((one, i) => one === owner[i]));
    if (same === undefined) {
      this.#known.set(attribute, [...known.slice(-20), { owner, text }]);
    } else {
      this.compared += 1;
      if (same.text !== text) {
        this.wrong.add(attribute.name);
      }
    }
  }
}

test("each has an owner", () => {
  expect(all.filter(({ owner }) => !Object.hasOwn(owners, owner))).toEqual([]);
});

test("values are the same where their owners are, in small worlds", () => {
  const check = new OwnerCheck();
  const joiner = new Joiner({
    joined(of) {
      check.look(of);
    },
  });
  const ends = Object.values(worlds).map((records) => records.slice(-3));
  for (const records of [...Object.values(worlds), ...ends, ...ends]) {
    for (const record of records) {
      deliver(record, joiner);
    }
  }
  expect([...check.wrong]).toEqual([]);
  expect(check.compared).toBeGreaterThan(1000);
});

test.skipIf(!hasReference)("and in a trace", async () => {
  const check = new OwnerCheck();
  await atRecordsOf(referencePath("traces/k8s_small.sf"), (of, index) => {
    if (index < 2000) {
      check.look(of);
    }
  });
  expect([...check.wrong]).toEqual([]);
  expect(check.compared).toBeGreaterThan(100_000);
});
