// Upstream's meaning of comparisons, to the letter: unknown names are texts, nothing is ever missing,
// both sides are cut at commas and hold where any two pieces do, and quotation marks are taken off
// values too. POLICY.md of the facts has the list of these; each was tried on upstream's program.

import type { Attribute, AttributeType, FlatContext } from "../../flatten/attribute.ts";
import { kindByCode } from "../../flatten/record-kinds.ts";
import { findAttribute } from "../../flatten/registry.ts";
import { compilePath } from "../../gjson/gjson.ts";
import type { Comparison, Operand } from "../language/ast.ts";
import { trimQuotes } from "../language/sysflow-parser.ts";
import { finds, type LiteralKind } from "../match/literal-kind.ts";
import { compareHalves, halvesOf } from "./literals.ts";
import { commonOwner, type Node, type NodePool } from "./node.ts";
import { inOrder, type Order } from "./number-tests.ts";
import type { Context, ReadOperand, Semantics } from "./semantics.ts";

type Relation = (left: string, right: string) => boolean;

const relations: Readonly<Record<string, Relation>> = {
  "=": (left, right) => left === right,
  contains: (left, right) => left.includes(right),
  icontains: (left, right) => left.toLowerCase().includes(right.toLowerCase()),
  startswith: (left, right) => left.startsWith(right),
  endswith: (left, right) => left.endsWith(right),
};

const literalKinds: Readonly<Record<string, LiteralKind>> = {
  "=": "equal",
  in: "equal",
  contains: "contains",
  pmatch: "contains",
  icontains: "contains",
  startswith: "prefix",
  endswith: "suffix",
};

/** One side of a comparison of texts. */
interface TextSide {
  readonly key: string;
  /** Null where it is the same text in all records, which is `text` then. */
  readonly attribute: Attribute | null;
  readonly text: string;
  read(of: FlatContext): string;
}

export class SysflowSemantics implements Semantics {
  readonly #pool: NodePool;

  constructor(pool: NodePool) {
    this.#pool = pool;
  }

  reader(operand: Operand, context: Context): ReadOperand {
    return textSide(rawText(operand, context)).read;
  }

  /** Whether the raw value is not zero; a name that is not known is a text, and that is not empty. */
  exists(operand: Operand, context: Context): Node {
    const attribute = findAttribute(rawText(operand, context), "sysflow");
    if (attribute === undefined) {
      return this.#pool.constantTrue;
    }
    const { number, type } = attribute;
    const textOf = (of: FlatContext) => attribute.text(of) ?? "";
    const tests: Readonly<Record<AttributeType, (of: FlatContext) => boolean>> = {
      text: (of) => textOf(of) !== "",
      list: (of) => textOf(of) !== "",
      json: (of) => textOf(of) !== "",
      integer: (of) => textOf(of) !== "" && textOf(of) !== "0",
      boolean: (of) => textOf(of) === "true",
      time: (of) => Math.abs(number?.(of) ?? 0) > 0,
    };
    return this.#pool.test({
      key: `${attribute.name} exists`,
      owner: attribute.owner,
      cost: 2,
      onKind: () => null,
      matcher: { kind: "call", test: tests[type] },
    });
  }

  compare(left: Operand, comparison: Comparison, right: Operand, context: Context): Node {
    const leftText = rawText(left, context);
    const rightText = rawText(right, context);
    if (comparison === "<" || comparison === "<=" || comparison === ">" || comparison === ">=") {
      return this.#order(leftText, comparison, rightText);
    }
    if (comparison === "!=") {
      return this.#pool.not(this.compare(left, "=", right, context));
    }
    const a = textSide(leftText);
    const b = textSide(rightText);
    if (b.attribute === null && a.attribute !== null) {
      return this.#literal(a, comparison, b.text.split(","));
    }
    const relation = relations[comparison] as Relation;
    if (a.attribute === null && b.attribute === null) {
      return this.#pool.constant(anyTwo(a.text, relation, b.text));
    }
    const owner =
      a.attribute === null || b.attribute === null
        ? ((a.attribute ?? b.attribute) as Attribute).owner
        : commonOwner(a.attribute.owner, b.attribute.owner);
    return this.#pool.test({
      key: `${a.key} ${comparison} val(${b.key})`,
      owner,
      cost: 6,
      onKind: () => null,
      matcher: { kind: "call", test: (of) => anyTwo(a.read(of), relation, b.read(of)) },
    });
  }

  compareAny(
    left: Operand,
    comparison: Comparison,
    members: readonly string[],
    context: Context,
  ): Node {
    const side = textSide(rawText(left, context));
    const literals = members.flatMap((member) => member.split(","));
    if (side.attribute !== null) {
      return this.#literal(side, comparison, literals);
    }
    const relation = relations[comparison === "in" ? "=" : "contains"] as Relation;
    const pieces = side.text.split(",");
    const is = pieces.some((piece) => literals.some((literal) => relation(piece, literal)));
    return this.#pool.constant(is);
  }

  #literal(side: TextSide, comparison: Comparison, texts: readonly string[]): Node {
    const attribute = side.attribute as Attribute;
    const how = literalKinds[comparison] as LiteralKind;
    const folds = comparison === "icontains";
    const literals = [...new Set(folds ? texts.map((text) => text.toLowerCase()) : texts)].sort();
    if (literals.length === 0) {
      return this.#pool.constantFalse;
    }
    const { owner, kinds } = attribute;
    const key = folds ? `tolower(${side.key})` : side.key;
    const read = folds ? (of: FlatContext) => side.read(of).toLowerCase() : side.read;
    const has = (text: string) => literals.some((literal) => finds[how](text, literal));
    return this.#pool.test({
      key: `${key} ${how} ${JSON.stringify(literals)}`,
      owner,
      cost: how === "contains" ? 5 : 3,
      onKind: (kind) => {
        if (isRecordKind.has(side.key)) return has(codeOf(kind));
        return (kinds & kind) === 0 ? has("") : null;
      },
      matcher: {
        kind: "literal",
        column: { key, owner, read, splitsAtCommas: true },
        how,
        literals,
      },
    });
  }

  /** Both sides as 64-bit integers: what is none is 0. */
  #order(leftText: string, order: Order, rightText: string): Node {
    const left = integerSide(leftText);
    const right = integerSide(rightText);
    const owner =
      left.owner === null || right.owner === null
        ? (left.owner ?? right.owner ?? "header")
        : commonOwner(left.owner, right.owner);
    const test = (of: FlatContext) => {
      const difference = compareHalves(left.hi(of), left.lo(of), right.hi(of), right.lo(of));
      return inOrder(order, difference);
    };
    return this.#pool.test({
      key: `${left.key} ${order} ${right.key}`,
      owner,
      cost: 1,
      onKind: () => null,
      matcher: { kind: "call", test },
    });
  }
}

function isTextual({ type }: Attribute): boolean {
  return type === "text" || type === "list" || type === "json";
}

/** Both names give the code of the record's kind. */
const isRecordKind: ReadonlySet<string> = new Set(["sf.type", "evt.rawres"]);

function codeOf(kind: number): string {
  for (const [code, bit] of kindByCode) {
    if (bit === kind) return code;
  }
  return "";
}

/** The operand as it stands in the file, its quotation marks included. */
function rawText(operand: Operand, { passage }: Context): string {
  return passage.text.slice(operand.span.start, operand.span.end);
}

/** From the first bracket on it is a path, or cut off where no attribute stands before it. */
function textSide(raw: string): TextSide {
  const bracket = raw.indexOf("[");
  const base = bracket < 0 ? raw : raw.slice(0, bracket);
  const attribute = findAttribute(base, "sysflow");
  if (attribute === undefined) {
    const text = trimQuotes(base);
    return { key: JSON.stringify(text), attribute: null, text, read: () => text };
  }
  const plain = (of: FlatContext) => trimQuotes(attribute.text(of) ?? "");
  const path = bracket < 0 ? "" : raw.slice(bracket + 1, -1);
  const { name } = attribute;
  if (path === "" || !isTextual(attribute)) {
    return { key: name, attribute, text: "", read: plain };
  }
  const compiled = compilePath(path);
  const read = (of: FlatContext) => {
    const text = attribute.text(of) ?? "";
    return text === "" ? "" : compiled.get(text);
  };
  return { key: `${name}[${path}]`, attribute, text: "", read };
}

interface IntegerSide {
  readonly key: string;
  readonly owner: Attribute["owner"] | null;
  hi(of: FlatContext): number;
  lo(of: FlatContext): number;
}

function integerSide(raw: string): IntegerSide {
  const attribute = findAttribute(raw, "sysflow");
  const { timeHi, timeLo, number } = attribute ?? {};
  if (attribute !== undefined && timeHi !== undefined && timeLo !== undefined) {
    const hi = (of: FlatContext) => timeHi(of) | 0;
    return { key: attribute.name, owner: attribute.owner, hi, lo: (of) => timeLo(of) >>> 0 };
  }
  if (attribute !== undefined && number !== undefined) {
    const hi = (of: FlatContext) => Math.floor((number(of) || 0) / 2 ** 32);
    const lo = (of: FlatContext) => ((number(of) || 0) % 2 ** 32) >>> 0;
    return { key: attribute.name, owner: attribute.owner, hi, lo };
  }
  const { hi, lo } = halvesOf(raw) ?? { hi: 0, lo: 0 };
  return { key: `${hi}:${lo}`, owner: null, hi: () => hi, lo: () => lo };
}

/** Whether the relation holds for any two pieces. */
function anyTwo(left: string, relation: Relation, right: string): boolean {
  if (!left.includes(",") && !right.includes(",")) {
    return relation(left, right);
  }
  const rights = right.split(",");
  return left.split(",").some((a) => rights.some((b) => relation(a, b)));
}
