// The shape of one row of the option table. Parsing, help and completion all read these rows and
// know no option by name; what options mean together is in `options.ts`.

import type { OpenOptions } from "../capture/binding.ts";

/** What an option's value may be; absent for a switch. `name` is how help writes it. */
export type ValueSpec =
  | { readonly kind: "text"; readonly name: string }
  | { readonly kind: "path"; readonly name: string }
  | IntegerSpec
  | BytesSpec
  | ChoiceSpec;

export interface IntegerSpec {
  readonly kind: "integer";
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly powerOfTwo?: boolean;
}

/** A count of bytes; `K`, `M`, `G` (powers of 1024) may follow the number. */
export interface BytesSpec {
  readonly kind: "bytes";
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly powerOfTwo?: boolean;
}

export interface ChoiceSpec {
  readonly kind: "choice";
  readonly name: string;
  /** What the program goes by, in the order of help. Matched without regard to case. */
  readonly choices: readonly string[];
  /** Other spellings, to the choice they mean. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Values that mean something upstream and nothing here: the message says what to use. */
  readonly refused?: Readonly<Record<string, string>>;
}

export interface OptionSpec {
  /** Without the dashes. */
  readonly long: string;
  /** One character. */
  readonly short?: string;
  readonly value?: ValueSpec;
  /** The switch has a `--no-` form, which gives false. */
  readonly negatable?: boolean;
  /** Takes a value each time it is given, and all of them count; else the last one wins. */
  readonly isRepeatable?: true;
  /** Environment variable that stands in where the option is not given. */
  readonly env?: string;
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
  readonly help: string;
  /** What holds where neither the option nor the variable is given; shown in help. */
  readonly defaultText?: string;
  /** Nothing after it is looked at, not even for errors (help and version). */
  readonly final?: boolean;
  /** Recognised, never carried out: ends the program with this remedy. */
  readonly refused?: string;
}

/** A variable that no option stands for. */
export interface VariableSpec {
  readonly name: string;
  readonly help: string;
}

export interface Example {
  readonly line: string;
  readonly text: string;
}

export interface CommandSpec {
  readonly name: string;
  /** Half a line, for the list of commands. */
  readonly summary: string;
  /** Whole sentences, for the command's own help. */
  readonly description: readonly string[];
  readonly options: readonly OptionSpec[];
  readonly variables?: readonly VariableSpec[];
  /** What may follow the options. `program` is everything after `--`, or from the first word on. */
  readonly operands?: OperandSpec;
  readonly examples: readonly Example[];
  /** Lines on what the exit status says, where it says more than the general table. */
  readonly statuses?: readonly string[];
  /**
   * Its own commands by the words that name them; it does nothing without one. Each has a `name` of
   * both words, as in `policy path`.
   */
  readonly subcommands?: Readonly<Record<string, CommandSpec>>;
}

export type OperandSpec =
  | ChoiceOperand
  /** One word, whatever it is. */
  | { readonly kind: "text"; readonly name: string }
  | { readonly kind: "paths"; readonly name: string }
  | { readonly kind: "program"; readonly name: string };

export interface ChoiceOperand {
  readonly kind: "choice";
  readonly name: string;
  readonly choices: readonly string[];
  /** What one more word may be after a choice; absent where none may follow. */
  readonly next?: Readonly<Record<string, readonly string[]>>;
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
