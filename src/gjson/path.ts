// A path, and what each of its components asks of a document. The same text means different things
// in an object, in an array and where a value begins (`#` is a key in an object), and which of these
// is met only the document decides: each meaning is read when it is first needed, and kept.

import { type ModifierName, modifierNames } from "./modifier-names.ts";
import { readMultipath } from "./multipath.ts";
import { type Query, readQuery } from "./query.ts";
import { balancedEnd, containerEnd } from "./scan.ts";

export class Path {
  readonly text: string;
  #start: Start | null = null;
  #inObject: ObjectStep | null = null;
  #inArray: ArrayStep | null = null;

  constructor(text: string) {
    this.text = text;
  }

  /** What to do with a whole value. */
  get start(): Start {
    this.#start ??= readStart(this.text);
    return this.#start;
  }

  /** What to look for among an object's members. */
  get inObject(): ObjectStep {
    this.#inObject ??= readObjectStep(this.text);
    return this.#inObject;
  }

  /** What to look for among an array's elements. */
  get inArray(): ArrayStep {
    this.#inArray ??= readArrayStep(this.text);
    return this.#inArray;
  }
}

/** `rest` is what is applied to the result; null where the path ends. */
export type Start =
  | { readonly kind: "plain" }
  /** The document is a list of values, and this is for the array of them. */
  | { readonly kind: "lines"; readonly path: Path }
  | { readonly kind: "literal"; readonly json: string; readonly rest: Path | null }
  | {
      readonly kind: "modifier";
      readonly name: ModifierName;
      readonly argument: string;
      /** The argument of `@dig`. */
      readonly path: Path;
      readonly rest: Path | null;
    }
  | {
      readonly kind: "multipath";
      readonly isObject: boolean;
      readonly members: readonly SubPath[];
      readonly rest: Path | null;
    };

export interface SubPath {
  /** A JSON string; of no meaning in an array. */
  readonly key: string;
  readonly path: Path;
}

/** Either `rest` or `pipe`, or neither at the path's end. */
interface Continuation {
  /** To be looked for inside what this component finds. */
  readonly rest: Path | null;
  /** To be applied to the raw text of what is found. */
  readonly pipe: Path | null;
}

export interface ObjectStep extends Continuation {
  readonly key: string;
  readonly isPattern: boolean;
}

export interface ArrayStep extends Continuation {
  /** -1 where no index is asked for. */
  readonly index: number;
  /** `#`: the number of elements, or `each`. */
  readonly isCount: boolean;
  /** `#.rest`: what is collected from each element. */
  readonly each: SplitPath | null;
  readonly query: ElementQuery | null;
}

export interface ElementQuery extends Query {
  /** On the element. */
  readonly path: string;
  readonly onElement: Path;
  /** All elements that match, not the first alone. */
  readonly isAll: boolean;
  /** `rest`, up to its first pipe and after it. */
  readonly split: SplitPath | null;
}

/** A path up to its first pipe, and what stands after it. */
export interface SplitPath {
  readonly left: Path;
  readonly right: Path | null;
}

const PLAIN: Start = { kind: "plain" };

function readStart(text: string): Start {
  switch (text[0]) {
    case "@":
      return readModifier(text) ?? PLAIN;
    case "!":
      return readLiteral(text) ?? PLAIN;
    case "[":
    case "{":
      return startOfMultipath(text) ?? PLAIN;
    default:
      return text.startsWith("..") ? { kind: "lines", path: new Path(text.slice(2)) } : PLAIN;
  }
}

/** What follows a modifier, a literal or a multipath: other text than a rest is not looked at. */
function restFrom(text: string, at: number): Path | null {
  return text[at] === "." || text[at] === "|" ? new Path(text.slice(at + 1)) : null;
}

function readModifier(text: string): Start | null {
  const name = modifierAt(text);
  if (name === null) {
    return null;
  }
  // After the name, and the colon of an argument.
  const from = name.length + 2;
  const end = text[from - 1] === ":" ? argumentEnd(text, from) : from - 1;
  const argument = text.slice(from, end);
  return { kind: "modifier", name, argument, path: new Path(argument), rest: restFrom(text, end) };
}

/** A JSON argument ends with itself, any other one at a pipe outside its brackets. */
function argumentEnd(text: string, from: number): number {
  if ('{["'.includes(text.charAt(from))) {
    return balancedEnd(text, from);
  }
  let at = from;
  while (at < text.length && text[at] !== "|") {
    at = '{["('.includes(text[at] as string) ? balancedEnd(text, at) : at + 1;
  }
  return at;
}

function readLiteral(text: string): Start | null {
  if (/^![[{"+\-0-9]/.test(text)) {
    const end = containerEnd(text, 2);
    return { kind: "literal", json: text.slice(1, end), rest: restFrom(text, end) };
  }
  const end = componentEnd(text, 0);
  const json = text.slice(1, end);
  const isWord = /^(true|false|null|nan|inf)$/i.test(json);
  return isWord ? { kind: "literal", json, rest: restFrom(text, end) } : null;
}

function startOfMultipath(text: string): Start | null {
  const multipath = readMultipath(text);
  if (
    multipath === null ||
    !(multipath.end === text.length || ".|".includes(text[multipath.end] as string))
  ) {
    return null;
  }
  return {
    kind: "multipath",
    isObject: text[0] === "{",
    members: multipath.members.map(({ key, path }) => ({ key, path: new Path(path) })),
    rest: restFrom(text, multipath.end),
  };
}

/** The modifier that a text begins with; null for none and for an unknown one. */
function modifierAt(text: string): ModifierName | null {
  const word = /^@([^.|:]*)/.exec(text)?.[1];
  return modifierNames.find((name) => name === word) ?? null;
}

/** The index of the first separator at or after `from`; the length if there is none. */
function componentEnd(text: string, from: number): number {
  const length = text.slice(from).search(/[.|]/);
  return length < 0 ? text.length : from + length;
}

/** Whether a dot before this acts as a pipe: it does before a multipath and before a modifier. */
function isPiped(tail: string): boolean {
  return tail.startsWith("[") || tail.startsWith("{") || modifierAt(tail) !== null;
}

/** @param at the index of the separator after a component, or the length */
function continuation(text: string, at: number, mayPipe: boolean): Continuation {
  if (at >= text.length) {
    return { rest: null, pipe: null };
  }
  const tail = text.slice(at + 1);
  const path = new Path(tail);
  const isPipe = text[at] === "|" || (mayPipe && isPiped(tail));
  return isPipe ? { rest: null, pipe: path } : { rest: path, pipe: null };
}

function readObjectStep(text: string): ObjectStep {
  let key = "";
  let isPattern = false;
  let plainFrom = 0;
  let at = 0;
  for (; at < text.length; at++) {
    const letter = text[at] as string;
    if (letter === "." || letter === "|") {
      break;
    }
    if (letter === "*" || letter === "?") {
      isPattern = true;
    } else if (letter === "\\") {
      key += text.slice(plainFrom, at);
      at++;
      plainFrom = at;
    }
  }
  key += text.slice(plainFrom, at);
  return { key, isPattern, ...continuation(text, at, true) };
}

function readArrayStep(text: string): ArrayStep {
  const isQuery = text.startsWith("#(") || text.startsWith("#[");
  const query = isQuery ? readQuery(text) : null;
  // One that is not closed goes on to the end, and matches nothing.
  const at = isQuery && query === null ? text.length : componentEnd(text, query?.end ?? 0);
  const part = text.slice(0, at);
  const after = continuation(text, at, !part.includes("#"));
  const split = after.rest === null ? null : splitAtPipe(after.rest);
  return {
    ...after,
    index: /^\d+$/.test(part) ? Number(part) : -1,
    isCount: part === "#",
    each: part === "#" ? split : null,
    query: query === null ? null : elementQuery(text, query, split),
  };
}

function elementQuery(text: string, query: Query, split: SplitPath | null): ElementQuery {
  return { ...query, onElement: new Path(query.path), isAll: text[query.end] === "#", split };
}

/** Pipes in the brackets of a query, or of a multipath at the beginning, are not the path's own. */
function splitAtPipe(path: Path): SplitPath {
  const { text } = path;
  const at = text.includes("|") ? pipeIn(text) : text.length;
  return at < text.length
    ? { left: new Path(text.slice(0, at)), right: new Path(text.slice(at + 1)) }
    : { left: path, right: null };
}

/** The index of the first pipe; the length if there is none. */
function pipeIn(text: string): number {
  if (text.startsWith("{")) {
    const end = balancedEnd(text, 0);
    return text[end] === "|" ? end : text.length;
  }
  let at = 0;
  while (at < text.length && text[at] !== "|") {
    if (text[at] === "\\") {
      at++;
    } else if (/^\.#[([]/.test(text.slice(at, at + 3))) {
      at = (readQuery(text.slice(at + 1))?.end ?? text.length) + at;
    }
    at++;
  }
  return Math.min(at, text.length);
}
