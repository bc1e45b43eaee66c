// From the tree of a condition to nodes: macros and lists are found in the scope, and a mode's
// semantics says what comparisons mean. A macro becomes nodes once, however many rules use it, so a
// bomb of macros costs nothing; what it would be written out is counted all the same, for whoever
// writes it out. All faults of a condition are found, not the first alone.

import { findAttribute } from "../../flatten/registry.ts";
import type { Condition, Expression, Operand, OperandList } from "../language/ast.ts";
import { limits } from "../language/limits.ts";
import { type ProblemCode, type Problems, SyntaxFault } from "../language/problem.ts";
import type { Passage, Place } from "../language/source-text.ts";
import { trimQuotes } from "../language/sysflow-parser.ts";
import type { PolicyMode, Scope } from "../load/loaded.ts";
import { ListExpander, type ListMember } from "./list-expander.ts";
import type { Node, NodePool } from "./node.ts";
import type { Semantics } from "./semantics.ts";

export interface Fault {
  readonly code: ProblemCode;
  readonly message: string;
  readonly place: Place;
}

export interface Resolved {
  readonly node: Node;
  /** Those of its macros too, so far as they are not too many. */
  readonly faults: ReadonlySet<Fault>;
  /** Comparisons, were each macro written out. */
  readonly terms: number;
}

/** More faults of one condition are of no use to anyone, and sums of them could grow without end. */
const faultsMax = 50;

export class Resolver {
  readonly #pool: NodePool;
  readonly #semantics: Semantics;
  readonly #mode: PolicyMode;
  readonly #problems: Problems;
  readonly #lists: ListExpander;
  /** Of the scope that was asked for last: scopes come one after another. */
  #scope: Scope | null = null;
  #macros = new Map<string, Resolved | "open">();

  constructor(pool: NodePool, semantics: Semantics, mode: PolicyMode, problems: Problems) {
    this.#pool = pool;
    this.#semantics = semantics;
    this.#mode = mode;
    this.#problems = problems;
    this.#lists = new ListExpander(mode);
  }

  resolve(condition: Condition, scope: Scope): Resolved {
    this.#enter(scope);
    return new ConditionResolver(this, condition.passage, scope, 0).whole(condition.expression);
  }

  /** The condition of a macro, whether or not a rule uses it. */
  resolveMacro(name: string, scope: Scope): Resolved | null {
    this.#enter(scope);
    return this.macro(name, scope, 0, 0);
  }

  #enter(scope: Scope): void {
    if (!sameMaps(scope, this.#scope)) {
      this.#macros = new Map();
      this.#lists.clear();
    }
    this.#scope = scope;
  }

  /** Null where upstream's mode knows none of that name. @throws SyntaxFault */
  macro(name: string, scope: Scope, depth: number, at: number): Resolved | null {
    const known = this.#macros.get(name);
    if (known === "open") {
      throw new SyntaxFault(`the macro ${name} leads back to itself`, at, "POLICY_RECURSION");
    }
    if (known !== undefined) {
      return known;
    }
    if (depth >= limits.nesting) {
      const message = `macros name each other more than ${limits.nesting} deep`;
      throw new SyntaxFault(message, at, "POLICY_LIMIT");
    }
    const macro = scope.macros.get(name);
    if (macro === undefined) {
      return this.#unknownMacro(name, scope, at);
    }
    this.#macros.set(name, "open");
    const { expression, passage } = macro.condition;
    const resolved = new ConditionResolver(this, passage, scope, depth + 1).whole(expression);
    this.#macros.set(name, resolved);
    return resolved;
  }

  /** To upstream it is false. */
  #unknownMacro(name: string, scope: Scope, at: number): null {
    if (this.#mode === "sysflow") {
      return null;
    }
    if (findAttribute(name, "default") !== undefined) {
      const message = `${name} is an attribute: an operator such as = or exists must stand behind it`;
      throw new SyntaxFault(message, at);
    }
    const hint = this.#problems.hint(name, [...scope.macros.keys()]);
    throw new SyntaxFault(`no macro is named ${name}${hint}`, at, "POLICY_UNKNOWN_NAME");
  }

  get pool(): NodePool {
    return this.#pool;
  }

  get semantics(): Semantics {
    return this.#semantics;
  }

  get lists(): ListExpander {
    return this.#lists;
  }

  get mode(): PolicyMode {
    return this.#mode;
  }

  warn(message: string, place: Place): void {
    this.#problems.warning("POLICY_DOUBTFUL", message, place);
  }

  hint(word: string, known: readonly string[]): string {
    return this.#problems.hint(word, known);
  }
}

function sameMaps(a: Scope, b: Scope | null): boolean {
  return b !== null && a.macros === b.macros && a.lists === b.lists;
}

/** Resolves one condition, or the condition of one macro. */
class ConditionResolver {
  readonly #resolver: Resolver;
  readonly #passage: Passage;
  readonly #scope: Scope;
  readonly #depth: number;
  readonly #faults = new Set<Fault>();
  #terms = 0;

  constructor(resolver: Resolver, passage: Passage, scope: Scope, depth: number) {
    this.#resolver = resolver;
    this.#passage = passage;
    this.#scope = scope;
    this.#depth = depth;
  }

  whole(expression: Expression): Resolved {
    const node = this.#node(expression);
    // Infinity is the sum with a macro of which it was told already.
    if (this.#terms > limits.expandedTerms && this.#terms !== Number.POSITIVE_INFINITY) {
      const message = `the condition has more than ${limits.expandedTerms} comparisons, its macros written out`;
      this.#fault(new SyntaxFault(message, expression.span.start, "POLICY_LIMIT"));
      this.#terms = Number.POSITIVE_INFINITY;
    }
    return { node, faults: this.#faults, terms: this.#terms };
  }

  #node(expression: Expression): Node {
    const { pool, semantics } = this.#resolver;
    switch (expression.kind) {
      case "or":
        return pool.or(expression.terms.map((term) => this.#node(term)));
      case "and":
        return pool.and(expression.terms.map((term) => this.#node(term)));
      case "not":
        return pool.not(this.#node(expression.term));
      case "macro":
        return this.#try(() => this.#macro(expression.name, expression.span.start));
      case "exists": {
        this.#terms += 1;
        const context = { passage: this.#passage, span: expression.span };
        return this.#try(() => semantics.exists(expression.operand, context));
      }
      case "compare": {
        this.#terms += 1;
        const { left, comparison, right, span } = expression;
        const context = { passage: this.#passage, span };
        return this.#try(() => {
          if (right.kind === "list") {
            return semantics.compareAny(left, comparison, this.#members(right), context);
          }
          this.#warnOfList(right, comparison);
          return semantics.compare(left, comparison, right, context);
        });
      }
    }
  }

  #macro(name: string, at: number): Node {
    const resolved = this.#resolver.macro(name, this.#scope, this.#depth, at);
    if (resolved === null) {
      this.#resolver.warn(`no macro is named ${name}: it is false`, this.#passage.place(at));
      return this.#resolver.pool.constantFalse;
    }
    for (const fault of resolved.faults) {
      if (this.#faults.size < faultsMax) this.#faults.add(fault);
    }
    this.#terms += resolved.terms;
    return resolved.node;
  }

  #members(list: OperandList): readonly string[] {
    const { lists, mode } = this.#resolver;
    const found = new Set<string>();
    for (const item of list.items) {
      const member = mode === "sysflow" ? this.#rawMember(item) : memberOf(item);
      if (list.isReference && !this.#scope.lists.has(member.text)) {
        const hint = this.#resolver.hint(member.text, [...this.#scope.lists.keys()]);
        const message = `no list is named ${member.text}${hint}`;
        throw new SyntaxFault(message, item.span.start, "POLICY_UNKNOWN_NAME");
      }
      const at = item.span.start;
      for (const text of lists.expand(member, this.#scope.lists, at)) found.add(text);
      if (found.size > limits.listMembers) {
        const message = `a list has more than ${limits.listMembers} members`;
        throw new SyntaxFault(message, at, "POLICY_LIMIT");
      }
    }
    return [...found];
  }

  /** Upstream takes one pair of marks off before it looks for a list of the name. */
  #rawMember({ span }: Operand): ListMember {
    const text = trimQuotes(this.#passage.text.slice(span.start, span.end));
    return { text, isQuoted: false };
  }

  #warnOfList(right: Operand, comparison: string): void {
    if (right.kind !== "name" || right.path !== null || this.#resolver.mode === "sysflow") {
      return;
    }
    if (this.#scope.lists.has(right.name)) {
      const message = `${comparison} compares with the text ${right.name}; for the list of that name write in (${right.name})`;
      this.#resolver.warn(message, this.#passage.place(right.span.start));
    }
  }

  /** A fault is noted, and the rest of the condition is looked at as if it were not there. */
  #try(make: () => Node): Node {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error;
      this.#fault(error);
      return this.#resolver.pool.constantFalse;
    }
  }

  #fault({ code, message, offset }: SyntaxFault): void {
    if (this.#faults.size < faultsMax) {
      this.#faults.add({ code, message, place: this.#passage.place(offset) });
    }
  }
}

/** In a list an attribute's name is a text as others are. @throws SyntaxFault */
function memberOf(item: Operand): ListMember {
  switch (item.kind) {
    case "text":
      return { text: item.text, isQuoted: true };
    case "name": {
      const text = item.path === null ? item.name : `${item.name}[${item.path}]`;
      return { text, isQuoted: item.path !== null };
    }
    case "call": {
      const message = `${item.transformer}() cannot stand in a list`;
      throw new SyntaxFault(message, item.span.start);
    }
  }
}
