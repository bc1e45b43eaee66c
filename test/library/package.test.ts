// The package as it is published: packed by npm, installed into an empty project, and used there by
// plain JavaScript under each runtime: Bun, Node, and Bun on musl. And its types, by a project that
// has nothing else.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkDriver } from "../../src/index.ts";
import { furnishMuslRoot, runInMuslRoot } from "../support/library/musl-root.ts";
import { whyNoPlaces } from "../support/program/places.ts";

setDefaultTimeout(120_000);

const ROOT = join(import.meta.dir, "../..");
const PACKAGE = join(ROOT, "dist/libsysflow");
const isBuilt = fs.existsSync(join(PACKAGE, "package.json"));
const node = Bun.which("node");
const isNodeFit = Number(/^v(\d+)/.exec(output([node ?? "false", "--version"]))?.[1] ?? 0) >= 20;

const isLiveFit = process.getuid?.() === 0 && checkDriver("").ready;

const examples = ["watch", "callback", "select"];
const capture = "mixed.scap";

/** The project's folder, below what is the root of the musl world. */
const root = fs.mkdtempSync(join(tmpdir(), "sysflow-package-"));
const project = join(root, "project");
afterAll(() => fs.rmSync(root, { recursive: true }));

function output(command: readonly string[], cwd = ROOT): string {
  const [program = "", ...args] = command;
  const run = spawnSync(program, args, { cwd, encoding: "utf8" });
  return `${run.stdout}${run.stderr}`;
}

interface Runtime {
  readonly name: string;
  readonly whyNot: string | null;
  readonly run: (args: readonly string[]) => { readonly stdout: string; readonly stderr: string };
}

let hasMusl = false;

const runtimes: readonly Runtime[] = [
  {
    name: "Bun",
    whyNot: null,
    run: (args) => spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" }),
  },
  {
    name: "Node",
    whyNot: isNodeFit ? null : "there is no Node 20 or newer",
    run: (args) => spawnSync(node ?? "", args, { cwd: project, encoding: "utf8" }),
  },
  {
    name: "Bun on musl",
    whyNot: whyNoPlaces(),
    run: (args) => {
      expect(hasMusl, "musl's C++ library was not built").toBe(true);
      return runInMuslRoot(root, "/project", args);
    },
  },
];

describe.skipIf(!isBuilt)("the package (skipped without npm run build:library)", () => {
  beforeAll(async () => {
    installPackage();
    hasMusl = whyNoPlaces() === null && (await furnishMuslRoot(root));
  });

  test("needs nothing else, runs nothing when installed, and has its papers", () => {
    const installed = join(project, "node_modules/libsysflow");
    const about = JSON.parse(fs.readFileSync(join(installed, "package.json"), "utf8"));
    expect(Object.keys(about)).not.toContain("dependencies");
    expect(Object.keys(about)).not.toContain("scripts");
    const code = ["index.bun.js", "index.js", "native", "package.json", "types"];
    expect(fs.readdirSync(installed).sort()).toEqual(["LICENSE", "NOTICES", "README.md", ...code]);
    expect(fs.readFileSync(join(installed, "NOTICES"), "utf8")).toContain("Falco libs");
  });

  test.each(["linux-x64-glibc", "linux-x64-musl"])("%s needs its C library alone", (name) => {
    const addon = join(PACKAGE, "native", name, "capture.node");
    const needed = [...output(["readelf", "-d", addon]).matchAll(/NEEDED.*\[(.*)\]/g)];
    const others = needed.map(([, library = ""]) => library);
    const isLibc = (library: string) => /^(lib[cm]\.|ld-linux|libc\.musl)/.test(library);
    expect(others.filter((library) => !isLibc(library))).toEqual([]);
  });

  test("needs no newer glibc than its page says (built where that is the machine's)", () => {
    const addon = join(PACKAGE, "native/linux-x64-glibc/capture.node");
    const minors = [...output(["objdump", "-T", addon]).matchAll(/GLIBC_2\.(\d+)/g)];
    const newest = Math.max(...minors.map(([, minor]) => Number(minor)));
    const [, said] = /glibc 2\.(\d+) or newer/.exec(readmeOf(PACKAGE)) ?? [];
    const [, ours] = /2\.(\d+)$/m.exec(output(["getconf", "GNU_LIBC_VERSION"])) ?? [];
    expect(newest).toBeLessThanOrEqual(Math.max(Number(said), Number(ours)));
  });

  test("its types do for a strict project that has no others", () => {
    const files = examples.map((name) => `${name}.ts`);
    for (const file of files) {
      fs.copyFileSync(join(ROOT, "test/examples", file), join(project, file));
    }
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: false, target: "es2022", lib: ["esnext"] },
      ...{ module: "nodenext", moduleResolution: "nodenext", types: [] },
    };
    fs.writeFileSync(join(project, "globals.d.ts"), processTypes);
    const settings = { compilerOptions, files: ["globals.d.ts", ...files] };
    fs.writeFileSync(join(project, "tsconfig.json"), JSON.stringify(settings));
    fs.writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    expect(output([process.execPath, tsc, "-p", "."], project)).toBe("");
  });

  describe.each([...runtimes])("under $name", ({ run, whyNot }) => {
    test.skipIf(whyNot !== null)("does in each way what it does from sources", () => {
      const { stdout, stderr } = run(["behaviours.mjs", capture, "out"]);
      const script = join(ROOT, "test/support/library/behaviours.ts");
      const sources = spawnSync(process.execPath, [script, capture, "out"], {
        cwd: project,
        encoding: "utf8",
      });
      expect(JSON.parse(stdout || stderr)).toEqual(JSON.parse(sources.stdout));
    });

    test.skipIf(whyNot !== null || !isLiveFit)("captures live (skipped where we may not)", () => {
      const { stdout, stderr } = run(["behaviours.mjs", capture, "out", "live"]);
      expect(JSON.parse(stdout || stderr).live).toEqual({
        taken: "LIVE_CAPTURE_TAKEN",
        reason: "Error: while opening",
        again: "duration",
      });
    });

    test.skipIf(whyNot !== null)("runs the examples", () => {
      expect(run(["watch.mjs", capture]).stdout).toContain("/opt/example/workload started");
      const { stderr, stdout } = run(["callback.mjs", capture]);
      expect(stderr).toMatch(/^135 records of \d+ events$/m);
      expect(stdout.split("\n")).toHaveLength(97);
      const selected = run(["select.mjs", "out/written.sf", "out/selected.sf", "/nothing"]);
      expect(selected.stdout).toBe("39 of 135 records\n");
    });
  });
});

function readmeOf(folder: string): string {
  return fs.readFileSync(join(folder, "README.md"), "utf8");
}

/** Into an empty project, without a network, with the examples as plain JavaScript beside it. */
function installPackage(): void {
  fs.mkdirSync(join(project, "out"), { recursive: true });
  fs.writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true }\n');
  const packed = output(["npm", "pack", "--silent", "--pack-destination", root], PACKAGE);
  const archive = join(root, packed.trim());
  expect(fs.existsSync(archive), packed).toBe(true);
  const install = ["npm", "install", "--offline", "--no-audit", "--no-fund", archive];
  // What npm says of it depends on how loud the npm is that runs the tests.
  output(install, project);
  expect(fs.readdirSync(join(project, "node_modules"))).toContain("libsysflow");
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const scripts = examples.map((name) => `test/examples/${name}.ts`);
  for (const path of [...scripts, "test/support/library/behaviours.ts"]) {
    const name = path.split("/").at(-1)?.replace(/ts$/, "mjs") ?? "";
    const text = fs.readFileSync(join(ROOT, path), "utf8");
    fs.writeFileSync(join(project, name), transpiler.transformSync(text));
  }
  fs.copyFileSync(join(ROOT, "test/golden", capture), join(project, capture));
}

/** What the examples need of a runtime's own types. */
const processTypes = `declare const process: {
  readonly argv: readonly string[];
  readonly stdout: { write(text: string): void };
  readonly stderr: { write(text: string): void };
  exitCode: number;
  once(name: string, handler: () => void): void;
};
declare interface AbortSignal { readonly aborted: boolean }
`;
