// Writes src/capture/layout.gen.ts from what native/layout/event_layout.h declares: `bun run generate`.
// With --check it only compares and fails when the committed file is out of date (CI does).
// The layout comes as the text that native/layout/layout.cc prints, through the addon's layoutText().
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const target = join(import.meta.dir, "../src/capture/layout.gen.ts");
const addonPath = join(import.meta.dir, "../dist/capture.node");

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
 * i32 and each half of a Span, 64-bit words for f64, 16-bit words for u16.
 */
export function renderLayout(text: string): string {
  const lines = [
    "// Generated from native/layout/event_layout.h by build/generate-layout.ts: do not edit.",
    "// Each field is an index from its record's start, in units of its own width: u16 in 16-bit words,",
    "// u32, i32 and Span (offset, then length) in 32-bit words, f64 in 64-bit words.",
    "",
    `export const LAYOUT_HASH = ${fnv1a(text)};`,
  ];
  const widths: Record<string, number> = { u16: 2, u32: 4, i32: 4, f64: 8, Span: 4 };
  let record = "";
  for (const line of text.trimEnd().split("\n")) {
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
    } else {
      lines.push(`export const ${name} = ${words[1]};`);
    }
  }
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

if (import.meta.main) {
  const addon: unknown = createRequire(import.meta.url)(addonPath);
  const rendered = renderLayout((addon as { layoutText(): string }).layoutText());
  if (!process.argv.includes("--check")) {
    writeFileSync(target, rendered);
  } else if (readFileSync(target, "utf8") !== rendered) {
    process.stderr.write("src/capture/layout.gen.ts is out of date: run `bun run generate`\n");
    process.exit(1);
  }
}
