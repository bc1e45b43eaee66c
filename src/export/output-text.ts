// A rule's output: text with the values of fields in it, in Falco's form: `%proc.name`,
// `%proc.aname[2]`, `%30proc.name` (30 characters, cut or filled with spaces), `%tolower(proc.name)`. A
// value that there is none of is <NA>. It is compiled once, and every field of it is looked up then.

import { nearest } from "../base/suggest.ts";
import type { Attribute, AttributeMode, FlatContext } from "../flatten/attribute.ts";
import { attributes, findAttribute, unavailable } from "../flatten/registry.ts";

/** @returns the text for a record; it may hold control characters, as names of files do */
export type OutputText = (of: FlatContext) => string;

/** What is wrong in the text, or of no use there. */
export interface OutputFault {
  /** A warning where the text can be used, with <NA> in that place. */
  readonly severity: "error" | "warning";
  readonly message: string;
  /** As it stands in the text, from its percent sign on. */
  readonly field: string;
}

export interface CompiledOutput {
  readonly text: OutputText;
  readonly faults: readonly OutputFault[];
}

/** A literal, or what a field's value is read with. */
type Part = string | OutputText;

const missing = "<NA>";
const widthMax = 1000;
const fieldsMax = 200;

const transformers: Readonly<Record<string, (text: string) => string>> = {
  tolower: (text) => text.toLowerCase(),
  toupper: (text) => text.toUpperCase(),
  b64: (text) => Buffer.from(text, "base64").toString(),
  basename: (text) => text.slice(text.lastIndexOf("/") + 1),
  len: (text) => String(Array.from(text).length),
};

/** Faulty fields stand in the text as they were written. */
export function compileOutput(source: string, mode: AttributeMode): CompiledOutput {
  const compiler = new OutputCompiler(source, mode);
  compiler.compile();
  const { faults, parts } = compiler;
  return { text: (of) => joined(parts, of), faults };
}

function joined(parts: readonly Part[], of: FlatContext): string {
  let text = "";
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Part;
    text += typeof part === "string" ? part : part(of);
  }
  return text;
}

/** What stands behind a percent sign. */
interface Token {
  /** How many characters the value is to have; null: as many as it has. */
  readonly width: number | null;
  /** The outermost first. */
  readonly calls: readonly string[];
  readonly attribute: Attribute | null;
  /** Behind it. */
  readonly end: number;
}

class OutputCompiler {
  readonly parts: Part[] = [];
  readonly faults: OutputFault[] = [];
  readonly #source: string;
  readonly #mode: AttributeMode;

  /** @param source a `*` at its beginning, with which Falco allows <NA>, is taken off */
  constructor(source: string, mode: AttributeMode) {
    this.#source = source;
    this.#mode = mode;
  }

  compile(): void {
    const source = this.#source;
    let literal = source.startsWith("*") ? 1 : 0;
    let at = source.indexOf("%", literal);
    let fields = 0;
    while (at >= 0) {
      const token = this.#token(at);
      if (token === null) {
        at = source.indexOf("%", at + 1);
        continue;
      }
      fields += 1;
      if (fields > fieldsMax) {
        this.#fault("error", `an output has at most ${fieldsMax} fields`, at);
        break;
      }
      this.parts.push(source.slice(literal, at), partOf(token));
      literal = token.end;
      at = source.indexOf("%", literal);
    }
    this.parts.push(source.slice(literal));
  }

  /** @returns null where it is no field; faults then says why */
  #token(at: number): Token | null {
    const source = this.#source;
    const head = /^([0-9]*)((?:[a-z0-9]+\()*)/.exec(source.slice(at + 1, at + 1 + headMax));
    const [all = "", digits = "", calls = ""] = head ?? [];
    const width = digits === "" ? null : Number(digits);
    if (width !== null && width > widthMax) {
      this.#fault("error", `%${digits}: a value is cut to at most ${widthMax} characters`, at);
      return null;
    }
    const names = calls.split("(").slice(0, -1);
    const unknown = names.find((name) => !Object.hasOwn(transformers, name));
    if (unknown !== undefined) {
      this.#fault(
        "error",
        `there is no transformer ${unknown}${hint(unknown, transformerNames)}`,
        at,
      );
      return null;
    }
    const nameAt = at + 1 + all.length;
    const found = this.#field(nameAt, at);
    if (found === null) {
      return null;
    }
    const end = found.end + names.length;
    if (source.slice(found.end, end) !== ")".repeat(names.length)) {
      this.#fault("error", `${source.slice(at, found.end)} needs a closing parenthesis`, at);
      return null;
    }
    return { width, calls: names, attribute: found.attribute, end };
  }

  /** The longest name that is one: a full stop may follow it. @param at of the percent sign */
  #field(nameAt: number, at: number): { attribute: Attribute | null; end: number } | null {
    const source = this.#source;
    const name = /^[a-zA-Z][a-zA-Z0-9_.]*/.exec(source.slice(nameAt, nameAt + nameMax))?.[0] ?? "";
    if (name === "") {
      this.#fault("error", "a % stands before the name of a field, as in %proc.name", at);
      return null;
    }
    const bracketEnd =
      source[nameAt + name.length] === "[" ? endOfBracket(source, nameAt + name.length) : null;
    if (bracketEnd !== null) {
      const known = this.#known(source.slice(nameAt, bracketEnd), at);
      return known === undefined ? null : { attribute: known, end: bracketEnd };
    }
    for (let end = name.length; end > 0; end = name.lastIndexOf(".", end - 1)) {
      const shorter = name.slice(0, end);
      if (findAttribute(shorter, this.#mode) !== undefined || unavailable(shorter) !== undefined) {
        const known = this.#known(shorter, at);
        return known === undefined ? null : { attribute: known, end: nameAt + end };
      }
    }
    this.#known(name.replace(/\.+$/, ""), at);
    return null;
  }

  /** @returns null for a field of Falco's that no record has; undefined where there is none such */
  #known(name: string, at: number): Attribute | null | undefined {
    const attribute = findAttribute(name, this.#mode);
    if (attribute !== undefined) {
      return attribute;
    }
    const why = unavailable(name);
    if (why !== undefined) {
      this.#fault("warning", `${name} is always ${missing}: ${why}`, at);
      return null;
    }
    this.#fault("error", `there is no field ${name}${hint(name, names())}`, at);
    return undefined;
  }

  #fault(severity: OutputFault["severity"], message: string, at: number): void {
    const field = /^%[^\s,;)]*/.exec(this.#source.slice(at, at + headMax))?.[0] ?? "%";
    this.faults.push({ severity, message, field });
  }
}

/** What is looked at behind a percent sign for digits and transformers, and for a name. */
const headMax = 100;
const nameMax = 200;
const transformerNames = Object.keys(transformers);

function names(): readonly string[] {
  return attributes.map(({ name }) => name);
}

function hint(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return guess === null ? "" : `; did you mean ${guess}?`;
}

/** Of brackets within brackets and quotes, as JSON paths have them. @returns null where none closes */
function endOfBracket(source: string, start: number): number | null {
  let depth = 0;
  let quote = "";
  for (let i = start; i < source.length; i++) {
    const character = source[i] as string;
    if (quote !== "") {
      quote = character === quote ? "" : quote;
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (character === "[") {
      depth += 1;
    } else if (character === "]") {
      depth -= 1;
      if (depth === 0) {
        return i + 1;
      }
    }
  }
  return null;
}

function partOf({ attribute, calls, width }: Token): Part {
  const inner = calls.toReversed();
  const shown = (text: string) => (width === null ? text : toWidth(text, width));
  if (attribute === null) {
    return shown(missing);
  }
  return (of) => {
    let text = attribute.text(of);
    for (let i = 0; text !== null && i < inner.length; i++) {
      text = transformers[inner[i] as string]?.(text) ?? null;
    }
    return shown(text ?? missing);
  };
}

function toWidth(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length >= width
    ? characters.slice(0, width).join("")
    : text + " ".repeat(width - characters.length);
}
