// Falco's fields with an index or a key: `proc.aname[2]`, `proc.env[PATH]`, `k8s.pod.label[app]`.

import type { Process } from "../../sysflow/record.gen.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer } from "../define.ts";
import { KINDS_OF_PROCESS } from "../record-kinds.ts";
import { chainTexts } from "../texts/process-texts.ts";
import type { ChainName } from "./process.ts";

const byProcess = new Definer("process", KINDS_OF_PROCESS);
const byParents = new Definer("parents", KINDS_OF_PROCESS);
const byPod = new Definer("pod", KINDS_OF_PROCESS);

/** Of process 0 and its parents. */
const chains: ReadonlyMap<string, ChainName> = new Map([
  ["proc.aname", "shortNames"],
  ["proc.aexe", "exes"],
  ["proc.aexepath", "exes"],
  ["proc.acmdline", "shortLines"],
  ["proc.apid", "pids"],
  ["proc.aenv", "envs"],
]);

/** What stands in an index is no number where it is larger: no chain of parents is that long. */
const indexMax = 9999;

/**
 * The attribute, or its name without brackets where that is another way to write it.
 * @returns undefined where there is none of that form
 */
export function indexedField(name: string): Attribute | string | undefined {
  const parts = /^([a-z0-9_.]+)\[([^[\]]+)\]$/.exec(name);
  const label = "k8s.pod.label.";
  if (parts === null) {
    return name.startsWith(label) ? podLabel(name, name.slice(label.length)) : undefined;
  }
  const [, base = "", key = ""] = parts;
  const chain = chains.get(base);
  if (chain !== undefined && /^\d+$/.test(key) && Number(key) <= indexMax) {
    return ofChain(name, chain, Number(key));
  }
  switch (base) {
    case "proc.env":
      return byProcess.text(name, `the variable ${key} of the environment`, ({ process }) =>
        process === null ? null : variable(process, key),
      );
    case "proc.aenv":
      return byParents.text(name, `the variable ${key}, of the nearest parent that has it`, (of) =>
        parentVariable(of, key),
      );
    case "k8s.pod.label":
    case "k8s.pod.labels":
      return podLabel(name, key);
    case "evt.abspath":
    case "evt.arg":
      return `${base}.${key}`;
    default:
      return undefined;
  }
}

function ofChain(name: string, chain: ChainName, index: number): Attribute {
  const description = index === 0 ? "of the process itself" : `of the parent number ${index}`;
  const read = (of: FlatContext) => chainTexts(of, chain)?.[index] ?? null;
  return chain === "pids"
    ? byParents.integer(name, description, (of) => Number(read(of) ?? Number.NaN))
    : byParents.text(name, description, read);
}

function podLabel(name: string, key: string): Attribute {
  return byPod.text(name, `the label ${key} of the pod`, ({ pod }) => pod?.labels.get(key) ?? null);
}

function variable({ env }: Process, name: string): string | null {
  const found = env.find((each) => each.startsWith(name) && each[name.length] === "=");
  return found === undefined ? null : found.slice(name.length + 1);
}

function parentVariable({ parents }: FlatContext, name: string): string | null {
  for (const parent of parents) {
    const value = variable(parent, name);
    if (value !== null) {
      return value;
    }
  }
  return null;
}
