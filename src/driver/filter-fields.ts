// What a filter can compare, for a person to read: one block for each of libsinsp's groups of fields.

import { wrap } from "../base/text-width.ts";
import type { FilterField, FilterGroup } from "../capture/binding.ts";

const columns = 100;
const nameColumns = 32;

export function fieldsText(groups: readonly FilterGroup[]): string {
  return groups
    .flatMap((group) => ["", ...groupLines(group)])
    .slice(1)
    .join("\n")
    .concat("\n");
}

function groupLines(group: FilterGroup): readonly string[] {
  const head = indented(`${group.name}: ${group.description}`, 0);
  return [...head, ...group.fields.flatMap(fieldLines)];
}

function fieldLines(field: FilterField): readonly string[] {
  const kind = [typeWords(field), ...argumentWords[field.argument]];
  const marks = field.isDeprecated ? [...kind, "deprecated"] : kind;
  const name = field.name.padEnd(nameColumns - 1);
  return [`  ${name} ${marks.join(", ")}`, ...indented(field.description, 6)];
}

const argumentWords = {
  none: [],
  optional: ["may have an argument"],
  required: ["needs an argument"],
} as const;

function indented(text: string, indent: number): readonly string[] {
  const words = text.trim().replace(/\s+/g, " ");
  return wrap(words, columns - indent).map((line) => " ".repeat(indent) + line);
}

/** libsinsp's name of a type as a word; those not listed are numbers of some width. */
const words: Readonly<Record<string, string>> = {
  BOOL: "true or false",
  BYTEBUF: "bytes",
  CHARBUF: "text",
  DYNAMIC: "any type",
  IPADDR: "address",
  IPNET: "network",
  PORT: "port",
};

function typeWords({ type, isList }: FilterField): string {
  const word = words[type] ?? "number";
  return isList ? `list of ${word}` : word;
}
