// Short answers on standard output: whole, whatever the reader does. A full disk and a reader that has
// gone are in main.test.ts too, as an operator meets them.

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const MODULE = join(import.meta.dir, "../../src/cli/standard-streams.ts");
const BYTES = 300_000;
const PRINT = `const { print } = await import(${JSON.stringify(MODULE)}); print("é".repeat(${BYTES / 2}));`;

/** Runs the program with a pipe that answers EAGAIN when full, and reads it only after a while. */
const SLOW_READER = `
import os, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(writer, False)
child = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
time.sleep(0.3)
count = 0
while chunk := os.read(reader, 65536):
    count += len(chunk)
print(count, child.wait())
`;

describe("print", () => {
  test.skipIf(Bun.which("python3") === null)("waits for a pipe that is full for now", () => {
    const command = ["-c", SLOW_READER, process.execPath, "-e", PRINT];
    const { stdout, stderr } = spawnSync("python3", command, { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: `${BYTES} 0\n`, stderr: "" });
  });

  test("says nothing to a reader that has gone", () => {
    const script = `'${process.execPath}' -e '${PRINT}' | head -c 10`;
    const { stdout, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", script], {
      encoding: "utf8",
    });
    expect({ stdout, stderr }).toEqual({ stdout: "é".repeat(5), stderr: "" });
  });
});
