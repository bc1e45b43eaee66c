// `sysflow check [--json]`: prints what the readiness check finds.

import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { hostReport } from "../../driver/host-report.ts";
import { reportText } from "../../driver/host-text.ts";
import { versions, versionText } from "../../run/versions.ts";
import { print } from "../standard-streams.ts";

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
