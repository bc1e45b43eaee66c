// Streams as outputs of a run: a container file to standard output, and lines of JSON to a file, a pipe
// or standard output. A live run drops what does not fit into the queue, a replay waits. A reader that
// closes ends this output, as it may; any other failure is told at once and is the run's, at its end.

import { OperatorError } from "../../base/errors.ts";
import { keepFromLastTier } from "../../base/optimizer.ts";
import { captureBeginning } from "../../capture/savefile-head.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import { queueBytesDefault } from "../../write/byte-queue.ts";
import type { Branch } from "../../write/fan-out.ts";
import { inputFile, type KnownFile } from "../../write/known-file.ts";
import { standardOutput } from "../../write/standard-output.ts";
import { ContainerStream } from "../../write/stream/container-stream.ts";
import { JsonWriter } from "../../write/stream/json-writer.ts";
import { type OpenStream, openStream } from "../../write/stream/open-stream.ts";
import { StreamQueue } from "../../write/stream/stream-queue.ts";
import { hotPathOfLines } from "./hot-path-of-lines.ts";
import { type OutputContext, type OutputReport, QueuedOutput } from "./run-output.ts";

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

export class StreamOutput extends QueuedOutput<ContainerStream | JsonWriter> {
  readonly #options: StreamOutputOptions;

  constructor(options: StreamOutputOptions) {
    super();
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
    if (form === "json") {
      keepFromLastTier(hotPathOfLines);
    }
    const writer =
      form === "json"
        ? new JsonWriter({ queue, schema, filename: path === standardOutput ? "" : path })
        : new ContainerStream({
            queue,
            schema,
            // A replay's bytes are the same each time.
            flushMs: read === null ? flushMs : null,
            ...(read !== null && { markerSeed: captureBeginning(read) }),
          });
    return this.opened(writer, writer, log);
  }

  get over(): string | null {
    const place = this.#options.path === standardOutput ? "standard output" : this.#options.path;
    return this.writer.isReaderGone ? `the reader of ${place} has gone` : null;
  }

  report(): OutputReport {
    const { path, schema } = this.#options;
    const { bytesWritten, dropped, failed, queued, records } = this.writer.stats();
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
