// Reads a policy file as YAML, all scalars as texts. Conditions are taken as they stand in the file,
// so that a fault in them has its true place and `#` begins a comment in folded text too. Aliases are
// followed within a budget: ten short lines can mean ten thousand million values.

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseAllDocuments,
  Scalar,
} from "yaml";
import { limits } from "../language/limits.ts";
import type { Problems } from "../language/problem.ts";
import { Passage, type SourceFile } from "../language/source-text.ts";
import type { RawEntry, RawItem, RawValue } from "./raw-item.ts";

/** The first thing that is no YAML, or null; the caller may then try upstream's form. */
export interface YamlFault {
  readonly message: string;
  readonly at: number;
}

export interface YamlItems {
  readonly items: readonly RawItem[];
  readonly fault: YamlFault | null;
}

/** Problems with YAML's structure go to `problems`, except a fault that makes it no YAML at all. */
export function readYaml(file: SourceFile, problems: Problems): YamlItems {
  const documents = readYamlDocuments(file, problems);
  if ("message" in documents) {
    return { items: [], fault: documents };
  }
  const items: RawItem[] = [];
  for (const document of documents) {
    if (document.kind !== "list") {
      const message = "a policy file is a list of items that begin with -";
      return { items: [], fault: { message, at: document.at } };
    }
    for (const value of document.items) {
      if (value.kind === "map") {
        items.push({ file, at: value.at, entries: value.entries });
      } else {
        const message = "an item has keys, such as rule: and condition:";
        problems.error("POLICY_SYNTAX", message, file.place(value.at));
      }
    }
  }
  return { items, fault: null };
}

/** What the documents of a file say. Empty ones are left out, and those that mean too much. */
export function readYamlDocuments(
  file: SourceFile,
  problems: Problems,
): readonly RawValue[] | YamlFault {
  const documents = parse(file);
  if ("message" in documents) {
    return documents;
  }
  const values: RawValue[] = [];
  const budget = { values: limits.yamlValues };
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      return { message: sentence(error.message), at: error.pos[0] };
    }
    const value = new DocumentReader(file, document, problems, budget).whole();
    if (value !== null) values.push(value);
  }
  return values;
}

function parse(file: SourceFile): readonly Document[] | YamlFault {
  try {
    return parseAllDocuments(file.text, {
      schema: "failsafe",
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    }) as Document[];
  } catch (error) {
    return { message: sentence(String(error)), at: 0 };
  }
}

/** The library's words as a part of one line. It descends by calls and knows no limit but the stack. */
function sentence(message: string): string {
  if (message.includes("call stack")) {
    return "it nests too deeply";
  }
  const line = message.split("\n", 1)[0] ?? "";
  return line.charAt(0).toLowerCase() + line.slice(1);
}

class TooMuch extends Error {}

class DocumentReader {
  readonly #file: SourceFile;
  readonly #document: Document;
  readonly #problems: Problems;
  readonly #budget: { values: number };
  readonly #anchors = new Map<string, unknown>();

  /** @param budget what may still be read of the file */
  constructor(
    file: SourceFile,
    document: Document,
    problems: Problems,
    budget: { values: number },
  ) {
    this.#file = file;
    this.#document = document;
    this.#problems = problems;
    this.#budget = budget;
  }

  /** Null where there is nothing, or too much; `problems` then has the limit. */
  whole(): RawValue | null {
    const { contents } = this.#document;
    if (contents === null || (isScalar(contents) && contents.value === "")) {
      return null;
    }
    try {
      return this.#value(contents, 0);
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      this.#problems.error("POLICY_LIMIT", error.message, this.#file.place(startOf(contents)));
      return null;
    }
  }

  #value(node: unknown, depth: number): RawValue {
    this.#budget.values -= 1;
    if (this.#budget.values < 0) {
      throw new TooMuch(`the file has more than ${limits.yamlValues} values, aliases followed`);
    }
    if (depth > limits.yamlDepth) {
      throw new TooMuch(`the file nests deeper than ${limits.yamlDepth}`);
    }
    const at = startOf(node);
    if (isAlias(node)) {
      // Found here and not by the library, which would search the document at each alias.
      const target = this.#anchors.get(node.source);
      return target === undefined ? this.#empty(at) : this.#value(target, depth + 1);
    }
    if (isNode(node) && node.anchor !== undefined) {
      this.#anchors.set(node.anchor, node);
    }
    if (isSeq(node)) {
      return { kind: "list", items: node.items.map((item) => this.#value(item, depth + 1)), at };
    }
    if (isMap(node)) {
      return { kind: "map", entries: this.#entries(node.items, depth), at };
    }
    return isScalar(node) ? this.#text(node) : this.#empty(at);
  }

  #entries(
    pairs: readonly { key: unknown; value: unknown }[],
    depth: number,
  ): ReadonlyMap<string, RawEntry> {
    const entries = new Map<string, RawEntry>();
    for (const { key, value } of pairs) {
      const keyAt = startOf(key);
      const name = isScalar(key) ? String(key.value) : "";
      if (entries.has(name)) {
        this.#problems.error(
          "POLICY_KEY",
          `${name}: stands twice in one item`,
          this.#file.place(keyAt),
        );
      } else {
        const read = value === null ? this.#empty(keyAt) : this.#value(value, depth + 1);
        entries.set(name, { key: name, keyAt, value: read });
      }
    }
    return entries;
  }

  #text(node: Scalar): RawValue {
    const text = String(node.value ?? "");
    const [start, end] = node.range ?? [0, 0, 0];
    const isQuoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE;
    const isBlock = node.type === Scalar.BLOCK_FOLDED || node.type === Scalar.BLOCK_LITERAL;
    const file = this.#file;
    const lineEnd = isBlock ? file.text.indexOf("\n", start) : start;
    const passage = isQuoted
      ? Passage.decoded(file, start + 1, end, text)
      : Passage.verbatim(file, lineEnd < 0 ? end : lineEnd, end);
    return { kind: "text", text: isBlock ? text.trimEnd() : text, passage, isQuoted, at: start };
  }

  #empty(at: number): RawValue {
    const passage = Passage.verbatim(this.#file, at, at);
    return { kind: "text", text: "", passage, isQuoted: false, at };
  }
}

function startOf(node: unknown): number {
  if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
    return Number(node.range[0]);
  }
  return 0;
}
