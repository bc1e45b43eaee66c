// Streams as outputs of a run: a container file to standard output, and lines of JSON to a file, a pipe
// or standard output. A live run drops what does not fit into the queue, a replay waits. A reader that
// closes ends this output, as it may; any other failure is told at once and is the run's, at its end.

import { assert } from "../base/assert.ts";
import { OperatorError } from "../base/errors.ts";
import { captureBeginning } from "../capture/savefile-head.ts";
import type { SchemaVersion } from "../sysflow/values.ts";
import { queueBytesDefault } from "../write/byte-queue.ts";
import type { Branch } from "../write/fan-out.ts";
import { inputFile, type KnownFile } from "../write/known-file.ts";
import { ContainerStream } from "../write/stream/container-stream.ts";
import { JsonWriter } from "../write/stream/json-writer.ts";
import { type OpenStream, openStream, standardOutput } from "../write/stream/open-stream.ts";
import { StreamQueue } from "../write/stream/stream-queue.ts";
import type { OutputContext, OutputReport, RunOutput } from "./run-output.ts";

export interface StreamOutputOptions {
  /** "-" for standard output. */
  readonly path: string;
  /** A container file as .sf files are, or lines of JSON. */
  readonly form: "container" | "json";
  readonly schema: SchemaVersion;
  /** What must not be written over besides the capture that is read; asked when it is opened. */
  readonly known: () => readonly KnownFile[];
}

/** How long a record may wait for the block that it is in. */
const flushMs = 1000;

export class StreamOutput implements RunOutput {
  readonly #options: StreamOutputOptions;
  #writer: ContainerStream | JsonWriter | null = null;
  #failure: OperatorError | null = null;

  constructor(options: StreamOutputOptions) {
    this.#options = options;
  }

  open({ log, read }: OutputContext): Branch {
    const { form, known, path, schema } = this.#options;
    const stream = openStream(path, [...inputFile(read), ...known()]);
    if (form === "container") {
      refuseTerminal(stream);
    }
    const whenFull = read === null ? "drop" : "wait";
    const queue = new StreamQueue(stream, { bytesMax: queueBytesDefault, whenFull });
    const output =
      form === "json"
        ? new JsonWriter({ queue, schema, filename: path === standardOutput ? "" : path })
        : new ContainerStream({
            queue,
            schema,
            // A replay's bytes are the same each time.
            flushMs: read === null ? flushMs : null,
            ...(read !== null && { markerSeed: captureBeginning(read) }),
          });
    this.#writer = output;
    return {
      output,
      onFailure: "goOn",
      onFailed: (failure) => {
        this.#failure = failure;
        log.error("output", `${failure.message}; the other outputs go on`);
      },
    };
  }

  afterTurn(): void {
    // Its queue empties by itself.
  }

  get hasRoom(): boolean {
    return this.#opened.hasRoom;
  }

  get over(): string | null {
    const place = this.#options.path === standardOutput ? "standard output" : this.#options.path;
    return this.#opened.isReaderGone ? `the reader of ${place} has gone` : null;
  }

  close(): void {
    this.#opened.close();
  }

  drained(ms: number): Promise<boolean> {
    return this.#opened.drained(ms);
  }

  giveUp(): void {
    this.#opened.giveUp();
  }

  closed(): void {
    if (this.#failure !== null) {
      throw this.#failure;
    }
  }

  report(): OutputReport {
    const { path, schema } = this.#options;
    const { bytesWritten, dropped, failed, queued, records } = this.#opened.stats();
    return {
      place: path,
      schema,
      records,
      bytesWritten,
      files: 0,
      queue: { bytes: queued, bytesMax: queueBytesDefault },
      losses: [
        { stage: "write", cause: "records not written", count: failed },
        {
          stage: "write",
          cause: "records dropped (the output's queue was full)",
          count: dropped,
        },
      ],
      leftOut: [],
    };
  }

  get #opened(): ContainerStream | JsonWriter {
    assert(this.#writer !== null, "an output is used once it is open");
    return this.#writer;
  }
}

function refuseTerminal({ isTerminal }: OpenStream): void {
  if (isTerminal) {
    throw new OperatorError(
      "OUTPUT_TERMINAL",
      "cannot write SysFlow's binary form to a terminal: send standard output to a file or a pipe, " +
        "or show the records with --print or --jsonl -",
    );
  }
}
