// Hashes for tables whose keys an attacker can choose: peers choose their addresses, programs their
// paths and descriptors. The hashes depend on a random key that is drawn when the run starts, so
// nobody can choose keys that all land in one bucket. Bun's own Map has no such key. The order of a
// table depends on the random key too, so nothing that is written may depend on that order.

import { randomFillSync } from "node:crypto";

export interface HashKey {
  readonly first: number;
  readonly second: number;
  /** Odd. */
  readonly factors: readonly [number, number, number];
}

/** A key that nobody knows. */
export function drawHashKey(): HashKey {
  const drawn = randomFillSync(new Int32Array(5));
  const [first = 0, second = 0, a = 0, b = 0, c = 0] = drawn;
  return { first, second, factors: [a | 1, b | 1, c | 1] };
}

export const hashKeyOfRun: HashKey = drawHashKey();

/** HalfSipHash-1-3 over the first `count` words: 32 bits. */
export function hashWords(words: Int32Array, count: number, key: HashKey): number {
  state0 = key.first;
  state1 = key.second;
  state2 = key.first ^ 0x6c796765;
  state3 = key.second ^ 0x74656462;
  for (let i = 0; i < count; i++) {
    compress(words[i] as number);
  }
  compress(count << 24);
  return finish();
}

/** The same over a text, two UTF-16 units in a word. */
export function hashText(text: string, key: HashKey): number {
  state0 = key.first;
  state1 = key.second;
  state2 = key.first ^ 0x6c796765;
  state3 = key.second ^ 0x74656462;
  const { length } = text;
  const even = length & ~1;
  for (let i = 0; i < even; i += 2) {
    compress(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
  }
  compress((even < length ? text.charCodeAt(even) : 0) | (length << 16));
  return finish();
}

/**
 * Four numbers of which the last is a keyed hash already or cannot be chosen: cheaper, for what is
 * looked up at each batch record.
 */
export function mixNumbers(a: number, b: number, c: number, d: number, key: HashKey): number {
  const { factors } = key;
  let mixed = Math.imul(a ^ key.first, factors[0]);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ b, factors[1]);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ c ^ key.second, factors[2]);
  mixed = Math.imul(mixed ^ (mixed >>> 16) ^ d, factors[0]);
  return mixed ^ (mixed >>> 15);
}

/** Another number for each number, as the key of a table that has no hash key of its own. */
export function scrambled(number: number, key: HashKey = hashKeyOfRun): number {
  const mixed = Math.imul(number ^ key.first, key.factors[0]);
  return Math.imul(mixed ^ (mixed >>> 15), key.factors[1]);
}

/** The four words of the state, here so that a hash allocates nothing. */
let state0 = 0;
let state1 = 0;
let state2 = 0;
let state3 = 0;

function compress(word: number): void {
  state3 ^= word;
  round();
  state0 ^= word;
}

function finish(): number {
  state2 ^= 0xff;
  round();
  round();
  round();
  return state1 ^ state3;
}

function round(): void {
  state0 = (state0 + state1) | 0;
  state1 = ((state1 << 5) | (state1 >>> 27)) ^ state0;
  state0 = (state0 << 16) | (state0 >>> 16);
  state2 = (state2 + state3) | 0;
  state3 = ((state3 << 8) | (state3 >>> 24)) ^ state2;
  state0 = (state0 + state3) | 0;
  state3 = ((state3 << 7) | (state3 >>> 25)) ^ state0;
  state2 = (state2 + state1) | 0;
  state1 = ((state1 << 13) | (state1 >>> 19)) ^ state2;
  state2 = (state2 << 16) | (state2 >>> 16);
}
