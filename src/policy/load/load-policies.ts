// From files to loaded policies: read, take apart, bring together. All problems of all files are
// collected first.

import { limits } from "../language/limits.ts";
import type { Problems } from "../language/problem.ts";
import type { SourceFile } from "../language/source-text.ts";
import { type Definition, define } from "./definition.ts";
import type { LoadedPolicies, PolicyMode } from "./loaded.ts";
import { mergeDefinitions } from "./merge.ts";
import type { RawItem } from "./raw-item.ts";
import { checkRequirement } from "./requirements.ts";
import { readSysflow, readSysflowLeniently } from "./sysflow-reader.ts";
import { scopeDefinitions } from "./sysflow-scopes.ts";
import { readYaml } from "./yaml-reader.ts";

/** Where `problems` has errors afterwards, the result must not be used. */
export function loadPolicies(
  files: readonly SourceFile[],
  mode: PolicyMode,
  problems: Problems,
): LoadedPolicies {
  const definitions = files.map((file) => definitionsOf(file, mode, problems));
  return mode === "sysflow"
    ? scopeDefinitions(definitions, problems)
    : mergeDefinitions(definitions.flat(), problems);
}

function definitionsOf(file: SourceFile, mode: PolicyMode, problems: Problems): Definition[] {
  const tooBig = excess(file);
  if (tooBig !== null) {
    problems.error("POLICY_LIMIT", tooBig, file.place(0));
    return [];
  }
  const items = mode === "sysflow" ? readSysflow(file, problems) : readEither(file, problems);
  if (items.length > limits.items) {
    const message = `the file has more than ${limits.items} items`;
    problems.error("POLICY_LIMIT", message, file.place(0));
    return [];
  }
  const definitions: Definition[] = [];
  for (const item of items) {
    const definition = define(item, mode, problems);
    if (definition === null) continue;
    definitions.push(definition);
    if (definition.kind.startsWith("required") && mode === "default") {
      checkRequirement(definition as Parameters<typeof checkRequirement>[0], problems);
    }
  }
  return definitions;
}

/** YAML, or else what upstream reads and YAML does not. */
function readEither(file: SourceFile, problems: Problems): readonly RawItem[] {
  const { items, fault } = readYaml(file, problems);
  if (fault === null) {
    return items;
  }
  const lenient = readSysflowLeniently(file);
  if (lenient !== null) {
    return lenient;
  }
  problems.error("POLICY_SYNTAX", `not YAML: ${fault.message}`, file.place(fault.at));
  return [];
}

/** Which limit of one file it exceeds, or null. Files may come from elsewhere than policy-files.ts. */
function excess(file: SourceFile): string | null {
  if (file.text.length > limits.fileBytes) {
    return `the file has more than ${limits.fileBytes} bytes, the limit of one policy file`;
  }
  let lines = 1;
  for (let at = file.text.indexOf("\n"); at >= 0; at = file.text.indexOf("\n", at + 1)) lines += 1;
  return lines > limits.fileLines
    ? `the file has more than ${limits.fileLines} lines, the limit of one policy file`
    : null;
}
