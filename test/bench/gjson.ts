// What a path costs on a Kubernetes event's message of 5 KB and on one of 1 MB: nanoseconds for each
// `get` of a compiled path. `bun test/bench/gjson.ts [--json]`. Beside it what JSON.parse of the whole
// costs. Runs in a process of its own. Ends with status 1 where a plain path to a document's end costs
// twice as much as parsing it.

import { CompiledPath } from "../../src/gjson/gjson.ts";
import { json } from "./read.ts";

/** Of the time of JSON.parse. */
const COST_MAX = 2;
/** How long each row is measured. */
const ROW_MS = 300;
const SIZES: readonly (readonly [name: string, bytes: number])[] = [
  ["5 KB", 5_000],
  ["1 MB", 1_000_000],
];
const PATHS: readonly (readonly [name: string, path: string])[] = [
  ["first key", "apiVersion"],
  ["first item", "items.0.namespace"],
  ["last key", "kind"],
  ["wildcard", "k*nd"],
  ["count", "items.#"],
  ["collect", "items.#.name"],
  ["query, one", 'items.#(name=="none").podIP'],
  ["query, all", 'items.#(phase=="Running")#.name'],
  ["pretty", "@pretty"],
];

export interface PathReport {
  readonly size: string;
  readonly parseNs: number;
  /** Nanoseconds of one `get`, by the name of the path. */
  readonly getNs: Readonly<Record<string, number>>;
}

export async function measurePaths(): Promise<readonly PathReport[]> {
  process.stderr.write("bench: JSON paths\n");
  const told = await json([process.execPath, import.meta.path, "--one"]);
  return told as readonly PathReport[];
}

function measureHere(): readonly PathReport[] {
  return SIZES.map(([size, bytes]) => {
    const text = message(bytes);
    const rows = PATHS.map(([name, path]) => {
      const compiled = new CompiledPath(path);
      return [name, nanoseconds(() => compiled.get(text))] as const;
    });
    const parseNs = nanoseconds(() => JSON.parse(text));
    return { size, parseNs, getNs: Object.fromEntries(rows) };
  });
}

export function pathsPassed(reports: readonly PathReport[]): boolean {
  return reports.every(({ getNs, parseNs }) => (getNs["last key"] ?? 0) <= COST_MAX * parseNs);
}

export function pathsText(reports: readonly PathReport[]): string {
  const row = (name: string, values: readonly number[]) =>
    `${name.padEnd(14)} ${values.map((ns) => `${ns.toFixed(0).padStart(12)} ns`).join("")}`;
  const ofPath = (name: string) => reports.map(({ getNs }) => getNs[name] ?? 0);
  return [
    `JSON paths     ${reports.map(({ size }) => size.padStart(15)).join("")}`,
    ...PATHS.map(([name]) => row(name, ofPath(name))),
    row(
      "JSON.parse",
      reports.map(({ parseNs }) => parseNs),
    ),
    "",
  ].join("\n");
}

/** The median of several runs of many calls. */
function nanoseconds(call: () => unknown): number {
  call();
  const times: number[] = [];
  let calls = 1;
  const ends = performance.now() + ROW_MS;
  while (performance.now() < ends || times.length === 0) {
    const from = performance.now();
    for (let n = 0; n < calls; n++) call();
    const ms = performance.now() - from;
    if (ms < 5) {
      calls *= 2;
    } else {
      times.push((ms * 1e6) / calls);
    }
  }
  return times.sort((one, other) => one - other)[times.length >> 1] ?? 0;
}

/** Of pods, as the API server tells of them; the kind comes last. */
function message(bytes: number): string {
  const items: string[] = [];
  let length = 0;
  for (let n = 0; length < bytes; n++) {
    const labels = { "pod-template-hash": "899b6c7ff", "app.kubernetes.io/name": `service-${n}` };
    const name = `service-${n}-899b6c7ff-qxd47`;
    const podIP = `172.17.${n >> 8}.${n & 255}`;
    const note = 'said "ready"\n';
    const pod = { name, namespace: "shop", labels, phase: "Running", podIP, restartCount: n, note };
    items.push(JSON.stringify(pod));
    length += items.at(-1)?.length ?? 0;
  }
  return `{"apiVersion":"v1","items":[${items.join(",")}],"type":"ADDED","kind":"Pod"}`;
}

if (import.meta.main) {
  const isOne = process.argv.includes("--one");
  const reports = isOne ? measureHere() : await measurePaths();
  const asJson = isOne || process.argv.includes("--json");
  process.stdout.write(asJson ? `${JSON.stringify(reports)}\n` : pathsText(reports));
  process.exitCode = isOne || pathsPassed(reports) ? 0 : 1;
}
