// The sockets of this host's runtimes: found again and again, listened to while they are there, and asked
// together. One that fails is tried again, and holds no other up.

import { monotonicMs } from "../base/clock.ts";
import {
  type Announcements,
  type Answer,
  LookupError,
  type Source,
  type UnknownCause,
} from "./answer.ts";
import { isOfUser } from "./owner.ts";
import type { SocketPlace } from "./socket-places.ts";

export interface RuntimesOptions {
  /** Where the host's file system is mounted; empty: it is ours. */
  readonly hostRoot: string;
  /** The sockets that there are now; asked again every few seconds. */
  readonly findSockets: () => readonly SocketPlace[];
  readonly open: (place: SocketPlace) => Source;
  /** Told of what a socket's trouble is, for the log. */
  readonly onTrouble: (message: string) => void;
}

/** What sockets tell by themselves, by full id. */
export interface Listener {
  /** One has come, or is back. */
  onReady(): void;
  onChanged(source: Source, id: string): void;
  onEnded(source: Source, id: string): void;
}

export type Outcome =
  | { readonly answer: Answer; readonly source: Source }
  | { readonly cause: UnknownCause };

interface Followed {
  readonly source: Source;
  isClosed: boolean;
  wake: (() => void) | null;
  /** What was said of it last. */
  trouble: UnknownCause | null;
  /** Not asked before. */
  restUntilMs: number;
  rests: number;
}

/** A stream that ends sooner counts as one that failed. */
const lastingMs = 10_000;
const reconnectMs = [500, 1000, 2000, 5000, 15_000, 30_000];
/** What a socket that gives no answer in time is left alone for, doubled each time. */
const restMs = 1000;
const restMsMax = 30_000;

export class Runtimes {
  readonly #options: RuntimesOptions;
  readonly #listener: Listener;
  readonly #followed = new Map<string, Followed>();
  /** Questions sent since the start. */
  questions = 0;

  constructor(options: RuntimesOptions, listener: Listener) {
    this.#options = options;
    this.#listener = listener;
  }

  get size(): number {
    return this.#followed.size;
  }

  close(): void {
    for (const path of [...this.#followed.keys()]) {
      this.#close(path);
    }
  }

  /** The first that knows it, root's sockets before those of users. */
  async ask(id: string): Promise<Outcome> {
    const all = [...this.#followed.values()];
    if (all.length === 0) {
      return { cause: "noSocket" };
    }
    let cause: UnknownCause = "notFound";
    for (const isOfRoot of [true, false]) {
      const asked = all.filter(({ source }) => (source.ownerUid === 0) === isOfRoot);
      const outcome = await this.#first(asked, id);
      if ("answer" in outcome) {
        return outcome;
      }
      cause = moreTelling(cause, outcome.cause);
    }
    return { cause };
  }

  #first(all: readonly Followed[], id: string): Promise<Outcome> {
    return new Promise((resolve) => {
      let left = all.length;
      let cause: UnknownCause = "notFound";
      const end = (outcome: Outcome) => {
        left -= 1;
        if ("answer" in outcome) {
          resolve(outcome);
        } else {
          cause = moreTelling(cause, outcome.cause);
        }
        if (left === 0) {
          resolve({ cause });
        }
      };
      if (left === 0) {
        resolve({ cause });
      }
      for (const followed of all) {
        void this.#askOne(followed, id).then(end);
      }
    });
  }

  /** Never rejects. One that gave no answer in time is left alone for a while. */
  async #askOne(followed: Followed, id: string): Promise<Outcome> {
    const { source } = followed;
    if (monotonicMs() < followed.restUntilMs) {
      return { cause: "timedOut" };
    }
    this.questions += 1;
    try {
      const answer = await source.ask(id);
      followed.rests = 0;
      followed.trouble = null;
      if (answer === null) {
        return { cause: "notFound" };
      }
      return this.#isBelieved(source, answer) ? { answer, source } : { cause: "notOwner" };
    } catch (error) {
      const cause = this.#told(followed, error);
      if (cause === "timedOut") {
        followed.restUntilMs = monotonicMs() + Math.min(restMsMax, restMs * 2 ** followed.rests);
        followed.rests += 1;
      }
      return { cause };
    }
  }

  #isBelieved({ ownerUid }: Source, { id, pid }: Answer): boolean {
    const { hostRoot } = this.#options;
    return ownerUid === 0 || (pid !== null && isOfUser(hostRoot, pid, id, ownerUid));
  }

  /** Says a socket's trouble once, until it is well again or has another. */
  #told(followed: Followed, error: unknown): UnknownCause {
    // Whatever a library throws at what it was sent must not end the run.
    const cause = error instanceof LookupError ? error.reason : "badAnswer";
    if (followed.trouble !== cause && !followed.isClosed) {
      followed.trouble = cause;
      this.#options.onTrouble(error instanceof Error ? error.message : String(error));
    }
    return cause;
  }

  /** Opens and closes sources as sockets come and go. */
  rescan(): void {
    const places = this.#options.findSockets();
    const paths = new Set(places.map(({ path }) => path));
    for (const path of [...this.#followed.keys()]) {
      if (!paths.has(path)) {
        this.#close(path);
      }
    }
    for (const place of places) {
      if (!this.#followed.has(place.path)) {
        const followed = newFollowed(this.#options.open(place));
        this.#followed.set(place.path, followed);
        void this.#follow(followed);
        this.#listener.onReady();
      }
    }
  }

  #close(path: string): void {
    const followed = this.#followed.get(path);
    if (followed !== undefined) {
      this.#followed.delete(path);
      followed.isClosed = true;
      followed.source.close();
      followed.wake?.();
    }
  }

  /** Listens until it is closed, with a pause after each end that grows while none lasts. */
  async #follow(followed: Followed): Promise<void> {
    const { source } = followed;
    const announcements: Announcements = {
      onReady: () => this.#listener.onReady(),
      onChanged: (id) => this.#listener.onChanged(source, id),
      onEnded: (id) => this.#listener.onEnded(source, id),
    };
    let failures = 0;
    while (!followed.isClosed) {
      const startMs = monotonicMs();
      try {
        await source.follow(announcements);
      } catch (error) {
        this.#told(followed, error);
      }
      failures = monotonicMs() - startMs > lastingMs ? 0 : failures + 1;
      const pauseMs = reconnectMs[Math.min(failures, reconnectMs.length - 1)] as number;
      await pause(followed, pauseMs * (0.5 + Math.random()));
    }
  }
}

/** Ends early where the socket is closed. */
async function pause(followed: Followed, ms: number): Promise<void> {
  if (!followed.isClosed) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      followed.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function newFollowed(source: Source): Followed {
  const idle = { isClosed: false, wake: null, trouble: null };
  return { source, ...idle, restUntilMs: 0, rests: 0 };
}

/** What tells an operator more than that one of several sockets does not know it. */
const byWeight: readonly UnknownCause[] = [
  "noSocket",
  "notFound",
  "notOwner",
  "refused",
  "timedOut",
  "badAnswer",
];

function moreTelling(a: UnknownCause, b: UnknownCause): UnknownCause {
  return byWeight.indexOf(a) >= byWeight.indexOf(b) ? a : b;
}
