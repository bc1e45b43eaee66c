// GET requests over a Unix socket, with bounds on what comes back and on how long it takes. By node:http,
// which behaves alike in both runtimes. Each request has a connection of its own: one that is kept may be
// closed by the server at the moment when the next request is sent.

import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { errnoCode, systemCause } from "../base/errors.ts";
import { answerBytesMax, LookupError } from "./answer.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** A line that is longer is left out: the runtime puts all labels of a container into each. */
const lineBytesMax = 256 * 1024;
const newline = 0x0a;

export class UnixHttp {
  readonly #socketPath: string;
  readonly #timeoutMs: number;
  readonly #open = new Set<ClientRequest>();
  #isClosed = false;

  /** @param timeoutMs for a whole answer, and for the head of one that goes on */
  constructor(socketPath: string, timeoutMs: number) {
    this.#socketPath = socketPath;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws LookupError */
  async get(path: string): Promise<HttpAnswer> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const [sent, answer] = await this.#send(path, signal);
      try {
        return { status: answer.statusCode ?? 0, body: await wholeText(answer) };
      } finally {
        sent.destroy();
        this.#open.delete(sent);
      }
    } catch (error) {
      throw this.#explained(error, path, signal);
    }
  }

  /**
   * Gives each line of an answer that goes on until one side ends it.
   * @param onOpen called when the server has said that it will
   * @throws LookupError
   */
  async lines(path: string, onOpen: () => void, onLine: (line: string) => void): Promise<void> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(timedOut), this.#timeoutMs);
    try {
      const [sent, answer] = await this.#send(path, limit.signal);
      clearTimeout(timer);
      try {
        if (answer.statusCode !== 200) {
          throw new LookupError(`status ${answer.statusCode} for ${path}`, { reason: "badAnswer" });
        }
        onOpen();
        await eachLine(answer, onLine);
      } finally {
        sent.destroy();
        this.#open.delete(sent);
      }
    } catch (error) {
      throw this.#explained(error, path, limit.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const sent of this.#open) {
      sent.destroy();
    }
    this.#open.clear();
  }

  /** Resolves when the head of the answer is there. */
  #send(path: string, signal: AbortSignal): Promise<[ClientRequest, IncomingMessage]> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new LookupError("closed", { reason: "refused" }));
        return;
      }
      const { promise: aborted, stop } = whenAborted(signal);
      const sent = request({
        socketPath: this.#socketPath,
        path,
        headers: { host: "localhost", accept: "application/json" },
        agent: false,
        signal,
      });
      this.#open.add(sent);
      let hasHead = false;
      const fail = (error: unknown) => {
        // From then on whoever reads the answer is told.
        if (hasHead) {
          return;
        }
        stop();
        this.#open.delete(sent);
        sent.destroy();
        reject(error);
      };
      sent.on("error", fail);
      sent.on("close", () => fail(new Error("the connection was closed")));
      sent.on("response", (answer) => {
        hasHead = true;
        stop();
        resolve([sent, answer]);
      });
      void aborted.then(fail);
      sent.end();
    });
  }

  #explained(error: unknown, path: string, signal: AbortSignal): LookupError {
    if (error instanceof LookupError) {
      return error;
    }
    const where = `${path} of ${this.#socketPath}`;
    if (signal.aborted) {
      const message = `no whole answer within ${this.#timeoutMs} ms to ${where}`;
      return new LookupError(message, { reason: "timedOut", cause: error });
    }
    const reason = refusals.has(errnoCode(error) ?? "") ? "refused" : "badAnswer";
    return new LookupError(`${where}: ${systemCause(error)}`, { reason, cause: error });
  }
}

const timedOut = new Error("timed out");
const refusals = new Set(["EACCES", "EPERM", "ECONNREFUSED", "ENOENT", "FailedToOpenSocket"]);

/** Resolves with the reason when the signal is aborted, unless it is stopped before. */
function whenAborted(signal: AbortSignal): { promise: Promise<unknown>; stop: () => void } {
  let stop = () => {};
  const promise = new Promise<unknown>((resolve) => {
    const listener = () => resolve(signal.reason);
    stop = () => signal.removeEventListener("abort", listener);
    signal.addEventListener("abort", listener, { once: true });
  });
  return { promise, stop };
}

async function wholeText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) {
      throw new LookupError(`more than ${answerBytesMax} bytes`, { reason: "badAnswer" });
    }
    chunks.push(chunk);
  }
  if (!answer.complete) {
    throw new Error("the answer was cut off");
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function eachLine(answer: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      if (bytes + end <= lineBytesMax) {
        onLine(Buffer.concat([...parts, rest.subarray(0, end)]).toString("utf8"));
      }
      parts = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
    }
    bytes += rest.length;
    if (bytes <= lineBytesMax) {
      parts.push(rest);
    } else {
      parts = [];
    }
  }
}
