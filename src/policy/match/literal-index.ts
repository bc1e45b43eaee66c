// All literals that rules look for in one value: an equal one is found by its hash, the others by one
// pass over the text. Few of a kind are tried one by one, which is faster.

import { CharTrie } from "./char-trie.ts";
import type { LiteralKind } from "./literal-kind.ts";

/** Below this many, trying each is faster than a pass (measured on paths and command lines). */
const passMin = 6;

interface Literal {
  readonly text: string;
  readonly slot: number;
}

export class LiteralIndex {
  readonly #equal = new Map<string, number[]>();
  readonly #lists: Readonly<Record<Exclude<LiteralKind, "equal">, Literal[]>> = {
    prefix: [],
    suffix: [],
    contains: [],
  };
  #prefixes: CharTrie | null = null;
  #suffixes: CharTrie | null = null;
  #within: CharTrie | null = null;

  add(how: LiteralKind, text: string, slot: number): void {
    if (how === "equal") {
      const slots = this.#equal.get(text);
      if (slots === undefined) this.#equal.set(text, [slot]);
      else slots.push(slot);
    } else {
      this.#lists[how].push({ text, slot });
    }
  }

  /** To be called once, behind the last `add`. */
  build(): void {
    const { prefix, suffix, contains } = this.#lists;
    if (prefix.length >= passMin) this.#prefixes = trieOf(prefix, false);
    if (contains.length >= passMin) this.#within = trieOf(contains, true);
    if (suffix.length >= passMin) {
      this.#suffixes = trieOf(
        suffix.map(({ text, slot }) => ({ text: text.split("").reverse().join(""), slot })),
        false,
      );
    }
  }

  /** Whether finding takes more than one look by a hash. */
  get isCostly(): boolean {
    const { prefix, suffix, contains } = this.#lists;
    return prefix.length + suffix.length + contains.length > 1;
  }

  /** Gives the slot of each literal that is found, some perhaps more than once. */
  find(text: string, found: (slot: number) => void): void {
    this.findEqual(text, found);
    const { prefix, suffix, contains } = this.#lists;
    if (this.#prefixes !== null) this.#prefixes.findFromStart(text, found);
    else {
      for (const { text: literal, slot } of prefix) if (text.startsWith(literal)) found(slot);
    }
    if (this.#suffixes !== null) this.#suffixes.findFromEnd(text, found);
    else {
      for (const { text: literal, slot } of suffix) if (text.endsWith(literal)) found(slot);
    }
    if (this.#within !== null) this.#within.findWithin(text, found);
    else {
      for (const { text: literal, slot } of contains) if (text.includes(literal)) found(slot);
    }
  }

  findEqual(text: string, found: (slot: number) => void): void {
    const slots = this.#equal.get(text);
    if (slots !== undefined) {
      for (const slot of slots) found(slot);
    }
  }
}

function trieOf(literals: readonly Literal[], isAnywhere: boolean): CharTrie {
  const trie = new CharTrie(isAnywhere);
  for (const { text, slot } of literals) trie.add(text, slot);
  trie.build();
  return trie;
}
