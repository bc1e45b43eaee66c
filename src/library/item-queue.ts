// The iterator as an output of a run: a bounded queue between the run, which fills it batch by batch,
// and the program that takes from it. A replay waits for the program. A live run cannot: when the
// queue is full, records are left out and counted until a tick at which half of it is free, and then
// all entities are given again.

import { JoinedOutput } from "../join/joined-output.ts";
import type { JoinedReceiver, JoinedRecord } from "../join/joined-record.ts";
import { Joiner } from "../join/joiner.ts";
import type { OutputContext, OutputReport, RunOutput } from "../run/output/run-output.ts";
import type { StopFlag } from "../run/stop-flag.ts";
import type { Branch } from "../write/fan-out.ts";
import { keptRecord, noHeader, SysFlowItem } from "./item.ts";

export class ItemQueue implements RunOutput, JoinedReceiver {
  readonly #itemsMax: number;
  readonly #flag: StopFlag;
  readonly #sink: QueueSink;
  #items: SysFlowItem[] = [];
  #header = noHeader;
  /** Live: it leaves out what does not fit. */
  #drops = false;
  #isDropping = false;
  #dropped = 0;
  /** The program takes no more. */
  #isLeft = false;
  #leftBehind = 0;
  /** Nothing more comes. */
  #isEnded = false;
  /** The run is closing its outputs: what is here stays here until it is taken. */
  #isClosed = false;
  #wakeTaker: (() => void) | null = null;
  #wakeRun: (() => void) | null = null;

  constructor(itemsMax: number, flag: StopFlag) {
    this.#itemsMax = itemsMax;
    this.#flag = flag;
    this.#sink = new QueueSink(new Joiner(this), () => this.#takesAgain());
  }

  open({ read }: OutputContext): Branch {
    this.#drops = read === null;
    return { output: this.#sink, onFailure: "end" };
  }

  joined(joined: JoinedRecord): void {
    if (this.#isLeft) {
      this.#leftBehind += 1;
      return;
    }
    if (this.#isDropping || (this.#drops && !this.hasRoom)) {
      this.#isDropping = true;
      this.#dropped += 1;
      return;
    }
    const record = keptRecord(joined);
    if (record.kind === "SFHeader") {
      this.#header = record;
    }
    this.#items.push(new SysFlowItem(this.#header, record, joined));
    if (this.#wakeTaker !== null) {
      this.#wakeTaker();
    }
  }

  /** What is there, oldest first; empty where nothing is. It is the caller's. */
  take(): SysFlowItem[] {
    const items = this.#items;
    this.#items = [];
    this.#wakeRun?.();
    return items;
  }

  /** Resolves when `take` has something to give, or when nothing more comes. One at a time. */
  ready(): Promise<void> {
    if (this.#items.length > 0 || this.#isEnded) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wakeTaker = () => {
        this.#wakeTaker = null;
        resolve();
      };
    });
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The run is over. What is here can still be taken. */
  end(): void {
    this.#isEnded = true;
    this.#wakeTaker?.();
  }

  /** The program takes no more; what is here is not wanted. */
  leave(): void {
    this.#isLeft = true;
    this.#leftBehind += this.#items.length;
    this.#items = [];
    this.#flag.request("the program takes no more");
    this.#wakeRun?.();
  }

  get hasRoom(): boolean {
    return this.#items.length < this.#itemsMax;
  }

  get over(): string | null {
    return this.#isLeft ? "the program takes no more" : null;
  }

  afterTurn(): void {
    // Who takes was woken by the first item.
  }

  close(): void {
    this.#isClosed = true;
  }

  drained(ms: number): Promise<boolean> {
    if (this.#isClosed || this.#items.length === 0) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const wake = (isDrained: boolean) => {
        clearTimeout(timer);
        this.#wakeRun = null;
        resolve(isDrained);
      };
      const timer = setTimeout(() => wake(false), ms);
      this.#wakeRun = () => wake(true);
    });
  }

  giveUp(): void {
    // It is drained when closed.
  }

  closed(): void {
    // It cannot fail.
  }

  report(): OutputReport {
    return {
      place: null,
      schema: null,
      records: this.#sink.counts,
      bytesWritten: 0,
      files: 0,
      losses: [
        {
          stage: "write",
          cause: "records dropped (the iterator's queue was full)",
          count: this.#dropped,
        },
      ],
      leftOut: [
        { stage: "write", cause: "records after the iterator was left", count: this.#leftBehind },
      ],
    };
  }

  /** @returns true where records were dropped and there is room for them from now on */
  #takesAgain(): boolean {
    if (!this.#isDropping || this.#items.length > this.#itemsMax / 2) {
      return false;
    }
    this.#isDropping = false;
    return true;
  }
}

class QueueSink extends JoinedOutput {
  readonly #takesAgain: () => boolean;

  constructor(joiner: Joiner, takesAgain: () => boolean) {
    super(joiner);
    this.#takesAgain = takesAgain;
  }

  override rotateDue(): boolean {
    return this.#takesAgain();
  }
}
