// Finds attributes by their names, and lists them.

import type { Attribute, AttributeMode, FlatContext } from "./attribute.ts";
import { beginRun, compatAttribute } from "./compat/attributes.ts";
import { argumentAttributes } from "./falco/arguments.ts";
import { containerFields } from "./falco/container.ts";
import { descriptorAttributes } from "./falco/descriptor.ts";
import { eventAttributes } from "./falco/event.ts";
import { indexedField } from "./falco/indexed.ts";
import { processFields, processTwins } from "./falco/process.ts";
import { unavailableFields, whyUnavailable } from "./falco/unavailable.ts";
import { containerAttributes, podAttributes } from "./sysflow/container.ts";
import { fileAttributes } from "./sysflow/file.ts";
import { processAttributes } from "./sysflow/process.ts";
import {
  headerAttributes,
  k8sAttributes,
  netAttributes,
  recordAttributes,
} from "./sysflow/record.ts";

/** All attributes of the mode "default", in the order in which they are listed for people. */
export const attributes: readonly Attribute[] = [
  ...recordAttributes,
  ...processAttributes,
  ...fileAttributes,
  ...netAttributes,
  ...containerAttributes,
  ...podAttributes,
  ...k8sAttributes,
  ...headerAttributes,
  ...eventAttributes,
  ...argumentAttributes,
  ...processFields,
  ...processTwins,
  ...descriptorAttributes,
  ...containerFields,
];

const byName: ReadonlyMap<string, Attribute> = new Map(attributes.map((each) => [each.name, each]));

/** The attribute of this name, in the mode "default" also with an index: `proc.aname[2]`. */
export function findAttribute(name: string, mode: AttributeMode): Attribute | undefined {
  if (mode === "sysflow") {
    return compatAttribute(name);
  }
  const known = byName.get(name);
  if (known !== undefined) {
    return known;
  }
  const indexed = indexedField(name);
  return typeof indexed === "string" ? byName.get(indexed) : indexed;
}

/**
 * To be called when a run begins, that is before the first record, and in the mode "sysflow" for one
 * at a time.
 * @returns what must be called at each record, whether its attributes are asked for or not
 */
export function beginFlattening(mode: AttributeMode): (of: FlatContext) => void {
  return mode === "sysflow" ? beginRun() : nothing;
}

function nothing(): void {
  // Attributes of the mode "default" need to see no record but the one that they are asked of.
}

/** Why no record can answer a field that Falco has; undefined where it is no such field. */
export function unavailable(name: string): string | undefined {
  return findAttribute(name, "default") === undefined ? whyUnavailable(name) : undefined;
}

/** What records can answer of Falco's fields. */
export interface FalcoField {
  readonly name: string;
  readonly answered: "yes" | "with schema 6" | "never";
  /** What it is, or why it is never there. */
  readonly note: string;
}

/** All of Falco's fields, those of an index without it, and upstream's names that look like them. */
export const falcoFields: readonly FalcoField[] = [
  ...attributes
    .filter(({ name }) => !name.startsWith("sf."))
    .map(({ name, schema, description }): FalcoField => {
      return { name, answered: schema === 6 ? "with schema 6" : "yes", note: description };
    }),
  ...unavailableFields.map((name): FalcoField => {
    return { name, answered: "never", note: whyUnavailable(name) ?? "" };
  }),
].sort((a, b) => (a.name < b.name ? -1 : 1));
