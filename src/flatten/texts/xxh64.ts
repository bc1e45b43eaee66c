// XXH64 with seed 0 of short texts, as upstream makes ids of. BigInt is good enough: an id is made
// once for each process, not for each record.

const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;
const stripeBytes = 32;

/** 16 lower-case digits, the highest first. */
export function xxh64Hex(text: string): string {
  return xxh64(Buffer.from(text, "utf8")).toString(16).padStart(16, "0");
}

function xxh64(bytes: Buffer): bigint {
  let at = 0;
  let hash = prime5;
  if (bytes.length >= stripeBytes) {
    const lanes = [wrap(prime1 + prime2), prime2, 0n, wrap(-prime1)];
    for (; at + stripeBytes <= bytes.length; at += stripeBytes) {
      for (let lane = 0; lane < lanes.length; lane++) {
        lanes[lane] = round(lanes[lane] as bigint, bytes.readBigUInt64LE(at + lane * 8));
      }
    }
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
    hash = wrap(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
    for (const lane of lanes) {
      hash = wrap((hash ^ round(0n, lane)) * prime1 + prime4);
    }
  }
  return finish(wrap(hash + BigInt(bytes.length)), bytes, at);
}

/** Mixes in what is left from `at` on, less than a stripe. */
function finish(before: bigint, bytes: Buffer, start: number): bigint {
  let hash = before;
  let at = start;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * prime1 + prime4);
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(
      rotate(hash ^ wrap(BigInt(bytes.readUInt32LE(at)) * prime1), 23n) * prime2 + prime3,
    );
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash = wrap(rotate(hash ^ wrap(BigInt(bytes[at] as number) * prime5), 11n) * prime1);
  }
  hash = wrap((hash ^ (hash >> 33n)) * prime2);
  hash = wrap((hash ^ (hash >> 29n)) * prime3);
  return hash ^ (hash >> 32n);
}

function round(lane: bigint, input: bigint): bigint {
  return wrap(rotate(wrap(lane + input * prime2), 31n) * prime1);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap(value << bits) | (value >> (64n - bits));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
