// Whether a text is JSON and nothing else, as RFC 8259 has it. No tree is built and nothing recurses:
// a document may be nested as deeply as it likes.

import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  kindAt,
  NO_END,
  QUOTE,
  valueKind,
} from "./scan.ts";

const COLON = 0x3a;

export function isValidJson(json: string): boolean {
  /** The closing brackets that are still to come. */
  const open: number[] = [];
  let at = 0;
  while (at !== NO_END) {
    at = afterSpace(json, at);
    const kind = kindAt(json, at);
    if (kind === valueKind.ARRAY || kind === valueKind.OBJECT) {
      const close = kind === valueKind.ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT;
      open.push(close);
      at = afterSpace(json, at + 1);
      if (json.charCodeAt(at) !== close) {
        at = close === CLOSE_OBJECT ? keyEnd(json, at) : at;
        continue;
      }
    } else {
      at = scalarEnd(json, at, kind);
    }
    // After a value, or before the bracket of an empty one.
    at = afterSpace(json, at);
    while (open.length > 0 && json.charCodeAt(at) === open.at(-1)) {
      open.pop();
      at = afterSpace(json, at + 1);
    }
    if (open.length === 0) {
      return at === json.length;
    }
    if (json.charCodeAt(at) !== COMMA) {
      return false;
    }
    at = open.at(-1) === CLOSE_OBJECT ? keyEnd(json, afterSpace(json, at + 1)) : at + 1;
  }
  return false;
}

/** @param at NO_END stays that, here and below: what was to be read is not there */
function afterSpace(json: string, at: number): number {
  let next = at;
  while (isSpace(json.charCodeAt(next))) {
    next++;
  }
  return next;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** After the key and its colon. */
function keyEnd(json: string, at: number): number {
  const end =
    json.charCodeAt(at) === QUOTE ? afterSpace(json, strictStringEnd(json, at + 1)) : NO_END;
  return json.charCodeAt(end) === COLON ? end + 1 : NO_END;
}

function scalarEnd(json: string, at: number, kind: number): number {
  switch (kind) {
    case valueKind.STRING:
      return strictStringEnd(json, at + 1);
    case valueKind.NUMBER:
      return strictNumberEnd(json, at);
    case valueKind.NULL:
      return json.startsWith("null", at) ? at + 4 : NO_END;
    case valueKind.TRUE:
      return json.startsWith("true", at) ? at + 4 : NO_END;
    case valueKind.FALSE:
      return json.startsWith("false", at) ? at + 5 : NO_END;
    default:
      return NO_END;
  }
}

function strictStringEnd(json: string, from: number): number {
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      return at + 1;
    }
    if (code < 0x20) {
      return NO_END;
    }
    if (code === BACKSLASH) {
      at++;
      const isUnit = json[at] === "u" && /^[0-9a-fA-F]{4}$/.test(json.slice(at + 1, at + 5));
      if (!(isUnit || '"\\/bfnrt'.includes(json[at] ?? "u"))) {
        return NO_END;
      }
    }
  }
  return NO_END;
}

function strictNumberEnd(json: string, from: number): number {
  let at = json[from] === "-" ? from + 1 : from;
  at = json[at] === "0" ? at + 1 : digitsEnd(json, at);
  if (json[at] === ".") {
    at = digitsEnd(json, at + 1);
  }
  if (json[at] === "e" || json[at] === "E") {
    at++;
    at = digitsEnd(json, json[at] === "+" || json[at] === "-" ? at + 1 : at);
  }
  return at;
}

/** After one digit or more. */
function digitsEnd(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) >= 0x30 && json.charCodeAt(at) <= 0x39) {
    at++;
  }
  return at > from ? at : NO_END;
}
