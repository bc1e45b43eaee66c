// The shape of commands and options as help and completion show them, and parsing takes them. What
// commands there are, and what an option means, is the command line's.

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

export interface OptionShape {
  /** Without the dashes. */
  readonly long: string;
  /** One character. */
  readonly short?: string;
  readonly value?: ValueSpec;
  /** The switch has a `--no-` form, which gives false. */
  readonly negatable?: boolean;
  /** Environment variable that stands in where the option is not given. */
  readonly env?: string;
  readonly help: string;
  /** What holds where neither the option nor the variable is given; shown in help. */
  readonly defaultText?: string;
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

export interface CommandShape {
  readonly name: string;
  /** Half a line, for the list of commands. */
  readonly summary: string;
  /** Whole sentences, for the command's own help. */
  readonly description: readonly string[];
  readonly options: readonly OptionShape[];
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
  readonly subcommands?: Readonly<Record<string, CommandShape>>;
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
