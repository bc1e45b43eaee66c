// Makes of loaded policies what can be run: all names found, all comparisons understood. Faults are
// collected; a rule with a field that SysFlow records never have is skipped and listed where that is
// wanted, and is an error otherwise.

import { KINDS_ALL, kindByCode } from "../../flatten/record-kinds.ts";
import type { Condition, Expression } from "../language/ast.ts";
import { limits } from "../language/limits.ts";
import type { Problems } from "../language/problem.ts";
import type {
  LoadedFilter,
  LoadedPolicies,
  LoadedRule,
  PolicyMode,
  SkippedRule,
} from "../load/loaded.ts";
import { loadRegex, type MakeRegex } from "../match/regex.ts";
import { DefaultSemantics } from "./default-semantics.ts";
import { type Node, NodePool } from "./node.ts";
import { type Fault, Resolver } from "./resolve.ts";
import type { Semantics } from "./semantics.ts";
import { SysflowSemantics } from "./sysflow-semantics.ts";

/** Kinds of records that upstream's engine gets. */
const upstreamKinds = ["PE", "FE", "FF", "NF", "KE"];

export interface ProgramRule {
  readonly rule: LoadedRule;
  readonly node: Node;
  /** Bits of the kinds that it can match: what `prefilter` leaves. */
  readonly kinds: number;
}

export interface ProgramFilter {
  readonly filter: LoadedFilter;
  readonly node: Node;
}

export interface Program {
  readonly mode: PolicyMode;
  readonly pool: NodePool;
  /** Bits of the kinds of records that rules and filters are asked about. */
  readonly kinds: number;
  /** Enabled ones, in the order of their definition. */
  readonly rules: readonly ProgramRule[];
  readonly filters: readonly ProgramFilter[];
  /** Those that loading skipped too. */
  readonly skipped: readonly SkippedRule[];
}

export interface ProgramOptions {
  /** Rules with fields that no record can answer are skipped and listed, and no error. */
  readonly skipUnsupported: boolean;
}

/** Where `problems` has errors afterwards, the result must not be used. */
export async function makeProgram(
  policies: LoadedPolicies,
  options: ProgramOptions,
  problems: Problems,
): Promise<Program> {
  const makeRegex = usesRegex(policies) ? await loadRegex() : null;
  return new ProgramMaker(policies, options, problems, makeRegex).make();
}

class ProgramMaker {
  readonly #policies: LoadedPolicies;
  readonly #options: ProgramOptions;
  readonly #problems: Problems;
  readonly #pool = new NodePool();
  readonly #resolver: Resolver;
  readonly #skipped: SkippedRule[];
  readonly #told = new Set<Fault>();

  constructor(
    policies: LoadedPolicies,
    options: ProgramOptions,
    problems: Problems,
    makeRegex: MakeRegex | null,
  ) {
    this.#policies = policies;
    this.#options = options;
    this.#problems = problems;
    this.#skipped = [...policies.skipped];
    const { mode } = policies;
    const semantics = semanticsOf(mode, this.#pool, problems, makeRegex);
    this.#resolver = new Resolver(this.#pool, semantics, mode, problems);
  }

  make(): Program {
    const policies = this.#policies;
    const filters: ProgramFilter[] = [];
    for (const filter of policies.filters) {
      const { node, faults } = this.#resolver.resolve(filter.condition, filter.scope);
      for (const fault of faults) this.#tell(fault);
      if (filter.isEnabled) filters.push({ filter, node });
    }
    const rules: ProgramRule[] = [];
    for (const rule of policies.rules) {
      const made = this.#rule(rule);
      if (made !== null && rule.isEnabled) rules.push(made);
    }
    if (policies.mode === "default") this.#checkUnused();
    if (this.#pool.patternCharacters > limits.patternCharacters) {
      const message = `the literals of all rules have more than ${limits.patternCharacters} characters`;
      this.#problems.error("POLICY_LIMIT", message, null);
    }
    const { mode } = policies;
    return { mode, pool: this.#pool, kinds: this.#kinds(), rules, filters, skipped: this.#skipped };
  }

  #rule(rule: LoadedRule): ProgramRule | null {
    const { condition, unless, scope } = rule;
    const resolved = [condition, ...unless].map((each) => this.#resolver.resolve(each, scope));
    const faults = new Set(resolved.flatMap((each) => [...each.faults]));
    const reason = this.#skipReason(rule, faults);
    if (reason !== null) {
      this.#skipped.push({ name: rule.name, place: rule.place, reason });
      return null;
    }
    for (const fault of faults) this.#tell(fault);
    const [first, ...others] = resolved.map(({ node }) => node);
    const node = this.#pool.and([
      first ?? this.#pool.constantFalse,
      this.#pool.not(this.#pool.or(others)),
    ]);
    return { rule, node, kinds: kindsOf(rule.prefilter) & this.#kinds() };
  }

  /** Why the rule is skipped; null where it is not. */
  #skipReason(rule: LoadedRule, faults: ReadonlySet<Fault>): string | null {
    const mayLack = (fault: Fault) =>
      fault.code === "POLICY_UNSUPPORTED_FIELD"
        ? this.#options.skipUnsupported || rule.skipsIfUnknown
        : fault.code === "POLICY_UNKNOWN_ATTRIBUTE" && rule.skipsIfUnknown;
    if (faults.size === 0 || ![...faults].every(mayLack)) {
      return null;
    }
    return [...new Set([...faults].map(({ message }) => message))].join("; ");
  }

  #tell(fault: Fault): void {
    if (!this.#told.has(fault)) {
      this.#told.add(fault);
      this.#problems.error(fault.code, fault.message, fault.place);
    }
  }

  /**
   * Macros that no rule uses are looked at too, since a mistake in one waits for its first use. Fields
   * of other sources than system calls are none: files have macros for several sources.
   */
  #checkUnused(): void {
    const { scope } = this.#policies;
    for (const name of scope.macros.keys()) {
      for (const fault of this.#resolver.resolveMacro(name, scope)?.faults ?? []) {
        if (fault.code === "POLICY_UNSUPPORTED_FIELD" || this.#told.has(fault)) continue;
        this.#told.add(fault);
        if (fault.code === "POLICY_UNKNOWN_ATTRIBUTE") {
          this.#problems.warning(fault.code, fault.message, fault.place);
        } else {
          this.#problems.error(fault.code, fault.message, fault.place);
        }
      }
    }
  }

  #kinds(): number {
    return this.#policies.mode === "sysflow" ? kindsOf(upstreamKinds) : KINDS_ALL;
  }
}

/** The semantics of a mode. @param problems gets what is doubtful */
export function semanticsOf(
  mode: PolicyMode,
  pool: NodePool,
  problems: Problems,
  makeRegex: MakeRegex | null,
): Semantics {
  return mode === "sysflow"
    ? new SysflowSemantics(pool)
    : new DefaultSemantics(pool, problems, makeRegex);
}

/** All kinds for no code; codes that are none have no bit. */
function kindsOf(codes: readonly string[]): number {
  return codes.length === 0
    ? KINDS_ALL
    : codes.reduce((sum, code) => sum | (kindByCode.get(code) ?? 0), 0);
}

/** Whether a condition of these has a regular expression. */
export function usesRegex({ rules, filters, scope }: LoadedPolicies): boolean {
  const conditions: Condition[] = [
    ...rules.flatMap(({ condition, unless }) => [condition, ...unless]),
    ...filters.map(({ condition }) => condition),
    ...[...scope.macros.values()].map(({ condition }) => condition),
  ];
  return conditions.some(({ expression }) => hasRegex(expression));
}

function hasRegex(expression: Expression): boolean {
  switch (expression.kind) {
    case "and":
    case "or":
      return expression.terms.some(hasRegex);
    case "not":
      return hasRegex(expression.term);
    case "compare":
      return expression.comparison === "regex";
    case "macro":
    case "exists":
      return false;
  }
}
