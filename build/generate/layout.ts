// Writes what both languages must agree on, as native/layout/ declares it: `bun run generate` makes
// src/capture/layout.gen.ts of its records, counters.gen.ts of its counters, limits.gen.ts of its
// limits, open-options.gen.ts of a capture's options, op-flags.gen.ts and operations.gen.ts of its
// operations, and README's words for them and for limits. With --check it
// only compares and fails when a committed file is out of date (CI does). All of it comes as the text
// that native/layout/layout.cc prints, through the addon's layoutText(): one line each, with tabs in
// those that are no part of a record.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { collectLimits, limitWords } from "../../src/collect/limits.ts";
import {
  nativeNumbers,
  renderOperations,
  renderOpFlags,
  tabbed,
  withFileEvents,
} from "./operations.ts";

const ROOT = join(import.meta.dir, "../..");
const addonPath = join(ROOT, "dist/capture.node");

/** `readBytes` → `READ_BYTES`; a constant loses its Google-style `k`. */
function screaming(name: string): string {
  return name
    .replace(/^k(?=[A-Z])/, "")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toUpperCase();
}

/**
 * One `export const` for each record's kind and size and each field's place. A place is an index into
 * the typed-array view of the field's width, counted from the record's start: 32-bit words for u32,
 * i32 and each half of a Span, 64-bit words for f64, 16-bit words for u16. Operations, `kOp…`, become
 * `NATIVE_…` and a type of their own: records of SysFlow have bits of those names, of other values.
 */
export function renderLayout(text: string): string {
  const lines = [
    "// Generated from native/layout/event_layout.h by build/generate/layout.ts: do not edit.",
    "// Each field is an index from its record's start, in units of its own width: u16 in 16-bit words,",
    "// u32, i32 and Span (offset, then length) in 32-bit words, f64 in 64-bit words.",
    "",
    "declare const operation: unique symbol;",
    "/**",
    " * What a record of a batch says was done, NATIVE_…. No number to the type checker, so that it is never",
    " * taken for a bit of a record's opFlags (OP_… in sysflow/op-flags.gen.ts), nor the other way round.",
    " */",
    "export type NativeOp = { readonly [operation]: never };",
    "",
    `export const LAYOUT_HASH = ${fnv1a(text)};`,
  ];
  /** Without a call of their own. */
  const others: (readonly [name: string, number: number])[] = [];
  const widths: Record<string, number> = { u16: 2, u32: 4, i32: 4, f64: 8, Span: 4 };
  let record = "";
  for (const line of text.trimEnd().split("\n")) {
    if (line.includes("\t")) continue;
    const words = line.trim().split(" ");
    const name = screaming(words[0] ?? "");
    if (line.startsWith(" ")) {
      const width = widths[words[1] ?? ""];
      if (width === undefined) throw new Error(`layout: unknown type in "${line}"`);
      if (name === "PAD") continue;
      lines.push(`export const ${record}_${name} = ${Number(words[2]) / width};`);
    } else if (words.length === 3) {
      record = name;
      lines.push("", `export const KIND_${record} = ${words[1]};`);
      lines.push(`export const BYTES_${record} = ${words[2]};`);
    } else if (name.startsWith("OP_")) {
      others.push([name.replace("OP_", ""), Number(words[1])]);
    } else {
      lines.push(`export const ${name} = ${words[1]};`);
    }
  }
  const operations = [...nativeNumbers(text), ...others];
  lines.push(
    "",
    ...operations.map(([op, n]) => `export const NATIVE_${op} = ${n} as unknown as NativeOp;`),
    "",
    "export const nativeOps: Readonly<Record<string, NativeOp>> = {",
    ...operations.map(([op]) => `  ${op}: NATIVE_${op},`),
    "};",
  );
  return `${lines.join("\n")}\n`;
}

/** 32-bit FNV-1a of ASCII text, as native/layout/layout.cc computes it. */
export function fnv1a(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  }
  return hash >>> 0;
}

/** The type of what stats() counts, and the summary's word for each. */
export function renderCounters(text: string): string {
  const rows = tabbed(text, "counter").map(([name = "", kind = "", word = "", meaning = ""]) => ({
    name,
    kind: `${kind.charAt(1).toLowerCase()}${kind.slice(2)}`,
    word,
    meaning,
  }));
  const fields = rows.flatMap(({ name, meaning }) => [
    ...(meaning === "" ? [] : wrapped(meaning)),
    `  readonly ${name}: number;`,
  ]);
  const kinds = [...new Set(rows.map(({ kind }) => kind))].sort();
  return [
    "// Generated from native/layout/counters.h by build/generate/layout.ts: do not edit.",
    "",
    "/** Counters of a capture: sizes, else totals since its start. Times in ns. */",
    "export interface CaptureCounters {",
    ...fields,
    "}",
    "",
    "/** Under which heading the summary tells of a counter; of a number under none of these. */",
    `export type CounterKind = ${kinds.map((kind) => JSON.stringify(kind)).join(" | ")};`,
    "",
    "/** A counter's name, the summary's word for what it counts, and a sentence that says it. */",
    "export interface CounterRow {",
    "  readonly name: keyof CaptureCounters;",
    "  readonly kind: CounterKind;",
    "  readonly word: string;",
    "  readonly meaning: string;",
    "}",
    "",
    "/** In the order in which the summary tells of them. */",
    "export const captureCounters: readonly CounterRow[] = [",
    ...rows.flatMap(row),
    "];",
    "",
  ].join("\n");
}

/** One row of the counters as the house's formatter has it: on one line where that is short enough. */
function row(counter: Readonly<Record<string, string>>): string[] {
  const fields = Object.entries(counter).map(
    ([field, text]) => `${field}: ${JSON.stringify(text)}`,
  );
  const line = `  { ${fields.join(", ")} },`;
  return line.length <= 100 ? [line] : ["  {", ...fields.map((field) => `    ${field},`), "  },"];
}

/** A doc comment of a field. */
function wrapped(text: string): string[] {
  const line = `  /** ${text} */`;
  if (line.length > 100) throw new Error(`layout: too long for one line: "${text}"`);
  return [line];
}

interface Limit {
  /** As native code has it, such as kThreadsMax. */
  readonly name: string;
  readonly value: number;
  /** README's name for it; empty where it is not told. */
  readonly word: string;
}

function limitsOf(text: string): readonly Limit[] {
  return tabbed(text, "limit").map(([name = "", value = "", word = ""]) => ({
    name,
    value: Number(value),
    word,
  }));
}

/** The limits of native code's tables. */
export function renderLimits(text: string): string {
  const fields = limitsOf(text).map(({ name, value }) => {
    const own = name.replace(/^k(.)/, (_, first: string) => first.toLowerCase());
    return `  ${own}: ${value},`;
  });
  return [
    "// Generated from native/layout/limits.h by build/generate/layout.ts: do not edit.",
    "",
    "/** The most that native code's tables hold. limits.h says what of. */",
    "export const nativeLimits = {",
    ...fields,
    "} as const;",
    "",
  ].join("\n");
}

const optionTypes: Readonly<Record<string, string>> = {
  "std::string": "string",
  bool: "boolean",
  uint32_t: "number",
  uint64_t: "number",
};

/** The type of a capture's options of one word. */
export function renderOptions(text: string): string {
  const fields = tabbed(text, "option").flatMap(([name = "", type = "", about = ""]) => {
    const known = optionTypes[type];
    if (known === undefined) throw new Error(`layout: no type of TypeScript's for ${type}`);
    return [...wrapped(about), `  readonly ${name}?: ${known};`];
  });
  return [
    "// Generated from native/layout/open_options.h by build/generate/layout.ts: do not edit.",
    "",
    "/** What a capture is told in one word each; all may be absent. */",
    "export interface PlainOptions {",
    ...fields,
    "}",
    "",
  ].join("\n");
}

const begin = "<!-- Made by `npm run generate` from the limits of both languages. -->\n";
const end = "<!-- End of the limits. -->\n";

/** README with the table of limits made anew. @throws Error where README has no place for it. */
export function withLimits(readme: string, text: string): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error("README.md has no place for the limits");
  const native = limitsOf(text).filter(({ word }) => word !== "");
  const own = Object.entries(limitWords).map(([name, word]) => ({
    value: collectLimits[name as keyof typeof limitWords],
    word,
  }));
  const rows = [...native, ...own].map(
    ({ word, value }) => `| ${word} | ${value.toLocaleString("en-US")} |\n`,
  );
  const table = `| table | at most |\n|---|---|\n${rows.join("")}`;
  return readme.slice(0, from + begin.length) + table + readme.slice(to);
}

if (import.meta.main) {
  const addon: unknown = createRequire(import.meta.url)(addonPath);
  const text = (addon as { layoutText(): string }).layoutText();
  const makers: Readonly<Record<string, (text: string) => string>> = {
    "src/capture/layout.gen.ts": renderLayout,
    "src/capture/counters.gen.ts": renderCounters,
    "src/capture/limits.gen.ts": renderLimits,
    "src/capture/open-options.gen.ts": renderOptions,
    "src/sysflow/op-flags.gen.ts": renderOpFlags,
    "src/driver/operations.gen.ts": renderOperations,
    "README.md": (text) =>
      withLimits(withFileEvents(readFileSync(join(ROOT, "README.md"), "utf8"), text), text),
  };
  for (const [name, make] of Object.entries(makers)) {
    const rendered = make(text);
    if (!process.argv.includes("--check")) {
      writeFileSync(join(ROOT, name), rendered);
    } else if (readFileSync(join(ROOT, name), "utf8") !== rendered) {
      process.stderr.write(`${name} is out of date: run \`bun run generate\`\n`);
      process.exitCode = 1;
    }
  }
}
