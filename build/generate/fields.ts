// Writes the README's table of Falco's fields: which of them records answer, which with schema 6
// alone, and which never, by the reason. `bun run generate` runs it.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FalcoField, falcoFields } from "../../src/flatten/registry.ts";

const begin = "<!-- Made by `npm run generate` from Falco's fields. -->\n";
const end = "<!-- End of Falco's fields. -->\n";

/** The README with the table made anew. @throws Error where the README has no place for it. */
export function withFields(readme: string, fields: readonly FalcoField[]): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error("README.md has no place for Falco's fields");
  return readme.slice(0, from + begin.length) + table(fields) + readme.slice(to);
}

function table(fields: readonly FalcoField[]): string {
  const row = (how: string, of: (field: FalcoField) => boolean) => {
    return `| ${how} | ${fields
      .filter(of)
      .map(({ name }) => name)
      .join(" ")} |`;
  };
  const never = fields.filter(({ answered }) => answered === "never");
  const reasons = [...new Set(never.map(({ note }) => note))];
  return [
    "| answered | fields |",
    "| --- | --- |",
    row("yes", ({ answered }) => answered === "yes"),
    row("with schema 6", ({ answered }) => answered === "with schema 6"),
    ...reasons.map((why) => row(`never: ${why}`, ({ note }) => note === why)),
    "",
  ].join("\n");
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "../../README.md");
  writeFileSync(path, withFields(readFileSync(path, "utf8"), falcoFields));
}
