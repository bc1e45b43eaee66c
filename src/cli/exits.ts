// How the program ends otherwise than by returning from its command.

import { writeSync } from "node:fs";
import { exitStatus } from "../base/exit-status.ts";
import { type LogFormat, plainLine } from "../base/log.ts";
import { Signals } from "../run/signals.ts";
import type { StopFlag } from "../run/stop-flag.ts";

/** @param onHangup what SIGHUP asks for; null where it ends the run as SIGTERM does */
export function signalsOf(flag: StopFlag, onHangup: (() => void) | null = null): Signals {
  return new Signals(flag, (status) => process.exit(status), onHangup);
}

/**
 * Ends the program where it was told to stop while an engine was opening. The kernel's check of the
 * probe takes seconds and cannot be broken off, and there is nothing yet to write: so the capture
 * thread is left as it is, in place of a close that would wait for it.
 */
export function exitWhileOpening(reason: string, format: LogFormat): never {
  writeSync(2, plainLine(format, "end", `ended (${reason}) before the engine was open`));
  process.exit(exitStatus.OK);
}
