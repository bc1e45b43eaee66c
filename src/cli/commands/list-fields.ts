// `sysflow collect --list-fields [--json]`: what a filter can compare, as libsinsp describes it.

import { loadBinding } from "../../capture/binding.ts";
import { fieldsText } from "../../driver/filter-fields.ts";
import { print } from "../standard-streams.ts";

export async function runListFields(json: boolean): Promise<void> {
  const groups = loadBinding().filterFields();
  await print(json ? `${JSON.stringify(groups, null, 2)}\n` : fieldsText(groups));
}
