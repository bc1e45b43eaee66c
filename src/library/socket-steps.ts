// What writers to a Unix socket send, step by step like the blocks of a file. Each writer has a
// header and entities of its own. It ends when it is left or its signal aborts: more writers may come.

import { openListener } from "../capture/sockets.ts";
import { Joiner } from "../join/joiner.ts";
import type { ReadCounts, ReadOptions } from "../read/read-records.ts";
import { SocketSource } from "../read/socket/socket-source.ts";
import type { SysFlowItem } from "./item.ts";
import { ItemMaker } from "./item-maker.ts";

/** How long an abort may go unseen. */
const pollMs = 100;

/** @param counts gets a file for each writer. @throws SysFlowError INPUT_OPEN_FAILED */
export async function* socketSteps(
  place: string,
  put: (item: SysFlowItem) => void,
  { onFault, signal }: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<void, void, void> {
  const source = new SocketSource({
    name: place,
    open: (onReady) => openListener(place, onReady),
    receiverOf: () => new Joiner(new ItemMaker(put)),
    onEnd: (_, fault) => {
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
