// Alerts to a stream, as lines of text or of JSON. What cannot be written is counted: dropped while the
// queue is full, failed once a write has failed.

import type { OperatorError } from "../base/errors.ts";
import { alertText } from "../export/encoders/alert-text.ts";
import { recordJsonText, writeRecordJson } from "../export/encoders/record-json.ts";
import type { Verdict } from "../export/verdict.ts";
import type { FlatContext } from "../flatten/attribute.ts";
import { LineBlock, type LineStats } from "../write/stream/line-block.ts";
import type { StreamQueue } from "../write/stream/stream-queue.ts";
import type { Hashes } from "./executable-hashes.ts";

/** `text`: a line for each alert. `json`: an object a line for each record, with its alerts in it. */
export type AlertFormat = "text" | "json";

export interface AlertWriterStats extends LineStats {
  /** Lines handed over. */
  readonly lines: number;
}

/** Lines of one record, without their ends. */
interface Waiting {
  readonly texts: readonly string[];
}

export class AlertWriter {
  readonly #queue: StreamQueue;
  readonly #lines: LineBlock;
  readonly #format: AlertFormat;
  readonly #waiting = new Set<Waiting>();
  #written = 0;

  constructor(queue: StreamQueue, format: AlertFormat) {
    this.#queue = queue;
    this.#lines = new LineBlock(queue);
    this.#format = format;
  }

  get hasRoom(): boolean {
    return this.#queue.hasRoom;
  }

  /** It has closed: nothing more is written. */
  get isReaderGone(): boolean {
    return this.#queue.isReaderGone;
  }

  stats(): AlertWriterStats {
    return { lines: this.#written, ...this.#lines.stats() };
  }

  /** @param verdict null for a record that is written though no rule matched it */
  write(of: FlatContext, verdict: Verdict | null): void {
    if (this.#format === "json") {
      this.#json(of, verdict);
      return;
    }
    for (const rule of verdict?.rules ?? []) {
      if (this.#takes()) {
        const line = `${alertText(of, rule)}\n`;
        do this.#lines.tap.utf8(line);
        while (!this.#lines.endLine());
      }
    }
  }

  /** The same, once it is known whether there are hashes: the text is made now, and waits for them. */
  writeLater(of: FlatContext, verdict: Verdict, hashes: Promise<Hashes | null>): void {
    const waiting: Waiting = { texts: this.#texts(of, verdict) };
    this.#waiting.add(waiting);
    void hashes.then((known) => this.#told(waiting, known));
  }

  /** Looks whether there is room again after records were left out. */
  check(): void {
    this.#queue.takesAgain();
  }

  untoldFailure(): OperatorError | null {
    return this.#queue.untoldFailure();
  }

  /** What waits for hashes goes without. */
  close(): void {
    for (const waiting of this.#waiting) {
      this.#told(waiting, null);
    }
    this.#lines.flush();
    this.#queue.end();
  }

  drained(ms: number): Promise<boolean> {
    return this.#queue.drained(ms);
  }

  giveUp(): void {
    this.#queue.giveUp();
  }

  #texts(of: FlatContext, verdict: Verdict): readonly string[] {
    if (this.#format === "text") {
      return verdict.rules.map((rule) => alertText(of, rule));
    }
    return [recordJsonText(of, verdict)];
  }

  #told(waiting: Waiting, hashes: Hashes | null): void {
    if (!this.#waiting.delete(waiting)) {
      return;
    }
    for (const text of waiting.texts) {
      if (this.#takes()) {
        const line = `${hashes === null ? text : withHashes(text, hashes, this.#format)}\n`;
        do this.#lines.tap.utf8(line);
        while (!this.#lines.endLine());
      }
    }
  }

  #json(of: FlatContext, verdict: Verdict | null): void {
    if (this.#takes()) {
      const { tap } = this.#lines;
      do {
        writeRecordJson(tap, of, verdict);
        tap.text("\n");
      } while (!this.#lines.endLine());
    }
  }

  /** @returns false where a line is left out, and counted */
  #takes(): boolean {
    this.#written += 1;
    return this.#lines.takes();
  }
}

function withHashes(text: string, { md5, sha1, sha256 }: Hashes, format: AlertFormat): string {
  return format === "text"
    ? `${text} (md5=${md5} sha1=${sha1} sha256=${sha256})`
    : `${text.slice(0, -1)},"hashes":{"proc":${JSON.stringify({ md5, sha1, sha256 })}}}`;
}
