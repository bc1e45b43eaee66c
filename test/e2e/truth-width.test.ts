// Programs of 32 bits make the records that their 64-bit build makes, whichever way their calls on
// sockets take.

import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram, ways } from "../support/truth/observe.ts";
import { buildWidth, sayings } from "../support/truth/width.ts";
import { hasCompiler } from "../support/truth/workload.ts";

const isRoot = process.getuid?.() === 0;
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-width-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const widths = { bits64: ["-m64"], bits32: ["-m32"], multiplexed: ["-m32", "-DMULTIPLEXED"] };
const port = "41877";

function build(name: keyof typeof widths): string {
  return buildWidth(join(folder, name), [...widths[name], "-mno-sse"]);
}

const canBuild = isRoot && hasCompiler && process.arch === "x64";
/** The kernel may be built, or told, to run none of 32 bits. */
const canRun = canBuild && spawnSync(build("bits32"), ["/nowhere", port]).error === undefined;

describe.skipIf(!canRun)("programs of 32 bits", () => {
  test.each(ways)(
    "say what those of 64 bits say, %s",
    async (_, observe) => {
      const names = Object.keys(widths) as (keyof typeof widths)[];
      const place = fs.mkdtempSync(join(folder, "place-"));
      const act = () => names.flatMap((name) => runProgram([build(name), place, port]));
      const { records } = await observe(folder, act, ["--schema", "6"]);
      const wanted = sayings(records, "bits64");
      expect(wanted.length).toBeGreaterThan(15);
      expect(sayings(records, "bits32")).toEqual(wanted);
      expect(sayings(records, "multiplexed")).toEqual(wanted);
    },
    60_000,
  );
});
