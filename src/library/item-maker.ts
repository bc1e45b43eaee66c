// Makes items of what is read: of one file after the other, or of one writer to a socket.

import type { JoinedReceiver, JoinedRecord } from "../join/joined-record.ts";
import { noHeader, SysFlowItem } from "./item.ts";

export class ItemMaker implements JoinedReceiver {
  readonly #put: (item: SysFlowItem) => void;
  #header = noHeader;

  constructor(put: (item: SysFlowItem) => void) {
    this.#put = put;
  }

  joined(joined: JoinedRecord): void {
    const { record } = joined;
    if (record.kind === "SFHeader") {
      this.#header = record;
    }
    // What a reader makes is new each time, so nothing needs a copy.
    this.#put(new SysFlowItem(this.#header, record, joined));
  }
}
