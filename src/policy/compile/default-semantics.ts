// Today's meaning of comparisons. A missing text equals "" and has no other relation to anything;
// `!=` is the opposite of `=`. With a missing number no comparison holds, not even `!=`. Of a list a comparison holds where it holds for one item. Numbers are
// compared as numbers, addresses with ranges too. Commas mean nothing, but in literals compared with
// lists, where upstream's rule holds: `sf.opflags = "OPEN,CLOSE"` is either.

import type { FlatContext } from "../../flatten/attribute.ts";
import { kindByCode } from "../../flatten/record-kinds.ts";
import type { Comparison, Operand } from "../language/ast.ts";
import { limits } from "../language/limits.ts";
import { type Problems, SyntaxFault } from "../language/problem.ts";
import { Glob } from "../match/glob.ts";
import { hasAddresses, IpRange } from "../match/ip-range.ts";
import { finds, type LiteralKind } from "../match/literal-kind.ts";
import type { MakeRegex } from "../match/regex.ts";
import { fieldComparison } from "./field-comparison.ts";
import { bytesOf } from "./literals.ts";
import type { Node, NodePool, Test } from "./node.ts";
import { numberEquality, numberOrder } from "./number-tests.ts";
import type { Context, ReadOperand, Semantics } from "./semantics.ts";
import { type ConstantValue, operandValue, type Side, type Value } from "./value.ts";

export class DefaultSemantics implements Semantics {
  readonly #pool: NodePool;
  readonly #problems: Problems;
  /** Null where no condition has a regular expression. */
  readonly #makeRegex: MakeRegex | null;
  #regexes = 0;

  constructor(pool: NodePool, problems: Problems, makeRegex: MakeRegex | null) {
    this.#pool = pool;
    this.#problems = problems;
    this.#makeRegex = makeRegex;
  }

  reader(operand: Operand, context: Context): ReadOperand {
    const value = this.#value(operand, "right", context);
    return value.kind === "constant" ? () => value.text : (of) => value.text(of);
  }

  exists(operand: Operand, context: Context): Node {
    const value = this.#value(operand, "left", context);
    if (value.kind === "constant") {
      return this.#pool.constantTrue;
    }
    return this.#existing(value);
  }

  #existing(of: Value): Node {
    const { number } = of;
    const test =
      number === undefined
        ? (record: FlatContext) => of.text(record) !== null
        : (record: FlatContext) => !Number.isNaN(number(record));
    return this.#call(of, "exists", number === undefined ? of.cost : 1, false, test);
  }

  compare(left: Operand, comparison: Comparison, right: Operand, context: Context): Node {
    const value = this.#value(left, "left", context);
    const other = this.#value(right, "right", context);
    if (other.kind === "constant") {
      return this.#withTexts(value, comparison, [other.text], context);
    }
    if (value.kind === "constant") {
      const mirrored = mirror[comparison];
      if (mirrored === undefined) {
        const message = `an attribute must stand to the left of ${comparison}`;
        throw new SyntaxFault(message, left.span.start);
      }
      return this.#withTexts(other, mirrored, [value.text], context);
    }
    return fieldComparison(this.#pool, value, comparison, other, context);
  }

  compareAny(
    left: Operand,
    comparison: Comparison,
    members: readonly string[],
    context: Context,
  ): Node {
    const value = this.#value(left, "left", context);
    return this.#withTexts(value, comparison, members, context);
  }

  #value(operand: Operand, side: Side, context: Context): Value | ConstantValue {
    return operandValue(operand, side, { ...context, problems: this.#problems });
  }

  #withTexts(
    value: Value | ConstantValue,
    comparison: Comparison,
    texts: readonly string[],
    context: Context,
  ): Node {
    const of = value.kind === "constant" ? constantAsValue(value) : value;
    switch (comparison) {
      case "=":
      case "in":
      case "intersects":
        return this.#equal(of, texts, context);
      case "!=":
        return this.#unequal(of, texts, context);
      case "<":
      case "<=":
      case ">":
      case ">=":
        return this.#any(texts, (text) => numberOrder(this.#pool, of, comparison, text, context));
      case "contains":
        return this.#literal(of, "contains", texts);
      case "icontains":
        return this.#literal(
          lowered(of),
          "contains",
          texts.map((text) => text.toLowerCase()),
        );
      case "startswith":
        return this.#literal(of, "prefix", texts);
      case "endswith":
        return this.#literal(of, "suffix", texts);
      case "pmatch":
        return this.#pathMatch(of, texts);
      case "glob":
      case "iglob":
        return this.#any(texts, (text) => this.#glob(of, comparison, text, context));
      case "regex":
        return this.#any(texts, (text) => this.#regex(of, text, context));
      case "bcontains":
      case "bstartswith":
        return this.#any(texts, (text) => this.#bytes(of, comparison, text, context));
    }
  }

  #any(texts: readonly string[], make: (text: string) => Node): Node {
    return this.#pool.or(texts.map(make));
  }

  #equal(of: Value, texts: readonly string[], context: Context): Node {
    if (of.number !== undefined) {
      return numberEquality(this.#pool, of, texts, (message) => this.#doubt(message, context));
    }
    const exact: string[] = [];
    const ranges: IpRange[] = [];
    for (const text of texts) {
      const range = hasAddresses(of.key) ? IpRange.parse(text) : null;
      if (range === null) exact.push(text);
      else ranges.push(range);
    }
    const node = this.#literal(of, "equal", exact);
    if (ranges.length === 0) {
      return node;
    }
    const has = (text: string) => ranges.some((range) => range.has(text));
    const names = texts.filter((text) => text.includes("/")).join(",");
    return this.#pool.or([node, this.#callText(of, `range ${names}`, 5 * ranges.length, has)]);
  }

  /** A number that is not known is neither equal to another nor different from it. */
  #unequal(of: Value, texts: readonly string[], context: Context): Node {
    const unequal = this.#pool.not(this.#equal(of, texts, context));
    if (of.number === undefined) {
      return unequal;
    }
    return this.#pool.and([unequal, this.#existing(of)]);
  }

  /** Upstream means "contains one"; Falco, whose names these are, a path or what lies below it. */
  #pathMatch(of: Value, texts: readonly string[]): Node {
    const paths = of.key.startsWith("sf.") ? [] : texts.filter((text) => text.startsWith("/"));
    const others = texts.filter((text) => !paths.includes(text));
    const folders = paths.map((path) => path.replace(/\/+$/, ""));
    return this.#pool.or([
      this.#literal(of, "contains", others),
      this.#literal(
        of,
        "equal",
        folders.filter((path) => path !== ""),
      ),
      this.#literal(
        of,
        "prefix",
        folders.map((path) => `${path}/`),
      ),
    ]);
  }

  #glob(of: Value, comparison: "glob" | "iglob", pattern: string, context: Context): Node {
    checkLength(pattern, comparison, context);
    const glob = new Glob(pattern, comparison === "iglob");
    return this.#callText(of, `${comparison} ${pattern}`, 20, (text) => glob.matches(text));
  }

  #regex(of: Value, pattern: string, context: Context): Node {
    checkLength(pattern, "regex", context);
    this.#regexes += 1;
    if (this.#regexes > limits.regexes) {
      const message = `there are more than ${limits.regexes} regular expressions`;
      throw new SyntaxFault(message, context.span.start, "POLICY_LIMIT");
    }
    const regex = this.#makeRegex?.(pattern) ?? { why: "regular expressions were not loaded" };
    if ("why" in regex) {
      const message = `not a regular expression: ${regex.why}`;
      throw new SyntaxFault(message, context.span.start, "POLICY_VALUE");
    }
    return this.#callText(of, `regex ${pattern}`, 50, (text) => regex.matches(text));
  }

  #bytes(of: Value, comparison: Comparison, hex: string, context: Context): Node {
    const bytes = bytesOf(hex);
    if (bytes === null) {
      const message = `${comparison} needs bytes as hexadecimal digits, such as 7f454c46, not ${hex}`;
      throw new SyntaxFault(message, context.span.start, "POLICY_VALUE");
    }
    const isStart = comparison === "bstartswith";
    return this.#callText(of, `${comparison} ${hex.toLowerCase()}`, 20, (text) => {
      const at = Buffer.from(text).indexOf(bytes);
      return isStart ? at === 0 : at >= 0;
    });
  }

  #literal(of: Value, how: LiteralKind, texts: readonly string[]): Node {
    const { items } = of;
    // Upstream's rule of commas, which holds for lists.
    const literals = [
      ...new Set(items === undefined ? texts : texts.flatMap((text) => text.split(","))),
    ];
    if (literals.length === 0) {
      return this.#pool.constantFalse;
    }
    if (of.isRecordKind) {
      return this.#recordKind(of, how, literals);
    }
    const column = {
      key: of.key,
      owner: of.owner,
      read: (record: FlatContext) => of.text(record),
      ...(items === undefined ? {} : { items }),
    };
    const isMissing = how === "equal" && literals.includes("");
    const test: Test = {
      key: `${of.key} ${how} ${JSON.stringify(literals.sort())}`,
      owner: of.owner,
      cost: of.cost + (how === "contains" ? 3 : 1),
      onKind: (kind) => ((of.kinds & kind) === 0 ? isMissing : null),
      matcher: { kind: "literal", column, how, literals },
    };
    return this.#pool.test(test);
  }

  /** Known from the kind of a record alone. */
  #recordKind(of: Value, how: LiteralKind, literals: readonly string[]): Node {
    const codes = [...kindByCode].filter(([code]) =>
      literals.some((text) => finds[how](code, text)),
    );
    const kinds = codes.reduce((sum, [, bit]) => sum | bit, 0);
    const has = (code: string | null) => codes.some(([each]) => each === code);
    return this.#pool.test({
      key: `${of.key} ${kinds}`,
      owner: of.owner,
      cost: 1,
      onKind: (kind) => (kinds & kind) !== 0,
      matcher: { kind: "call", test: (record) => has(of.text(record)) },
    });
  }

  /** A test of the text, or of one item of a list, that a missing value does not pass. */
  #callText(of: Value, what: string, cost: number, has: (text: string) => boolean): Node {
    const { items } = of;
    return this.#call(of, what, cost + of.cost, false, (record) => {
      if (items !== undefined) {
        return items(record)?.some(has) ?? false;
      }
      const text = of.text(record);
      return text !== null && has(text);
    });
  }

  #call(
    of: Value,
    what: string,
    cost: number,
    whenMissing: boolean,
    test: (of: FlatContext) => boolean,
  ): Node {
    const { key, owner, kinds } = of;
    return this.#pool.test({
      key: `${key} ${what}`,
      owner,
      cost,
      onKind: (kind) => ((kinds & kind) === 0 ? whenMissing : null),
      matcher: { kind: "call", test },
    });
  }

  #doubt(message: string, { passage, span }: Context): void {
    this.#problems.warning("POLICY_DOUBTFUL", message, passage.place(span.start));
  }
}

/** With the sides exchanged. */
const mirror: Readonly<Partial<Record<Comparison, Comparison>>> = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function lowered(of: Value): Value {
  const { items } = of;
  return {
    ...of,
    key: `tolower(${of.key})`,
    isRecordKind: false,
    text: (record) => of.text(record)?.toLowerCase() ?? null,
    ...(items === undefined
      ? {}
      : { items: (record) => items(record)?.map((item) => item.toLowerCase()) ?? null }),
  };
}

/** A text to the left, as in `1 = 1`: upstream's policies have such. */
function constantAsValue({ text }: ConstantValue): Value {
  return {
    kind: "value",
    key: JSON.stringify(text),
    type: "text",
    owner: "header",
    kinds: -1,
    cost: 1,
    isRecordKind: false,
    least: null,
    text: () => text,
  };
}

function checkLength(pattern: string, comparison: string, { span }: Context): void {
  if (pattern.length > limits.regexLength) {
    const message = `a pattern for ${comparison} has at most ${limits.regexLength} characters`;
    throw new SyntaxFault(message, span.start, "POLICY_LIMIT");
  }
}
