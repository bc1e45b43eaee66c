// The constants that the bundle is compiled with, beside SYSFLOW_ADDON. src/base/build-contents.ts
// declares them; nothing else of a build reaches the program.

import type { BuildContents, Library } from "../../src/base/build-contents.ts";
import type { Step } from "../base/run.ts";
import type { Component } from "./component.ts";
import type { Contents } from "./contents.ts";
import { noticesText, packedNotices } from "./licences.ts";

/** What the executable is made of, as arguments of `bun build`. */
export async function contentDefines(contents: Contents, step: Step): Promise<string[]> {
  const notices = packedNotices(await noticesText(contents, step));
  return [
    define("SYSFLOW_CONTENTS", JSON.stringify(buildContents(contents))),
    define("SYSFLOW_NOTICES", notices),
  ];
}

/** What `sysflow version` tells of it. */
export function buildContents(contents: Contents): BuildContents {
  const { commit, target, cpu, runtime, libc, components } = contents;
  return {
    commit,
    target,
    cpu,
    runtime: { ...library(runtime), parts: runtime.parts.map(library) },
    libc: library(libc),
    libraries: components.map(library),
  };
}

function library({ name, version, license }: Component): Library {
  return { name, version, license };
}

/** The value is a text; the bundler wants it as a literal. */
function define(name: string, value: string): string {
  return `--define=${name}=${JSON.stringify(value)}`;
}
