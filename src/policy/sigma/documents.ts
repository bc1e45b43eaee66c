// The documents of a Sigma file. Some are no rules but say what becomes of others (`action`): a global
// one holds for all that follow up to a reset, and a repeated one is the rule before it with changes.

import { limits } from "../language/limits.ts";
import type { Problems } from "../language/problem.ts";
import type { SourceFile } from "../language/source-text.ts";
import type { RawEntry, RawMap, RawValue } from "../load/raw-item.ts";
import { readYamlDocuments } from "../load/yaml-reader.ts";
import { kindOf } from "./scalar.ts";

/** All maps among the documents, as they stand. What is no map is a problem. */
export function readDocuments(file: SourceFile, problems: Problems): readonly RawMap[] {
  const values = readYamlDocuments(file, problems);
  if ("message" in values) {
    problems.error("POLICY_SYNTAX", `not YAML: ${values.message}`, file.place(values.at));
    return [];
  }
  return values.flatMap((value) => {
    if (value.kind === "map") return [value];
    const message = `a document has keys, such as title and detection; this one is ${kindOf(value)}`;
    problems.error("POLICY_SYNTAX", message, file.place(value.at));
    return [];
  });
}

/** The rules of a file: what its documents mean with their actions done. */
export function readRules(file: SourceFile, problems: Problems): readonly RawMap[] {
  const rules: RawMap[] = [];
  let common: RawMap | null = null;
  let previous: RawMap | null = null;
  // What is repeated is copied for each rule.
  let copied = 0;
  for (const document of readDocuments(file, problems)) {
    const action = document.entries.get("action")?.value ?? null;
    const word = action?.kind === "text" ? action.text : action;
    copied += sizeOf(word === "repeat" ? previous : common);
    if (copied > limits.yamlValues) {
      const message = `the documents of the file repeat more than ${limits.yamlValues} keys together`;
      problems.error("POLICY_LIMIT", message, file.place(document.at));
      return [];
    }
    const own = without(document, "action");
    switch (word) {
      case null:
        previous = merged(common, own);
        rules.push(previous);
        break;
      case "global":
        common = merged(common, own);
        break;
      case "reset":
        common = null;
        break;
      case "repeat":
        if (previous === null) {
          const message = "action: repeat needs a rule before it in the file";
          problems.error("POLICY_VALUE", message, file.place(document.at));
        } else {
          previous = merged(previous, own);
          rules.push({ ...previous, at: own.at });
        }
        break;
      default: {
        const message = `action: must be global, reset or repeat, not ${kindOf(action as RawValue)}`;
        problems.error("POLICY_VALUE", message, file.place((action as RawValue).at));
      }
    }
  }
  return rules;
}

/** Keys, those of maps within it too. */
function sizeOf(map: RawMap | null): number {
  let size = map?.entries.size ?? 0;
  for (const { value } of map?.entries.values() ?? []) {
    if (value.kind === "map") size += sizeOf(value);
  }
  return size;
}

function without(map: RawMap, key: string): RawMap {
  return { ...map, entries: new Map([...map.entries].filter(([name]) => name !== key)) };
}

/** Maps are merged key by key; of all else the later one counts. */
function merged(base: RawMap | null, over: RawMap): RawMap {
  if (base === null) {
    return over;
  }
  const entries = new Map<string, RawEntry>(base.entries);
  for (const [key, entry] of over.entries) {
    const before = entries.get(key)?.value;
    const isBoth = before?.kind === "map" && entry.value.kind === "map";
    const value = isBoth ? merged(before as RawMap, entry.value as RawMap) : entry.value;
    entries.set(key, { ...entry, value });
  }
  return { ...over, entries };
}
