// What a container runtime can tell of a container, and why it may not. Runtimes are not trusted: whoever
// can reach our end of a socket may be wrong, hostile or broken, so each text of an answer is looked at
// before it is kept. Control characters are data and stay: whoever shows them escapes them.

import type { Container, Pod } from "../sysflow/record.gen.ts";

export type ContainerFacts = Readonly<
  Pick<Container, "name" | "image" | "imageid" | "type" | "privileged">
>;
export type PodFacts = Readonly<Omit<Pod, "kind" | "tsLo" | "tsHi">>;

export interface Answer {
  /** All 64 digits. */
  readonly id: string;
  readonly facts: ContainerFacts;
  /** Null outside Kubernetes, and where the runtime does not tell. */
  readonly pod: PodFacts | null;
  /** Its first process, by the host's number; null where none runs or the runtime does not say. */
  readonly pid: number | null;
}

/** Why nothing is known of a container, by the words of the statistics. */
export const unknownWords = {
  noSocket: "no runtime's socket",
  foreignId: "not an id that a runtime can be asked for",
  notFound: "not found",
  refused: "refused",
  timedOut: "timed out",
  badAnswer: "bad answer",
  notOwner: "not shown to be the user's own",
  unanswered: "no answer yet",
  forgotten: "too many at once",
} as const;
export type UnknownCause = keyof typeof unknownWords;

/** A question that got no answer of use. */
export class LookupError extends Error {
  readonly reason: UnknownCause;

  /** @param message for the log: what was asked, and what came */
  constructor(
    message: string,
    options: { readonly reason: UnknownCause; readonly cause?: unknown },
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "LookupError";
    this.reason = options.reason;
  }
}

/** What a source tells without being asked, by full id. */
export interface Announcements {
  /** The stream is open, or the first list has come: what was not found before may be now. */
  onReady(): void;
  /** It is new, or has another name since. */
  onChanged(id: string): void;
  onEnded(id: string): void;
}

/** One socket of a runtime. */
export interface Source {
  readonly path: string;
  /** The user whose socket it is. 0 is believed; another is believed of their own containers only. */
  readonly ownerUid: number;
  /**
   * @param id the first 12 digits or more
   * @returns null where the runtime has no such container
   * @throws LookupError
   */
  ask(id: string): Promise<Answer | null>;
  /** Reports until the connection ends or the source is closed. @throws LookupError */
  follow(announcements: Announcements): Promise<void>;
  /** Ends all that is under way, with errors for those who wait. May be called twice. */
  close(): void;
}

/** An answer's bytes. What Docker tells of a container is some 10 kB. */
export const answerBytesMax = 1024 * 1024;

const nameCharsMax = 1024;
const imageCharsMax = 4096;
/** Of all labels of a pod together. Kubernetes allows some 380 for each. */
const labelCharsMax = 64 * 1024;

const fullId = /^[0-9a-f]{64}$/;

/** @returns whether all of it is an id, of which `asked` is the beginning */
export function isIdOf(id: unknown, asked: string): id is string {
  return typeof id === "string" && fullId.test(id) && id.startsWith(asked);
}

export function isFullId(id: unknown): id is string {
  return typeof id === "string" && fullId.test(id);
}

export type Fields = Readonly<Record<string, unknown>>;

const noFields: Fields = {};

/** The object's fields; none of what is no object. */
export function fieldsOf(value: unknown): Fields {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : noFields;
}

/** @throws LookupError where it is no text, or a longer one than a name has */
export function nameText(value: unknown, what: string): string {
  return checkedText(value, what, nameCharsMax);
}

/** As `nameText`, for images, whose names hold those of registries. */
export function imageText(value: unknown, what: string): string {
  return checkedText(value, what, imageCharsMax);
}

/**
 * Of a pod's labels those that are its own, without what kubelet and its Docker shim add.
 * @throws LookupError where there are too many, or one is no text
 */
function podLabels(value: unknown): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  let chars = 0;
  for (const [name, text] of Object.entries(fieldsOf(value))) {
    if (!addedLabels.some((prefix) => name.startsWith(prefix))) {
      const label = checkedText(text, "a label", labelCharsMax);
      chars += name.length + label.length;
      labels.set(name.toWellFormed(), label);
    }
  }
  if (chars > labelCharsMax) {
    throw new LookupError(`labels of ${chars} characters`, { reason: "badAnswer" });
  }
  return labels;
}

const addedLabels = ["io.kubernetes.", "annotation."];

function checkedText(value: unknown, what: string, charsMax: number): string {
  if (typeof value !== "string") {
    throw new LookupError(`${what} is not a text`, { reason: "badAnswer" });
  }
  if (value.length > charsMax) {
    throw new LookupError(`${what} has ${value.length} characters`, { reason: "badAnswer" });
  }
  // Half of a surrogate pair has no form in UTF-8.
  return value.toWellFormed();
}

/** The labels by which kubelet marks what it has made, in both kinds of runtime. */
const kubeletLabels = {
  name: "io.kubernetes.pod.name",
  namespace: "io.kubernetes.pod.namespace",
  uid: "io.kubernetes.pod.uid",
} as const;

export type PodName = Readonly<Record<keyof typeof kubeletLabels, string>>;

/** @returns null where kubelet did not make it @throws LookupError */
export function podOfLabels(labels: Fields): PodName | null {
  const of = (label: string) => nameText(labels[label] ?? "", label);
  const { name, namespace, uid } = kubeletLabels;
  return of(uid) === "" ? null : { name: of(name), namespace: of(namespace), uid: of(uid) };
}

/**
 * A pod as far as a runtime knows it: not its node, its services and how often it was restarted.
 * @throws LookupError
 */
export function podFacts(pod: PodName, labels: unknown, addresses: readonly unknown[]): PodFacts {
  return {
    id: pod.uid,
    name: pod.name,
    nodeName: "",
    hostIP: [],
    internalIP: addresses.map(ipv4Number).filter((address) => address !== null),
    namespace: pod.namespace,
    restartCount: 0,
    labels: podLabels(labels),
    selectors: new Map(),
    services: [],
  };
}

/** In the record's form, the first part lowest; null for any but an IPv4 address. */
function ipv4Number(text: unknown): bigint | null {
  const parts = typeof text === "string" ? text.split(".") : [];
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part));
  const bytes = parts.map(Number);
  if (!isAddress || bytes.some((byte) => byte > 255)) {
    return null;
  }
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

const bracketsMax = 1000;

/** @param what it is, for the message @throws LookupError where it is no JSON */
export function parseJson(text: string, what: string): unknown {
  if (isDeep(text)) {
    throw new LookupError(`${what} is nested too deep`, { reason: "badAnswer" });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LookupError(`${what} is no JSON`, { reason: "badAnswer", cause: error });
  }
}

/**
 * Whether so many brackets are open at once. A parser takes a tenth of a second for a million of them,
 * and all else waits. Those in texts are counted too: there they come in pairs.
 */
function isDeep(text: string): boolean {
  let open = 0;
  for (let at = 0; at < text.length; at += 1) {
    // `[` and `{`, `]` and `}` differ in one bit.
    const code = text.charCodeAt(at) | 0x20;
    if (code === 0x7b) {
      open += 1;
      if (open > bracketsMax) {
        return true;
      }
    } else if (code === 0x7d && open > 0) {
      open -= 1;
    }
  }
  return false;
}
