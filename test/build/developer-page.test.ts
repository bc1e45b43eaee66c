// The page for developers (test/README.md): its commands are there and do what it says, and what it
// names is where it says.

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const page = read("test/README.md");
const scripts: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts;

interface Command {
  readonly line: string;
  /** `NAME=VALUE` words before it. */
  readonly variables: readonly string[];
  readonly script: string;
  readonly args: readonly string[];
}

/** The lines of the blocks of code that begin like a command; what a line says of it is cut off. */
const commands = [...page.matchAll(/^```\n([\s\S]*?)^```$/gm)]
  .flatMap(([, block = ""]) => block.split("\n"))
  .filter((line) => /^([A-Z_]+=\S+ )*(npm|node|bun) /.test(line))
  .map((line) => commandOf(line.replace(/ {2,}.*/, "")));

function commandOf(line: string): Command {
  const words = line.split(" ");
  const variables = words.filter((word) => /^[A-Z_]+=/.test(word));
  const [, verb = "", ...more] = words.slice(variables.length);
  const [script = "", ...args] = verb === "run" ? more : [verb, ...more];
  return { line, variables, script, args: args.filter((word) => word !== "--") };
}

/** Those that write nothing and need no build. */
const runnable = commands.filter(
  ({ script, variables }) => script === "test:one" && variables.length === 0,
);

describe("the page for developers", () => {
  test("is where the README says", () => {
    expect(read("README.md")).toContain("[test/README.md](test/README.md)");
  });

  test("has commands, by npm alone: nothing else need be on the PATH", () => {
    expect(commands.length).toBeGreaterThanOrEqual(10);
    expect(runnable.length).toBeGreaterThanOrEqual(1);
    expect(commands.filter(({ line }) => !/^(\S+=\S+ )*npm /.test(line))).toEqual([]);
  });

  test.each(commands)("$line: a script of package.json, on files that are there", (command) => {
    const { script, args, variables } = command;
    expect(Object.keys(scripts)).toContain(script);
    expect(args.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    // What a variable is for is in the files that it is given to.
    const names = variables.map((word) => word.split("=")[0] ?? "");
    expect(names.filter((name) => !args.some((path) => read(path).includes(name)))).toEqual([]);
  });

  test.each(runnable)("$line: runs, without Bun on the PATH", ({ script, args }) => {
    const folders = (process.env["PATH"] ?? "").split(":");
    const without = folders.filter((folder) => !existsSync(join(folder, "bun")));
    // Where one folder has Bun and Node, both stay.
    const hasBoth = ["npm", "node"].every((name) =>
      without.some((folder) => existsSync(join(folder, name))),
    );
    const PATH = (hasBoth ? without : folders).join(":");
    const env = { ...process.env, PATH };
    const run = Bun.spawnSync(["npm", "run", script, "--", ...args], { cwd: ROOT, env });
    const text = `${run.stdout}${run.stderr}`;
    expect(text).toMatch(/\b[1-9]\d* pass\b/);
    expect(text).toMatch(/\b0 fail\b/);
    expect(run.exitCode).toBe(0);
  });

  test("names files and folders that there are", () => {
    const named = page.match(/(?<=`)(build|native|src|test)\/[\w./-]*(?=`)/g) ?? [];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("has a map whose first files are there", () => {
    const rows = mapRows();
    expect(rows.length).toBeGreaterThan(8);
    // In one of the row's folders, or below the first part of it, as `run/session.ts` in src.
    const places = rows.map(({ folders, first }) =>
      folders.flatMap((folder) => [join(folder, first), join(dirname(folder), first)]),
    );
    const isThere = (path: string) => existsSync(join(ROOT, path));
    expect(places.filter((each) => !each.some(isThere))).toEqual([]);
  });

  test("has every folder of src on the map, but for base", () => {
    const mapped = mapRows().flatMap(({ folders }) => folders);
    const entries = readdirSync(join(ROOT, "src"), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `src/${name}`);
    expect(folders.filter((name) => !mapped.includes(name))).toEqual(["src/base"]);
  });

  test.each(["build", "test/support"])("tells what each folder of %s/ is for", (top) => {
    const about = page.split(`The folders of \`${top}/\`:`)[1]?.split("\n\n")[0] ?? "";
    const entries = readdirSync(join(ROOT, top), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folders.filter((name) => !about.includes(`\`${name}\``))).toEqual([]);
  });

  test("tells of the words of the code that it uses", () => {
    expect(read("src/sysflow/record-sink.ts")).toContain("interface RecordOutput");
    expect(read("src/run/output/run-output.ts")).toContain("interface RunOutput");
    expect(read("src/cli/commands/collect.ts")).toContain("const outputs: readonly RunOutput[] =");
    expect(read("README.md")).toContain("| schema 6 |");
    expect(read("native/emit/objects.cc")).toContain("Add(counters_.");
  });
});

/** The table under "The map": the folders of each row, and the file to begin with. */
function mapRows(): readonly { readonly folders: readonly string[]; readonly first: string }[] {
  const section = page.split("## The map")[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((line) => {
    const [, folders = "", , first = ""] = line.split("|");
    const words = (cell: string) => cell.match(/(?<=`)[^`, ]+(?=`)/g) ?? [];
    return { folders: words(folders), first: words(first)[0] ?? "" };
  });
}
