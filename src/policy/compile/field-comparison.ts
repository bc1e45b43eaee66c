// One attribute compared with another. What is missing on either side equals nothing.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { Comparison } from "../language/ast.ts";
import { SyntaxFault } from "../language/problem.ts";
import { compareHalves, numberOf } from "./literals.ts";
import { commonOwner, type Node, type NodePool } from "./node.ts";
import { inOrder } from "./number-tests.ts";
import type { Context } from "./semantics.ts";
import type { Value } from "./value.ts";

type Relation = (left: string, right: string) => boolean;

const relations: Readonly<Partial<Record<Comparison, Relation>>> = {
  "=": (left, right) => left === right,
  in: (left, right) => left === right,
  intersects: (left, right) => left === right,
  contains: (left, right) => left.includes(right),
  icontains: (left, right) => left.toLowerCase().includes(right.toLowerCase()),
  startswith: (left, right) => left.startsWith(right),
  endswith: (left, right) => left.endsWith(right),
  pmatch: (left, right) => left.includes(right),
};

/** @throws SyntaxFault where the operator needs a text to its right */
export function fieldComparison(
  pool: NodePool,
  left: Value,
  comparison: Comparison,
  right: Value,
  context: Context,
): Node {
  const bothNumbers = left.number !== undefined && right.number !== undefined;
  if (comparison === "!=" && !bothNumbers) {
    return pool.not(fieldComparison(pool, left, "=", right, context));
  }
  const test = testOf(left, comparison, right);
  if (test === null) {
    const message = `${comparison} needs a text to its right, not an attribute`;
    throw new SyntaxFault(message, context.span.start, "POLICY_VALUE");
  }
  return pool.test({
    key: `${left.key} ${comparison} val(${right.key})`,
    owner: commonOwner(left.owner, right.owner),
    cost: left.cost + right.cost,
    onKind: (kind) => ((left.kinds & kind) === 0 || (right.kinds & kind) === 0 ? false : null),
    matcher: { kind: "call", test },
  });
}

function testOf(
  left: Value,
  comparison: Comparison,
  right: Value,
): ((of: FlatContext) => boolean) | null {
  const difference = differenceOf(left, right);
  switch (comparison) {
    case "<":
    case "<=":
    case ">":
    case ">=":
      return (of) => inOrder(comparison, difference(of));
    case "!=":
      // Of numbers alone: NaN, for one that is not known, is no difference.
      return (of) => Math.abs(difference(of)) > 0;
    default:
      break;
  }
  if (comparison === "=" && left.number !== undefined && right.number !== undefined) {
    return (of) => difference(of) === 0;
  }
  const relation = relations[comparison];
  return relation === undefined ? null : textTest(left, relation, right);
}

function differenceOf(left: Value, right: Value): (of: FlatContext) => number {
  const { timeHi: leftHi, timeLo: leftLo } = left;
  const { timeHi: rightHi, timeLo: rightLo } = right;
  if (leftHi && leftLo && rightHi && rightLo) {
    return (of) => compareHalves(leftHi(of), leftLo(of), rightHi(of), rightLo(of));
  }
  return (of) => readNumber(left, of) - readNumber(right, of);
}

function readNumber(value: Value, of: FlatContext): number {
  return value.number?.(of) ?? numberOf(value.text(of) ?? "");
}

/** Whether the relation holds for any two items; a text is one item. */
function textTest(left: Value, relation: Relation, right: Value): (of: FlatContext) => boolean {
  if (left.items === undefined && right.items === undefined) {
    return (of) => {
      const a = left.text(of);
      const b = a === null ? null : right.text(of);
      return a !== null && b !== null && relation(a, b);
    };
  }
  return (of) => anyTwo(itemsOf(left, of), relation, itemsOf(right, of));
}

/** Loops in place of array methods: this runs for each record, and makes no functions. */
function anyTwo(lefts: readonly string[], relation: Relation, rights: readonly string[]): boolean {
  for (const left of lefts) {
    for (const right of rights) {
      if (relation(left, right)) return true;
    }
  }
  return false;
}

function itemsOf(value: Value, of: FlatContext): readonly string[] {
  if (value.items !== undefined) {
    return value.items(of) ?? [];
  }
  const text = value.text(of);
  return text === null ? [] : [text];
}
