// IP addresses as texts.

import type { Ipv6 } from "../../sysflow/values.ts";

/** An IPv4 address as on the wire: the first octet is the lowest byte. */
export function ipv4Text(address: number): string {
  return `${address & 0xff}.${(address >>> 8) & 0xff}.${(address >>> 16) & 0xff}.${address >>> 24}`;
}

const groupCount = 8;

/** As RFC 5952 wants it: lower case, the longest run of zero groups as `::`, the first of equals. */
export function ipv6Text(address: Ipv6): string {
  const groups = Array.from(
    { length: groupCount },
    (_, i) => ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0),
  );
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${address.slice(12).join(".")}`;
  }
  const { start, length } = longestZeroRun(groups);
  const words = groups.map((group) => group.toString(16));
  if (length < 2) {
    return words.join(":");
  }
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  const longest = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, i) => {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) {
      longest.start = i + 1 - length;
      longest.length = length;
    }
  });
  return longest;
}
