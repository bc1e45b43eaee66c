// Opens the address that metrics are served at. A Unix socket is made for its owner alone; one that is
// left from a program that has ended is replaced, and nothing else that has the name ever is.

import { lstatSync, type Stats, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { errnoCode, OperatorError, systemCause } from "../base/errors.ts";
import { type Address, addressText } from "./address.ts";

export interface Listening {
  /** With the port that was taken, where any was asked for. */
  readonly address: Address;
  /** Takes no more connections; the runtime removes a socket's name with that. Those open stay. */
  close(): void;
}

export interface ListenOptions {
  /** What comes while there are so many is closed at once. */
  readonly connectionsMax: number;
  readonly onConnection: (socket: Socket) => void;
}

/** @throws OperatorError METRICS_NOT_OPENED */
export async function listen(address: Address, options: ListenOptions): Promise<Listening> {
  if (address.kind === "unix") {
    await removeStale(address.path);
  }
  const server = createServer(options.onConnection);
  server.maxConnections = options.connectionsMax;
  await opened(server, address);
  if (address.kind === "tcp") {
    const bound = server.address();
    const port = bound !== null && typeof bound === "object" ? bound.port : address.port;
    return { address: { ...address, port }, close: () => server.close() };
  }
  return { address, close: () => server.close() };
}

function opened(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(failure(address, reason(error, address), error)));
    server.once("listening", () => {
      // What goes wrong later, such as no descriptor for a connection, is no reason to end the run.
      server.on("error", () => undefined);
      resolve();
    });
    if (address.kind === "tcp") {
      server.listen({ host: address.host, port: address.port });
      return;
    }
    // The name is bound within the call: so nobody can connect before a chmod.
    const before = process.umask(0o177);
    try {
      server.listen(address.path);
    } finally {
      process.umask(before);
    }
  });
}

async function removeStale(path: string): Promise<void> {
  const found = entryAt(path);
  if (found === null) {
    return;
  }
  const address = { kind: "unix", path } as const;
  if (!found.isSocket()) {
    throw failure(address, "there is a file of that name that is no socket; it is left as it is");
  }
  if (await isInUse(path)) {
    throw failure(address, inUse);
  }
  try {
    unlinkSync(path);
  } catch (error) {
    const why = `the socket that is left there cannot be removed: ${systemCause(error)}`;
    throw failure(address, why, error);
  }
}

/** Nobody listens only where the kernel says so. */
function isInUse(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(errnoCode(error) !== "ECONNREFUSED"));
  });
}

function entryAt(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    // What else is wrong with the path is told when it is bound.
    return null;
  }
}

const inUse = "another program listens there; choose another address, or end that one";

function reason(error: unknown, address: Address): string {
  switch (errnoCode(error)) {
    case "EADDRINUSE":
      return inUse;
    case "EADDRNOTAVAIL":
      return "this host does not have that address";
    case "EACCES":
      return address.kind === "tcp"
        ? "permission denied (EACCES); ports below 1024 need root"
        : systemCause(error);
    case "ENOENT":
      return "its folder does not exist; make that first";
    default:
      return systemCause(error);
  }
}

function failure(address: Address, why: string, cause?: unknown): OperatorError {
  const message = `cannot serve metrics at ${addressText(address)}: ${why}`;
  return new OperatorError("METRICS_NOT_OPENED", message, { cause });
}
