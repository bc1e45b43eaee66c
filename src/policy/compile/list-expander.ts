// The members of lists, with the lists that they name in their places. Each list is expanded once.

import { limits } from "../language/limits.ts";
import { SyntaxFault } from "../language/problem.ts";
import { trimQuotes } from "../language/sysflow-parser.ts";
import type { ListItem, LoadedList, PolicyMode } from "../load/loaded.ts";
import { withoutMarks } from "../load/raw-item.ts";

export interface ListMember {
  readonly text: string;
  readonly isQuoted: boolean;
}

type Lists = ReadonlyMap<string, LoadedList>;

export class ListExpander {
  readonly #mode: PolicyMode;
  #known = new Map<string, ReadonlySet<string> | "open">();

  constructor(mode: PolicyMode) {
    this.#mode = mode;
  }

  /** For when names mean other lists than before. */
  clear(): void {
    this.#known = new Map();
  }

  /**
   * The member, or the members of the list that it names.
   * @param at offset for faults. @throws SyntaxFault
   */
  expand(member: ListMember, lists: Lists, at: number): Iterable<string> {
    return this.#expand(member, lists, at, 0);
  }

  #expand(
    { text, isQuoted }: ListMember,
    lists: Lists,
    at: number,
    depth: number,
  ): Iterable<string> {
    const list = isQuoted ? undefined : lists.get(text);
    if (list === undefined) {
      // Upstream takes one more pair of marks off each member than it did when the list was read.
      return [this.#mode === "sysflow" ? trimQuotes(text) : text];
    }
    const known = this.#known.get(text);
    if (known === "open") {
      throw new SyntaxFault(`the list ${text} leads back to itself`, at, "POLICY_RECURSION");
    }
    if (known !== undefined) {
      return known;
    }
    if (depth >= limits.nesting) {
      const message = `lists name each other more than ${limits.nesting} deep`;
      throw new SyntaxFault(message, at, "POLICY_LIMIT");
    }
    this.#known.set(text, "open");
    try {
      const members = new Set<string>();
      for (const item of list.items) {
        const inner = this.#mode === "sysflow" ? { text: item.text, isQuoted: false } : plain(item);
        for (const each of this.#expand(inner, lists, at, depth + 1)) members.add(each);
        if (members.size > limits.listMembers) {
          const message = `the list ${text} has more than ${limits.listMembers} members`;
          throw new SyntaxFault(message, at, "POLICY_LIMIT");
        }
      }
      this.#known.set(text, members);
      return members;
    } catch (error) {
      this.#known.delete(text);
      throw error;
    }
  }
}

function plain({ text, isQuoted }: ListItem): ListMember {
  return { text: isQuoted ? withoutMarks(text) : text, isQuoted };
}
