// Makes attributes from functions that read one value. They add what all of one type have in common:
// no value in a record of another kind, and numbers as texts.

import type { Attribute, AttributeOwner, FlatContext } from "./attribute.ts";
import { kindBit } from "./record-kinds.ts";
import { halvesText } from "./times.ts";

type ReadText = (of: FlatContext) => string | null;
type ReadItems = (of: FlatContext) => readonly string[] | null;
type ReadNumber = (of: FlatContext) => number;

/** No number: there is no value. */
export const NONE = Number.NaN;

const twoTo32 = 4_294_967_296;

/** Makes attributes that hang on the same thing and are of the same kinds of records. */
export class Definer {
  readonly #owner: AttributeOwner;
  readonly #kinds: number;
  readonly #schema: 6 | undefined;

  /** @param schema the one that must have been written for a record to have the value */
  constructor(owner: AttributeOwner, kinds: number, schema?: 6) {
    this.#owner = owner;
    this.#kinds = kinds;
    this.#schema = schema;
  }

  text(name: string, description: string, read: ReadText): Attribute {
    return { ...this.#about(name, description), type: "text", text: this.#guarded(read, null) };
  }

  json(name: string, description: string, read: ReadText): Attribute {
    return { ...this.text(name, description, read), type: "json" };
  }

  /** @param text where it is not the items joined by commas */
  list(name: string, description: string, read: ReadItems, text?: ReadText): Attribute {
    const items = this.#guarded(read, null);
    return {
      ...this.#about(name, description),
      type: "list",
      items,
      text: text === undefined ? (of) => joined(items(of)) : this.#guarded(text, null),
    };
  }

  /** @param read gives NONE where there is no value */
  integer(name: string, description: string, read: ReadNumber): Attribute {
    const number = this.#guarded(read, NONE);
    return {
      ...this.#about(name, description),
      type: "integer",
      number,
      text(of) {
        const value = number(of);
        return Number.isNaN(value) ? null : String(value);
      },
    };
  }

  /** @param read gives 0, 1, or NONE where there is no value */
  boolean(name: string, description: string, read: ReadNumber): Attribute {
    const number = this.#guarded(read, NONE);
    return {
      ...this.#about(name, description),
      type: "boolean",
      number,
      text(of) {
        const value = number(of);
        return Number.isNaN(value) ? null : value === 0 ? "false" : "true";
      },
    };
  }

  /** @param hi, lo the halves; each gives NONE where there is no value */
  time(name: string, description: string, hi: ReadNumber, lo: ReadNumber): Attribute {
    const timeHi = this.#guarded(hi, NONE);
    const timeLo = this.#guarded(lo, NONE);
    return {
      ...this.#about(name, description),
      type: "time",
      timeHi,
      timeLo,
      number(of) {
        const high = timeHi(of);
        return Number.isNaN(high) ? NONE : (high | 0) * twoTo32 + (timeLo(of) >>> 0);
      },
      text(of) {
        const high = timeHi(of);
        return Number.isNaN(high) ? null : halvesText(high, timeLo(of));
      },
    };
  }

  #about(name: string, description: string) {
    return {
      name,
      description,
      owner: this.#owner,
      kinds: this.#kinds,
      ...(this.#schema !== undefined && { schema: this.#schema }),
    };
  }

  /** Asked of a record of another kind, an attribute has no value. */
  #guarded<V>(read: (of: FlatContext) => V, none: V): (of: FlatContext) => V {
    const kinds = this.#kinds;
    return (of) => ((kindBit(of.record.kind) & kinds) === 0 ? none : read(of));
  }
}

function joined(items: readonly string[] | null): string | null {
  return items === null ? null : items.join(",");
}
