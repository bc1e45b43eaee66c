// The program of test/truth/width.c, which has to make the same records in each width that a machine
// has and whichever way its calls on sockets take.

import { join } from "node:path";
import type { SfRecord } from "../records/read-sf.ts";
import { asWords, compileC } from "./workload.ts";

/** No C library, so that none of the narrower width need be there. */
const bare = ["-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fno-pie", "-no-pie"];

/** @param by the compiler, where it is for another machine. @returns `path`, where the program is. */
export function buildWidth(path: string, flags: readonly string[], by?: string): string {
  const source = join(import.meta.dir, "../../truth/width.c");
  return compileC(path, [source], [...bare, "-nostdlib", ...flags], by);
}

/** What a program's records say, apart from who did it, when, and the ports that the kernel chose. */
export function sayings(records: readonly SfRecord[], program: string): readonly string[] {
  return asWords(records)
    .filter(({ words }) => String(words["exe"]).endsWith(`/${program}`))
    .filter(({ words }) => words["kind"] !== "ProcessEvent")
    .map(({ words }) => {
      const { pid, tid, parent, exe, args, env, uid, sport, ...said } = words;
      return JSON.stringify(said);
    })
    .sort();
}
