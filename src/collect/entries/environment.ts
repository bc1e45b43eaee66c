// Environments of processes. Most children have the same environment as their parent or as the
// sibling before them. Such processes share one object: that saves decoding some kilobytes at each
// fork, and the memory.

import type { BatchView } from "../../capture/batch-reader.ts";
import { PROCESS_ENV } from "../../capture/layout.gen.ts";

/** An environment, and the bytes it was decoded from. */
export interface Environment {
  readonly bytes: Buffer;
  readonly strings: readonly string[];
}

/** What a process knows of environments. */
interface EnvironmentOwner {
  readonly environment: Environment | null;
  /** The environment of the child that was defined last. */
  childEnvironment: Environment | null;
  readonly parent: EnvironmentOwner | null;
}

/** The environment of `count` strings that the Process record at `at` gives to a process. */
export function environmentOf(
  entry: EnvironmentOwner,
  batch: BatchView,
  at: number,
  count: number,
): Environment {
  const { environment: own, parent } = entry;
  if (hasEnvironment(own, count, batch, at)) {
    return own;
  }
  if (parent !== null && hasEnvironment(parent.environment, count, batch, at)) {
    return parent.environment;
  }
  if (parent !== null && hasEnvironment(parent.childEnvironment, count, batch, at)) {
    return parent.childEnvironment;
  }
  const environment = {
    bytes: batch.copyBytes(at + PROCESS_ENV),
    strings: batch.strings(at + PROCESS_ENV, count),
  };
  if (parent !== null) {
    parent.childEnvironment = environment;
  }
  return environment;
}

function hasEnvironment(
  known: Environment | null,
  count: number,
  batch: BatchView,
  at: number,
): known is Environment {
  return (
    known !== null &&
    known.strings.length === count &&
    batch.hasBytes(at + PROCESS_ENV, known.bytes)
  );
}
