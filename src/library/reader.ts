// Reads .sf files as a program wants them: lazily, at its own pace, each record with what it refers
// to. No more is held than a block of the file and the entities within the joiner's limits.

import type { JoinedReceiver, JoinedRecord } from "../join/joined-record.ts";
import { Joiner } from "../join/joiner.ts";
import {
  type ReadCounts,
  type ReadOptions,
  readBlocks,
  readCounts,
  readStream,
} from "../read/read-records.ts";
import type { SysFlowError } from "./errors.ts";
import { noHeader, SysFlowItem } from "./item.ts";
import { ItemIterator, type ItemSource } from "./item-iterator.ts";

/** A path of a file or of a folder with files, "-" for standard input, or the bytes of one file. */
export type SysFlowSource = string | AsyncIterable<Uint8Array>;

export interface OpenSysFlowOptions {
  /**
   * Called for each file that could not be read to its end, whose good part was given; the next one is
   * read then. Where absent, the iterator rejects with it, after the good part, and ends.
   */
  readonly onFault?: (fault: SysFlowError) => void;
  /** Ends the reading between two blocks; the iterator then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens nothing before it is iterated, which can be done once. Versions 1 to 6 of the schema, and
 * others that Avro resolves to them.
 */
export function openSysFlow(
  source: SysFlowSource,
  options: OpenSysFlowOptions = {},
): SysFlowReader {
  return new SysFlowReader(source, options);
}

export class SysFlowReader implements AsyncIterable<SysFlowItem>, JoinedReceiver {
  readonly #counts: ReadCounts = readCounts();
  readonly #options: OpenSysFlowOptions;
  readonly #blocks: AsyncGenerator<void, void, void>;
  #items: SysFlowItem[] = [];
  #header = noHeader;

  constructor(source: SysFlowSource, options: OpenSysFlowOptions) {
    const to = new Joiner(this);
    const { onFault, signal } = options;
    const reading: ReadOptions = {
      onFault: (fault) => {
        if (onFault === undefined) {
          throw fault;
        }
        onFault(fault as SysFlowError);
      },
      ...(signal !== undefined && { signal }),
    };
    this.#options = options;
    this.#blocks =
      typeof source === "string"
        ? readBlocks(source, to, reading, this.#counts)
        : readStream("the stream", source, to, reading, this.#counts);
  }

  /** Files begun, records given and such of kinds that are not known, so far. */
  get counts(): Readonly<ReadCounts> {
    return this.#counts;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<SysFlowItem> {
    return new ItemIterator(this.#source());
  }

  /** The same in arrays, of a block each. They are not empty. */
  async *batches(): AsyncGenerator<readonly SysFlowItem[], void, void> {
    const source = this.#source();
    try {
      for (let items = await source.next(); items !== null; items = await source.next()) {
        yield items;
      }
    } finally {
      await source.leave();
    }
  }

  joined(joined: JoinedRecord): void {
    const { record } = joined;
    if (record.kind === "SFHeader") {
      this.#header = record;
    }
    // What a reader makes is new each time.
    this.#items.push(new SysFlowItem(this.#header, record, joined));
  }

  #source(): ItemSource {
    return {
      next: async () => await this.#nextItems(),
      leave: async () => {
        await this.#blocks.return();
      },
    };
  }

  async #nextItems(): Promise<readonly SysFlowItem[] | null> {
    for (;;) {
      this.#options.signal?.throwIfAborted();
      const { done } = await this.#blocks.next();
      const items = this.#items;
      this.#items = [];
      if (items.length > 0) {
        return items;
      }
      if (done === true) {
        this.#options.signal?.throwIfAborted();
        return null;
      }
    }
  }
}
