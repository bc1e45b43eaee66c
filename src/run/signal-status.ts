// What a signal makes of an exit status. Apart from the table of statuses, since the system's list of
// signals takes time to load and most commands need none.

import { constants } from "node:os";

/** The status that shells give a program ended by this signal. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}
