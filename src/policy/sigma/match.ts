// One line of a search, such as `Image|endswith: ['/nc', '/ncat']`, as a term of the condition.
// Texts are compared in lower case on both sides, but for `cased` and regular expressions.

import type { Comparison, Expression, Operand, Span } from "../language/ast.ts";
import { SyntaxFault } from "../language/problem.ts";
import type { RawText } from "../load/raw-item.ts";
import { hasAddresses, IpRange } from "../match/ip-range.ts";
import { base64, base64Offsets, bytesOf } from "./encodings.ts";
import type { Field, FieldMap, Target } from "./field-map.ts";
import type { Modifiers } from "./modifiers.ts";
import {
  extended,
  type Pattern,
  patternOf,
  plainPattern,
  plainText,
  withAnyDash,
} from "./pattern.ts";
import { asGlob, asRegex, asSearch } from "./pattern-text.ts";
import { decimalOf, type Scalar, scalarOf, shown } from "./scalar.ts";
import {
  allOf,
  anyOf,
  type Budget,
  compare,
  lower,
  nameOperand,
  negated,
  standingAt,
  textOperand,
} from "./terms.ts";

/** What a line is about. */
export interface Line {
  readonly field: Field;
  /** Of a line without a field: its values are looked for in several attributes. */
  readonly isKeyword: boolean;
  readonly modifiers: Modifiers;
  readonly values: readonly RawText[];
  /** Where it stands. */
  readonly span: Span;
}

export class Matcher {
  readonly #fields: FieldMap;
  readonly #budget: Budget;

  constructor(fields: FieldMap, budget: Budget) {
    this.#fields = fields;
    this.#budget = budget;
  }

  /** @throws SyntaxFault with an offset in the file */
  match(line: Line): Expression {
    const { modifiers, values, span } = line;
    for (const { text, at } of modifiers.hasPlaceholders ? values : []) {
      refusePlaceholders(text, at);
    }
    const together = modifiers.isAll ? null : this.#oneOf(line);
    const terms = together ?? values.map((value) => this.#value(line, value));
    const term = modifiers.isAll ? allOf(terms, span) : anyOf(terms, span);
    return modifiers.isNegated ? negated(term, span) : term;
  }

  /** Two or more plain texts to which one attribute shall be equal: one look-up instead of many. */
  #oneOf({ field, modifiers, values, isKeyword, span }: Line): Expression[] | null {
    const [target, more] = field.kind === "attributes" ? field.targets : [];
    const isWhole = modifiers.kind === "pattern" && modifiers.position === "whole" && !isKeyword;
    if (target === undefined || more !== undefined || values.length < 2 || !isWhole) {
      return null;
    }
    const items: Operand[] = [];
    for (const value of values) {
      const scalar = scalarOf(value);
      const patterns =
        scalar.kind === "null" ? [] : this.#patterns(scalar, modifiers, target, value.at);
      const texts = patterns.map(plainText);
      const isPlain = (text: string | null) =>
        text !== null && text !== "" && !isSplit(target, text);
      if (texts.length === 0 || !texts.every(isPlain)) return null;
      const own = standingAt(value.at);
      for (const text of texts) items.push(textOperand(cased(text as string, modifiers), own));
    }
    this.#budget.take(items.length, span.start);
    const left = leftOperand(target, modifiers, span);
    return [compare(left, "in", { kind: "list", items, isReference: false, span }, span)];
  }

  #value(line: Line, value: RawText): Expression {
    const { field, modifiers } = line;
    const scalar = scalarOf(value);
    const span = standingAt(value.at);
    if (field.kind === "flag") {
      return this.#flag(field.target, field.item, modifiers, scalar, span);
    }
    this.#budget.take(field.targets.length, span.start);
    if (!line.isKeyword && saysAbsent(modifiers, scalar)) {
      // The field has no value where none of its attributes has.
      return allOf(
        field.targets.map((target) => negated(exists(target, span), span)),
        span,
      );
    }
    const terms = field.targets.map((target) =>
      whereHeld(target, this.#ofTarget(line, target, scalar, span), span),
    );
    return anyOf(terms, span);
  }

  /** Of a list in which an item stands or not. */
  #flag(
    target: Target,
    item: string,
    { kind, position }: Modifiers,
    scalar: Scalar,
    span: Span,
  ): Expression {
    const isText = scalar.kind === "text" && /^(true|false)$/i.test(scalar.text);
    if ((scalar.kind !== "boolean" && !isText) || kind !== "pattern" || position !== "whole") {
      throw new SyntaxFault("this field is true or false, and has no modifiers", span.start);
    }
    this.#budget.take(1, span.start);
    const isTrue = scalar.kind === "boolean" ? scalar.value : /^true$/i.test(scalar.text);
    const term = compare(nameOperand(target, span), "=", textOperand(item, span), span);
    return isTrue ? term : negated(term, span);
  }

  #ofTarget(line: Line, target: Target, scalar: Scalar, span: Span): Expression {
    const { modifiers } = line;
    const { start } = span;
    switch (modifiers.kind) {
      case "exists":
        if (scalar.kind !== "boolean") {
          throw new SyntaxFault("exists takes true or false", start);
        }
        return exists(target, span);
      case "number":
        return compare(
          nameOperand(target, span),
          modifiers.comparison,
          textOperand(numberOf(scalar, start), span),
          span,
        );
      case "re":
        return compare(
          nameOperand(target, span),
          "regex",
          regexOperand(modifiers, scalar, span),
          span,
        );
      case "cidr":
        return network(target, plainValue(scalar, start), span);
      case "fieldref":
        return this.#reference(target, plainValue(scalar, start), modifiers, span);
      case "pattern":
        return this.#pattern(line, target, scalar, span);
    }
  }

  #pattern({ modifiers, isKeyword }: Line, target: Target, scalar: Scalar, span: Span): Expression {
    if (isKeyword && scalar.kind === "null") {
      throw new SyntaxFault("null is no keyword", span.start);
    }
    const isAnywhere = isKeyword && modifiers.position === "whole";
    const position = isAnywhere ? "contains" : modifiers.position;
    const before = position === "contains" || position === "endswith";
    const behind = position === "contains" || position === "startswith";
    const terms = this.#patterns(scalar, modifiers, target, span.start).map((pattern) =>
      this.#patternTerm(extended(pattern, before, behind), target, modifiers, span),
    );
    return anyOf(terms, span);
  }

  /** What the value is to be compared as: more than one pattern for base64offset alone. */
  #patterns(scalar: Scalar, modifiers: Modifiers, { attribute }: Target, at: number): Pattern[] {
    const isNumber = attribute.type === "integer" || attribute.type === "time";
    const text = scalar.kind === "number" && isNumber ? scalar.text : plainValue(scalar, at);
    const pattern = patternOf(modifiers.hasPlaceholders ? text.replaceAll("\\%", "%") : text);
    if (modifiers.base64 === "none") {
      return [modifiers.hasAnyDash ? withAnyDash(pattern) : pattern];
    }
    const plain = plainText(pattern);
    if (plain === null) {
      throw new SyntaxFault("a text for base64 has no wildcards: write \\* and \\?", at);
    }
    const bytes = bytesOf(plain, modifiers.utf16);
    if (modifiers.base64 === "whole") {
      return [plainPattern(base64(bytes))];
    }
    if (bytes.length < 2) {
      throw new SyntaxFault("base64offset needs a text of two bytes or more", at);
    }
    return base64Offsets(bytes).map(plainPattern);
  }

  #patternTerm(pattern: Pattern, target: Target, modifiers: Modifiers, span: Span): Expression {
    const left = leftOperand(target, modifiers, span);
    const term = (comparison: Comparison, text: string): Expression =>
      isSplit(target, text) && comparison !== "glob" && comparison !== "regex"
        ? term("glob", asGlob(pattern))
        : compare(left, comparison, textOperand(cased(text, modifiers), span), span);
    const [first, second, third, fourth] = pattern;
    if (first === undefined) {
      return term("=", "");
    }
    const isOpen = "wild" in first && first.wild === "any";
    if (second === undefined) {
      if (isOpen) return exists(target, span);
      if ("text" in first) return term("=", first.text);
    } else if (third === undefined) {
      if (isOpen && "text" in second) return term("endswith", second.text);
      if ("text" in first && "wild" in second && second.wild === "any") {
        return term("startswith", first.text);
      }
    } else if (fourth === undefined && isOpen && "text" in second) {
      if ("wild" in third && third.wild === "any") return term("contains", second.text);
    }
    const hasDash = pattern.some((part) => "wild" in part && part.wild === "dash");
    return hasDash ? term("regex", asRegex(pattern)) : term("glob", asGlob(pattern));
  }

  /** A comparison with another field of the same record. */
  #reference(target: Target, name: string, modifiers: Modifiers, span: Span): Expression {
    const other = this.#fields.find(name);
    if (other.kind === "none") {
      throw new SyntaxFault(other.reason, span.start, "POLICY_UNSUPPORTED_FIELD");
    }
    if (other.kind === "flag") {
      throw new SyntaxFault(`${name} has no value that others can be compared with`, span.start);
    }
    const { position } = modifiers;
    const comparison = position === "whole" ? "=" : position;
    const terms = other.targets.map((right) => {
      const isText = isTextual(target) && isTextual(right) && !modifiers.isCased;
      const [a, b] = [nameOperand(target, span), nameOperand(right, span)];
      const term = isText
        ? compare(lower(a, span), comparison, lower(b, span), span)
        : compare(a, comparison, b, span);
      return whereHeld(right, term, span);
    });
    this.#budget.take(terms.length, span.start);
    return anyOf(terms, span);
  }
}

function saysAbsent({ kind, position, base64, hasAnyDash }: Modifiers, scalar: Scalar): boolean {
  if (kind === "exists") {
    return scalar.kind === "boolean" && !scalar.value;
  }
  const isPlain = kind === "pattern" && position === "whole" && base64 === "none" && !hasAnyDash;
  return isPlain && scalar.kind === "null";
}

/** Of a term about the attribute: it holds only where the field is that attribute. */
function whereHeld({ without }: Target, term: Expression, span: Span): Expression {
  if (without === null) {
    return term;
  }
  const operand: Operand = { kind: "name", name: without, path: null, span };
  return allOf([negated({ kind: "exists", operand, span }, span), term], span);
}

function exists(target: Target, span: Span): Expression {
  return { kind: "exists", operand: nameOperand(target, span), span };
}

/** Numbers have no case. */
function isTextual({ attribute, path }: Target): boolean {
  const { type } = attribute;
  return path !== null || type === "text" || type === "list" || type === "json";
}

function leftOperand(target: Target, { isCased }: Modifiers, span: Span): Operand {
  const name = nameOperand(target, span);
  return isCased || !isTextual(target) ? name : lower(name, span);
}

function cased(text: string, { isCased }: Modifiers): string {
  return isCased ? text : text.toLowerCase();
}

/** A value that takes a text, as it was written. */
function plainValue(scalar: Scalar, at: number): string {
  switch (scalar.kind) {
    case "text":
      return scalar.text;
    case "number":
      return scalar.inFile;
    case "boolean":
      return String(scalar.value);
    case "null":
      throw new SyntaxFault("null has no meaning with this modifier", at);
  }
}

function numberOf(scalar: Scalar, at: number): string {
  const number = scalar.kind === "text" ? decimalOf(scalar.text) : null;
  if (scalar.kind === "number") return scalar.text;
  if (number === null) throw new SyntaxFault("lt, lte, gt and gte take a number", at);
  return number;
}

function regexOperand({ flags }: Modifiers, scalar: Scalar, span: Span): Operand {
  const text = plainValue(scalar, span.start);
  try {
    return textOperand(asSearch(text, flags), span);
  } catch (error) {
    throw error instanceof SyntaxFault ? new SyntaxFault(error.message, span.start) : error;
  }
}

/** A placeholder stands for texts that only who runs the rule can know. */
function refusePlaceholders(text: string, at: number): void {
  const [found] = /(?<!\\)%[\p{L}\p{N}_]+%/u.exec(text) ?? [];
  if (found !== undefined) {
    const message = `nothing is known for the placeholder ${shown(found)}: put values in its place`;
    throw new SyntaxFault(message, at, "POLICY_UNSUPPORTED_FIELD");
  }
}

/** Of an attribute with addresses, a range of them. */
function network(target: Target, text: string, span: Span): Expression {
  if (IpRange.parse(text) === null) {
    const message = `cidr takes a range of addresses such as 10.0.0.0/8, not ${shown(text)}`;
    throw new SyntaxFault(message, span.start);
  }
  if (!hasAddresses(target.name)) {
    throw new SyntaxFault(
      `cidr takes a field with addresses, and ${target.name} has none`,
      span.start,
    );
  }
  return compare(nameOperand(target, span), "in", textOperand(text, span), span);
}

/** Of lists a comma in a text would mean that either part of it is enough. */
function isSplit(target: Target, text: string): boolean {
  return target.path === null && target.attribute.type === "list" && text.includes(",");
}
