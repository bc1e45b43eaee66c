// Whether a text is an IP address, as node:net says it, without loading that where nobody asks.

import { runtime } from "#runtime";

export function isIpAddress(text: string): boolean {
  return runtime.net().isIP(text) !== 0;
}
