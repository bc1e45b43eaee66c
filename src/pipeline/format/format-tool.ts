// `sysflow policy fmt`: files brought into form, or named where they are not.

import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { OperatorError, systemCause } from "../../base/errors.ts";
import { Problems } from "../../policy/language/problem.ts";
import type { SourceFile } from "../../policy/language/source-text.ts";
import { readPolicyFiles } from "../../policy/load/policy-files.ts";
import { problemsText } from "../policies.ts";
import type { ToolAnswer } from "../tool-answer.ts";
import { formatFile } from "./format-file.ts";

/** Null: the text of the files is the answer. */
export type FormatAction = "check" | "write" | null;

/** @throws OperatorError where a file cannot be written; those before it are done by then */
export async function formatTool(
  paths: readonly string[],
  action: FormatAction,
): Promise<ToolAnswer> {
  const problems = new Problems();
  const files = readPolicyFiles(paths, problems).filter((file) => !isOfSigma(file));
  const texts = files.map((file) => formatFile(file, problems));
  const changed = files.filter(({ text }, i) => texts[i] !== text);
  if (problems.errors > 0) {
    return { text: lines(problemsText(problems)), isGood: false };
  }
  switch (action) {
    case null:
      return { text: texts.join(""), isGood: true };
    case "check":
      return { text: lines(changed.map(({ name }) => name)), isGood: changed.length === 0 };
    case "write":
      files.forEach(({ name, text }, i) => {
        if (texts[i] !== text) {
          replaceFile(name, texts[i] as string);
        }
      });
      return { text: lines(changed.map(({ name }) => name)), isGood: true };
    default:
      return action satisfies never;
  }
}

/** Their conditions are of another language, and are short. */
function isOfSigma({ text }: SourceFile): boolean {
  return /^(detection|correlation|fieldmappings)[ \t]*:/m.test(text);
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

/** The new text is whole beside the old file before it takes its name. */
function replaceFile(path: string, text: string): void {
  const next = join(dirname(path), `.${basename(path)}.new`);
  try {
    const { mode } = statSync(path);
    const descriptor = openSync(next, "wx", 0o600);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    chmodSync(next, mode & 0o777);
    renameSync(next, path);
  } catch (cause) {
    removeOwn(next, cause);
    throw writeError(path, cause);
  }
}

function writeError(path: string, cause: unknown): OperatorError {
  const message = `cannot write ${path}: ${systemCause(cause)}; it is as it was`;
  return new OperatorError("OUTPUT_WRITE_FAILED", message, { cause });
}

function removeOwn(path: string, cause: unknown): void {
  if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") {
    // It is not ours.
    return;
  }
  try {
    unlinkSync(path);
  } catch {
    // It was not made.
  }
}
