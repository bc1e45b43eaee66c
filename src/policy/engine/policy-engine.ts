// Tells which rules match a record. All that match are told, in the order of their definition; a
// record that a filter drops is asked nothing more. Nothing is allocated for a record but what reading
// its attributes makes.

import type { FlatContext } from "../../flatten/attribute.ts";
import { kindBit } from "../../flatten/record-kinds.ts";
import { beginFlattening } from "../../flatten/registry.ts";
import type { Node } from "../compile/node.ts";
import type { Program } from "../compile/program.ts";
import type { LoadedFilter, LoadedRule, PolicyMode } from "../load/loaded.ts";
import type { Bank } from "./banks.ts";
import { Evaluators, type Machine } from "./evaluators.ts";
import { KindProgram, type KindRule } from "./kind-program.ts";

/** Bits of record kinds are below this one. */
const kindBits = 7;

export class PolicyEngine {
  /** Of the rules that are run, in the order of their definition. */
  readonly rules: readonly LoadedRule[];
  readonly filters: readonly LoadedFilter[];
  /** Indexes into `rules` of those that matched the last record, ascending: the first `matchCount`. */
  readonly matches: Int32Array;
  matchCount = 0;
  /** Index into `filters` of the one that dropped the last record; -1 where none did. */
  droppedBy = -1;
  readonly #mode: PolicyMode;
  /** Null before the first record: engines are also made to see whether policies are right. */
  #beforeRecord: ((of: FlatContext) => void) | null = null;
  readonly #machine: Machine;
  /** By the number of the kind's bit; null for kinds that no rule and no filter can match. */
  readonly #kinds: readonly (KindProgram | null)[];
  readonly #banks: readonly Bank[];

  constructor(program: Program) {
    this.rules = program.rules.map(({ rule }) => rule);
    this.filters = program.filters.map(({ filter }) => filter);
    this.#mode = program.mode;
    this.matches = new Int32Array(this.rules.length);
    this.#machine = { of: null as unknown as FlatContext };
    const shapes: KindShape[] = [];
    for (let bit = 0; bit < kindBits; bit++) shapes.push(shapeOf(program, 1 << bit));
    const roots = shapes.flatMap(({ filters, rules }) =>
      [...filters, ...rules].map(({ node }) => node),
    );
    const evaluators = new Evaluators(roots, this.#machine);
    this.#banks = [...evaluators.banks.values()].filter(({ size }) => size > 0);
    this.#kinds = shapes.map(({ filters, rules }, bit) => {
      if (filters.length === 0 && rules.length === 0) return null;
      const asked = filters.map(({ index, node }) => ({ index, evaluate: evaluators.of(node) }));
      return new KindProgram(bit, asked, rules, evaluators);
    });
  }

  /**
   * Looks at one record; what it found is in `matches`, `matchCount` and `droppedBy` until the next.
   * @returns whether a rule matched
   */
  match(of: FlatContext): boolean {
    this.matchCount = 0;
    this.droppedBy = -1;
    this.#beforeRecord ??= beginFlattening(this.#mode);
    this.#beforeRecord(of);
    const bit = kindBit(of.record.kind);
    const kind = bit === 0 ? null : this.#kinds[31 - Math.clz32(bit)];
    if (kind === null || kind === undefined) {
      return false;
    }
    this.#machine.of = of;
    for (const bank of this.#banks) bank.turn(of);
    this.droppedBy = kind.droppedBy();
    if (this.droppedBy < 0) {
      this.matchCount = kind.match(of, this.matches);
    }
    return this.matchCount > 0;
  }
}

interface Indexed {
  readonly index: number;
  readonly node: Node;
}

/** What of the program can hold in records of one kind. */
interface KindShape {
  readonly filters: readonly Indexed[];
  readonly rules: readonly KindRule[];
}

function shapeOf(program: Program, kind: number): KindShape {
  if ((program.kinds & kind) === 0) {
    return { filters: [], rules: [] };
  }
  const known = new Map<number, Node>();
  const onKind = (node: Node) => program.pool.onKind(node, kind, known);
  const filters = program.filters.map(({ node }, index) => ({ index, node: onKind(node) }));
  const rules = program.rules.map(({ node, kinds }, index) => {
    return { index, node: (kinds & kind) === 0 ? program.pool.constantFalse : onKind(node) };
  });
  const canHold = ({ node }: Indexed) => node !== program.pool.constantFalse;
  return { filters: filters.filter(canHold), rules: rules.filter(canHold) };
}
