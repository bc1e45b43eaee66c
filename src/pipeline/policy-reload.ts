// Policies that change while a run goes on. Every second the files are looked at; once a change stands
// still they are loaded, and hold from the next record on. Where they cannot be loaded, the old ones go
// on and the operator is told. What is compared is which files there are, and of each its inode, size
// and time: so a folder that is exchanged as a whole, as Kubernetes does with a ConfigMap, is seen.

import { OperatorError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";

export interface PolicyReloadOptions<Rules> {
  /** What stands for all files as they are, or for why they cannot be read. */
  readonly fingerprint: () => string;
  /** Rejects with an OperatorError where they cannot be used. */
  readonly load: () => Promise<Rules>;
  /** @returns what the operator is told of them, such as `79 rules` */
  readonly onLoaded: (rules: Rules) => string;
  readonly log: Log;
  readonly intervalMs?: number;
}

const intervalMsDefault = 1000;

export class PolicyReload<Rules> {
  readonly #options: PolicyReloadOptions<Rules>;
  /** Of those that were loaded, or that could not be. */
  #tried: string;
  /** Of the last look, where that was something new. */
  #seen: string | null = null;
  #timer: ReturnType<typeof setInterval> | null = null;
  /** Begun so far. */
  #loads = 0;
  #isStopped = false;

  constructor(options: PolicyReloadOptions<Rules>) {
    this.#options = options;
    this.#tried = options.fingerprint();
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), this.#options.intervalMs ?? intervalMsDefault);
    this.#timer.unref();
  }

  /** Loads them at once, changed or not: an operator asked for it. */
  reload(): void {
    this.#seen = null;
    this.#tried = this.#options.fingerprint();
    void this.#load();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #look(): void {
    const now = this.#options.fingerprint();
    if (now === this.#tried) {
      this.#seen = null;
    } else if (now !== this.#seen) {
      // Perhaps half-written: at the next look it is the same, or it is not done yet.
      this.#seen = now;
    } else {
      this.#tried = now;
      this.#seen = null;
      void this.#load();
    }
  }

  /** One that began later takes the place of one that is under way. */
  async #load(): Promise<void> {
    const { load, log, onLoaded } = this.#options;
    this.#loads += 1;
    const own = this.#loads;
    try {
      const rules = await load();
      if (own === this.#loads && !this.#isStopped) {
        log.info("policy", `policies loaded anew: ${onLoaded(rules)}`);
      }
    } catch (error) {
      if (!(error instanceof OperatorError)) {
        throw error;
      }
      const [where] = error.detail;
      const first = where === undefined ? "" : `; ${where}`;
      log.error("policy", `${error.message}; the policies from before go on${first}`);
    }
  }
}
