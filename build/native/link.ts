// Links objects of ours with Falco's libraries: the addon, and programs that test or measure. What is
// there already and was linked from the same files stays as it is.

import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { hashOf } from "../base/cache.ts";
import { run, type Step } from "../base/run.ts";
import type { Flavour, Target } from "../toolchain/targets.ts";

/** What objects are linked with, and where the results lie. */
export interface Linker {
  readonly target: Target;
  readonly flavour: Flavour;
  readonly folder: string;
  /** All libraries, in the linker's words. */
  readonly libs: readonly string[];
}

const HARDENED = ["-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,--as-needed"];
const SYSTEM = ["-lpthread", "-ldl"];

/** The path of the stripped addon. */
export async function linkAddon(
  linker: Linker,
  objects: readonly string[],
  step: Step,
): Promise<string> {
  const { target, flavour, libs } = linker;
  const shared = ["-Wl,--exclude-libs,ALL", "-Wl,-Bsymbolic", "-Wl,--no-undefined-version"];
  const command = [
    target.cxx,
    "-shared",
    ...flavour.link,
    ...HARDENED,
    ...shared,
    ...(target.link ?? []),
  ];
  step.note("linking the addon");
  return await upToDate(linker, "capture.node", [...command, ...objects, ...libs], async (out) => {
    await run([...command, ...objects, ...libs, ...SYSTEM, "-o", out]);
    await run([target.strip, "--strip-unneeded", out]);
  });
}

/** The paths of programs by name, each of one object and of what it needs of our others. */
export async function linkPrograms(
  linker: Linker,
  own: readonly string[],
  objects: ReadonlyMap<string, string>,
  step: Step,
): Promise<ReadonlyMap<string, string>> {
  const { target, flavour, libs } = linker;
  const archive = await upToDate(linker, "libsysflow-native.a", own, async (out) => {
    // Objects lie under one name in many folders; a thin archive tells them apart.
    await run([target.ar, "rcsT", out, ...own]);
  });
  // With musl inside, a program runs on this host too. GCC 12's -static-pie fails on s390x.
  const kind = target.musl === undefined ? "-pie" : "-static";
  const command = [target.cxx, kind, ...flavour.link, ...HARDENED];
  const programs = new Map<string, string>();
  const waiting = [...objects];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, object] = next;
      step.note(`linking ${name}`);
      const inputs = [...command, object, ...own, ...libs];
      const path = await upToDate(linker, name, inputs, async (out) => {
        await run([...command, object, archive, ...libs, ...SYSTEM, "-o", out]);
      });
      programs.set(name, path);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return programs;
}

/** The path of a file in the linker's folder, made anew where it was made from other inputs. */
async function upToDate(
  { folder }: Linker,
  name: string,
  inputs: readonly string[],
  make: (out: string) => Promise<void>,
): Promise<string> {
  const path = join(folder, name);
  const note = Bun.file(`${path}.inputs`);
  const key = hashOf(inputs);
  if (existsSync(path) && (await note.exists()) && (await note.text()) === key) return path;
  await rm(`${path}.new`, { force: true });
  await make(`${path}.new`);
  await rename(`${path}.new`, path);
  await Bun.write(note, key);
  return path;
}
