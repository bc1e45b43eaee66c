// The socket output as an output of a run. A live run drops what its reader does not take, and what
// comes while there is no reader; a replay waits for a reader, at its start too.

import type { Log } from "../../base/log.ts";
import { openSender } from "../../capture/sockets.ts";
import type { SchemaVersion } from "../../sysflow/values.ts";
import { queueBytesDefault } from "../../write/byte-queue.ts";
import type { Branch } from "../../write/fan-out.ts";
import { type ReaderChange, SocketWriter } from "../../write/socket/socket-writer.ts";
import { type OutputContext, type OutputReport, QueuedOutput } from "./run-output.ts";

export interface SocketOutputOptions {
  /** A path of any length, or "@" and the name of an abstract socket. */
  readonly path: string;
  readonly schema: SchemaVersion;
}

export class SocketOutput extends QueuedOutput<SocketWriter> {
  readonly over = null;
  readonly #options: SocketOutputOptions;

  constructor(options: SocketOutputOptions) {
    super();
    this.#options = options;
  }

  open({ log, read }: OutputContext): Branch {
    const { path, schema } = this.#options;
    const writer = new SocketWriter({
      sender: openSender(path),
      schema,
      queueBytesMax: queueBytesDefault,
      whenFull: read === null ? "drop" : "wait",
      onReader: (change) => sayChange(log, path, change, read === null),
    });
    return this.opened(writer, writer, log);
  }

  report(): OutputReport {
    const { path, schema } = this.#options;
    const stats = this.writer.stats();
    const write = (cause: string, count: number) => ({ stage: "write", cause, count }) as const;
    return {
      place: path,
      schema,
      records: stats.records,
      bytesWritten: stats.bytesSent,
      files: 0,
      queue: { bytes: stats.queued, bytesMax: queueBytesDefault },
      losses: [
        write("records dropped (no reader at the socket)", stats.unconnected),
        write("records dropped (the output's queue was full)", stats.dropped),
        write("records queued when the reader went away", stats.lost),
        write(
          "records sent and, as far as is known, not read when the reader went away",
          stats.unread,
        ),
        write("records too long for a packet", stats.tooLong),
        write("records that the kernel did not take", stats.refused),
        write("records cut to fit into a packet", stats.cut),
      ],
      leftOut: [],
    };
  }
}

function sayChange(log: Log, path: string, change: ReaderChange, isLive: boolean): void {
  const until = isLive
    ? "records for it are dropped and counted until there is one"
    : "the run waits until there is one";
  switch (change.state) {
    case "awaited":
      log.warning("socket", `no reader at the socket ${path}: ${change.cause}; ${until}`);
      break;
    case "gone":
      log.warning("socket", `the reader at the socket ${path} has gone: ${change.cause}; ${until}`);
      break;
    case "here":
      log.info(
        "socket",
        `a reader has come to the socket ${path} and gets the records from now on`,
      );
      break;
    default:
      change satisfies never;
  }
}
