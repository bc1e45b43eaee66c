// What writers to a Unix socket send, as items.

import { openListener } from "../capture/sockets.ts";
import { Joiner } from "../join/joiner.ts";
import type { ReadCounts, ReadOptions } from "../read/read-records.ts";
import { readSocket } from "../read/socket/read-socket.ts";
import type { SysFlowItem } from "./item.ts";
import { ItemMaker } from "./item-maker.ts";

/** @param counts gets a file for each writer. @throws SysFlowError INPUT_OPEN_FAILED */
export function socketSteps(
  place: string,
  put: (item: SysFlowItem) => void,
  options: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<void, void, void> {
  const receiver = () => new Joiner(new ItemMaker(put));
  return readSocket(place, { open: openListener, receiver }, options, counts);
}
