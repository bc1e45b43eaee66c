// Texts made from a process and its parents, kept for as long as these are told no other way: a rule
// that asks for the command line at a thousand records of one process has it made once. What is kept
// beside the entities of a join is counted here over all processes, and the texts that were begun
// first go where it is too much. They hold no entities, which would outlive the store's own bounds.

import { EntryOrder, type Linked } from "../../base/entry-order.ts";
import type { Kept } from "../../join/joined-record.ts";
import type { Oid, Process } from "../../sysflow/record.gen.ts";
import type { FlatContext } from "../attribute.ts";
import { halvesText } from "../times.ts";
import { baseName, trimmed } from "./paths.ts";
import { xxh64Hex } from "./xxh64.ts";

/** Characters of all texts that are kept. They share memory with the entities' own for the most part. */
const keptCharsMax = 8 * 1024 * 1024;
/** What the texts of a process take besides, in characters. */
const charsOfEach = 256;
const charsOfItem = 16;
/** A list of parents' texts ends before it is longer. Real ones have some thousands at most. */
export const chainCharsMax = 256 * 1024;
/** The kernel cuts a thread's name so (TASK_COMM_LEN), and Falco's `proc.name` is that one. */
const shortNameMax = 15;

const makers = {
  name: ({ exe }: Process) => baseName(trimmed(exe)),
  shortName: ({ exe }: Process) => baseName(trimmed(exe)).slice(0, shortNameMax),
  /** The space is there even where no arguments follow: so do upstream's rules expect it. */
  spacedLine: ({ exe, exeArgs }: Process) => `${trimmed(exe)} ${trimmed(exeArgs)}`,
  line: ({ exe, exeArgs }: Process) => withArguments(trimmed(exe), exeArgs),
  shortLine: (process: Process) => withArguments(makers.shortName(process), process.exeArgs),
  oid: ({ oid }: Process) => oidText(oid),
  /** "" without one. */
  parentOid: ({ poid }: Process) => (poid === null ? "" : oidText(poid)),
  env: ({ env }: Process) => env.join(" "),
} as const;
type TextName = keyof typeof makers;

const chainMakers = {
  names: makers.name,
  exes: ({ exe }: Process) => trimmed(exe),
  lines: makers.line,
  pids: ({ oid }: Process) => String(oid.hpid),
  shortNames: makers.shortName,
  shortLines: makers.shortLine,
  envs: makers.env,
} as const;
type ChainName = keyof typeof chainMakers;

function withArguments(command: string, args: string): string {
  const rest = trimmed(args);
  return rest === "" ? command : `${command} ${rest}`;
}

/** As upstream names a process: a hash of the decimals of pid and time of creation. */
export function oidText(oid: Oid): string {
  return xxh64Hex(`${oid.hpid}${halvesText(oid.createHi, oid.createLo)}`);
}

/** All that is kept of one process. */
class ProcessTexts implements Linked<ProcessTexts> {
  readonly texts: Record<TextName, string | null> = { ...noTexts };
  /** Of the process itself and its parents, as they were at this version. */
  readonly chains: Record<ChainName, readonly string[] | null> = { ...noChains };
  /** The same without the process itself. */
  readonly parents: Record<ChainName, readonly string[] | null> = { ...noChains };
  parentsVersion = -1;
  /** 0 where nothing is kept, and this is in no order. */
  chars = 0;
  chainChars = 0;
  orderPrevious: ProcessTexts | null = null;
  orderNext: ProcessTexts | null = null;
}

const noTexts: Readonly<Record<TextName, null>> = nullsOf(makers);
const noChains: Readonly<Record<ChainName, null>> = nullsOf(chainMakers);

function nullsOf<K extends string>(table: Readonly<Record<K, unknown>>): Record<K, null> {
  const names = Object.keys(table) as K[];
  return Object.fromEntries(names.map((name) => [name, null])) as Record<K, null>;
}

/** In the order in which they were begun. */
const order = new EntryOrder<ProcessTexts>();
let keptChars = 0;

/** How much is kept now, for tests. */
export function keptProcessChars(): number {
  return keptChars;
}

/** A text of the record's process; null where that is not known. */
export function processText({ keptProcess }: FlatContext, name: TextName): string | null {
  return keptProcess === null ? null : textOf(keptProcess, name);
}

/** A text of its parent; null where that is not known. */
export function parentText({ keptParent }: FlatContext, name: TextName): string | null {
  return keptParent === null ? null : textOf(keptParent, name);
}

function textOf(kept: Kept<Process>, name: TextName): string {
  const texts = textsIn(kept);
  const known = texts.texts[name];
  if (known !== null) {
    return known;
  }
  const made = makers[name](kept.record);
  texts.texts[name] = made;
  count(texts, made.length);
  return made;
}

/**
 * Texts of the process and its parents, the nearest first. They end where the chain of parents does,
 * or at `chainCharsMax`.
 */
export function chainTexts(of: FlatContext, name: ChainName): readonly string[] | null {
  const { keptProcess } = of;
  return keptProcess === null ? null : chainIn(textsOfNow(of, keptProcess), of, keptProcess, name);
}

/** The same without the process itself; null where no parent is known. */
export function parentTexts(of: FlatContext, name: ChainName): readonly string[] | null {
  const { keptProcess } = of;
  if (keptProcess === null) {
    return null;
  }
  const texts = textsOfNow(of, keptProcess);
  const parents = texts.parents[name] ?? chainIn(texts, of, keptProcess, name).slice(1);
  texts.parents[name] = parents;
  return parents.length === 0 ? null : parents;
}

/** What is kept of the record's process, without chains that may have changed. */
function textsOfNow({ parentsVersion }: FlatContext, kept: Kept<Process>): ProcessTexts {
  const texts = textsIn(kept);
  if (texts.parentsVersion !== parentsVersion) {
    forgetChains(texts);
    texts.parentsVersion = parentsVersion;
  }
  return texts;
}

function chainIn(
  texts: ProcessTexts,
  of: FlatContext,
  { record }: Kept<Process>,
  name: ChainName,
): readonly string[] {
  const known = texts.chains[name];
  if (known !== null) {
    return known;
  }
  const make = chainMakers[name];
  const own = make(record);
  const chain = [own];
  let chars = own.length;
  for (const parent of of.parents) {
    const text = make(parent);
    // A part of a text keeps all of it in memory.
    chars += Math.max(text.length, parent.exe.length) + charsOfItem;
    if (chars > chainCharsMax) {
      break;
    }
    chain.push(text);
  }
  texts.chains[name] = chain;
  texts.chainChars += chars;
  count(texts, chars);
  return chain;
}

/** What a join keeps beside a process is put there by nobody else. */
function textsIn(kept: Kept<Process>): ProcessTexts {
  let texts = kept.derived as ProcessTexts | null;
  if (texts === null) {
    texts = new ProcessTexts();
    kept.derived = texts;
  }
  return texts;
}

function count(texts: ProcessTexts, chars: number): void {
  let more = chars;
  if (texts.chars === 0) {
    more += charsOfEach;
    order.append(texts);
  }
  texts.chars += more;
  keptChars += more;
  while (keptChars > keptCharsMax && order.first !== null && order.first !== texts) {
    forget(order.first);
  }
}

function forget(texts: ProcessTexts): void {
  order.remove(texts);
  keptChars -= texts.chars;
  texts.chars = 0;
  texts.chainChars = 0;
  Object.assign(texts.texts, noTexts);
  Object.assign(texts.chains, noChains);
  Object.assign(texts.parents, noChains);
}

function forgetChains(texts: ProcessTexts): void {
  keptChars -= texts.chainChars;
  texts.chars -= texts.chainChars;
  texts.chainChars = 0;
  Object.assign(texts.chains, noChains);
  Object.assign(texts.parents, noChains);
}
