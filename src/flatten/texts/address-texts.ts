// Both ends of a network record as texts.

import type { NetworkEvent, NetworkFlow, SysFlowRecord } from "../../sysflow/record.gen.ts";
import { ipv4Text, ipv6Text } from "./addresses.ts";

export type NetworkRecord = NetworkFlow | NetworkEvent;

export function networkOf(record: SysFlowRecord): NetworkRecord | null {
  return record.kind === "NetworkFlow" || record.kind === "NetworkEvent" ? record : null;
}

/** Of who began the connection. */
export function sourceText(record: NetworkRecord): string {
  const sip6 = record.kind === "NetworkFlow" ? record.sip6 : null;
  return sip6 === null ? ipv4Text(record.sip) : ipv6Text(sip6);
}

/** Of who accepted it. */
export function destinationText(record: NetworkRecord): string {
  const dip6 = record.kind === "NetworkFlow" ? record.dip6 : null;
  return dip6 === null ? ipv4Text(record.dip) : ipv6Text(dip6);
}

export function isIpv6(record: NetworkRecord): boolean {
  return record.kind === "NetworkFlow" && record.sip6 !== null;
}
