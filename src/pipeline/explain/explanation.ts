// Why one record did or did not match one rule: each clause, whether it held, and what it compared.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { Clause } from "./clauses.ts";

export interface ExplainedClause {
  readonly kind: Clause["kind"];
  readonly text: string;
  readonly holds: boolean;
  /** What was compared, by the words of the condition; null where the record has no value. */
  readonly values: Readonly<Record<string, string | null>>;
  readonly parts: readonly ExplainedClause[];
}

/** From 0 to 1: how much of a condition holds. */
export function shareOf(clause: Clause, of: FlatContext): number {
  const { kind, parts } = clause;
  if (clause.holds(of)) {
    return 1;
  }
  switch (kind) {
    case "and":
    case "rule":
      return parts.reduce((sum, part) => sum + shareOf(part, of), 0) / parts.length;
    case "or":
    case "macro":
      return parts.reduce((best, part) => Math.max(best, shareOf(part, of)), 0);
    default:
      return 0;
  }
}

export function explain(clause: Clause, of: FlatContext): ExplainedClause {
  const { kind, operands, parts, text } = clause;
  const values = operands.map(({ name, read }) => [name, shortened(read(of))] as const);
  return {
    kind,
    text,
    holds: clause.holds(of),
    // What is no attribute is a text, which is itself.
    values: Object.fromEntries(values.filter(([name, value]) => name !== value)),
    parts: parts.map((part) => explain(part, of)),
  };
}

const valueMax = 200;

function shortened(value: string | null): string | null {
  return value !== null && value.length > valueMax ? `${value.slice(0, valueMax)}…` : value;
}

/** Of alternatives that do not hold, so many are shown to a person. */
const alternativesShown = 8;

/** A line for each clause. */
export function clauseLines(clause: ExplainedClause, indent = "  "): readonly string[] {
  const { holds, kind, text, values } = clause;
  const seen = Object.entries(values).map(([name, value]) => {
    return `${name} ${value === null ? "has no value" : `is ${JSON.stringify(value)}`}`;
  });
  const behind = seen.length === 0 ? "" : `   (${seen.join(", ")})`;
  const { hidden, shown } = shownParts(clause);
  const below = shown.flatMap((part) => clauseLines(part, `${indent}  `));
  const rest = hidden === 0 ? [] : [`${indent}  no  ${hidden} more`];
  return [`${indent}${holds ? "yes" : "no "} ${wordsOf(kind, text)}${behind}`, ...below, ...rest];
}

/** Long lists of what did not hold hide what did. */
function shownParts({ kind, parts }: ExplainedClause): {
  readonly shown: readonly ExplainedClause[];
  readonly hidden: number;
} {
  if (kind !== "or" || parts.length <= alternativesShown) {
    return { shown: parts, hidden: 0 };
  }
  const first = parts.filter((part) => !part.holds).slice(0, alternativesShown - 1);
  const shown = parts.filter((part) => part.holds || first.includes(part));
  return { shown, hidden: parts.length - shown.length };
}

function wordsOf(kind: ExplainedClause["kind"], text: string): string {
  switch (kind) {
    case "and":
      return "all of";
    case "or":
      return "any of";
    case "not":
      return "not";
    case "rule":
      return "the condition, and none of the exceptions";
    case "macro":
      return `macro ${text}`;
    case "compare":
    case "exists":
      return text;
    default:
      return kind satisfies never;
  }
}
