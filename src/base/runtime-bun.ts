// The runtime on x86-64: Bun. Nothing but base/ may know that.

import { noFTL } from "bun:jsc";
import type { Code, Runtime } from "./runtime.ts";

// Bun carries libdeflate, whose fastest level packs SysFlow blocks as tightly as zlib's default. On
// blocks of flows: zlib 6 gives 6.58 : 1 at 73 MB/s, zlib 3 6.51 at 175, libdeflate 1 6.46 at 380. At
// zlib's default level compression would cost seven times what encoding does.
const libdeflateLevel = 1;

export const runtime: Runtime = {
  deflateRaw(bytes) {
    return Bun.deflateSync(bytes, { library: "libdeflate", level: libdeflateLevel });
  },

  net() {
    return process.getBuiltinModule("node:net");
  },

  os() {
    return process.getBuiltinModule("node:os");
  },

  zlib() {
    return process.getBuiltinModule("node:zlib");
  },

  keepFromLastTier(code) {
    for (const each of code) {
      noFTL(each);
      for (const method of methodsOf(each)) {
        noFTL(method);
      }
    }
  },
};

function methodsOf(code: Code): Code[] {
  const prototype: unknown = code.prototype;
  if (typeof prototype !== "object" || prototype === null) {
    return [];
  }
  const values = Object.values(Object.getOwnPropertyDescriptors(prototype)).map(
    (descriptor): unknown => descriptor.value,
  );
  return values.filter((value) => typeof value === "function" && value !== code) as Code[];
}
