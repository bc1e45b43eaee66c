// What the runtimes of this host know of its containers, for the collector: `find` says what is known now
// and has the rest asked for; `takeChanged` says whose answer has come since. Nothing waits for a runtime.
//
// Everything is bounded: containers kept, questions under way, tries and time of each, bytes of an answer.
// A container that a runtime announces is asked for at once: one that lives for a moment only would be
// gone before its first process is seen.

import { assert } from "../base/assert.ts";
import { monotonicMs } from "../base/clock.ts";
import { TextMap } from "../base/text-map.ts";
import {
  type Answer,
  type ContainerFacts,
  type PodFacts,
  type Source,
  type UnknownCause,
  unknownWords,
} from "./answer.ts";
import { Runtimes, type RuntimesOptions } from "./runtimes.ts";

export interface DirectoryLimits {
  readonly containers: number;
  readonly questionsAtOnce: number;
}

export const directoryLimits: DirectoryLimits = { containers: 8 * 1024, questionsAtOnce: 8 };

/** Containers that processes were seen in, by what became of them, since the start. */
export interface DirectoryStats {
  /** Runtimes' sockets now. */
  readonly sockets: number;
  readonly named: number;
  readonly unknown: Readonly<Record<UnknownCause, number>>;
  /** Containers kept now, also those that were announced and not seen. */
  readonly kept: number;
  readonly questions: number;
}

interface Entry {
  readonly id: string;
  facts: ContainerFacts | null;
  pod: PodFacts | null;
  /** The collector has asked for it. */
  isWanted: boolean;
  /** Why a wanted one is unknown; else null. */
  cause: UnknownCause | null;
  /** The socket that told of it. */
  from: Source | null;
  isAsked: boolean;
  /** Something has changed while it was asked for. */
  isOutdated: boolean;
  tries: number;
  /** When it is asked for again; Infinity: not by itself. */
  retryMs: number;
  /** When it is forgotten; Infinity: it has not ended. */
  forgetMs: number;
}

/** What runtimes can be asked for: the beginning of one of their 64 digits. */
const askable = /^[0-9a-f]{12}$/;
const shortDigits = 12;

const retriesMs = [100, 400, 1500, 5000, 15_000];
const turnMs = 100;
const rescanMs = 5000;
const podsMax = 2048;
/** Records of its last processes may still be under way. */
const endedKeepMs = 60_000;

export class ContainerDirectory {
  readonly #limits: DirectoryLimits;
  readonly #runtimes: Runtimes;
  /** In the order of their last use. */
  readonly #entries = new TextMap<Entry>();
  /** Those to be asked for: what processes were seen in, and what was announced. */
  readonly #seen = new Set<Entry>();
  readonly #announced = new Set<Entry>();
  #isAnnouncedNext = false;
  /** Those that something is to be done with later. */
  readonly #waiting = new Set<Entry>();
  /** Wanted and not known. */
  readonly #lacking = new Set<Entry>();
  #asking = 0;
  readonly #podsById = new TextMap<PodFacts>();
  readonly #changed = new Set<string>();
  readonly #changedPods = new Set<string>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #nextScanMs = 0;
  #named = 0;
  readonly #unknown = zeroCounts();

  constructor(options: RuntimesOptions, limits: DirectoryLimits = directoryLimits) {
    this.#limits = limits;
    this.#runtimes = new Runtimes(options, {
      onReady: () => this.#askLacking(),
      onChanged: (source, id) => this.#hear(source, id),
      onEnded: (source, id) => this.#hearEnd(source, id),
    });
  }

  /** Looks for sockets and begins to listen to them. */
  start(): void {
    assert(this.#timer === null, "a directory is started once");
    this.#timer = setInterval(() => this.#turn(), turnMs);
    this.#timer.unref();
    this.#turn();
  }

  /** Ends what is under way. May be called twice, and before `start`. */
  close(): void {
    clearInterval(this.#timer ?? undefined);
    for (const entries of this.#sets()) {
      entries.clear();
    }
    this.#runtimes.close();
  }

  /** See ContainerLookup of the collector. */
  find(containerId: string): ContainerFacts | null {
    return this.#wanted(containerId).facts;
  }

  takeChanged(): readonly string[] {
    return taken(this.#changed);
  }

  /** See PodLookup of the collector: the pods that runtimes tell of. */
  readonly pods = {
    find: (containerId: string): PodFacts | null => this.#wanted(containerId).pod,
    takeChanged: (): readonly string[] => taken(this.#changedPods),
    takeEvents: (): readonly never[] => [],
  };

  stats(): DirectoryStats {
    return {
      sockets: this.#runtimes.size,
      named: this.#named,
      unknown: { ...this.#unknown },
      kept: this.#entries.size,
      questions: this.#runtimes.questions,
    };
  }

  /** Waits until no container that was seen is being asked for, or for so long. */
  async settled(msMax: number): Promise<void> {
    const end = monotonicMs() + msMax;
    while (this.#asking + this.#seen.size > 0 && monotonicMs() < end) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #sets(): readonly Set<Entry>[] {
    return [this.#seen, this.#announced, this.#waiting, this.#lacking];
  }

  #wanted(id: string): Entry {
    const entry = this.#entry(id);
    if (!entry.isWanted) {
      entry.isWanted = true;
      if (entry.facts !== null) {
        this.#named += 1;
      } else {
        this.#say(entry, askable.test(id) ? "unanswered" : "foreignId");
        this.#enqueue(entry, this.#seen);
      }
    }
    return entry;
  }

  /** Its entry, made where there is none, as the one used last. */
  #entry(id: string): Entry {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = newEntry(id);
      this.#makeRoom();
    } else {
      this.#entries.delete(id);
    }
    this.#entries.set(id, entry);
    return entry;
  }

  #makeRoom(): void {
    const { oldest } = this.#entries;
    if (oldest !== null && this.#entries.size >= this.#limits.containers) {
      const entry = this.#entries.get(oldest) as Entry;
      if (entry.cause === "unanswered") {
        this.#say(entry, "forgotten");
      }
      this.#forget(entry);
    }
  }

  #forget(entry: Entry): void {
    for (const entries of this.#sets()) {
      entries.delete(entry);
    }
    this.#entries.delete(entry.id);
  }

  /** Counts it by why it is unknown. */
  #say(entry: Entry, cause: UnknownCause | null): void {
    if (!entry.isWanted) {
      return;
    }
    if (entry.cause !== null) {
      this.#unknown[entry.cause] -= 1;
    }
    if (cause !== null) {
      this.#unknown[cause] += 1;
      this.#lacking.add(entry);
    } else {
      this.#lacking.delete(entry);
    }
    entry.cause = cause;
  }

  #enqueue(entry: Entry, queue: Set<Entry>): void {
    entry.retryMs = Number.POSITIVE_INFINITY;
    if (entry.isAsked) {
      entry.isOutdated = true;
    } else if (askable.test(entry.id)) {
      queue.add(entry);
      this.#pump();
    }
  }

  #pump(): void {
    while (this.#asking < this.#limits.questionsAtOnce) {
      const entry = this.#next();
      if (entry === null) {
        return;
      }
      this.#seen.delete(entry);
      this.#announced.delete(entry);
      this.#asking += 1;
      entry.isAsked = true;
      void this.#ask(entry);
    }
  }

  /** From both queues in turn, so that neither holds the other up. */
  #next(): Entry | null {
    this.#isAnnouncedNext = !this.#isAnnouncedNext;
    const [first, second] = this.#isAnnouncedNext
      ? [this.#announced, this.#seen]
      : [this.#seen, this.#announced];
    const { value } = (first.size > 0 ? first : second).values().next();
    return value ?? null;
  }

  async #ask(entry: Entry): Promise<void> {
    const outcome = await this.#runtimes.ask(entry.id);
    this.#asking -= 1;
    entry.isAsked = false;
    // It may have been forgotten meanwhile.
    if (this.#entries.get(entry.id) === entry) {
      if ("answer" in outcome) {
        entry.from = outcome.source;
        this.#learn(entry, outcome.answer);
      } else {
        this.#miss(entry, outcome.cause);
      }
      if (entry.isOutdated) {
        entry.isOutdated = false;
        this.#enqueue(entry, this.#announced);
      }
    }
    this.#pump();
  }

  /** What was known stays. */
  #miss(entry: Entry, cause: UnknownCause): void {
    if (entry.facts !== null) {
      return;
    }
    this.#say(entry, cause);
    const delay = retriesMs[entry.tries];
    entry.tries += 1;
    // A socket that comes has all asked for again.
    if (delay !== undefined && cause !== "noSocket") {
      entry.retryMs = monotonicMs() + delay;
      this.#waiting.add(entry);
    }
  }

  #learn(entry: Entry, { facts, pod }: Answer): void {
    const isNew = entry.facts === null || !isSame(entry.facts, facts);
    entry.tries = 0;
    if (entry.facts === null && entry.isWanted) {
      this.#named += 1;
      this.#say(entry, null);
    }
    if (isNew) {
      entry.facts = facts;
    }
    const shared = pod === null ? entry.pod : this.#sharedPod(pod);
    const isOtherPod = shared !== entry.pod;
    entry.pod = shared;
    if (isNew && entry.isWanted) {
      this.#changed.add(entry.id);
    }
    if (isOtherPod && entry.isWanted) {
      this.#changedPods.add(entry.id);
    }
  }

  /** One object for all containers of a pod, until something of it changes. */
  #sharedPod(pod: PodFacts): PodFacts {
    const known = this.#podsById.get(pod.id);
    if (known !== undefined && podText(known) === podText(pod)) {
      return known;
    }
    const { oldest } = this.#podsById;
    if (known === undefined && oldest !== null && this.#podsById.size >= podsMax) {
      this.#podsById.delete(oldest);
    }
    this.#podsById.set(pod.id, pod);
    return pod;
  }

  /** Ten times a second: what is due, and now and then new sockets. */
  #turn(): void {
    const now = monotonicMs();
    for (const entry of this.#waiting) {
      if (entry.forgetMs <= now) {
        this.#forget(entry);
      } else if (entry.retryMs <= now) {
        this.#enqueue(entry, this.#seen);
      }
      if (Math.min(entry.retryMs, entry.forgetMs) === Number.POSITIVE_INFINITY) {
        this.#waiting.delete(entry);
      }
    }
    if (now >= this.#nextScanMs) {
      this.#nextScanMs = now + rescanMs;
      this.#runtimes.rescan();
    }
  }

  /** A runtime has come, or is back. */
  #askLacking(): void {
    for (const entry of [...this.#lacking]) {
      entry.tries = 0;
      this.#enqueue(entry, this.#seen);
    }
  }

  #hear(source: Source, fullId: string): void {
    const id = fullId.slice(0, shortDigits);
    const known = this.#entries.get(id);
    // A user could fill the table with what is not there.
    if (!isConcerned(known, source) || (known === undefined && source.ownerUid !== 0)) {
      return;
    }
    const entry = this.#entry(id);
    entry.tries = 0;
    entry.forgetMs = Number.POSITIVE_INFINITY;
    this.#enqueue(entry, this.#announced);
  }

  #hearEnd(source: Source, fullId: string): void {
    const entry = this.#entries.get(fullId.slice(0, shortDigits));
    if (entry !== undefined && isConcerned(entry, source)) {
      entry.forgetMs = monotonicMs() + endedKeepMs;
      this.#waiting.add(entry);
    }
  }
}

/** A container's changes are told by the runtime whose container it is. */
function isConcerned(entry: Entry | undefined, source: Source): boolean {
  return (entry?.from ?? source) === source;
}

function newEntry(id: string): Entry {
  return {
    id,
    facts: null,
    pod: null,
    isWanted: false,
    cause: null,
    from: null,
    isAsked: false,
    isOutdated: false,
    tries: 0,
    retryMs: Number.POSITIVE_INFINITY,
    forgetMs: Number.POSITIVE_INFINITY,
  };
}

function zeroCounts(): Record<UnknownCause, number> {
  const names = Object.keys(unknownWords) as UnknownCause[];
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<UnknownCause, number>;
}

function isSame(a: ContainerFacts, b: ContainerFacts): boolean {
  return (
    a.name === b.name &&
    a.image === b.image &&
    a.imageid === b.imageid &&
    a.type === b.type &&
    a.privileged === b.privileged
  );
}

function podText({ labels, internalIP, id, name, namespace }: PodFacts): string {
  return JSON.stringify([id, name, namespace, [...labels], internalIP.map(String)]);
}

function taken(ids: Set<string>): readonly string[] {
  if (ids.size === 0) {
    return none;
  }
  const list = [...ids];
  ids.clear();
  return list;
}

const none: readonly string[] = [];
