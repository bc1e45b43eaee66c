// Many literals looked for in one pass over a text: those that begin it, those that end it, or those
// that stand anywhere in it (Aho and Corasick's automaton). Works on UTF-16 units.

/** States times classes up to which one table holds all transitions: 16 MiB. */
const denseMax = 4 * 1024 * 1024;

export class CharTrie {
  /** Class of each ASCII unit; 0 for units that stand in no literal. */
  readonly #ascii = new Uint16Array(128);
  readonly #others = new Map<number, number>();
  #classes = 1;
  /** Children by state times 65536 plus class, while building and where a table would be too large. */
  readonly #children = new Map<number, number>();
  #table: Int32Array | null = null;
  /** Of the longest proper suffix of a state's text that is a state too. */
  #failures: Int32Array = new Int32Array(0);
  /** The values of literals that end in a state; for "anywhere" also of those that end in its suffixes. */
  readonly #values: (readonly number[] | undefined)[] = [undefined];
  readonly #isAnywhere: boolean;
  #states = 1;

  /** @param isAnywhere for `findWithin`; without it for `findFromStart` and `findFromEnd` */
  constructor(isAnywhere: boolean) {
    this.#isAnywhere = isAnywhere;
  }

  /** @param literal for `findFromEnd` from its end to its start */
  add(literal: string, value: number): void {
    let state = 0;
    for (let i = 0; i < literal.length; i++) {
      const key = state * 65536 + this.#addClass(literal.charCodeAt(i));
      let next = this.#children.get(key);
      if (next === undefined) {
        next = this.#states;
        this.#states += 1;
        this.#children.set(key, next);
        this.#values.push(undefined);
      }
      state = next;
    }
    this.#values[state] = [...(this.#values[state] ?? []), value];
  }

  /** To be called once, behind the last `add`. */
  build(): void {
    if (this.#isAnywhere) {
      this.#link();
    }
    if (this.#states * this.#classes <= denseMax) {
      this.#fillTable();
    }
  }

  /** Gives the values of all literals that the text begins with. */
  findFromStart(text: string, found: (value: number) => void): void {
    this.#tell(0, found);
    for (let i = 0, state = 0; i < text.length; i++) {
      state = this.#child(state, this.#classOf(text.charCodeAt(i)));
      if (state === 0) return;
      this.#tell(state, found);
    }
  }

  findFromEnd(text: string, found: (value: number) => void): void {
    this.#tell(0, found);
    for (let i = text.length - 1, state = 0; i >= 0; i--) {
      state = this.#child(state, this.#classOf(text.charCodeAt(i)));
      if (state === 0) return;
      this.#tell(state, found);
    }
  }

  /** A literal that stands there twice is told twice. */
  findWithin(text: string, found: (value: number) => void): void {
    this.#tell(0, found);
    const table = this.#table;
    const classes = this.#classes;
    for (let i = 0, state = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const charClass = unit < 128 ? (this.#ascii[unit] as number) : this.#classOf(unit);
      state =
        table === null
          ? this.#step(state, charClass)
          : (table[state * classes + charClass] as number);
      if (state !== 0 && this.#values[state] !== undefined) this.#tell(state, found);
    }
  }

  #tell(state: number, found: (value: number) => void): void {
    const values = this.#values[state];
    if (values !== undefined) {
      for (const value of values) found(value);
    }
  }

  #child(state: number, charClass: number): number {
    return this.#table === null
      ? (this.#children.get(state * 65536 + charClass) ?? 0)
      : (this.#table[state * this.#classes + charClass] as number);
  }

  #step(from: number, charClass: number): number {
    let state = from;
    for (;;) {
      const next = this.#children.get(state * 65536 + charClass);
      if (next !== undefined) return next;
      if (state === 0) return 0;
      state = this.#failures[state] as number;
    }
  }

  #classOf(unit: number): number {
    return unit < 128 ? (this.#ascii[unit] as number) : (this.#others.get(unit) ?? 0);
  }

  #addClass(unit: number): number {
    const known = this.#classOf(unit);
    if (known !== 0) {
      return known;
    }
    const added = this.#classes;
    this.#classes += 1;
    if (unit < 128) this.#ascii[unit] = added;
    else this.#others.set(unit, added);
    return added;
  }

  /** Failures and values of suffixes, shorter texts first: a child's state is above its parent's. */
  #link(): void {
    const failures = new Int32Array(this.#states);
    this.#failures = failures;
    for (const level of this.#levels()) {
      for (const [key, state] of level) {
        const parent = Math.floor(key / 65536);
        if (parent !== 0) {
          failures[state] = this.#step(failures[parent] as number, key % 65536);
        }
        const inherited = this.#values[failures[state] as number];
        if (inherited !== undefined && failures[state] !== 0) {
          this.#values[state] = [...(this.#values[state] ?? []), ...inherited];
        }
      }
    }
  }

  /** The transitions by depth. */
  #levels(): [number, number][][] {
    const depths = new Int32Array(this.#states);
    const levels: [number, number][][] = [];
    // In the order of their making, so that a parent comes before its children.
    for (const [key, state] of this.#children) {
      const depth = (depths[Math.floor(key / 65536)] as number) + 1;
      depths[state] = depth;
      const level = levels[depth - 1] ?? [];
      levels[depth - 1] = level;
      level.push([key, state]);
    }
    return levels;
  }

  #fillTable(): void {
    const table = new Int32Array(this.#states * this.#classes);
    for (const [key, state] of this.#children) {
      table[Math.floor(key / 65536) * this.#classes + (key % 65536)] = state;
    }
    if (this.#isAnywhere) {
      for (const level of [[[0, 0]], ...this.#levels()]) {
        for (const [, state] of level as [number, number][]) this.#fillRow(table, state);
      }
    }
    this.#table = table;
  }

  /** What is no child is where the failure leads. */
  #fillRow(table: Int32Array, state: number): void {
    const from = (this.#failures[state] as number) * this.#classes;
    const to = state * this.#classes;
    for (let charClass = 1; charClass < this.#classes && state !== 0; charClass++) {
      if (table[to + charClass] === 0) table[to + charClass] = table[from + charClass] as number;
    }
  }
}
