// Errors of native code as ours: what has a code is for the operator, and all else is a defect.

import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";

/** Codes after which the good prefix of the input has been delivered (LIBRARY.md §4). */
const DAMAGED_INPUT = "EventParsingError";

/** Runs a native call; its coded errors become OperatorErrors, anything else is a bug of ours. */
export function operatorErrors<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw isCoded(cause) ? operatorError(cause) : cause;
  }
}

function isCoded(cause: unknown): cause is Error & { readonly code: string } {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string";
}

function operatorError(cause: Error & { readonly code: string }): OperatorError {
  const status = cause.code === DAMAGED_INPUT ? exitStatus.DAMAGED_INPUT : exitStatus.FAILURE;
  return new OperatorError(cause.code, cause.message, { cause, exitStatus: status });
}
