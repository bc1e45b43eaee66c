// Writes the README's section on system calls from the table that the program shows with
// `collect --list-syscalls`. `bun run generate` runs it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadBinding } from "../../src/capture/binding.ts";
import { type UnseenRow, unseen } from "../../src/driver/syscall-sets.ts";
import {
  modeText,
  recordText,
  type SyscallRow,
  syscallGroups,
  syscallRows,
} from "../../src/driver/syscall-table.ts";

const begin = "<!-- Made by `npm run generate` from `sysflow collect --list-syscalls`. -->\n";
const end = "<!-- End of what is made. -->\n";

/** The README with the section made anew. @throws Error where the README has no place for it. */
export function withSyscalls(
  readme: string,
  rows: readonly SyscallRow[],
  rest: readonly UnseenRow[],
): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error("README.md has no place for the system calls");
  return readme.slice(0, from + begin.length) + section(rows, rest) + readme.slice(to);
}

function section(rows: readonly SyscallRow[], rest: readonly UnseenRow[]): string {
  const seen = syscallGroups(rows).map(({ names, row }) =>
    cells(names.join(" "), recordText(row), modeText(row), row.onFailure),
  );
  return [
    cells("system call", "record: flag", "modes", "a call that fails"),
    cells("---", "---", "---", "---"),
    ...seen,
    "",
    cells("not seen", "why"),
    cells("---", "---"),
    ...rest.map(({ what, why }) => cells(what, why)),
    "",
  ].join("\n");
}

function cells(...texts: readonly string[]): string {
  return `| ${texts.join(" | ")} |`;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "../../README.md");
  const rows = syscallRows(loadBinding().syscallActions());
  writeFileSync(path, withSyscalls(readFileSync(path, "utf8"), rows, unseen));
}
