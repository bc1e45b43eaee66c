// The query of `#(path operator value)`: reading it, and whether an element's value satisfies it.

import type { Budget } from "./budget.ts";
import { readNumber } from "./number.ts";
import { compareTexts, unescaped } from "./text.ts";
import { meansFalse, type Value } from "./value.ts";
import { matchesPattern } from "./wildcard.ts";

export interface Query {
  /** "" for the element itself. */
  readonly path: string;
  /** "" for a query that only asks whether something exists. */
  readonly operator: string;
  readonly operand: string;
  /** The operand as a number, 0 if it is none. */
  readonly operandNumber: number;
  /** The index after the closing bracket, in the text that was read. */
  readonly end: number;
}

const OPERATORS: readonly string[] = ["!=", "!%", "<=", ">=", "==", "<", ">", "=", "%"];

/** @param text begins with `#(` or `#[`. @returns null where the bracket is not closed */
export function readQuery(text: string): Query | null {
  const found = outline(text);
  if (found === null) {
    return null;
  }
  const { operatorAt, closeAt, hasEscape } = found;
  const end = closeAt + 1;
  if (operatorAt < 0) {
    const path = trimmed(text.slice(2, closeAt));
    return { path, operator: "", operand: "", operandNumber: 0, end };
  }
  const path = trimmed(text.slice(2, operatorAt));
  const comparison = trimmed(text.slice(operatorAt, closeAt));
  const begun = OPERATORS.find((one) => comparison.startsWith(one)) ?? "";
  // A lone "!" is an operator that no value satisfies; before other text it is none.
  const operator = comparison.length === 1 ? comparison : begun;
  const written = trimmed(comparison.slice(operator.length));
  const operand = withoutQuotes(written, hasEscape);
  const operandNumber = readNumber(operand);
  return { path, operator: operator === "==" ? "=" : operator, operand, operandNumber, end };
}

interface Outline {
  /** -1 where there is none. */
  readonly operatorAt: number;
  readonly closeAt: number;
  /** Whether a string in it has a backslash. */
  readonly hasEscape: boolean;
}

/**
 * Brackets nest, quotes protect them, and a backslash protects one character.
 * @returns null where the query's own bracket is not closed
 */
function outline(text: string): Outline | null {
  let depth = 1;
  let operatorAt = -1;
  let hasEscape = false;
  let isString = false;
  for (let at = 2; at < text.length; at++) {
    const letter = text[at] as string;
    if (letter === "\\") {
      hasEscape ||= isString;
      at++;
    } else if (isString) {
      isString = letter !== '"';
    } else if (depth === 1 && operatorAt < 0 && "!=<>%".includes(letter)) {
      operatorAt = at;
    } else if (letter === "[" || letter === "(") {
      depth++;
    } else if (letter === "]" || letter === ")") {
      depth--;
      if (depth === 0) {
        return { operatorAt, closeAt: at, hasEscape };
      }
    } else if (letter === '"') {
      isString = true;
    }
  }
  return null;
}

function withoutQuotes(written: string, hasEscape: boolean): string {
  if (written.length < 2 || !written.startsWith('"') || !written.endsWith('"')) {
    return written;
  }
  const inside = written.slice(1, -1);
  return hasEscape ? unescaped(inside) : inside;
}

/** Without the spaces and control characters around it. */
function trimmed(text: string): string {
  let from = 0;
  let end = text.length;
  while (from < end && text.charCodeAt(from) <= 0x20) {
    from++;
  }
  while (end > from && text.charCodeAt(end - 1) <= 0x20) {
    end--;
  }
  return text.slice(from, end);
}

/** A value that does not exist satisfies only queries for that, with `~`. @throws OverBudget */
export function satisfies(value: Value, query: Query, budget: Budget): boolean {
  if (query.operand.startsWith("~")) {
    const answer = asked(value, query.operand.slice(1));
    return answer !== null && booleanHolds(query.operator, "true", answer);
  }
  return value.exists && (query.operator === "" || compared(value, query, budget));
}

/** What the word after a tilde asks of a value; null for an unknown word. */
function asked(value: Value, word: string): boolean | null {
  switch (word) {
    case "*":
      return value.exists;
    case "null":
      return value.type === "Null";
    case "true":
      return value.isTrue;
    case "false":
      return isFalse(value);
    default:
      return null;
  }
}

function isFalse(value: Value): boolean {
  switch (value.type) {
    case "Null":
    case "False":
      return true;
    case "Number":
      return value.number === 0;
    case "String":
      return meansFalse(value.text);
    default:
      return false;
  }
}

function compared(value: Value, { operand, operandNumber, operator }: Query, budget: Budget) {
  switch (value.type) {
    case "String":
      if (operator === "%" || operator === "!%") {
        return matchesPattern(value.text, operand, budget) === (operator === "%");
      }
      return holds(operator, compareTexts(value.text, operand));
    case "Number":
      return holds(operator, compareNumbers(value.number, operandNumber));
    case "True":
      return booleanHolds(operator, operand, true);
    case "False":
      return booleanHolds(operator, operand, false);
    default:
      return false;
  }
}

/** @param order of value and operand; NaN where they have none, which makes them unequal */
function holds(operator: string, order: number): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return false;
  }
}

function compareNumbers(left: number, right: number): number {
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : left > right ? 1 : Number.NaN;
}

/** True is above false. An operator with `=` toward the other one holds whatever the operand is. */
function booleanHolds(operator: string, operand: string, isTrue: boolean): boolean {
  const outwards = isTrue ? ">" : "<";
  switch (operator) {
    case "=":
      return operand === String(isTrue);
    case "!=":
      return operand !== String(isTrue);
    case outwards:
      return operand === String(!isTrue);
    default:
      return operator === `${outwards}=`;
  }
}
