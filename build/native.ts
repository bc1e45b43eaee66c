// `bun build/native.ts [--target NAME] [--flavour asan]`: builds native/ and prints what it made.

import { entryPoint } from "./base/run.ts";
import { buildNative } from "./native/native-build.ts";
import { FLAVOURS, type FlavourName, TARGETS, type TargetName } from "./toolchain/targets.ts";

await entryPoint(async () => {
  const targets = Object.keys(TARGETS) as TargetName[];
  const target = choice("--target", targets, "x86_64-linux-gnu");
  const flavours = Object.keys(FLAVOURS) as FlavourName[];
  const built = await buildNative(TARGETS[target], choice("--flavour", flavours, "release"));
  const files = [...(built.addon === null ? [] : [built.addon]), ...built.programs.values()];
  process.stdout.write(files.map((file) => `${file}\n`).join(""));
});

/** The value after an option on our command line, which must be one of `known`. */
function choice<Name extends string>(option: string, known: readonly Name[], usual: Name): Name {
  const place = process.argv.indexOf(option);
  if (place < 0) return usual;
  const given = process.argv[place + 1];
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  throw new Error(`${option} ${given ?? ""}: not known; one of ${known.join(", ")}`);
}
