// The host's root is the environment's, once in a process: native code neither changes the environment
// nor takes another root in silence.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

const addon = join(import.meta.dir, "../../dist/capture.node");
const opensBelow = (root: string) => `
  const addon = { exports: {} };
  process.dlopen(addon, ${JSON.stringify(addon)});
  try {
    new addon.exports.Capture({ engine: "test", hostRoot: ${JSON.stringify(root)} }).close();
    console.log("opened");
  } catch (error) {
    console.log(error.code, error.message);
  }`;

function below(root: string, environment: string | undefined): string {
  const env = { ...process.env, HOST_ROOT: environment };
  const { stdout } = Bun.spawnSync([process.execPath, "-e", opensBelow(root)], { env });
  return stdout.toString().trim();
}

describe.skipIf(!existsSync(addon))("the host's root (skipped without dist/capture.node)", () => {
  test.each([
    ["/host", "/host"],
    ["/host", "/host/"],
    ["", undefined],
    ["", "/"],
    ["", "/host"],
  ])("%j is taken where HOST_ROOT is %j", (root, environment) => {
    expect(below(root, environment)).toBe("opened");
  });

  test.each([
    ["/host", undefined, ""],
    ["/host", "/other", "/other"],
    ["/host", "/host/deeper", "/host/deeper"],
  ])("%j is refused where HOST_ROOT is %j", (root, environment, told) => {
    expect(below(root, environment)).toBe(
      `HostRootDiffers cannot look for the host's files below ${root}: the capture library took ` +
        `HOST_ROOT=${told} from the environment, and keeps it; set it when starting the program`,
    );
  });
});
