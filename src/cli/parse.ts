// Turns words into the values of a command's options, by the rows of the option table. Takes what
// getopt_long takes: `-w FILE`, `-wFILE`, `-cd`, `--write FILE`, `--write=FILE`, `--` before
// operands. The last of several wins,
// unless the option is repeatable. Every fault is a usage error in one line (exit status 2).

import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import { nearest } from "../base/suggest.ts";
import type {
  BytesSpec,
  ChoiceOperand,
  ChoiceSpec,
  IntegerSpec,
  ValueSpec,
} from "../show/command-shape.ts";
import type { CommandSpec, OptionSpec, Values } from "./option-types.ts";

export type Value = string | number | boolean | readonly string[];

export interface Parsed<C extends CommandSpec> {
  readonly values: Values<C["options"]>;
  readonly operands: readonly string[];
}

/** @throws OperatorError with exit status USAGE */
export function parseArguments<const C extends CommandSpec>(
  command: C,
  words: readonly string[],
): Parsed<C> {
  const values: Record<string, Value> = {};
  const operands: string[] = [];
  const cursor = { words, index: 0 };
  while (cursor.index < words.length) {
    const word = words[cursor.index++] ?? "";
    if (word === "--") {
      operands.push(...words.slice(cursor.index));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      if (command.operands?.kind === "program") {
        // The first word that is no option begins a command line, whose options are its own.
        operands.push(...words.slice(cursor.index));
        break;
      }
      continue;
    }
    const done = word.startsWith("--")
      ? parseLong(command, word, cursor, values)
      : parseShort(command, word, cursor, values);
    if (done) {
      break;
    }
  }
  checkOperands(command, operands);
  // The rows gave each value its type: this is the one place where that is taken on trust.
  return { values: values as Values<C["options"]>, operands };
}

interface Cursor {
  readonly words: readonly string[];
  /** Of the next word. */
  index: number;
}

/** @returns true where nothing after this option is to be looked at. */
function parseLong(
  command: CommandSpec,
  word: string,
  cursor: Cursor,
  values: Record<string, Value>,
): boolean {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const given = equals < 0 ? null : word.slice(equals + 1);
  const found = findLong(command, name);
  if (found === null) {
    throw unknownOption(command, `--${name}`);
  }
  const { option, negated } = found;
  refuse(option);
  if (option.value === undefined) {
    if (given !== null) {
      throw usageError("OPTION_VALUE", `--${name} is a switch and takes no value`);
    }
    values[option.long] = !negated;
    return option.final === true;
  }
  setValue(values, option, option.value, given ?? nextWord(option, option.value, cursor));
  return option.final === true;
}

function findLong(
  command: CommandSpec,
  name: string,
): { readonly option: OptionSpec; readonly negated: boolean } | null {
  for (const option of command.options) {
    if (option.long === name) {
      return { option, negated: false };
    }
    if (option.negatable === true && name === `no-${option.long}`) {
      return { option, negated: true };
    }
  }
  return null;
}

/** One word of short options: switches may stand together, the first with a value takes the rest. */
function parseShort(
  command: CommandSpec,
  word: string,
  cursor: Cursor,
  values: Record<string, Value>,
): boolean {
  for (let index = 1; index < word.length; index++) {
    const letter = word[index] ?? "";
    const option = command.options.find((row) => row.short === letter);
    if (option === undefined) {
      throw unknownOption(command, `-${letter}`);
    }
    refuse(option);
    if (option.value !== undefined) {
      const rest = word.slice(index + 1);
      const text = rest === "" ? nextWord(option, option.value, cursor) : rest;
      setValue(values, option, option.value, text);
      return false;
    }
    values[option.long] = true;
    if (option.final === true) {
      return true;
    }
  }
  return false;
}

function setValue(
  values: Record<string, Value>,
  option: OptionSpec,
  spec: ValueSpec,
  text: string,
): void {
  const value = parseValue(spec, text, optionName(option));
  const { long } = option;
  const before = values[long];
  values[long] =
    option.isRepeatable === true
      ? [...(Array.isArray(before) ? (before as readonly string[]) : []), String(value)]
      : value;
}

function nextWord(option: OptionSpec, value: ValueSpec, cursor: Cursor): string {
  const word = cursor.words[cursor.index];
  if (word === undefined) {
    throw usageError("OPTION_VALUE", `${optionName(option)} needs a value: ${value.name}`);
  }
  if (value.kind === "path" && word.startsWith("-") && word !== "-") {
    const name = optionName(option);
    const message = `${name} needs a value, and "${word}" is an option; a file of that name is ./${word}`;
    throw usageError("OPTION_VALUE", message);
  }
  cursor.index += 1;
  return word;
}

/**
 * @param name what the message calls it: the option, or the variable it came from
 * @throws OperatorError with exit status USAGE
 */
export function parseValue(spec: ValueSpec, text: string, name: string): string | number {
  switch (spec.kind) {
    case "text":
      return text;
    case "path":
      if (text === "" || text.includes("\0")) {
        throw usageError("OPTION_VALUE", `${name} needs a path, and that is empty`);
      }
      return text;
    case "integer":
      return parseInteger(spec, text, name);
    case "bytes":
      return parseBytes(spec, text, name);
    case "choice":
      return parseChoice(spec, text, name);
    default:
      return spec satisfies never;
  }
}

function parseInteger(spec: IntegerSpec, text: string, name: string): number {
  const number = /^[0-9]{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= spec.min && number <= spec.max)) {
    const what = spec.unit === undefined ? "a whole number" : `whole ${spec.unit}`;
    const message = `${name} takes ${what} from ${spec.min} to ${spec.max}, not "${text}"`;
    throw usageError("OPTION_VALUE", message);
  }
  if (spec.powerOfTwo === true && !isPowerOfTwo(number)) {
    const message = `${name} takes a power of two from ${spec.min} to ${spec.max}, not "${text}"`;
    throw usageError("OPTION_VALUE", message);
  }
  return number;
}

const unitBytes: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

function parseBytes(spec: BytesSpec, text: string, name: string): number {
  const match = /^([0-9]{1,12})([KMG]?)(?:i?B)?$/i.exec(text);
  const unit = unitBytes[(match?.[2] ?? "").toUpperCase()] ?? 1;
  const bytes = match === null ? Number.NaN : Number(match[1]) * unit;
  const inRange = bytes >= spec.min && bytes <= spec.max;
  if (!(inRange && (spec.powerOfTwo !== true || isPowerOfTwo(bytes)))) {
    const what = spec.powerOfTwo === true ? "a power of two" : "a size";
    const range = `${bytesText(spec.min)} to ${bytesText(spec.max)}`;
    throw usageError(
      "OPTION_VALUE",
      `${name} takes ${what} from ${range}, such as 8M, not "${text}"`,
    );
  }
  return bytes;
}

function bytesText(bytes: number): string {
  for (const unit of ["G", "M", "K"]) {
    const size = unitBytes[unit] ?? 1;
    if (bytes % size === 0) {
      return `${bytes / size}${unit}`;
    }
  }
  return String(bytes);
}

function isPowerOfTwo(number: number): boolean {
  return number > 0 && Number.isInteger(Math.log2(number));
}

function parseChoice(spec: ChoiceSpec, text: string, name: string): string {
  const word = text.toLowerCase();
  const choice = spec.choices.find((known) => known === word) ?? own(spec.aliases, word);
  if (choice !== undefined) {
    return choice;
  }
  const remedy = own(spec.refused, word);
  if (remedy !== undefined) {
    throw usageError("OPTION_REFUSED", `${name} ${text}: ${remedy}`);
  }
  const guess = nearest(word, spec.choices);
  const hint = guess === null ? "" : `; did you mean ${guess}?`;
  const choices = spec.choices.join(", ");
  throw usageError("OPTION_VALUE", `${name} takes one of ${choices}, not "${text}"${hint}`);
}

function own(table: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

function checkOperands(command: CommandSpec, operands: readonly string[]): void {
  const spec = command.operands;
  if (spec?.kind === "program" || spec?.kind === "paths") {
    return;
  }
  if (spec?.kind === "choice") {
    checkChoices(command, spec, operands);
    return;
  }
  const extra = spec === undefined ? operands[0] : operands[1];
  if (extra !== undefined) {
    throw unexpected(command, extra);
  }
}

function checkChoices(
  command: CommandSpec,
  { choices, next = {} }: ChoiceOperand,
  operands: readonly string[],
): void {
  let known: readonly string[] = choices;
  for (const word of operands) {
    if (known.length === 0) {
      throw unexpected(command, word);
    }
    if (!known.includes(word)) {
      const guess = nearest(word, known);
      const hint = guess === null ? `use one of ${known.join(", ")}` : `did you mean ${guess}?`;
      const message = `sysflow ${command.name} does not know "${word}"; ${hint}`;
      throw usageError("ARGUMENT_UNKNOWN", message);
    }
    known = known === choices ? (next[word] ?? []) : [];
  }
}

function unexpected(command: CommandSpec, word: string): OperatorError {
  const message = `sysflow ${command.name} cannot use the argument "${word}"`;
  return usageError("ARGUMENT_UNEXPECTED", `${message}; see: sysflow help ${command.name}`);
}

function refuse(option: OptionSpec): void {
  if (option.refused !== undefined) {
    throw usageError("OPTION_REFUSED", `${optionName(option)}: ${option.refused}`);
  }
}

function unknownOption(command: CommandSpec, given: string): OperatorError {
  const known = command.options.flatMap((option) => [
    `--${option.long}`,
    ...(option.negatable === true ? [`--no-${option.long}`] : []),
  ]);
  const guess = given.startsWith("--") ? nearest(given, known) : null;
  const hint = guess === null ? "" : `; did you mean ${guess}?`;
  const message = `sysflow ${command.name} has no option ${given}${hint}`;
  const see = `sysflow help ${command.name}`;
  return usageError("OPTION_UNKNOWN", guess === null ? `${message}; see: ${see}` : message);
}

/** As messages name it: `--rotate (-G)`. */
export function optionName(option: OptionSpec): string {
  return option.short === undefined ? `--${option.long}` : `--${option.long} (-${option.short})`;
}

export function usageError(code: string, message: string): OperatorError {
  return new OperatorError(code, message, { exitStatus: exitStatus.USAGE });
}
