// Parts of conditions by themselves, for whoever explains a match: each clause of a rule is asked of a
// record, and what stood there is shown. Slow beside the engine, and equal to it.

import type { FlatContext } from "../../flatten/attribute.ts";
import { NodePool } from "../compile/node.ts";
import { semanticsOf, usesRegex } from "../compile/program.ts";
import { Resolver } from "../compile/resolve.ts";
import type { ReadOperand, Semantics } from "../compile/semantics.ts";
import type { Condition, Operand } from "../language/ast.ts";
import { Problems, SyntaxFault } from "../language/problem.ts";
import type { LoadedPolicies, Scope } from "../load/loaded.ts";
import { loadRegex } from "../match/regex.ts";
import { holds } from "./interpret.ts";

export class PartTester {
  readonly #semantics: Semantics;
  readonly #resolver: Resolver;

  private constructor(semantics: Semantics, resolver: Resolver) {
    this.#semantics = semantics;
    this.#resolver = resolver;
  }

  static async open(policies: LoadedPolicies): Promise<PartTester> {
    const { mode } = policies;
    const pool = new NodePool();
    // What is doubtful was told when the policies were loaded.
    const problems = new Problems();
    const makeRegex = usesRegex(policies) ? await loadRegex() : null;
    const semantics = semanticsOf(mode, pool, problems, makeRegex);
    return new PartTester(semantics, new Resolver(pool, semantics, mode, problems));
  }

  /**
   * Whether a part of a condition holds. The part is an expression with the passage of the whole.
   * @returns null where it has faults
   */
  test(part: Condition, scope: Scope): ((of: FlatContext) => boolean) | null {
    const { node, faults } = this.#resolver.resolve(part, scope);
    return faults.size > 0 ? null : (of) => holds(node, of);
  }

  /** What stands in a record for an operand of a part; null where it is no attribute or text. */
  reader(operand: Operand, { passage }: Condition): ReadOperand | null {
    try {
      return this.#semantics.reader(operand, { passage, span: operand.span });
    } catch (error) {
      if (error instanceof SyntaxFault) return null;
      throw error;
    }
  }
}
