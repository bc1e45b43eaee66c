// Finds attributes by their names.

import type { Attribute, AttributeMode } from "./attribute.ts";
import { recordAttributes } from "./sysflow/record-attributes.ts";

/** All attributes of the mode "default", in the order in which they are listed for people. */
export const attributes: readonly Attribute[] = [...recordAttributes];

const byName: ReadonlyMap<string, Attribute> = new Map(attributes.map((each) => [each.name, each]));

/** The attribute of this name, also with an index or a key, such as `proc.aname[2]`. */
export function findAttribute(name: string, _mode: AttributeMode): Attribute | undefined {
  return byName.get(name);
}

/** Why no record can answer a field that Falco has; undefined where it is no such field. */
export function unavailable(name: string): string | undefined {
  return never.get(name);
}

const never: ReadonlyMap<string, string> = new Map([
  ["user.loginuid", "SysFlow records do not have the login's user"],
]);
