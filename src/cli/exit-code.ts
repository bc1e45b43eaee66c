// How a run's end becomes the exit status. The numbers are `base/errors.ts`; here are their
// meanings in help and the ways in which signals and other programs' statuses map onto them.

import { constants } from "node:os";
import { exitStatus } from "../base/errors.ts";

/** The table as help shows it. */
export function statusLines(): readonly string[] {
  return [
    `${exitStatus.OK}    done; also when ended by Ctrl-C or SIGTERM`,
    `${exitStatus.FAILURE}    not done: no engine, no rights, unreadable input, full disk`,
    `${exitStatus.USAGE}    unknown option or bad value; nothing was started`,
    `${exitStatus.DAMAGED_INPUT}    the input is damaged; what came before the damage was kept`,
    "130, 131, 143  a second Ctrl-C, SIGQUIT or SIGTERM ended it at once",
  ];
}

/** A command that could not be started, as shells have it. */
export const commandNotFound = 127;
export const commandNotExecutable = 126;

/** The status that shells give a program ended by this signal. */
export function signalStatus(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}
