// Both ends of a network record as texts. Few addresses occur in a row, so those of IPv4 that came
// last are kept, in a table of fixed size.

import type { NetworkEvent, NetworkFlow, SysFlowRecord } from "../../sysflow/record.gen.ts";
import { ipv4Text, ipv6Text } from "./addresses.ts";

export type NetworkRecord = NetworkFlow | NetworkEvent;

export function networkOf(record: SysFlowRecord): NetworkRecord | null {
  return record.kind === "NetworkFlow" || record.kind === "NetworkEvent" ? record : null;
}

/** A power of two. */
const slots = 1024;
const slotAddress = new Int32Array(slots);
const slotText: string[] = new Array(slots).fill("0.0.0.0");

function keptIpv4Text(address: number): string {
  // Addresses of one network differ in their last bytes, which are the highest here.
  const slot = (address ^ (address >>> 16) ^ (address >>> 22)) & (slots - 1);
  if (slotAddress[slot] !== address) {
    slotAddress[slot] = address;
    slotText[slot] = ipv4Text(address);
  }
  return slotText[slot] as string;
}

/** Of who began the connection. */
export function sourceText(record: NetworkRecord): string {
  const sip6 = record.kind === "NetworkFlow" ? record.sip6 : null;
  return sip6 === null ? keptIpv4Text(record.sip) : ipv6Text(sip6);
}

/** Of who accepted it. */
export function destinationText(record: NetworkRecord): string {
  const dip6 = record.kind === "NetworkFlow" ? record.dip6 : null;
  return dip6 === null ? keptIpv4Text(record.dip) : ipv6Text(dip6);
}

export function isIpv6(record: NetworkRecord): boolean {
  return record.kind === "NetworkFlow" && record.sip6 !== null;
}
