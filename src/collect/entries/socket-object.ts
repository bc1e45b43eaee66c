// The two ends of a socket as native code names them. Equal ends can come as several objects, so
// they are compared by their addresses and ports, never by identity.

import { hashKeyOfRun, hashWords } from "../../base/keyed-hash.ts";
import type { BatchView } from "../../capture/batch-reader.ts";
import {
  SOCKET_DIP0,
  SOCKET_DPORT,
  SOCKET_FAMILY,
  SOCKET_PROTO,
  SOCKET_SIP0,
  SOCKET_SPORT,
} from "../../capture/layout.gen.ts";
import { type Ipv6, ipv6Bytes, type NetworkProto, networkProto } from "../../sysflow/values.ts";

export class SocketObject {
  readonly isSocket = true;
  readonly proto: NetworkProto;
  /** IPv4; 0 where the ends are IPv6. */
  readonly sip: number;
  readonly sport: number;
  readonly dip: number;
  readonly dport: number;
  /** Both null where the ends are IPv4. The capture library turns IPv4-mapped ends into IPv4 ones. */
  readonly sip6: Ipv6 | null;
  readonly dip6: Ipv6 | null;
  /** The hash of the tuple; equal tuples have equal hashes. */
  readonly hash: number;

  constructor(batch: BatchView, at: number) {
    const isIpv6 = batch.u32[at + SOCKET_FAMILY] === 6;
    this.proto = wireProto(batch.i32[at + SOCKET_PROTO] as number);
    this.sip = isIpv6 ? 0 : (batch.i32[at + SOCKET_SIP0] as number);
    this.sport = batch.u32[at + SOCKET_SPORT] as number;
    this.dip = isIpv6 ? 0 : (batch.i32[at + SOCKET_DIP0] as number);
    this.dport = batch.u32[at + SOCKET_DPORT] as number;
    this.sip6 = isIpv6 ? addressAt(batch, at + SOCKET_SIP0) : null;
    this.dip6 = isIpv6 ? addressAt(batch, at + SOCKET_DIP0) : null;
    this.hash = hashAt(batch, at, this.sport, this.dport);
  }

  /** Whether they have the same ends, under one handle or two. */
  hasEndsOf(other: SocketObject): boolean {
    return (
      this.sip === other.sip &&
      this.dip === other.dip &&
      this.sport === other.sport &&
      this.dport === other.dport &&
      isSameAddress(this.sip6, other.sip6) &&
      isSameAddress(this.dip6, other.dip6)
    );
  }
}

/** Four words, each the integer that a little-endian machine loads, whatever this machine is. */
function addressAt(batch: BatchView, at: number): Ipv6 {
  const address = new Uint8Array(ipv6Bytes);
  for (let i = 0; i < ipv6Bytes; i++) {
    address[i] = (batch.u32[at + (i >> 2)] as number) >>> (8 * (i & 3));
  }
  return address;
}

const addressWords = ipv6Bytes / 4;
const socketWords = new Int32Array(2 * addressWords + 1);

/** The hash is keyed, because peers choose their addresses and ports. IPv4 is filled up with zeros. */
function hashAt(batch: BatchView, at: number, sport: number, dport: number): number {
  for (let i = 0; i < addressWords; i++) {
    socketWords[i] = batch.i32[at + SOCKET_SIP0 + i] as number;
    socketWords[addressWords + i] = batch.i32[at + SOCKET_DIP0 + i] as number;
  }
  socketWords[2 * addressWords] = (sport << 16) | dport;
  return hashWords(socketWords, socketWords.length, hashKeyOfRun);
}

function isSameAddress(a: Ipv6 | null, b: Ipv6 | null): boolean {
  if (a === null || b === null) {
    return a === b;
  }
  for (let i = 0; i < ipv6Bytes; i++) {
    if (a[i] !== b[i]) {
      return false;
    }
  }
  return true;
}

/** A protocol number, if IP has room for it. Upstream's networkflowprocessor.cpp knows only four. */
function wireProto(proto: number): NetworkProto {
  return proto > 0 && proto <= 255 ? proto : networkProto.UNKNOWN;
}
