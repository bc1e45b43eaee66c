// `@pretty`: one member a line, and arrays on one line where they fit. Widths are counted in bytes of
// UTF-8. A text that is no JSON gives something, as far as it can be followed.

import type { Budget } from "./budget.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  kindAt,
  NO_END,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  stringEnd,
  valueKind,
  valueStart,
} from "./scan.ts";
import { compareTexts, unescaped } from "./text.ts";
import { MISSING, type Value } from "./value.ts";

interface Layout {
  readonly isSorted: boolean;
  readonly indent: string;
  readonly prefix: string;
  readonly width: number;
}

/** What a part of the text costs besides its length. */
const PART_STEPS = 16;
/** Where an array is not to be squeezed into one line. */
const NO_LIMIT = -1;
/** An array with less room than this is not tried on one line. */
const ROOM_MIN = 4;

/** @param options of the modifier, by name. @throws OverBudget */
export function prettyPrinted(
  json: string,
  options: ReadonlyMap<string, Value>,
  budget: Budget,
): string {
  const printer = new PrettyPrinter(json, layoutOf(options), budget);
  return printer.print();
}

function layoutOf(options: ReadonlyMap<string, Value>): Layout {
  return {
    isSorted: options.get("sortKeys")?.isTrue ?? false,
    indent: options.has("indent") ? onlySpace(options.get("indent")) : "  ",
    prefix: onlySpace(options.get("prefix")),
    width: Math.trunc(options.get("width")?.number ?? 80),
  };
}

function onlySpace({ string }: Value = MISSING): string {
  return string.replace(/[^ \t\n\r]/g, "");
}

/** A member of an object, by the places of its parts. */
interface Printed {
  readonly key: string;
  readonly from: number;
  readonly end: number;
}

class PrettyPrinter {
  readonly #json: string;
  readonly #layout: Layout;
  readonly #budget: Budget;
  readonly #parts: string[] = [];
  /** The length of all parts, and of those before the last line, in bytes. */
  #bytes = 0;
  #lineFrom = 0;
  /** Where to read on. */
  #at = 0;

  constructor(json: string, layout: Layout, budget: Budget) {
    this.#json = json;
    this.#layout = layout;
    this.#budget = budget;
  }

  print(): string {
    if (this.#layout.prefix !== "") {
      this.#put(this.#layout.prefix);
    }
    this.#value(true, 0, NO_LIMIT);
    const text = this.#parts.join("");
    return text === "" ? "" : `${text}\n`;
  }

  #put(part: string): void {
    this.#budget.spend(part.length + PART_STEPS);
    this.#parts.push(part);
    this.#bytes += Buffer.byteLength(part);
  }

  /**
   * The next value, whatever stands before it.
   * @param isSpread false on one line
   * @param room of an array that is tried on one line, or NO_LIMIT
   * @returns false where there is no value, or none that may stand on one line
   */
  #value(isSpread: boolean, depth: number, room: number): boolean {
    const start = valueStart(this.#json, this.#at);
    this.#budget.spend(start - this.#at + 1);
    this.#at = start;
    const kind = kindAt(this.#json, start);
    switch (kind) {
      case valueKind.NOTHING:
        return false;
      case valueKind.STRING:
        this.#string();
        return true;
      case valueKind.OBJECT:
        return this.#container(OPEN_OBJECT, isSpread, depth, room);
      case valueKind.ARRAY:
        return this.#container(OPEN_ARRAY, isSpread, depth, room);
      case valueKind.NUMBER:
        this.#number();
        return true;
      default:
        this.#word(kind === valueKind.NULL ? "null" : kind === valueKind.TRUE ? "true" : "false");
        return true;
    }
  }

  #string(): void {
    const from = this.#at;
    const end = stringEnd(this.#json, from + 1);
    this.#at = end === NO_END ? this.#json.length : end;
    this.#put(this.#json.slice(from, this.#at));
  }

  #number(): void {
    const json = this.#json;
    const from = this.#at;
    do {
      this.#at++;
    } while (this.#at < json.length && !isNumberEnd(json.charCodeAt(this.#at)));
    this.#put(json.slice(from, this.#at));
  }

  /** However it is spelt after its first letter. */
  #word(word: string): void {
    this.#put(word);
    this.#at += word.length;
  }

  #container(open: number, isSpread: boolean, depth: number, room: number): boolean {
    if (isSpread && open === OPEN_ARRAY && this.#onOneLine(depth)) {
      return true;
    }
    this.#budget.descend();
    const isWhole = this.#members(open, isSpread, depth, room);
    this.#budget.ascend();
    return isWhole;
  }

  /** An array that has no object in it, if it fits between here and the width. */
  #onOneLine(depth: number): boolean {
    const room = this.#layout.width - (this.#bytes - this.#lineFrom);
    if (room < ROOM_MIN) {
      return false;
    }
    const { length } = this.#parts;
    const bytes = this.#bytes;
    const at = this.#at;
    if (this.#container(OPEN_ARRAY, false, depth, room) && this.#bytes - bytes <= room) {
      return true;
    }
    this.#parts.length = length;
    this.#bytes = bytes;
    this.#at = at;
    return false;
  }

  /** @returns whether it is closed, if it is an array; objects never count as fit for a line */
  #members(open: number, isSpread: boolean, depth: number, room: number): boolean {
    const json = this.#json;
    const isArray = open === OPEN_ARRAY;
    const close = isArray ? CLOSE_ARRAY : CLOSE_OBJECT;
    const limit = room === NO_LIMIT ? Number.POSITIVE_INFINITY : this.#bytes + room;
    const members: Printed[] = [];
    this.#put(isArray ? "[" : "{");
    this.#at++;
    let count = 0;
    while (this.#at < json.length) {
      this.#budget.spend(1);
      const code = json.charCodeAt(this.#at);
      if (code === close) {
        this.#at++;
        this.#close(isArray, isSpread && count > 0, depth, members);
        return isArray;
      }
      if (code <= SPACE || !(isArray || code === QUOTE)) {
        this.#at++;
        continue;
      }
      if (count > 0) {
        this.#put(",");
        if (isArray) {
          this.#put(" ");
        }
      }
      const isWhole = this.#member(isArray, isSpread, depth, room, members);
      if (room !== NO_LIMIT && (!isWhole || this.#bytes > limit)) {
        return false;
      }
      count++;
    }
    return isArray;
  }

  #member(
    isArray: boolean,
    isSpread: boolean,
    depth: number,
    room: number,
    members: Printed[],
  ): boolean {
    if (isSpread) {
      this.#newLine();
    }
    const from = this.#parts.length;
    const keyFrom = this.#at;
    if (isSpread) {
      this.#indent(depth + 1);
    }
    if (!isArray) {
      this.#string();
      this.#put(":");
      if (isSpread) {
        this.#put(" ");
      }
    }
    const key = isArray ? "" : this.#json.slice(keyFrom + 1, this.#at - 1);
    const isWhole = this.#value(isSpread, depth + 1, room);
    members.push({ key: unescaped(key), from, end: this.#parts.length });
    return isWhole;
  }

  #close(isArray: boolean, isSpread: boolean, depth: number, members: readonly Printed[]): void {
    if (isSpread) {
      if (!isArray && this.#layout.isSorted) {
        this.#sort(members);
      }
      this.#newLine();
      this.#indent(depth);
    }
    this.#put(isArray ? "]" : "}");
  }

  /** A space at the end of a line is not left there. */
  #newLine(): void {
    if (this.#parts.at(-1) === " ") {
      this.#parts[this.#parts.length - 1] = "\n";
      this.#lineFrom = this.#bytes;
    } else {
      // The line's length counts its newline here, as it does in GJSON.
      this.#lineFrom = this.#bytes;
      this.#put("\n");
    }
  }

  #indent(depth: number): void {
    const { prefix, indent } = this.#layout;
    this.#budget.spend(prefix.length + depth * indent.length);
    this.#put(prefix + indent.repeat(depth));
  }

  /** By key, then by value. */
  #sort(members: readonly Printed[]): void {
    const rows = members.map(({ key, from, end }) => {
      return { key, text: this.#parts.slice(from, end).join("") };
    });
    rows.sort((one, other) => {
      return compareTexts(one.key, other.key) || compareTexts(one.text, other.text);
    });
    this.#parts.length = members[0]?.from ?? this.#parts.length;
    this.#parts.push(rows.map(({ text }) => text).join(",\n"));
  }
}

function isNumberEnd(code: number): boolean {
  const isSeparator = code === COMMA || code === 0x3a;
  return code <= SPACE || isSeparator || code === CLOSE_ARRAY || code === CLOSE_OBJECT;
}
