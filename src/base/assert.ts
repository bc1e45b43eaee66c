// Assertions for bugs, never for input: a failing one ends the process with a stack. What an
// operator or a capture file can cause is an OperatorError or a counter.

/** @throws Error where `condition` is false; never caught by our own code. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new Error(`assertion failed: ${message}`);
  }
}

/** For the default branch of an exhaustive switch: the type says it cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
