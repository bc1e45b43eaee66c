// Which files are policies, and their texts. A folder is walked in lexical order, its subfolders
// too; files end in .yaml or .yml. Names that begin with a dot are left out: where Kubernetes mounts
// a ConfigMap, they hold every file a second time.

import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemCause } from "../../base/errors.ts";
import { limits } from "../language/limits.ts";
import type { Problems } from "../language/problem.ts";
import { SourceFile } from "../language/source-text.ts";

/** @param paths files and folders, in the order in which their items count */
export function readPolicyFiles(paths: readonly string[], problems: Problems): SourceFile[] {
  const names: string[] = [];
  for (const path of paths) {
    const before = names.length;
    try {
      if (statSync(path).isDirectory()) addFolder(path, 0, names, problems);
      else names.push(path);
    } catch (error) {
      problems.error(
        "POLICY_FILE",
        `cannot read the policies ${path}: ${systemCause(error)}`,
        null,
      );
      continue;
    }
    if (names.length === before && problems.errors === 0) {
      const message = `the folder ${path} has no policies: files that end in .yaml or .yml`;
      problems.error("POLICY_FILE", message, null);
    }
  }
  return readAll(names, problems);
}

function addFolder(folder: string, depth: number, names: string[], problems: Problems): void {
  if (depth > limits.folderDepth) {
    const message = `the folder ${folder} is more than ${limits.folderDepth} folders deep`;
    problems.error("POLICY_LIMIT", message, null);
    return;
  }
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) addFolder(path, depth + 1, names, problems);
    else if (/\.ya?ml$/.test(entry.name)) names.push(path);
  }
}

function readAll(names: readonly string[], problems: Problems): SourceFile[] {
  if (names.length > limits.files) {
    const message = `there are ${names.length} policy files; at most ${limits.files} are read`;
    problems.error("POLICY_LIMIT", message, null);
    return [];
  }
  const files: SourceFile[] = [];
  let total = 0;
  for (const name of names) {
    const bytes = readOne(name, problems);
    if (bytes === null) continue;
    total += bytes.length;
    if (total > limits.totalBytes) {
      const message = `the policy files have more than ${limits.totalBytes} bytes together`;
      problems.error("POLICY_LIMIT", message, null);
      break;
    }
    const text = decoded(bytes);
    if (text === null) {
      problems.error("POLICY_FILE", `${name} is no text in UTF-8`, null);
    } else {
      files.push(new SourceFile(name, text));
    }
  }
  return files;
}

function readOne(name: string, problems: Problems): Uint8Array | null {
  try {
    const descriptor = openSync(name, "r");
    try {
      if (!fstatSync(descriptor).isFile()) {
        problems.error("POLICY_FILE", `cannot read ${name}: it is no regular file`, null);
        return null;
      }
      const buffer = new Uint8Array(limits.fileBytes + 1);
      let length = 0;
      for (;;) {
        const read = readSync(descriptor, buffer, length, buffer.length - length, null);
        length += read;
        if (read === 0) break;
        if (length === buffer.length) {
          const message = `${name} has more than ${limits.fileBytes} bytes, the limit of one policy file`;
          problems.error("POLICY_LIMIT", message, null);
          return null;
        }
      }
      return buffer.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    problems.error("POLICY_FILE", `cannot read ${name}: ${systemCause(error)}`, null);
    return null;
  }
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
