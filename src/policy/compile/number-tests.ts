// Comparisons of a value with numbers. Times have 64 bits, so they are compared in halves.

import type { FlatContext } from "../../flatten/attribute.ts";
import { SyntaxFault } from "../language/problem.ts";
import { compareHalves, halvesOf, numberOf } from "./literals.ts";
import type { Node, NodePool, Test } from "./node.ts";
import type { Context } from "./semantics.ts";
import type { Value } from "./value.ts";

export type Order = "<" | "<=" | ">" | ">=";

const holds: Readonly<Record<Order, (difference: number) => boolean>> = {
  "<": (difference) => difference < 0,
  "<=": (difference) => difference <= 0,
  ">": (difference) => difference > 0,
  ">=": (difference) => difference >= 0,
};

/** Whether a difference, or NaN, is of this order. */
export function inOrder(order: Order, difference: number): boolean {
  return holds[order](difference);
}

/** @throws SyntaxFault where the text is no number */
export function numberOrder(
  pool: NodePool,
  of: Value,
  order: Order,
  text: string,
  { span }: Context,
): Node {
  const number = numberOf(text);
  if (Number.isNaN(number)) {
    const message = `${order} compares numbers, and ${text === "" ? '""' : text} is none`;
    throw new SyntaxFault(message, span.start, "POLICY_VALUE");
  }
  const is = holds[order];
  const halves = halvesOf(text);
  const { timeHi, timeLo, items } = of;
  const read = of.number;
  let test: (record: FlatContext) => boolean;
  if (timeHi !== undefined && timeLo !== undefined && halves !== null) {
    const { hi, lo } = halves;
    test = (record) => is(compareHalves(timeHi(record), timeLo(record), hi, lo));
  } else if (read !== undefined) {
    test = (record) => is(read(record) - number);
  } else if (items !== undefined) {
    const isItem = (item: string) => is(numberOf(item) - number);
    test = (record) => items(record)?.some(isItem) ?? false;
  } else {
    test = (record) => is(numberOf(of.text(record) ?? "") - number);
  }
  const always = known(of.least, order, number);
  return pool.test({ ...testOf(of, `${order} ${text}`, false, test), ...onKinds(of, always) });
}

/** What is known of a comparison, since no value is below `least`; null where it depends. */
function known(least: number | null, order: Order, number: number): boolean | null {
  if (least === null) {
    return null;
  }
  switch (order) {
    case ">=":
      return number <= least ? true : null;
    case ">":
      return number < least ? true : null;
    case "<":
      return number <= least ? false : null;
    case "<=":
      return number < least ? false : null;
  }
}

function onKinds({ kinds }: Value, always: boolean | null): Pick<Test, "onKind"> {
  return { onKind: (kind) => ((kinds & kind) === 0 ? false : always) };
}

/** Whether the value is one of these numbers. Texts that are none are told of and left out. */
export function numberEquality(
  pool: NodePool,
  of: Value,
  texts: readonly string[],
  doubt: (message: string) => void,
): Node {
  const read = of.number;
  const { timeHi, timeLo } = of;
  const terms: Node[] = [];
  const numbers = new Set<number>();
  for (const text of texts) {
    const halves = timeHi === undefined ? null : halvesOf(text);
    const number = of.type === "boolean" ? booleanOf(text) : numberOf(text);
    if (halves !== null && timeHi !== undefined && timeLo !== undefined) {
      const { hi, lo } = halves;
      const is = (record: FlatContext) =>
        compareHalves(timeHi(record), timeLo(record), hi, lo) === 0;
      terms.push(pool.test(testOf(of, `= ${BigInt(text)}`, false, is)));
    } else if (text === "") {
      const isNone = (record: FlatContext) => of.text(record) === null;
      terms.push(pool.test(testOf(of, '= ""', true, isNone)));
    } else if (Number.isNaN(number)) {
      const wanted = of.type === "boolean" ? "true or false" : "a number";
      doubt(`${of.key} is ${wanted} and never equals ${text}`);
    } else if (of.least === null || number >= of.least) {
      numbers.add(number);
    }
  }
  if (numbers.size > 0 && read !== undefined) {
    const [first] = numbers;
    const is =
      numbers.size === 1
        ? (record: FlatContext) => read(record) === first
        : (record: FlatContext) => numbers.has(read(record));
    terms.push(pool.test(testOf(of, `= ${[...numbers].sort().join(",")}`, false, is)));
  }
  return pool.or(terms);
}

function booleanOf(text: string): number {
  const lower = text.toLowerCase();
  if (lower === "true" || text === "1") return 1;
  return lower === "false" || text === "0" ? 0 : Number.NaN;
}

function testOf(
  { key, owner, kinds }: Value,
  what: string,
  whenMissing: boolean,
  test: (of: FlatContext) => boolean,
): Test {
  return {
    key: `${key} ${what}`,
    owner,
    cost: 1,
    onKind: (kind) => ((kinds & kind) === 0 ? whenMissing : null),
    matcher: { kind: "call", test },
  };
}
