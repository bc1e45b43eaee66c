// Loads policies from texts in place of files, for tests.

import { Problems, problemLines } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { loadPolicies } from "../../../src/policy/load/load-policies.ts";
import type { LoadedPolicies, PolicyMode } from "../../../src/policy/load/loaded.ts";

export interface LoadedText {
  readonly policies: LoadedPolicies;
  /** All problems as they are shown, without the lines and carets below them. */
  readonly heads: readonly string[];
  /** With these. */
  readonly lines: readonly string[];
}

/** @param texts of the files a.yaml, b.yaml and so on */
export function loadTexts(texts: readonly string[], mode: PolicyMode = "default"): LoadedText {
  const problems = new Problems();
  const files = texts.map((text, index) => {
    return new SourceFile(`${String.fromCharCode(97 + index)}.yaml`, text);
  });
  const policies = loadPolicies(files, mode, problems);
  const lines = problems.list.map(problemLines);
  return { policies, heads: lines.map((each) => each[0] ?? ""), lines: lines.flat() };
}

export function loadText(text: string, mode: PolicyMode = "default"): LoadedText {
  return loadTexts([text], mode);
}
