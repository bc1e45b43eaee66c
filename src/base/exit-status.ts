// The one table of exit statuses. Their meanings in help are show/help-text.ts; what a signal makes of a status
// is run/signals.ts.

/** Where the original (`sysporter`) exits 1, so do we; the other statuses tell more. */
export const exitStatus = {
  /** The work was done; also after a first SIGINT or SIGTERM. */
  OK: 0,
  /** It could not be done: no engine, no permission, full disk, unreadable input. */
  FAILURE: 1,
  /** Unknown option or bad value; nothing was started. */
  USAGE: 2,
  /** The input is damaged: the good part before the damage was kept and written. */
  DAMAGED_INPUT: 3,
  /** What was asked for is not there: `policy path` found nothing. */
  NO_MATCH: 4,
  /** A second SIGINT or SIGTERM came before the first one's clean end was done. */
  SECOND_SIGNAL: 130,
} as const;
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** A command that could not be started, as shells have it. */
export const commandNotFound = 127;
export const commandNotExecutable = 126;
