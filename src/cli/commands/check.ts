// `sysflow check [--json]`: reads the facts, judges them, prints the report.

import { OperatorError } from "../../base/errors.ts";
import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { loadBinding } from "../../capture/binding.ts";
import { readFacts } from "../../driver/host-facts.ts";
import { type HostReport, judge, type TrialFacts } from "../../driver/host-findings.ts";
import { reportText } from "../host-text.ts";
import { print } from "../standard-streams.ts";
import { versions, versionText } from "../version.ts";

/** @param hostRoot HOST_ROOT, or "" @returns FAILURE where no engine can be used */
export async function runCheck(json: boolean, hostRoot: string): Promise<ExitStatus> {
  const report = hostReport(hostRoot);
  const of = await versions();
  const text = json
    ? `${JSON.stringify({ ...of, ...report }, null, 2)}\n`
    : reportText(versionText(of), report);
  await print(text);
  return report.ready ? exitStatus.OK : exitStatus.FAILURE;
}

/** Also asked where an engine does not open, for the cause and the remedy. */
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
