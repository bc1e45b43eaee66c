// Answers GET and HEAD over HTTP, each on a connection of its own, and is bounded in all that others
// choose: connections, the time that each may take, bytes of a request. node:http gets its connections
// by hand from a server of node:net, because under Bun its own limit on them does nothing.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Address } from "./address.ts";
import { listen } from "./listen.ts";

export interface Request {
  /** Without the query. */
  readonly path: string;
  readonly wantsJson: boolean;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface HttpServer {
  /** With the port that was taken. */
  readonly address: Address;
  /** Also ends the connections that are open. */
  close(): void;
}

export interface HttpLimits {
  /** From its first byte to the last of the answer. */
  readonly connectionMs: number;
  readonly connections: number;
}

export const httpLimits: HttpLimits = { connectionMs: 5000, connections: 16 };
/** Of a request's line and headers together. */
const requestBytesMax = 8192;

/**
 * @param answer must not take long: the run waits meanwhile
 * @throws OperatorError METRICS_NOT_OPENED
 */
export async function serveHttp(
  address: Address,
  answer: (request: Request) => Answer,
  limits: HttpLimits = httpLimits,
): Promise<HttpServer> {
  const http = createServer({ maxHeaderSize: requestBytesMax }, (request, response) =>
    respond(request, response, answer),
  );
  http.on("clientError", (_, socket) => socket.destroy());
  // Without a listener "Expect: 100-continue" would be answered, and a body asked for.
  http.on("checkContinue", (request, response) => respond(request, response, answer));
  const sockets = new Set<Socket>();
  const listening = await listen(address, {
    connectionsMax: limits.connections,
    onConnection: (socket) => {
      sockets.add(socket);
      const deadline = setTimeout(() => socket.destroy(), limits.connectionMs);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        clearTimeout(deadline);
        sockets.delete(socket);
      });
      http.emit("connection", socket);
    },
  });
  return {
    address: listening.address,
    close: () => {
      listening.close();
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Answer,
): void {
  const { body, headers, status, type } = reply(request, answer);
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    ...headers,
    "Content-Type": type,
    "Content-Length": bytes.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  });
  // A body that somebody sends with the request is not read.
  response.end(request.method === "HEAD" ? undefined : bytes, () => request.socket.end());
}

function reply(
  request: IncomingMessage,
  answer: (request: Request) => Answer,
): Answer & { readonly headers?: Readonly<Record<string, string>> } {
  const { headers, method } = request;
  if (method !== "GET" && method !== "HEAD") {
    return { ...plain(405, "only GET and HEAD are answered\n"), headers: { Allow: "GET, HEAD" } };
  }
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const wantsJson =
    /(?:^|&)format=json(?:&|$)/.test(query) || /\bapplication\/json\b/.test(headers.accept ?? "");
  return answer({ path, wantsJson });
}

export function plain(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body };
}
