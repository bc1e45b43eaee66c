// Mutants that no test can tell from the source, each with the reason. One that is no longer there, or
// that a test does notice, fails the run: it is to be struck from here. Who adds one should first have
// tried to delete the code.

import type { Equivalent } from "./report.ts";

export const equivalents: readonly Equivalent[] = [];
