// Chains of parents as upstream keeps them: those of the record at which a process was first seen.

import type { Process } from "../../sysflow/record.gen.ts";
import type { FlatContext } from "../attribute.ts";

/** All of them, until the next header. Whoever asks must do so at each record, from the first on. */
export class FirstChains {
  readonly #chains = new Map<string, readonly Process[]>();
  #chars = 0;
  #header: FlatContext["header"] = null;

  of(joined: FlatContext): readonly Process[] {
    const { header, process } = joined;
    if (process === null) {
      return [];
    }
    if (header !== this.#header || this.#chars > keptCharsMax) {
      this.#header = header;
      this.#chains.clear();
      this.#chars = 0;
    }
    const { hpid, createHi, createLo } = process.oid;
    const key = `${hpid} ${createHi | 0} ${createLo | 0}`;
    let chain = this.#chains.get(key);
    if (chain === undefined) {
      chain = [process, ...joined.parents];
      this.#chains.set(key, chain);
      const { exe, exeArgs, env } = process;
      this.#chars += exe.length + exeArgs.length + chain.length * charsOfEach;
      this.#chars += env.reduce((sum, each) => sum + each.length, 0);
    }
    return chain;
  }
}

/** There is no bound there. Where this one is reached, chains are as they are from then on. */
const keptCharsMax = 16 * 1024 * 1024;
const charsOfEach = 16;
