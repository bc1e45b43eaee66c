// Loads Sigma rules from texts in place of files, for tests.

import { Problems, problemLines } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import type { LoadedRule } from "../../../src/policy/load/loaded.ts";
import {
  defaultFieldMap,
  type FieldMap,
  readFieldMap,
} from "../../../src/policy/sigma/field-map.ts";
import { loadSigma } from "../../../src/policy/sigma/load-sigma.ts";
import { expressionText } from "./expression-text.ts";

export interface SigmaSetting {
  readonly fields?: FieldMap;
  readonly skipUnsupported?: boolean;
}

export interface LoadedSigma {
  readonly rules: readonly LoadedRule[];
  /** All problems as they are shown, without the lines and carets below them. */
  readonly heads: readonly string[];
  /** Of the same problems. */
  readonly codes: readonly string[];
  /** Rules that were left out, with the reason. */
  readonly skipped: readonly string[];
}

export function loadSigmaText(text: string, setting: SigmaSetting = {}): LoadedSigma {
  const problems = new Problems();
  const { fields = defaultFieldMap, skipUnsupported = false } = setting;
  const { rules, skipped } = loadSigma(
    [new SourceFile("a.yml", text)],
    { fields, skipUnsupported },
    problems,
  );
  return {
    rules,
    heads: problems.list.map((each) => problemLines(each)[0] ?? ""),
    codes: problems.list.map(({ code }) => code),
    skipped: skipped.map(({ name, place, reason }) => `${place.line}: ${name}: ${reason}`),
  };
}

/**
 * A rule whose detection has these lines, which have two spaces before them in the file. Without a
 * logsource it is asked of all records, so that its condition is the detection's alone.
 */
export function ruleWith(detection: string): string {
  const indented = detection.replace(/^(?=.)/gm, "  ");
  return `title: T\ndetection:\n${indented}\n`;
}

/** The condition that a detection becomes, or what is wrong with it. */
export function conditionText(detection: string, setting: SigmaSetting = {}): string {
  const { rules, heads } = loadSigmaText(ruleWith(detection), setting);
  const [rule] = rules;
  const text = rule === undefined ? "no rule" : expressionText(rule.condition.expression);
  const faults = heads.filter((head) => !head.includes("warning: "));
  return faults.length > 0 ? faults.join("\n") : text;
}

/** A map from a text in upstream's form, and what is said of it. */
export function fieldMapOf(text: string): {
  fields: FieldMap;
  heads: readonly string[];
  codes: readonly string[];
} {
  const problems = new Problems();
  const fields = readFieldMap([new SourceFile("map.yml", text)], problems);
  return {
    fields,
    heads: problems.list.map((each) => problemLines(each)[0] ?? ""),
    codes: problems.list.map(({ code }) => code),
  };
}
