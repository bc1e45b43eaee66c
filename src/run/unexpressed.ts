// What happened and has no place in the schema of the files. Each kind is one row here: the summary
// counts it, and the run says it once, when the first is met (watch.ts). Schema 6 has none.

import type { CollectorStats } from "../collect/collector.ts";
import { fileEventCallsOf6 } from "../sysflow/op-flags.gen.ts";

export interface Unexpressed {
  /** Short, for the summary; also tells the rows apart. */
  readonly cause: string;
  /** Where the collector counts it. */
  readonly counter: keyof CollectorStats;
  /** Since the start of the run. */
  readonly count: number;
  /** For the operator: what is left out, why, what to do. */
  readonly warning: string;
}

const calls = fileEventCallsOf6.join(", ");
const callsInText = calls.replace(/, (?=\w+$)/, " and ");

export function unexpressed(stats: CollectorStats): readonly Unexpressed[] {
  return [
    {
      cause: "IPv6 operations (no place in schema 5)",
      counter: "ipv6Skipped",
      count: stats.ipv6Skipped,
      warning:
        "operations on IPv6 sockets are left out and counted: schema 5 has no place for their " +
        "addresses; to have them, use --schema 6",
    },
    {
      cause: `${calls} (no flags in schema 5)`,
      counter: "fileEventsSkipped",
      count: stats.fileEventsSkipped,
      warning:
        `${callsInText} are left out and counted: schema 5 has no flags for them; ` +
        "to have them, use --schema 6",
    },
  ];
}
