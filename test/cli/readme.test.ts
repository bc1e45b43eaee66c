// The README's tables against the program: commands, variables, exit statuses, short options.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withFields } from "../../build/generate/fields.ts";
import { withLimits } from "../../build/generate/layout.ts";
import { withSyscalls } from "../../build/generate/syscalls.ts";
import { loadBinding } from "../../src/capture/binding.ts";
import { nativeLimits } from "../../src/capture/limits.gen.ts";
import { collectOptions } from "../../src/cli/option-table.ts";
import type { OptionSpec } from "../../src/cli/option-types.ts";
import { falcoFields, findAttribute } from "../../src/flatten/registry.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import { type RecordSchema, sysFlowSchema } from "../../src/sysflow/schema.ts";
import type { SchemaVersion } from "../../src/sysflow/values.ts";
import { everyOption } from "../support/options/every-option.ts";
import { sysflow } from "../support/program/sysflow.ts";

const ROOT = join(import.meta.dir, "../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const help = (...command: string[]) => sysflow(["help", ...command]).stdout;

/** Cells of the table whose head begins with `head`: the first of each row, unless said. */
function cells(head: string, column = 1): string[] {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  expect(start, `a table headed ${head}`).toBeGreaterThanOrEqual(0);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((line) => (line.split("|")[column] ?? "").trim());
}

describe("README", () => {
  test("names the commands that there are", () => {
    const names = cells("command").flatMap((cell) => cell.match(/[a-z]+/g) ?? []);
    const listed = help();
    expect(names.filter((name) => !listed.includes(name))).toEqual([]);
  });

  test("names the variables that collect obeys, and no others", () => {
    const named = cells("variable").map((cell) => cell.replaceAll("`", ""));
    const obeyed = help("collect").match(/^ {2}[A-Z][A-Z_]+(?= )/gm) ?? [];
    expect(named).toEqual(obeyed.map((name) => name.trim()));
    const options: readonly OptionSpec[] = collectOptions;
    const places = named.map((name) => options.find(({ env }) => env === name)?.long ?? null);
    const shown = places.map((long) => (long === null ? "" : `\`--${long}\``));
    expect(cells("variable", 2)).toEqual(shown);
  });

  test("names the variables that change nothing, and no others", () => {
    const sentence = /^(`.*) change nothing: a warning names them\.$/m.exec(readme)?.[1] ?? "";
    const named = [...sentence.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
    const read = everyOption().flatMap((name) => /^collect ([A-Z].*)/.exec(name)?.[1] ?? []);
    const obeyed = cells("variable").map((cell) => cell.replaceAll("`", ""));
    expect(named.sort()).toEqual(read.filter((name) => !obeyed.includes(name)).sort());
  });

  test("names options that there are", () => {
    const negated = collectOptions
      .filter((option: OptionSpec) => option.negatable === true)
      .map(({ long }) => `--no-${long}`);
    const plain = everyOption().flatMap((name) => name.match(/--.*/) ?? []);
    const options = new Set([...plain, ...negated]);
    const named = readme.match(/(?<=`[^`\n]*)--[a-z][a-z-]+(?=[^`\n]*`)/g) ?? [];
    const others = ["--dry-run", "--pid"];
    expect(named).toContain("--list-fields");
    expect(named.filter((name) => !(options.has(name) || others.includes(name)))).toEqual([]);
  });

  test("names the exit statuses that collect has", () => {
    const named = cells("exit status").flatMap((cell) => cell.match(/\d+/g) ?? []);
    const section = help("collect").split("Exit status:")[1] ?? "";
    expect(named).toEqual(
      [...section.matchAll(/^ {2}(\d+)(?:, (\d+))?(?:, (\d+))?/gm)].flatMap(numbers),
    );
  });

  test("names short options that collect takes", () => {
    const short = readme.match(/Short options are upstream's: `([^`]+)`/)?.[1]?.split(" ") ?? [];
    const text = help("collect");
    expect(short.filter((option) => !text.includes(`  ${option}, --`))).toEqual([]);
    expect(short).toHaveLength(13);
  });

  test("tells what schema 6 has beside schema 5, and all of it", () => {
    const added = recordsOf(6).flatMap(({ name, fields }, index) =>
      fields.slice(recordsOf(5)[index]?.fields.length).map((field) => `${name}.${field.name}`),
    );
    const named = cells("schema 6").flatMap((cell) => cell.match(/\w+\.\w+/g) ?? []);
    expect(named).toEqual([...added, "FileEvent.opFlags"]);
    expect(help("collect")).toContain("--schema VERSION");
  });

  test("tells the values of the flags that schema 6 adds", () => {
    const flags = [...readme.matchAll(/\b([A-Z]+) (0x\d+)\b/g)];
    const table: Readonly<Record<string, unknown>> = { ...op };
    expect(flags.filter(([, name, value]) => table[`OP_${name}`] !== Number(value))).toEqual([]);
    const sum = flags.reduce((bits, [, , value]) => bits | Number(value), 0);
    expect(sum).toBe(op.fileEventFlagsOf6);
  });

  test("names the bounds of long texts that native code has", () => {
    const native = (name: string) => readFileSync(join(ROOT, "native", name), "utf8");
    expect(nativeLimits).toMatchObject({ textBytesMax: 2 << 20, textBytesPerSecondMax: 64 << 20 });
    expect(native("host/proc_text.cc")).toContain("kExecBytes = 48 * 1024;");
    const probe = native("patches/processes/0010-long-command-lines.patch");
    expect(probe).toContain("#define MAX_EXEC_ARGS_ENV (48 * 1024)");
    for (const bound of ["holds 48 KiB of both", "up to 2 MiB of each", "64 MiB a second"]) {
      expect(readme).toContain(bound);
    }
  });

  test("has the table of system calls that the program shows", () => {
    const { stdout } = sysflow(["collect", "--list-syscalls", "--json"]);
    const { syscalls, unseen } = JSON.parse(stdout);
    expect(withSyscalls(readme, syscalls, unseen)).toBe(readme);
  });

  test("has scripts of package.json behind its commands", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const named = [...readme.matchAll(/\bnpm (?:run )?(start|test|build|bench)\b/g)];
    expect(named.length).toBeGreaterThanOrEqual(4);
    expect(named.filter((match) => !((match[1] as string) in scripts))).toEqual([]);
  });
});

describe("README on attributes", () => {
  test("has the table of Falco's fields", () => {
    expect(withFields(readme, falcoFields)).toBe(readme);
    expect(() => withFields("", falcoFields)).toThrow("no place for Falco's fields");
  });

  test("names attributes that there are", () => {
    const section = readme.split("\n## Attributes\n")[1]?.split("<!-- Made")[0] ?? "";
    const named = [...section.matchAll(/`((?:sf|evt|fd|proc|container|k8s)\.[^`*]+)`/g)];
    const names = named.map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => findAttribute(name, "default") === undefined)).toEqual([]);
  });
});

test("README has the limits of the tables", () => {
  expect(withLimits(readme, loadBinding().layoutText())).toBe(readme);
});

function recordsOf(version: SchemaVersion): readonly RecordSchema[] {
  return sysFlowSchema(version).fields[0]?.type as readonly RecordSchema[];
}

function numbers(match: RegExpMatchArray): string[] {
  return match.slice(1).filter((group): group is string => group !== undefined);
}
