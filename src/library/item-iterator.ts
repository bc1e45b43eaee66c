// Two ways to take items from a source of arrays of them: the arrays, and single items. The iterator
// of single items is no generator: those make three promises for each item, and this makes one.

import type { SysFlowItem } from "./item.ts";

export interface ItemSource {
  /** What is there, at least one; null at the end. Rejects with what ended it early. */
  next(): Promise<readonly SysFlowItem[] | null>;
  /** Ends it, and resolves when all is closed. Called once; also after the end. */
  leave(): Promise<void>;
}

const done: IteratorResult<SysFlowItem, undefined> = { done: true, value: undefined };

export class ItemIterator implements AsyncIterableIterator<SysFlowItem> {
  readonly #source: ItemSource;
  #items: readonly SysFlowItem[] = [];
  #at = 0;
  #isOver = false;
  /** The last of the calls that wait for more. */
  #filling: Promise<unknown> = Promise.resolve();

  constructor(source: ItemSource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<SysFlowItem, undefined>> {
    return this.#held() ?? this.#fillInTurn();
  }

  /** The next of those at hand. */
  #held(): Promise<IteratorResult<SysFlowItem, undefined>> | null {
    if (this.#at < this.#items.length) {
      const value = this.#items[this.#at] as SysFlowItem;
      this.#at += 1;
      return Promise.resolve({ done: false, value });
    }
    return null;
  }

  /** Who asks several times without waiting gets the answers in order. */
  #fillInTurn(): Promise<IteratorResult<SysFlowItem, undefined>> {
    const turn = this.#filling.then(() => this.#held() ?? this.#fill());
    this.#filling = turn.catch(() => undefined);
    return turn;
  }

  /** A loop that was left calls it. */
  async return(): Promise<IteratorResult<SysFlowItem, undefined>> {
    this.#items = [];
    this.#at = 0;
    if (!this.#isOver) {
      this.#isOver = true;
      await this.#source.leave();
    }
    return done;
  }

  async #fill(): Promise<IteratorResult<SysFlowItem, undefined>> {
    if (this.#isOver) {
      return done;
    }
    let items: readonly SysFlowItem[] | null;
    try {
      items = await this.#source.next();
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
    if (items === null) {
      this.#isOver = true;
      return done;
    }
    this.#items = items;
    this.#at = 1;
    return { done: false, value: items[0] as SysFlowItem };
  }
}

export type ItemBatches = AsyncGenerator<readonly SysFlowItem[], void, void>;

/** The arrays themselves. Whoever leaves the loop ends the source. */
export async function* itemBatches(source: ItemSource): ItemBatches {
  try {
    for (let items = await source.next(); items !== null; items = await source.next()) {
      yield items;
    }
  } finally {
    await source.leave();
  }
}
