// What a file asks of the engine: Falco's version of the rule language, and plugins. Neither makes a
// load fail, since rules that need more name it themselves; what is not met is told.

import type { Problems } from "../language/problem.ts";
import type { RequirementDefinition } from "./definition.ts";
import { placeOf, type RawValue } from "./raw-item.ts";

/** The newest version of Falco's rule language that is known here. */
const engineVersion = [0, 60, 0] as const;

/** Plugins whose fields SysFlow has of its own. */
const builtIn: ReadonlySet<string> = new Set(["container", "k8smeta"]);

export function checkRequirement(definition: RequirementDefinition, problems: Problems): void {
  const { kind, item, value } = definition;
  if (kind === "required_engine_version") {
    const text = value.kind === "text" ? value.text : "";
    const version = versionOf(text);
    const place = placeOf(item, value.at);
    if (version === null) {
      const message = `required_engine_version: must be a version such as 0.31.0, not ${text}`;
      problems.error("POLICY_VALUE", message, place);
    } else if (isNewer(version)) {
      const message = `the file asks for engine ${text}; what is known here is ${engineVersion.join(".")}`;
      problems.warning("POLICY_DOUBTFUL", message, place);
    }
    return;
  }
  for (const { name, at } of pluginsOf(value)) {
    if (name === "") {
      const message = "required_plugin_versions: needs items with name: and version:";
      problems.error("POLICY_VALUE", message, placeOf(item, at));
    } else if (!builtIn.has(name)) {
      const message = `the file asks for the plugin ${name}, which there is not`;
      problems.warning("POLICY_DOUBTFUL", message, placeOf(item, at));
    }
  }
}

/** A number alone is the middle of three: engine 31 was followed by 0.31.0. */
function versionOf(text: string): readonly number[] | null {
  const parts = text.replace(/^["']|["']$/g, "").split(".");
  const numbers = parts.map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : Number.NaN));
  if (numbers.some(Number.isNaN) || (numbers.length !== 1 && numbers.length !== 3)) {
    return null;
  }
  return numbers.length === 1 ? [0, numbers[0] as number, 0] : numbers;
}

function isNewer(version: readonly number[]): boolean {
  for (let i = 0; i < engineVersion.length; i++) {
    const difference = (version[i] ?? 0) - (engineVersion[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function pluginsOf(value: RawValue): { name: string; at: number }[] {
  const items = value.kind === "list" ? value.items : [value];
  return items.map((item) => {
    const name = item.kind === "map" ? item.entries.get("name")?.value : undefined;
    return { name: name?.kind === "text" ? name.text : "", at: item.at };
  });
}
