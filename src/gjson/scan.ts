// Where JSON values begin and end in a text. Nothing is validated: broken text gives some end, never
// an error, as GJSON has it, and each function looks at a character at most once.

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_ARRAY = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const SPACE = 0x20;

/** With this bit the brackets of arrays are those of objects. */
const TO_BRACE = 0x20;

/** What a value is, by its first character; NOTHING for a character that begins none. */
export const valueKind = {
  NOTHING: 0,
  STRING: 1,
  OBJECT: 2,
  ARRAY: 3,
  NUMBER: 4,
  NULL: 5,
  TRUE: 6,
  FALSE: 7,
} as const;
export type ValueKind = (typeof valueKind)[keyof typeof valueKind];

/** In place of the index after a string that has no closing quote. */
export const NO_END = -1;

/** The kind of value that begins at `at`. Infinities and NaN count as numbers. */
export function kindAt(json: string, at: number): ValueKind {
  const code = json.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) {
    return valueKind.NUMBER;
  }
  switch (code) {
    case QUOTE:
      return valueKind.STRING;
    case OPEN_OBJECT:
      return valueKind.OBJECT;
    case OPEN_ARRAY:
      return valueKind.ARRAY;
    case 0x2b: // +
    case 0x2d: // -
    case 0x49: // I
    case 0x4e: // N
    case 0x69: // i
      return valueKind.NUMBER;
    case 0x74: // t
      return valueKind.TRUE;
    case 0x66: // f
      return valueKind.FALSE;
    case 0x6e: // n, of null or nan
      return at + 1 < json.length && json.charCodeAt(at + 1) !== 0x75
        ? valueKind.NUMBER
        : valueKind.NULL;
    default:
      return valueKind.NOTHING;
  }
}

/** The index of the first value's first character at or after `from`; the length where none is. */
export function valueStart(json: string, from: number): number {
  let at = from;
  while (at < json.length && kindAt(json, at) === valueKind.NOTHING) {
    at++;
  }
  return at;
}

/** The index after the value of this kind that begins at `at`; or NO_END. */
export function valueEnd(json: string, at: number, kind: ValueKind): number {
  switch (kind) {
    case valueKind.STRING:
      return stringEnd(json, at + 1);
    case valueKind.OBJECT:
    case valueKind.ARRAY:
      return containerEnd(json, at + 1);
    case valueKind.NUMBER:
      return numberEnd(json, at + 1);
    default:
      return wordEnd(json, at + 1);
  }
}

/** @param from the index after the opening quote. @returns that after the closing one, or NO_END */
export function stringEnd(json: string, from: number): number {
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      return at + 1;
    }
    if (code === BACKSLASH) {
      at++;
    }
  }
  return NO_END;
}

/** @param from the index after the opening bracket. Brackets of both kinds close each other. */
export function containerEnd(json: string, from: number): number {
  let depth = 1;
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(json, at + 1);
      if (end === NO_END) {
        return json.length;
      }
      at = end - 1;
    } else if ((code | TO_BRACE) === OPEN_OBJECT) {
      depth++;
    } else if ((code | TO_BRACE) === CLOSE_OBJECT) {
      depth--;
      if (depth === 0) {
        return at + 1;
      }
    }
  }
  return json.length;
}

function numberEnd(json: string, from: number): number {
  let at = from;
  for (; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code <= SPACE || code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      break;
    }
  }
  return at;
}

/** Of `true`, `false` and `null`, whose spelling nobody checks. */
function wordEnd(json: string, from: number): number {
  let at = from;
  while (at < json.length && json.charCodeAt(at) >= 0x61 && json.charCodeAt(at) <= 0x7a) {
    at++;
  }
  return at;
}

/**
 * In a path: the index after what the bracket or the quote at `from` opens. Round brackets count here
 * too, as those of queries.
 */
export function balancedEnd(path: string, from: number): number {
  let depth = 0;
  for (let at = from; at < path.length; at++) {
    switch (path[at]) {
      case '"': {
        const end = stringEnd(path, at + 1);
        if (end === NO_END || depth === 0) {
          return end === NO_END ? path.length : end;
        }
        at = end - 1;
        break;
      }
      case "{":
      case "[":
      case "(":
        depth++;
        break;
      case "}":
      case "]":
      case ")":
        depth--;
        if (depth === 0) {
          return at + 1;
        }
        break;
      default:
    }
  }
  return path.length;
}
