// What is wrong with a policy, each with its place. Problems are collected, so that an operator sees
// all of them at once; a load with one error gives no policy at all.

import { nearest } from "../../base/suggest.ts";
import { textWidth } from "../../base/text-width.ts";
import type { Place } from "./source-text.ts";

export type ProblemCode =
  | "POLICY_FILE"
  | "POLICY_LIMIT"
  | "POLICY_SYNTAX"
  | "POLICY_KEY"
  | "POLICY_VALUE"
  | "POLICY_UNKNOWN_ATTRIBUTE"
  | "POLICY_UNKNOWN_NAME"
  | "POLICY_RECURSION"
  | "POLICY_UNSUPPORTED_FIELD"
  | "POLICY_SKIPPED"
  | "POLICY_DOUBTFUL";

export interface Problem {
  readonly severity: "error" | "warning";
  readonly code: ProblemCode;
  /** One line, without a full stop; it names what is wrong and what to do. */
  readonly message: string;
  /** Null where it concerns no place, such as a folder without files. */
  readonly place: Place | null;
}

/** Problems beyond this many are counted only: one mistake can have ten thousand consequences. */
const problemsMax = 200;

/** Looking for the nearest name takes time with each known name, so hostile files get few of them. */
const hintsMax = 100;
const hintNamesMax = 5000;

export class Problems {
  readonly list: Problem[] = [];
  /** Errors that are not in the list for want of room. */
  uncounted = 0;
  errors = 0;
  #hints = 0;

  error(code: ProblemCode, message: string, place: Place | null): void {
    this.errors += 1;
    this.#add({ severity: "error", code, message, place });
  }

  warning(code: ProblemCode, message: string, place: Place | null): void {
    this.#add({ severity: "warning", code, message, place });
  }

  /** What is put behind a message about an unknown word: `; did you mean …?`, or nothing. */
  hint(word: string, known: readonly string[]): string {
    this.#hints += 1;
    if (this.#hints > hintsMax || known.length > hintNamesMax) {
      return "";
    }
    const near = nearest(word, known);
    return near === null ? "" : `; did you mean ${near}?`;
  }

  #add(problem: Problem): void {
    if (this.list.length < problemsMax) this.list.push(problem);
    else this.uncounted += 1;
  }
}

/** Thrown inside a parser and caught where parsing of the condition or item began. */
export class SyntaxFault extends Error {
  /** Offset in the text that is parsed. */
  readonly offset: number;
  readonly code: ProblemCode;

  constructor(message: string, offset: number, code: ProblemCode = "POLICY_SYNTAX") {
    super(message);
    this.name = "SyntaxFault";
    this.offset = offset;
    this.code = code;
  }

  /** The same fault, told of another place. */
  at(offset: number): SyntaxFault {
    return new SyntaxFault(this.message, offset, this.code);
  }
}

/** `file:line:column: message`, the line, and a caret below the column. Not escaped for a terminal. */
export function problemLines(problem: Problem): string[] {
  const { place, message } = problem;
  const word = problem.severity === "warning" ? "warning: " : "";
  if (place === null) {
    return [`${word}${message}`];
  }
  const head = `${place.file}:${place.line}:${place.column}: ${word}${message}`;
  return [head, ...caretLines(place)];
}

/** Columns of a line that are shown before and after a fault. */
const before = 60;
const after = 30;

function caretLines(place: Place): string[] {
  const at = place.column - 1;
  const from = Math.max(0, at - before);
  const left = (from > 0 ? "…" : "") + spaced(place.lineText.slice(from, at));
  const to = at + after;
  const right = spaced(place.lineText.slice(at, to)) + (to < place.lineText.length ? "…" : "");
  return [`  ${left}${right}`, `  ${" ".repeat(textWidth(left))}^`];
}

/** Tabs and other controls as one space each, so that the caret stands where it should. */
function spaced(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}
