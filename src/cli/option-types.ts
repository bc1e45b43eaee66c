// The shape of one row of the option table. Parsing, help and completion all read these rows and
// know no option by name; what options mean together is in `options.ts`.

import type { OpenOptions } from "../capture/binding.ts";
import type { CommandShape, OptionShape } from "../show/command-shape.ts";

export interface OptionSpec extends OptionShape {
  /** Takes a value each time it is given, and all of them count; else the last one wins. */
  readonly isRepeatable?: true;
  /** The setting that it makes; absent where it makes none, as help does. */
  readonly setting?: string;
  /**
   * The setting where neither option nor variable is given; absent: false, or null beside a value, or
   * no values where it is repeatable.
   */
  readonly initial?: string | number | boolean;
  /** Handed to native code as this option, unless it is null. */
  readonly native?: keyof OpenOptions;
  /** Acts on the live kernel, and is refused for a capture. */
  readonly isLiveOnly?: boolean;
  /** Nothing after it is looked at, not even for errors (help and version). */
  readonly final?: boolean;
}

export interface CommandSpec extends CommandShape {
  readonly options: readonly OptionSpec[];
  readonly subcommands?: Readonly<Record<string, CommandSpec>>;
}

/** The type of an option's parsed value, read off its row. */
export type ValueOf<S> = S extends { readonly isRepeatable: true }
  ? readonly string[]
  : OneValueOf<S>;

type OneValueOf<S> = S extends { readonly value: infer V }
  ? V extends { readonly kind: "integer" | "bytes" }
    ? number
    : V extends { readonly kind: "choice"; readonly choices: readonly (infer C)[] }
      ? C
      : string
  : boolean;

/** Parsed values by long name; an option that was not given has no entry. */
export type Values<T extends readonly OptionSpec[]> = {
  readonly [S in T[number] as S["long"]]?: ValueOf<S>;
};

/** The settings that options make, by name. */
export type SettingsOf<T extends readonly OptionSpec[]> = {
  readonly [S in T[number] as S extends { readonly setting: infer N extends string } ? N : never]:
    | ValueOf<S>
    | (S extends { readonly initial: unknown } | { readonly isRepeatable: true }
        ? never
        : S extends { readonly value: unknown }
          ? null
          : never);
};
