// What the README says of names that are not UTF-8, written down once more from its words alone, and
// the way back: tests hold the program's text against both.

/** Bytes as the text that stands for them in a record. */
export function textOf(bytes: Buffer): string {
  // Latin-1 letters stand for bytes here, so that a pattern can look at them.
  const letters = bytes.toString("latin1");
  const utf8 =
    "[\\x00-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]" +
    "|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]" +
    "|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}";
  const token = new RegExp(`(\\\\)(?=x(?:00|5c|[89a-f][0-9a-f]))|(\\0)|(${utf8})|([^])`, "g");
  return letters.replace(token, (_, backslash, nul, character, broken) => {
    if (character !== undefined) {
      return Buffer.from(character, "latin1").toString("utf8");
    }
    const byte = String(backslash ?? nul ?? broken).charCodeAt(0);
    return `\\x${byte.toString(16).padStart(2, "0")}`;
  });
}

/** The bytes that a record's text stands for. */
export function bytesOf(text: string): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(/\\x(00|5c|[89a-f][0-9a-f])/g)) {
    parts.push(Buffer.from(text.slice(from, match.index)), Buffer.from(match[1] ?? "", "hex"));
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(from)));
  return Buffer.concat(parts);
}
