// `sysflow version [--json]`.

import { versions, versionText } from "../version.ts";

export function runVersion(json: boolean): void {
  const of = versions();
  process.stdout.write(json ? `${JSON.stringify(of)}\n` : `${versionText(of)}\n`);
}
