// What the readiness check finds on this host. `sysflow check` shows it, and when an engine does
// not open, the error takes the cause and the remedy from it.

import { OperatorError } from "../base/errors.ts";
import { loadBinding } from "../capture/binding.ts";
import { readFacts } from "./host-facts.ts";
import { type HostReport, judge, type TrialFacts } from "./host-findings.ts";

/** @param hostRoot HOST_ROOT, or "" */
export function hostReport(hostRoot: string): HostReport {
  return judge(readFacts("", hostRoot), trial());
}

function trial(): TrialFacts | null {
  try {
    return loadBinding().probeHost();
  } catch (error) {
    if (error instanceof OperatorError) {
      // `version` and `collect` say that the library is missing; the files still tell much.
      return null;
    }
    throw error;
  }
}
