// Peers whose addresses and ports met in one bucket with the hash that flows had once: products of the
// parts, joined by exclusive or. Each part's factor is odd, so that an address can be solved for any
// port.

/** As the batch builder takes it. */
export interface Peer {
  readonly family: 4 | 6;
  readonly proto: number;
  /** IPv4: the word that a little-endian machine loads. */
  readonly sip: number;
  readonly dip: number;
  readonly sport: number;
  readonly dport: number;
  /** IPv6: 16 bytes in network order; else empty. */
  readonly sip6: readonly number[];
  readonly dip6: readonly number[];
}

const addressFactor = 0x85ebca6b;
const otherFactor = 0xc2b2ae35;
const portFactor = 0x27d4eb2f;
const server = { dip: 0x0100000a, dport: 53 } as const;
/** 2001:db8::/96 as three words that a little-endian machine loads. */
const prefix = [0xb80d0120 | 0, 0, 0] as const;

/** Sends by UDP from a port of its own: at most some 60,000. */
export function collidingPeer(family: 4 | 6, n: number): Peer {
  const sport = 1024 + n;
  const wanted = Math.imul(inverse(addressFactor), 1 ^ portsHash(sport));
  if (family === 4) {
    return { family, proto: 17, sip: wanted, sport, ...server, sip6: [], dip6: [] };
  }
  const last = (wanted - Math.imul(31, folded(prefix))) | 0;
  const sip6 = [...prefix, last].flatMap(bytesOf);
  return { family, proto: 17, sip: 0, sport, ...server, sip6, dip6: new Array(16).fill(0) };
}

/** The same, with addresses as they come. */
export function ordinaryPeer(family: 4 | 6, n: number): Peer {
  const peer = collidingPeer(family, n);
  const sip6 = [...prefix, n].flatMap(bytesOf);
  return family === 4 ? { ...peer, sip: (n << 8) | 10 } : { ...peer, sip6 };
}

/** What the hash once was. */
export function onceHashOf(peer: Peer): number {
  const address = peer.family === 4 ? peer.sip : folded(wordsOf(peer.sip6));
  const other = peer.family === 4 ? peer.dip : 0;
  return Math.imul(address, addressFactor) ^ Math.imul(other, otherFactor) ^ portsHash(peer.sport);
}

function portsHash(sport: number): number {
  return Math.imul((sport << 16) | server.dport, portFactor);
}

function folded(words: readonly number[]): number {
  return words.reduce((sum, word) => (Math.imul(sum, 31) + word) | 0, 0);
}

/** Of an odd number, modulo 2^32: each step doubles the bits that are right. */
function inverse(odd: number): number {
  let found = odd;
  for (let step = 0; step < 5; step++) {
    found = Math.imul(found, 2 - Math.imul(odd, found));
  }
  return found;
}

function bytesOf(word: number): number[] {
  return [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
}

function wordsOf(bytes: readonly number[]): number[] {
  const words: number[] = [];
  for (let i = 0; i < bytes.length; i += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(i, i + 4);
    words.push(a | (b << 8) | (c << 16) | (d << 24));
  }
  return words;
}
