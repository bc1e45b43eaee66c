// A rule's output: text with the values of fields in it, in Falco's form: `%proc.name`,
// `%proc.aname[2]`, `%30proc.name` (30 characters, cut or filled with spaces), `%tolower(proc.name)`,
// `%sf.ke.message[items.0.name]`. A value that there is none of is <NA>. It is compiled once, and every
// field of it is looked up then, as those of conditions are.

import { nearest } from "../base/suggest.ts";
import type { FlatContext } from "../flatten/attribute.ts";
import { findAttribute, unavailable } from "../flatten/registry.ts";
import { operandValue } from "../policy/compile/value.ts";
import type { Transformer } from "../policy/language/ast.ts";
import { parseOperand } from "../policy/language/parser.ts";
import { Problems, SyntaxFault } from "../policy/language/problem.ts";
import { Passage, SourceFile } from "../policy/language/source-text.ts";

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
/** Falco's own program puts this in the place of the word, which is the name of no field. */
const containerInfo = "%container.name (id=%container.id)";

/** Faulty fields stand in the text as they were written. */
export function compileOutput(source: string): CompiledOutput {
  const compiler = new OutputCompiler(source.replaceAll("%container.info", containerInfo));
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
  readonly part: Part;
  /** Behind it. */
  readonly end: number;
}

class OutputCompiler {
  readonly parts: Part[] = [];
  readonly faults: OutputFault[] = [];
  readonly #source: string;

  /** @param source a `*` at its beginning, with which Falco allows <NA>, is taken off */
  constructor(source: string) {
    this.#source = source;
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
      this.parts.push(source.slice(literal, at), token.part);
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
    const unknown = calls.split("(").find((name) => name !== "" && !isTransformer(name));
    if (unknown !== undefined) {
      const guess = nearest(unknown, transformers);
      const hint = guess === null ? "" : `; did you mean ${guess}?`;
      this.#fault("error", `there is no transformer ${unknown}${hint}`, at);
      return null;
    }
    const nameAt = at + 1 + all.length;
    const nameEnd = endOfName(source, nameAt);
    if (nameEnd === nameAt) {
      this.#fault("error", "a % stands before the name of a field, as in %proc.name", at);
      return null;
    }
    const depth = calls.split("(").length - 1;
    const end = nameEnd + depth;
    if (source.slice(nameEnd, end) !== ")".repeat(depth)) {
      this.#fault("error", `${source.slice(at, nameEnd)} needs a closing parenthesis`, at);
      return null;
    }
    const part = this.#part(source.slice(at + 1 + digits.length, end), width, at);
    return part === null ? null : { part, end };
  }

  /** @param operand as a condition would have it @returns null where there is none such */
  #part(operand: string, width: number | null, at: number): Part | null {
    const shown = (text: string) => (width === null ? text : toWidth(text, width));
    const passage = Passage.verbatim(new SourceFile("", operand), 0, operand.length);
    try {
      const parsed = parseOperand(passage);
      const reading = { passage, span: parsed.span, problems: new Problems() };
      const value = operandValue(parsed, "left", reading);
      return value.kind === "constant"
        ? shown(value.text)
        : (of) => shown(value.text(of) ?? missing);
    } catch (error) {
      if (!(error instanceof SyntaxFault)) {
        throw error;
      }
      if (error.code !== "POLICY_UNSUPPORTED_FIELD") {
        this.#fault("error", error.message, at);
        return null;
      }
      this.#fault("warning", `always ${missing}: ${error.message}`, at);
      return shown(missing);
    }
  }

  #fault(severity: OutputFault["severity"], message: string, at: number): void {
    const field = /^%[^\s,;)]*/.exec(this.#source.slice(at, at + headMax))?.[0] ?? "%";
    this.faults.push({ severity, message, field });
  }
}

const transformers: readonly string[] = [
  "tolower",
  "toupper",
  "b64",
  "basename",
  "len",
  "val",
] satisfies readonly (Transformer | "val")[];

function isTransformer(name: string): boolean {
  return transformers.includes(name);
}

/** What is looked at behind a percent sign for digits and transformers, and for a name. */
const headMax = 100;
const nameMax = 200;

/** Of the longest name that is one: a full stop may follow it. With what is in brackets behind it. */
function endOfName(source: string, start: number): number {
  const name = /^[a-zA-Z][a-zA-Z0-9_.]*/.exec(source.slice(start, start + nameMax))?.[0] ?? "";
  const bracket = start + name.length;
  if (name !== "" && source[bracket] === "[") {
    return endOfBracket(source, bracket) ?? bracket;
  }
  for (let end = name.length; end > 0; end = name.lastIndexOf(".", end - 1)) {
    const shorter = name.slice(0, end);
    if (findAttribute(shorter, "default") !== undefined || unavailable(shorter) !== undefined) {
      return start + end;
    }
  }
  return start + name.replace(/\.+$/, "").length;
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

function toWidth(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length >= width
    ? characters.slice(0, width).join("")
    : text + " ".repeat(width - characters.length);
}
