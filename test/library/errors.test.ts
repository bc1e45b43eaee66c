// The list of error codes, against every place that makes one.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../../src/base/errors.ts";
import { isSysFlowError, sysFlowErrorCodes } from "../../src/index.ts";
import { fileGraph, reachedFrom } from "../support/tidy/import-graph.ts";
import { filesBelow, ROOT, read } from "../support/tidy/sources.ts";

/** All that the library's door leads to, in whichever folder. */
const ofLibrary = reachedFrom(fileGraph(ROOT, filesBelow("src", /\.ts$/), false), "src/index.ts");
/** Upstream's that nothing of ours throws, so that programs written for it still compile. */
const NEVER_THROWN = ["NameTooLong", "ProcResourceNotFound"];

const codePattern = /\b(?:OperatorError|InputFault|CaptureError|Fail)\(\s*"(\w+)"/g;

test("has every code that the library's sources name, and no other", () => {
  const sources = [...ofLibrary];
  const natives = filesBelow("native", /\.(cc|h)$/).filter(
    (name) => !/\/(test|bench)\//.test(name),
  );
  const named = new Set(
    [...sources, ...natives].flatMap((name) =>
      [...read(name).matchAll(codePattern)].map(([, code = ""]) => code),
    ),
  );
  const unlisted = [...named].filter(
    (code) => !(sysFlowErrorCodes as readonly string[]).includes(code),
  );
  expect(unlisted).toEqual([]);
  // Some are chosen from tables: they stand as words in the sources.
  const words = [...sources, ...natives]
    .filter((name) => name !== "src/library/errors.ts")
    .map((name) => readFileSync(join(ROOT, name), "utf8"))
    .join("\n");
  const unused = sysFlowErrorCodes.filter((code) => !words.includes(`"${code}"`));
  expect(unused).toEqual(NEVER_THROWN as typeof unused);
});

test("narrows an error to its code", () => {
  const error: unknown = new OperatorError("INPUT_CUT", "cut");
  expect(isSysFlowError(error)).toBe(true);
  expect(isSysFlowError(error, "INPUT_CUT")).toBe(true);
  expect(isSysFlowError(error, "INPUT_EMPTY")).toBe(false);
  expect(isSysFlowError(new Error("INPUT_CUT"))).toBe(false);
  if (isSysFlowError(error, "INPUT_CUT")) {
    const code: "INPUT_CUT" = error.code;
    expect(code).toBe("INPUT_CUT");
  }
});
