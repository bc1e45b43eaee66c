// Where metrics are served: `127.0.0.1:9100`, `[::1]:9100`, or `unix:/run/sysflow/metrics.sock`. Names
// of hosts are not looked up, since that can take seconds; `localhost` is 127.0.0.1. An address has to
// be said: that `:9100` means all of them elsewhere has opened many a port to the world.

import { isIP } from "node:net";
import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";

export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** What the kernel's structure has room for, but for the NUL at its end. */
const pathBytesMax = 107;

/** @throws OperatorError OPTION_VALUE */
export function parseAddress(text: string): Address {
  return text.startsWith("unix:") ? unixAddress(text.slice(5)) : tcpAddress(text);
}

export function addressText(address: Address): string {
  if (address.kind === "unix") {
    return `unix:${address.path}`;
  }
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function unixAddress(path: string): Address {
  if (path === "" || path.includes("\0") || path.startsWith("@")) {
    throw wrong(`unix:${path}`, "behind unix: there must be the path of a socket");
  }
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw wrong(`unix:${path}`, `the path of a socket may have ${pathBytesMax} bytes at most`);
  }
  return { kind: "unix", path };
}

function tcpAddress(text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? "x");
  if (!(port <= 65_535)) {
    throw wrong(text, "it must be like 127.0.0.1:9100, [::1]:9100 or unix:/run/metrics.sock");
  }
  const given = bracketed ?? plain ?? "";
  if (given === "") {
    const both = `127.0.0.1:${port} for this host alone, 0.0.0.0:${port} for whoever reaches it`;
    throw wrong(text, `say at which address: ${both}`);
  }
  const host = given === "localhost" ? "127.0.0.1" : given;
  if (isIP(host) !== (bracketed === undefined ? 4 : 6)) {
    throw wrong(text, `"${given}" is no IP address, and names are not looked up`);
  }
  return { kind: "tcp", host, port };
}

function wrong(text: string, why: string): OperatorError {
  const message = `--metrics cannot use the address "${text}": ${why}`;
  return new OperatorError("OPTION_VALUE", message, { exitStatus: exitStatus.USAGE });
}
