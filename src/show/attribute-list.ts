// What rules can ask of records, for a person or as JSON: each attribute with its type and the records
// that have it, and those fields of Falco's that no record has, with why.

import { wrap } from "../base/text-width.ts";
import type { Attribute } from "../flatten/attribute.ts";
import { kindByCode } from "../flatten/record-kinds.ts";
import { attributes, falcoFields } from "../flatten/registry.ts";

const columns = 100;
const nameColumns = 34;

export function attributesText(): string {
  const never = falcoFields.filter(({ answered }) => answered === "never");
  return [
    ...attributes.flatMap(attributeLines),
    "",
    "Fields of Falco's that no record has:",
    ...never.flatMap(({ name, note }) => twoColumns(name, note)),
    "",
  ].join("\n");
}

export function attributesJson(): string {
  const never = falcoFields.filter(({ answered }) => answered === "never");
  const report = {
    attributes: attributes.map((attribute) => {
      const { description, name, schema = 5, type } = attribute;
      return { name, type, records: recordsOf(attribute), schema, description };
    }),
    never: never.map(({ name, note }) => ({ name, reason: note })),
  };
  return JSON.stringify(report, null, 2);
}

function attributeLines(attribute: Attribute): readonly string[] {
  const { description, name, schema, type } = attribute;
  const kinds = recordsOf(attribute);
  const where = kinds.length === kindByCode.size ? "all records" : kinds.join(" ");
  const since = schema === undefined ? "" : `, schema ${schema}`;
  return twoColumns(name, `${type}, ${where}${since}: ${description}`);
}

/** Codes of the records in which it can have a value. */
function recordsOf({ kinds }: Attribute): readonly string[] {
  return [...kindByCode].filter(([, bit]) => (bit & kinds) !== 0).map(([code]) => code);
}

function twoColumns(name: string, text: string): readonly string[] {
  const lines = wrap(text, columns - nameColumns - 2);
  return lines.map((line, i) => `  ${(i === 0 ? name : "").padEnd(nameColumns - 1)} ${line}`);
}
