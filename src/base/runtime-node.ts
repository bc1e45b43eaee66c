// The runtime on s390x: Node, which Bun has no build for. Nothing but base/ may know that.

import net from "node:net";
import os from "node:os";
import zlib from "node:zlib";
import type { Runtime } from "./runtime.ts";

/** The level between zlib's default and its fastest; the numbers are in runtime-bun.ts. */
const zlibLevel = 3;

export const runtime: Runtime = {
  deflateRaw(bytes) {
    return zlib.deflateRawSync(bytes, { level: zlibLevel });
  },

  net() {
    return net;
  },

  os() {
    return os;
  },

  zlib() {
    return zlib;
  },

  keepFromLastTier() {
    // Node's compiler has no such tier: what is measured for Bun does not hold for V8.
  },
};
