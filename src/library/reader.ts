// Reads .sf files, or what is sent to a socket, as a program wants it: lazily, at its own pace, each
// record with what it refers to. No more is held than a block of the file and the entities within the
// joiner's limits.

import { Joiner } from "../join/joiner.ts";
import {
  type ReadCounts,
  type ReadOptions,
  readBlocks,
  readCounts,
  readStream,
} from "../read/read-records.ts";
import type { SysFlowError } from "./errors.ts";
import type { SysFlowItem } from "./item.ts";
import { type ItemBatches, ItemIterator, type ItemSource, itemBatches } from "./item-iterator.ts";
import { ItemMaker } from "./item-maker.ts";
import { socketSteps } from "./socket-steps.ts";

/**
 * A path of a file or of a folder with files, "-" for standard input, `unix:PATH` for a socket to
 * listen on, or the bytes of one file.
 */
export type SysFlowSource = string | AsyncIterable<Uint8Array>;

export interface OpenSysFlowOptions {
  /**
   * Called for each file that could not be read to its end, whose good part was given; the next one is
   * read then. Where absent, the iterator rejects with it, after the good part, and ends. Of a socket:
   * for each writer that did not end in order; where absent, it is only counted.
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

const socketPrefix = "unix:";

export class SysFlowReader implements AsyncIterable<SysFlowItem> {
  readonly #counts: ReadCounts = readCounts();
  readonly #options: OpenSysFlowOptions;
  readonly #blocks: AsyncGenerator<void, void, void>;
  #items: SysFlowItem[] = [];

  constructor(source: SysFlowSource, options: OpenSysFlowOptions) {
    const { onFault, signal } = options;
    const isSocket = typeof source === "string" && source.startsWith(socketPrefix);
    const reading: ReadOptions = {
      onFault: (fault) => {
        if (onFault !== undefined) {
          onFault(fault as SysFlowError);
        } else if (!isSocket) {
          throw fault;
        }
      },
      ...(signal !== undefined && { signal }),
    };
    this.#options = options;
    const put = (item: SysFlowItem) => this.#items.push(item);
    this.#blocks = isSocket
      ? socketSteps(source.slice(socketPrefix.length), put, reading, this.#counts)
      : this.#fileSteps(source, new Joiner(new ItemMaker(put)), reading);
  }

  /** Files begun (of a socket: writers), records given and such of kinds that are not known, so far. */
  get counts(): Readonly<ReadCounts> {
    return this.#counts;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<SysFlowItem> {
    return new ItemIterator(this.#source());
  }

  /** The same in arrays, of a block each. They are not empty. */
  batches(): ItemBatches {
    return itemBatches(this.#source());
  }

  #fileSteps(source: SysFlowSource, to: Joiner, reading: ReadOptions) {
    return typeof source === "string"
      ? readBlocks(source, to, reading, this.#counts)
      : readStream("the stream", source, to, reading, this.#counts);
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
    const { signal } = this.#options;
    let isDone: boolean | undefined = false;
    while (isDone !== true && signal?.aborted !== true) {
      isDone = (await this.#blocks.next()).done;
      const items = this.#items;
      this.#items = [];
      if (items.length > 0) {
        return items;
      }
    }
    // An abort between two blocks leaves the file open.
    await this.#blocks.return();
    signal?.throwIfAborted();
    return null;
  }
}
