// Errors as a program meets them: each is a SysFlowError with one of these codes. The first eleven are
// upstream's names. What a program does wrong (a bug) and what its own callback throws are none.

import { OperatorError } from "../base/errors.ts";

/** Tested against the sources: each code that the library can throw stands here. */
export const sysFlowErrorCodes = [
  "LibsError",
  "ProbeAccessDenied",
  "ProbeNotExist",
  "ErrorReadingFileSystem",
  "NameTooLong",
  "ProbeCheckError",
  "ProbeNotLoaded",
  "DriverLibsMismatch",
  "EventParsingError",
  "ProcResourceNotFound",
  "OperationNotSupported",
  "CaptureClosed",
  "HostRootDiffers",
  "CONFIG_INVALID",
  "DRIVER_USED",
  "FILTER_INVALID",
  "HOST_ROOT_INVALID",
  "INPUT_CUT",
  "INPUT_DAMAGED",
  "INPUT_EMPTY",
  "INPUT_FOREIGN",
  "INPUT_OPEN_FAILED",
  "INPUT_READ_FAILED",
  "INPUT_UNSUPPORTED",
  "LIVE_CAPTURE_TAKEN",
  "OPTIONS_EXCLUDE",
  "OUTPUT_IN_USE",
  "OUTPUT_MISSING",
  "OUTPUT_OPEN_FAILED",
  "OUTPUT_WRITE_FAILED",
  "PID_NAMESPACE",
  "RECORD_INVALID",
  "STOP_DEADLINE",
] as const;
export type SysFlowErrorCode = (typeof sysFlowErrorCodes)[number];

/** One line that says what was tried, on what, why not, and what to do. */
export type SysFlowError = OperatorError & { readonly code: SysFlowErrorCode };

/** Narrows what was caught; with a code, to that one alone. */
export function isSysFlowError<C extends SysFlowErrorCode = SysFlowErrorCode>(
  error: unknown,
  code?: C,
): error is SysFlowError & { readonly code: C } {
  return error instanceof OperatorError && (code === undefined || error.code === code);
}
