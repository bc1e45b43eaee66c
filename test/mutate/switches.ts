// Which mutant is on in this process, which places were come by, and how many steps were taken: a mutant
// that runs in a circle is stopped by their number, since a clock cannot stop JavaScript.

/** What a switched source asks. */
interface Switches {
  readonly is: (mutant: number) => boolean;
  readonly tick: () => void;
}

declare global {
  var __switches: Switches;
}

const none = -1;

let active = none;
let hits = new Uint8Array(0);
let ticks = 0;
let ticksMax = Number.POSITIVE_INFINITY;

/** Thrown where more steps are taken than a test ever needs. */
export class HangError extends Error {
  constructor() {
    super("it takes many more steps than it does unchanged");
  }
}

function tick(): void {
  if (++ticks > ticksMax) {
    throw new HangError();
  }
}

export function installSwitches(mutants: number): void {
  hits = new Uint8Array(mutants);
  globalThis.__switches = {
    is: (mutant) => {
      hits[mutant] = 1;
      tick();
      return mutant === active;
    },
    tick,
  };
}

export function switchOn(mutant: number | null): void {
  active = mutant ?? none;
}

/** Counts anew. @param max steps that may be taken from now on */
export function allowTicks(max: number): void {
  ticks = 0;
  ticksMax = max;
}

export function ticksTaken(): number {
  return ticks;
}

export function isHanging(): boolean {
  return ticks > ticksMax;
}

/** The places come by since this was last called. */
export function takeHits(): readonly number[] {
  const taken = [...hits.keys()].filter((mutant) => hits[mutant] === 1);
  hits.fill(0);
  return taken;
}
