// A value in a Sigma rule as YAML's core schema reads it: `null`, `true` and `12` without quotation
// marks are no texts. The YAML reader gives all of them as texts.

import type { RawText, RawValue } from "../load/raw-item.ts";

export type Scalar =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** `text` in decimal, `inFile` as it was written. */
  | { readonly kind: "number"; readonly text: string; readonly inFile: string }
  | { readonly kind: "text"; readonly text: string };

const nulls: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);
const trues: ReadonlySet<string> = new Set(["true", "True", "TRUE"]);
const falses: ReadonlySet<string> = new Set(["false", "False", "FALSE"]);

export function scalarOf({ text, isQuoted }: RawText): Scalar {
  if (isQuoted) {
    return { kind: "text", text };
  }
  if (nulls.has(text)) {
    return { kind: "null" };
  }
  if (trues.has(text) || falses.has(text)) {
    return { kind: "boolean", value: trues.has(text) };
  }
  const decimal = decimalOf(text);
  return decimal === null
    ? { kind: "text", text }
    : { kind: "number", text: decimal, inFile: text };
}

/** A number in decimal, null where the text is none. 64 bits and more keep all their digits. */
export function decimalOf(text: string): string | null {
  if (/^[-+]?[0-9]{1,40}$/.test(text)) {
    return String(BigInt(text.startsWith("+") ? text.slice(1) : text));
  }
  if (/^0x[0-9a-fA-F]{1,32}$/.test(text) || /^0o[0-7]{1,40}$/.test(text)) {
    return String(BigInt(text));
  }
  if (/^[-+]?(\.[0-9]{1,40}|[0-9]{1,40}\.[0-9]{0,40})$/.test(text)) {
    return String(Number(text));
  }
  return null;
}

/** As it is shown in a message, cut where it is long. */
export function shown(text: string): string {
  const line = text.replace(/\p{Cc}/gu, " ");
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

/** What a value is called where it is the wrong one. */
export function kindOf(value: RawValue): string {
  if (value.kind === "list") return "a list";
  if (value.kind === "text") return value.text === "" ? "nothing" : `"${shown(value.text)}"`;
  return "keys with values";
}
