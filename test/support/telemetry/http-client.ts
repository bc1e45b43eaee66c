// A client that sends what it is told, byte for byte, and takes what comes until the other side closes.

import { connect } from "node:net";

export interface Taken {
  /** 0 where no answer came. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly elapsedMs: number;
}

/** @param place a port of 127.0.0.1, or the path of a socket */
export async function send(place: number | string, ...parts: readonly string[]): Promise<Taken> {
  const begin = performance.now();
  const socket = typeof place === "number" ? connect(place, "127.0.0.1") : connect({ path: place });
  let text = "";
  await new Promise<void>((resolve) => {
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
    socket.on("connect", () => {
      for (const part of parts) socket.write(part);
    });
  });
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0),
    head,
    body: end < 0 ? "" : text.slice(end + 4),
    elapsedMs: performance.now() - begin,
  };
}

export function get(place: number | string, path: string, ...headers: string[]): Promise<Taken> {
  return send(place, ["GET", path, "HTTP/1.1\r\nHost: test\r\n"].join(" ") + lines(headers));
}

function lines(headers: readonly string[]): string {
  return `${headers.map((header) => `${header}\r\n`).join("")}\r\n`;
}
