// Takes the place of `fast-check` in a mutation run: the same cases each time, fewer of them than in
// other runs, and no search for the smallest one that fails.

import fc from "fast-check";

const casesMax = 100;

function assert<Cases>(
  property: fc.IRawProperty<Cases>,
  parameters: fc.Parameters<Cases> = {},
): void | Promise<void> {
  const numRuns = Math.min(parameters.numRuns ?? casesMax, casesMax);
  return fc.assert(property, { ...parameters, numRuns });
}

/** @param seed of all cases that no test has seeds of its own for */
export function seedCases(seed: number): void {
  fc.configureGlobal({ seed, endOnFailure: true });
}

export default { ...fc, assert };
