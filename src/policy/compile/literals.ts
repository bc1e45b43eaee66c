// Literals of conditions as numbers and bytes.

/** A decimal or hexadecimal number, perhaps signed or with a fraction; NaN for any other text. */
export function numberOf(text: string): number {
  if (text.length > 40 || !/^[+-]?(\d+(\.\d*)?([eE][+-]?\d{1,3})?|0[xX][0-9a-fA-F]+)$/.test(text)) {
    return Number.NaN;
  }
  const value = Number(text.replace(/^[+-]/, ""));
  return text.startsWith("-") ? -value : value;
}

/** A 64-bit integer as two halves, the high one signed. */
export interface Halves {
  readonly hi: number;
  readonly lo: number;
}

/** Null for what is no such integer. */
export function halvesOf(text: string): Halves | null {
  if (!/^[+-]?\d{1,19}$/.test(text)) {
    return null;
  }
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) {
    return null;
  }
  return { hi: Number(value >> 32n), lo: Number(value & 0xffff_ffffn) };
}

/** Below 0 where the first is less; NaN where one of them is no value. */
export function compareHalves(aHi: number, aLo: number, bHi: number, bLo: number): number {
  if (Number.isNaN(aHi) || Number.isNaN(bHi)) {
    return Number.NaN;
  }
  return (aHi | 0) - (bHi | 0) || (aLo >>> 0) - (bLo >>> 0);
}

/** The bytes of a text of hexadecimal digits, two a byte; null for any other text. */
export function bytesOf(hex: string): Buffer | null {
  return hex.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(hex) ? Buffer.from(hex, "hex") : null;
}
