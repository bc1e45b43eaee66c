// JSON strings to the text that they mean, and back. Comparing texts is here too: GJSON compares
// UTF-8 bytes, whose order is that of code points and not that of a JavaScript string's units.

import { BACKSLASH, SPACE } from "./scan.ts";

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
};
const REPLACEMENT = "\ufffd";

/** What the inside of a JSON string means. Without a backslash it is taken as it is. */
export function unescaped(inside: string): string {
  return inside.includes("\\") ? decoded(inside) : inside;
}

/** Keeps what it has where an escape is unknown or cut, and at a control character. */
function decoded(inside: string): string {
  let text = "";
  let plainFrom = 0;
  let at = 0;
  while (at < inside.length) {
    const code = inside.charCodeAt(at);
    if (code !== BACKSLASH) {
      if (code < SPACE) {
        return text + inside.slice(plainFrom, at);
      }
      at++;
      continue;
    }
    text += inside.slice(plainFrom, at);
    const letter = inside[at + 1] ?? "";
    if (letter === "u") {
      if (at + 6 > inside.length) {
        return text;
      }
      const isPair = isSurrogate(unitAt(inside, at + 2)) && isWholeEscape(inside, at + 6);
      text += character(inside, at + 2, isPair);
      at += isPair ? 12 : 6;
    } else {
      const plain = SHORT_ESCAPES[letter];
      if (plain === undefined) {
        return text;
      }
      text += plain;
      at += 2;
    }
    plainFrom = at;
  }
  return text + inside.slice(plainFrom);
}

/** Half a pair of surrogates means nothing; two halves that do not fit are one such character. */
function character(inside: string, at: number, isPair: boolean): string {
  const unit = unitAt(inside, at);
  if (!isSurrogate(unit)) {
    return String.fromCharCode(unit);
  }
  const low = isPair ? unitAt(inside, at + 6) : 0;
  const isRight = unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff;
  return isRight ? String.fromCharCode(unit, low) : REPLACEMENT;
}

function isWholeEscape(inside: string, at: number): boolean {
  return inside.startsWith("\\u", at) && at + 6 <= inside.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Four hexadecimal digits; 0 if they are others. */
function unitAt(inside: string, at: number): number {
  const digits = inside.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0;
}

/** A JSON string for this text, with what HTML and old JavaScript would misread escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (one) => {
    return `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Negative, 0 or positive, by code points. */
export function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const one = left.charCodeAt(at);
    const other = right.charCodeAt(at);
    if (one !== other) {
      // A surrogate stands for a character above all others.
      return isSurrogate(one) === isSurrogate(other) ? one - other : isSurrogate(one) ? 1 : -1;
    }
  }
  return left.length - right.length;
}
