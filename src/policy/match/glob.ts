// Shell patterns on whole texts, as fnmatch(3) has them without flags: `*` also takes slashes and
// dots. Matching takes at most the text's length times the pattern's steps.

type Step =
  | { readonly kind: "any" }
  | { readonly kind: "run" }
  | { readonly kind: "one"; readonly character: string }
  | { readonly kind: "set"; readonly isNegated: boolean; readonly ranges: readonly Range[] };

interface Range {
  readonly from: string;
  readonly to: string;
}

export class Glob {
  readonly #steps: readonly Step[];
  readonly #foldsCase: boolean;

  constructor(pattern: string, foldsCase: boolean) {
    this.#steps = stepsOf([...(foldsCase ? pattern.toLowerCase() : pattern)]);
    this.#foldsCase = foldsCase;
  }

  matches(text: string): boolean {
    const characters = [...(this.#foldsCase ? text.toLowerCase() : text)];
    const steps = this.#steps;
    let at = 0;
    let step = 0;
    // Where the last run's rest began to be tried. Only the last run need be made longer.
    let runAt = -1;
    let runStep = -1;
    while (at < characters.length) {
      const current = steps[step];
      if (current?.kind === "run") {
        step += 1;
        runStep = step;
        runAt = at;
      } else if (current !== undefined && takes(current, characters[at] as string)) {
        at += 1;
        step += 1;
      } else if (runStep >= 0) {
        runAt += 1;
        at = runAt;
        step = runStep;
      } else {
        return false;
      }
    }
    while (steps[step]?.kind === "run") step += 1;
    return step === steps.length;
  }
}

function takes(step: Step, character: string): boolean {
  switch (step.kind) {
    case "any":
      return true;
    case "one":
      return step.character === character;
    case "set": {
      const isIn = step.ranges.some(({ from, to }) => character >= from && character <= to);
      return isIn !== step.isNegated;
    }
    case "run":
      return false;
  }
}

function stepsOf(pattern: readonly string[]): Step[] {
  const steps: Step[] = [];
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at] as string;
    at += 1;
    if (character === "*") {
      if (steps[steps.length - 1]?.kind !== "run") steps.push({ kind: "run" });
    } else if (character === "?") {
      steps.push({ kind: "any" });
    } else if (character === "\\" && at < pattern.length) {
      steps.push({ kind: "one", character: pattern[at] as string });
      at += 1;
    } else {
      const set = character === "[" ? setAt(pattern, at) : null;
      steps.push(set?.step ?? { kind: "one", character });
      at = set?.end ?? at;
    }
  }
  return steps;
}

const classes: Readonly<Record<string, readonly Range[]>> = {
  alpha: [range("a", "z"), range("A", "Z")],
  digit: [range("0", "9")],
  alnum: [range("a", "z"), range("A", "Z"), range("0", "9")],
  upper: [range("A", "Z")],
  lower: [range("a", "z")],
  space: [range("\t", "\r"), range(" ", " ")],
  xdigit: [range("0", "9"), range("a", "f"), range("A", "F")],
  punct: [range("!", "/"), range(":", "@"), range("[", "`"), range("{", "~")],
};

function range(from: string, to: string): Range {
  return { from, to };
}

/** What stands behind `[`; null where the bracket is never closed: it then stands for itself. */
function setAt(pattern: readonly string[], start: number): { step: Step; end: number } | null {
  let at = start;
  const isNegated = pattern[at] === "!" || pattern[at] === "^";
  if (isNegated) at += 1;
  const first = at;
  const ranges: Range[] = [];
  while (at < pattern.length) {
    if (pattern[at] === "]" && at > first) {
      return { step: { kind: "set", isNegated, ranges }, end: at + 1 };
    }
    const known = classAt(pattern, at);
    if (known !== null) {
      ranges.push(...known.ranges);
      at = known.end;
      continue;
    }
    if (pattern[at] === "\\" && at + 1 < pattern.length) at += 1;
    const from = pattern[at] as string;
    const to = pattern[at + 2];
    const isRange = pattern[at + 1] === "-" && to !== undefined && to !== "]";
    ranges.push(range(from, isRange ? to : from));
    at += isRange ? 3 : 1;
  }
  return null;
}

/** `[:digit:]` */
function classAt(
  pattern: readonly string[],
  at: number,
): { ranges: readonly Range[]; end: number } | null {
  const name = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12).join(""))?.[1];
  const ranges = name === undefined ? undefined : classes[name];
  return ranges === undefined ? null : { ranges, end: at + (name?.length ?? 0) + 4 };
}
