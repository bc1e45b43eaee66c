// What the modifiers base64, base64offset and the UTF-16 ones make of a text: how it looks where a
// program was given it encoded.

export type Utf16 = "utf16le" | "utf16be" | "utf16";

/** The bytes that are encoded: UTF-8, or UTF-16, of which `utf16` begins with a byte order mark. */
export function bytesOf(text: string, encoding: Utf16 | null): Uint8Array {
  if (encoding === null) {
    return new TextEncoder().encode(text);
  }
  const marked = encoding === "utf16" ? `\uFEFF${text}` : text;
  const bytes = new Uint8Array(2 * marked.length);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < marked.length; at++) {
    view.setUint16(2 * at, marked.charCodeAt(at), encoding !== "utf16be");
  }
  return bytes;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/**
 * What is sure to stand in the Base64 form of any text that contains these bytes: one form for each
 * of the three places in a group of three bytes at which they can begin. The characters at both ends
 * that hold bits of other bytes are left out. Of one byte a form may be "".
 */
export function base64Offsets(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].map((before) => {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    const from = [0, 2, 3][before];
    const whole = Math.floor((padded.length * 8) / 6);
    return base64(padded).slice(from, whole);
  });
}
