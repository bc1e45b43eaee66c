// What writers to a Unix socket send, step by step like the blocks of a file. Each writer has a header
// and a receiver of its own. It ends when it is left or its signal aborts: more writers may come.

import type { RecordReceiver } from "../../sysflow/record-sink.ts";
import type { ReadCounts, ReadOptions } from "../read-records.ts";
import { type SocketListener, SocketSource } from "./socket-source.ts";

/** How long an abort may go unseen. */
const pollMs = 100;

export interface SocketReading {
  /** @throws OperatorError INPUT_OPEN_FAILED */
  readonly open: (place: string, onReady: () => void) => SocketListener;
  /** Called for each writer. */
  readonly receiver: () => RecordReceiver;
  /** Called when nothing more comes to one. */
  readonly onEnded?: (receiver: RecordReceiver) => void;
}

/**
 * Each step gives what has come.
 * @param counts gets a file for each writer. @throws OperatorError INPUT_OPEN_FAILED
 */
export async function* readSocket(
  place: string,
  { onEnded, open, receiver }: SocketReading,
  { onFault, signal }: Pick<ReadOptions, "onFault" | "signal">,
  counts: ReadCounts,
): AsyncGenerator<void, void, void> {
  const receivers = new Map<number, RecordReceiver>();
  const source = new SocketSource({
    name: place,
    open: (onReady) => open(place, onReady),
    receiverOf: ({ number }) => {
      const own = receiver();
      receivers.set(number, own);
      return own;
    },
    onEnd: ({ number }, fault) => {
      const own = receivers.get(number);
      receivers.delete(number);
      if (own !== undefined) {
        onEnded?.(own);
      }
      if (fault !== null) {
        onFault(fault);
      }
    },
  });
  try {
    while (signal?.aborted !== true) {
      const hasGiven = source.read();
      const { faults, records, writers } = source.counts();
      counts.faults = faults;
      counts.records = records;
      counts.files = writers;
      if (hasGiven) {
        yield;
      } else {
        await source.ready(pollMs);
      }
    }
  } finally {
    source.close();
  }
}
