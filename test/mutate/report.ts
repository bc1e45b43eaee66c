// What a mutation run says at its end. A mutant that has survived is counted against the tests, but for
// those that are listed as equivalent; the share is told with and without these.

import type { Mutant } from "./mutations.ts";
import type { Result, RunResults } from "./run-mutants.ts";

/** Mutants of one line that change nothing that can be seen. */
export interface Equivalent {
  readonly file: string;
  /** The whole line, without the space around it. */
  readonly line: string;
  /** As they are listed: `was → became`. */
  readonly changes: readonly string[];
  readonly why: string;
}

interface Judged {
  readonly mutant: Mutant;
  readonly outcome: Result["outcome"] | "equivalent";
}

interface Judgement {
  readonly results: readonly Judged[];
  /** What is wrong with the list of equivalent ones, and with tests. */
  readonly complaints: readonly string[];
}

interface Sums {
  readonly mutants: number;
  /** Those that hung included. */
  readonly killed: number;
  readonly hung: number;
  /** Those that no test comes by included. */
  readonly survived: number;
  readonly unreached: number;
  readonly equivalent: number;
}

export const barPercent = 95;

const shownMax = 60;

/** @param whole sources of which all mutants ran: each entry of the list must be found in them */
export function judge(
  { results, unfitTests }: RunResults,
  list: readonly Equivalent[],
  whole: readonly string[],
): Judgement {
  const complaints = unfitTests.map((one) => `a test cannot be used: ${one}`);
  const isEquivalent = new Set<Result>();
  for (const { file, line, changes } of list) {
    const ofLine = results.filter(({ mutant }) => mutant.file === file && mutant.lineText === line);
    for (const change of changes) {
      const same = ofLine.filter(({ mutant }) => shownChange(mutant) === change);
      const isHere = same.length > 0 || !whole.includes(file);
      if (!isHere || same.some(({ outcome }) => outcome === "killed" || outcome === "hung")) {
        const why = isHere ? "a test notices it" : "it is no longer there";
        complaints.push(`strike an equivalent of ${file}: ${change}, since ${why}`);
      }
      for (const one of same) {
        isEquivalent.add(one);
      }
    }
  }
  const judged = results.map((one) => {
    const hasLived = one.outcome === "survived" || one.outcome === "unreached";
    const outcome = hasLived && isEquivalent.has(one) ? ("equivalent" as const) : one.outcome;
    return { mutant: one.mutant, outcome };
  });
  return { results: judged, complaints };
}

export function sumsOf(results: readonly Judged[]): Sums {
  const of = (wanted: Judged["outcome"]) =>
    results.filter(({ outcome }) => outcome === wanted).length;
  const hung = of("hung");
  const unreached = of("unreached");
  return {
    mutants: results.length,
    killed: of("killed") + hung,
    hung,
    survived: of("survived") + unreached,
    unreached,
    equivalent: of("equivalent"),
  };
}

/** Of those that are not equivalent. */
export function percentOf({ mutants, killed, equivalent }: Sums): number {
  const judged = mutants - equivalent;
  return judged === 0 ? 100 : (100 * killed) / judged;
}

export function reportText({ results, complaints }: Judgement, seconds: number): string {
  const lines = survivors(results).map(
    ({ mutant, outcome }) =>
      `${placeOf(mutant)} ${shownChange(mutant)}${outcome === "unreached" ? " (no test comes by)" : ""}`,
  );
  const files = [...new Set(results.map(({ mutant }) => mutant.file))];
  const rows = files.map(
    (file) => [file, results.filter((one) => one.mutant.file === file)] as const,
  );
  for (const [name, ofFile] of [...rows, ["all", results] as const]) {
    lines.push(`${name}: ${sumsText(sumsOf(ofFile))}`);
  }
  return [...lines, ...complaints, `${seconds} s`, ""].join("\n");
}

function sumsText(sums: Sums): string {
  const all = percentOf({ ...sums, equivalent: 0 });
  return [
    `${sums.mutants} mutants, ${sums.killed} killed (${sums.hung} hung)`,
    `, ${sums.survived} survived (${sums.unreached} unreached), ${sums.equivalent} equivalent`,
    `: ${percentOf(sums).toFixed(1)} % (${all.toFixed(1)} % of all)`,
  ].join("");
}

export function reportJson({ results, complaints }: Judgement, seconds: number): string {
  const sums = sumsOf(results);
  const lived = survivors(results).map(({ mutant, outcome }) => ({ ...mutant, outcome }));
  return `${JSON.stringify({ ...sums, percent: percentOf(sums), lived, complaints, seconds })}\n`;
}

function survivors(results: readonly Judged[]): readonly Judged[] {
  return results.filter(({ outcome }) => outcome === "survived" || outcome === "unreached");
}

function placeOf({ file, line, column }: Mutant): string {
  return `${file}:${line}:${column}`;
}

/** On one line, long ones cut. */
function shownChange({ was, became }: Mutant): string {
  return `${shown(was)} → ${shown(became)}`;
}

function shown(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= shownMax ? line : `${line.slice(0, shownMax)}…`;
}
