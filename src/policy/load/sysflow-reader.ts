// Reads a policy file in upstream's own form, which looks like YAML and is none: white space means
// nothing, and a whole rule may stand on one line. Two ways in: to the letter, for the mode "sysflow";
// and leniently, for files that YAML's rules refuse but that upstream reads (a wrong indentation, a
// tab), with conditions left as text for today's parser.

import { type Problems, SyntaxFault } from "../language/problem.ts";
import { Passage, type SourceFile } from "../language/source-text.ts";
import { type SysflowToken, sysflowTokens } from "../language/sysflow-lexer.ts";
import { SysflowParser } from "../language/sysflow-parser.ts";
import { type RawEntry, type RawItem, type RawList, type RawValue, rawText } from "./raw-item.ts";

/** To the letter. Each item with a fault is told of and left out. */
export function readSysflow(file: SourceFile, problems: Problems): RawItem[] {
  const parser = new SysflowParser(sysflowTokens(file.text));
  const items: RawItem[] = [];
  if (parser.next().kind === "end") {
    problems.error("POLICY_SYNTAX", "the file has no items", file.place(0));
  }
  while (parser.next().kind !== "end") {
    const start = parser.at;
    try {
      items.push(new ItemReader(file, parser).item());
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      problems.error(error.code, error.message, file.place(error.offset));
      parser.at = Math.max(parser.at, start + 1);
      while (parser.next().kind !== "end" && !startsItem(parser.tokens, parser.at)) parser.at += 1;
    }
  }
  return items;
}

const itemWords: ReadonlySet<string> = new Set([
  ...["rule", "filter", "drop", "macro", "list", "required_engine_version"],
  "required_plugin_versions",
]);

function startsItem(tokens: readonly SysflowToken[], at: number): boolean {
  return (
    tokens[at]?.text === "-" &&
    itemWords.has(tokens[at + 1]?.text ?? "") &&
    tokens[at + 2]?.kind === "define"
  );
}

/** Words that end a text, wherever they stand in it. */
const endsText: ReadonlySet<string> = new Set([
  ...["desc", "condition", "actions", "output", "priority", "tags", "prefilter", "enabled"],
  ...["warn_evttypes", "skip-if-unknown-filter", "append"],
]);

class ItemReader {
  readonly #file: SourceFile;
  readonly #parser: SysflowParser;
  readonly #entries = new Map<string, RawEntry>();

  constructor(file: SourceFile, parser: SysflowParser) {
    this.#file = file;
    this.#parser = parser;
  }

  // item := "-" (rule | filter | macro | list | required_engine_version)
  item(): RawItem {
    const parser = this.#parser;
    const at = parser.next().start;
    parser.expect("-");
    switch (parser.next().text) {
      case "rule":
        this.#rule();
        break;
      case "filter":
      case "drop":
        this.#key(parser.next().text, () => this.#identifier());
        this.#key("condition", () => this.#condition());
        if (parser.is("enabled")) this.#key("enabled", () => this.#atom());
        break;
      case "macro":
        this.#key("macro", () => this.#identifier());
        this.#key("condition", () => this.#condition());
        if (parser.is("append")) this.#key("append", () => this.#atom());
        break;
      case "list":
        this.#key("list", () => this.#identifier());
        this.#key("items", () => this.#items());
        break;
      case "required_engine_version":
        this.#key("required_engine_version", () => this.#atom());
        break;
      default:
        throw parser.fault("rule, filter, drop, macro, list or required_engine_version");
    }
    if (parser.next().kind !== "end" && !parser.is("-"))
      throw parser.fault("and, or, a key or an item with -");
    return { file: this.#file, at, entries: this.#entries };
  }

  #rule(): void {
    this.#key("rule", () => this.#text());
    this.#key("desc", () => this.#text());
    this.#key("condition", () => this.#condition());
    for (;;) {
      const key = this.#parser.next().text;
      const read = this.#ruleKeys.get(key);
      if (read === undefined) return;
      this.#key(key, read);
    }
  }

  readonly #ruleKeys: ReadonlyMap<string, () => RawValue> = new Map([
    ["output", () => this.#text()],
    ["actions", () => this.#items()],
    ["priority", () => this.#severity()],
    ["tags", () => this.#items()],
    ["prefilter", () => this.#items()],
    ["enabled", () => this.#atom()],
    ["warn_evttypes", () => this.#atom()],
    ["skip-if-unknown-filter", () => this.#atom()],
  ]);

  /** Of keys that come twice the first counts. */
  #key(key: string, read: () => RawValue): void {
    const parser = this.#parser;
    const keyAt = parser.next().start;
    parser.expect(key);
    if (parser.next().kind !== "define") throw parser.fault(":");
    parser.at += 1;
    const value = read();
    if (!this.#entries.has(key)) this.#entries.set(key, { key, keyAt, value });
  }

  #identifier(): RawValue {
    const token = this.#parser.next();
    if (token.kind !== "id") throw this.#parser.fault("a name without quotation marks");
    return this.#atom();
  }

  #atom(): RawValue {
    const { start, text } = this.#parser.next();
    this.#parser.atom();
    return rawText(this.#file, start, text);
  }

  #severity(): RawValue {
    const { kind, start, text } = this.#parser.next();
    if (kind !== "severity") throw this.#parser.fault("a priority such as low, medium or high");
    this.#parser.at += 1;
    return rawText(this.#file, start, text);
  }

  // text := (any token but the words that end one)+
  #text(): RawValue {
    const parser = this.#parser;
    const start = parser.next().start;
    let end = start;
    while (parser.next().kind !== "end" && !endsText.has(parser.next().text)) {
      end = parser.next().end;
      parser.at += 1;
    }
    if (end === start) throw parser.fault("a text");
    return rawText(this.#file, start, this.#file.text.slice(start, end));
  }

  #condition(): RawValue {
    const at = this.#parser.next().start;
    const expression = this.#parser.expression();
    const passage = Passage.verbatim(this.#file, 0, this.#file.text.length);
    return { kind: "condition", condition: { expression, passage }, at };
  }

  #items(): RawList {
    const at = this.#parser.next().start;
    const items = this.#parser.items().map((text): RawValue => {
      return { ...rawText(this.#file, at, ""), text, isQuoted: true };
    });
    return { kind: "list", items, at };
  }
}

/** Every key of today's items, so that none is taken for a part of the text before it. */
const allKeys: ReadonlySet<string> = new Set([
  ...endsText,
  ...["items", "exceptions", "source", "override", "capture", "capture_duration"],
]);

const listKeys: ReadonlySet<string> = new Set(["items", "actions", "tags", "prefilter"]);

/**
 * Leniently: a key is a known word before a colon. Null where the file has no such form, or where it
 * uses what only YAML can say (exceptions and the like).
 */
export function readSysflowLeniently(file: SourceFile): RawItem[] | null {
  const tokens = sysflowTokens(file.text);
  const items: RawItem[] = [];
  let at = 0;
  while (tokens[at]?.kind !== "end") {
    if (!startsItem(tokens, at)) return null;
    const entries = new Map<string, RawEntry>();
    const item: RawItem = { file, at: tokens[at]?.start ?? 0, entries };
    at += 1;
    while (tokens[at]?.kind !== "end" && !startsItem(tokens, at)) {
      const key = tokens[at] as SysflowToken;
      const first = at + 2;
      at = first;
      while (tokens[at]?.kind !== "end" && !startsItem(tokens, at) && !startsKey(tokens, at))
        at += 1;
      const value = lenientValue(file, key.text, tokens.slice(first, at));
      if (value === null) return null;
      if (!entries.has(key.text)) {
        entries.set(key.text, { key: key.text, keyAt: key.start, value });
      }
    }
    items.push(item);
  }
  return items.length === 0 ? null : items;
}

function startsKey(tokens: readonly SysflowToken[], at: number): boolean {
  return allKeys.has(tokens[at]?.text ?? "") && tokens[at + 1]?.kind === "define";
}

function lenientValue(
  file: SourceFile,
  key: string,
  tokens: readonly SysflowToken[],
): RawValue | null {
  const [first] = tokens;
  const last = tokens[tokens.length - 1];
  if (first === undefined || last === undefined || key === "exceptions" || key === "override") {
    return null;
  }
  if (!listKeys.has(key)) {
    const raw = rawText(file, first.start, file.text.slice(first.start, last.end));
    return { ...raw, text: raw.text.replace(/[ \t\r]*\n[ \t\r\n]*/g, " ") };
  }
  if (first.text !== "[" || last.text !== "]") {
    return null;
  }
  const inner = tokens.slice(1, -1).filter((token) => token.text !== ",");
  const items = inner.map((token): RawValue => {
    const isQuoted = token.kind === "string";
    const text = isQuoted ? token.text.slice(1, -1) : token.text;
    return { ...rawText(file, token.start, token.text), text, isQuoted };
  });
  return { kind: "list", items, at: first.start };
}
