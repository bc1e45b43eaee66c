// Ranges of addresses: 10.0.0.0/8, fe80::/10. An address is 16 bytes here; one of IPv4 is what IPv6
// has for it, ::ffff:a.b.c.d.

/** Attributes whose texts are addresses. */
const namesOfAddresses = /^(fd\.[a-z]*(net|ip)|sf\.net\.(sip|dip|ip))$/;

/** Whether the attribute of this name has addresses, which ranges can be compared with. */
export function hasAddresses(name: string): boolean {
  return namesOfAddresses.test(name);
}

export class IpRange {
  readonly #bytes: Uint8Array;
  readonly #bits: number;

  private constructor(bytes: Uint8Array, bits: number) {
    this.#bytes = bytes;
    this.#bits = bits;
  }

  /** Null where the text is no `address/bits`. */
  static parse(text: string): IpRange | null {
    const slash = text.indexOf("/");
    const bytes = slash < 0 ? null : addressOf(text.slice(0, slash));
    const digits = text.slice(slash + 1);
    if (bytes === null || !/^\d{1,3}$/.test(digits)) {
      return null;
    }
    const isV4 = !text.includes(":");
    const bits = Number(digits);
    return bits > (isV4 ? 32 : 128) ? null : new IpRange(bytes, isV4 ? bits + 96 : bits);
  }

  has(text: string): boolean {
    const bytes = addressOf(text);
    if (bytes === null) {
      return false;
    }
    const whole = this.#bits >> 3;
    for (let i = 0; i < whole; i++) {
      if (bytes[i] !== this.#bytes[i]) return false;
    }
    const rest = 8 - (this.#bits & 7);
    return rest === 8 || ((bytes[whole] as number) ^ (this.#bytes[whole] as number)) >> rest === 0;
  }
}

/** Null where the text is no address. */
function addressOf(text: string): Uint8Array | null {
  if (text.length > 45) {
    return null;
  }
  return text.includes(":") ? v6Of(text) : v4Of(text);
}

function v4Of(text: string): Uint8Array | null {
  const bytes = new Uint8Array(16);
  bytes[10] = 0xff;
  bytes[11] = 0xff;
  const parts = text.split(".");
  if (parts.length !== 4) {
    return null;
  }
  for (let i = 0; i < 4; i++) {
    const part = parts[i] as string;
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    bytes[12 + i] = Number(part);
  }
  return bytes;
}

function v6Of(text: string): Uint8Array | null {
  const halves = withoutDots(text)?.split("::") ?? [];
  const head = groupsOf(halves[0] ?? "");
  const rest = groupsOf(halves[1] ?? "");
  if (head === null || rest === null || halves.length === 0 || halves.length > 2) {
    return null;
  }
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) {
    return null;
  }
  const groups = [...head, ...new Array<number>(missing).fill(0), ...rest];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** With an IPv4 address at its end as two groups. Null where that is none. */
function withoutDots(text: string): string | null {
  if (!text.includes(".")) {
    return text;
  }
  const behind = text.lastIndexOf(":") + 1;
  const v4 = v4Of(text.slice(behind));
  const group = (at: number) => (((v4?.[at] ?? 0) << 8) | (v4?.[at + 1] ?? 0)).toString(16);
  return v4 === null ? null : `${text.slice(0, behind)}${group(12)}:${group(14)}`;
}

function groupsOf(text: string): number[] | null {
  if (text === "") {
    return [];
  }
  const parts = text.split(":");
  return parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))
    ? parts.map((part) => Number.parseInt(part, 16))
    : null;
}
