// A policy file with its conditions in one form (condition-text.ts). Everything else stays as it is,
// byte for byte. A condition with a comment in it, in quotation marks, or of a form that YAML does not
// have is left alone; and what comes out is read again and must mean the same, or nothing is changed.

import type { Condition, Expression } from "../../policy/language/ast.ts";
import { tokensOf } from "../../policy/language/lexer.ts";
import { parseCondition } from "../../policy/language/parser.ts";
import { Problems, SyntaxFault } from "../../policy/language/problem.ts";
import { SourceFile } from "../../policy/language/source-text.ts";
import type { RawEntry, RawItem, RawText } from "../../policy/load/raw-item.ts";
import { readYaml } from "../../policy/load/yaml-reader.ts";
import { ConditionPrinter } from "./condition-text.ts";

const columns = 100;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @returns the new text, equal to the old where there is nothing to do or `problems` has errors */
export function formatFile(file: SourceFile, problems: Problems): string {
  const before = conditionsOf(file, problems);
  if (problems.errors > 0) {
    return file.text;
  }
  const edits = before.flatMap(({ condition, entry }) => editOf(file, entry, condition) ?? []);
  const text = edited(file.text, edits);
  const after = conditionsOf(new SourceFile(file.name, text), new Problems());
  const isSame =
    after.length === before.length &&
    before.every(({ condition }, i) => meaning(condition) === meaning(after[i]?.condition ?? null));
  if (!isSame) {
    problems.error("POLICY_SYNTAX", "cannot be brought into form: left as it is", file.place(0));
    return file.text;
  }
  return text;
}

interface Found {
  readonly entry: RawEntry & { readonly value: RawText };
  /** Null where it is none. */
  readonly condition: Condition | null;
}

function conditionsOf(file: SourceFile, problems: Problems): readonly Found[] {
  const { fault, items } = readYaml(file, problems);
  if (fault !== null) {
    problems.error("POLICY_SYNTAX", `not YAML: ${fault.message}`, file.place(fault.at));
  }
  return items.flatMap((item) => conditionOf(item, problems) ?? []);
}

function conditionOf(item: RawItem, problems: Problems): Found | null {
  const entry = item.entries.get("condition");
  if (entry === undefined || entry.value.kind !== "text") {
    return null;
  }
  const found = { ...entry, value: entry.value };
  try {
    return { entry: found, condition: parseCondition(entry.value.passage) };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) {
      throw error;
    }
    // One that is appended to another need not be a condition by itself.
    if (!isAppended(item)) {
      problems.error(error.code, error.message, entry.value.passage.place(error.offset));
    }
    return { entry: found, condition: null };
  }
}

function isAppended({ entries }: RawItem): boolean {
  return entries.has("append") || entries.has("override");
}

function editOf(file: SourceFile, entry: Found["entry"], condition: Condition | null): Edit | null {
  const { keyAt, value } = entry;
  const { passage } = value;
  if (condition === null || value.isQuoted || hasComment(passage.text)) {
    return null;
  }
  const start = file.text.indexOf(":", keyAt) + 1;
  const textStart = file.text.indexOf(passage.text, value.at);
  const end = textStart + passage.text.trimEnd().length;
  const lineStart = file.text.lastIndexOf("\n", keyAt) + 1;
  const column = keyAt - lineStart;
  const printer = new ConditionPrinter(condition, columns - column - 2);
  const flat = printer.flat(condition.expression);
  if (flat.includes("\n")) {
    return null;
  }
  const fits = column + "condition: ".length + flat.length <= columns && isPlain(flat);
  const lines = printer.lines(condition.expression);
  const block = [" >", ...lines.map((line) => " ".repeat(column + 2) + line)].join("\n");
  const text = fits ? ` ${flat}` : block;
  return file.text.slice(start, end) === text ? null : { start, end, text };
}

function hasComment(text: string): boolean {
  let end = 0;
  for (const token of tokensOf(text)) {
    if (text.slice(end, token.start).includes("#")) {
      return true;
    }
    end = token.end;
  }
  return false;
}

/** Whether YAML takes it for itself without quotation marks. */
function isPlain(text: string): boolean {
  return /^[A-Za-z(]/.test(text) && !/: |:$| #/.test(text);
}

function edited(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of edits) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** A text that is the same for two conditions which mean the same, whatever stands between words. */
function meaning(condition: Condition | null): string {
  return condition === null ? "" : shape(condition.expression);
}

function shape(value: Expression | unknown): string {
  return JSON.stringify(value, (key, part) => (key === "span" ? undefined : part));
}
