// How many terminal columns a text takes, cutting a text to a number of columns, and breaking one into
// lines. The answer is approximate for emoji sequences, which may be counted as wider than they are: a text that is cut is
// then too short by at most one such sequence.

/** Columns on a terminal; the text must be free of control characters. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
  }
  return width;
}

/** Cuts at the right with `…`, or pads with spaces, to exactly `width` columns. */
export function fit(text: string, width: number): string {
  return pad(cut(text, width), width);
}

export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) {
    return text;
  }
  let used = 0;
  let kept = "";
  for (const character of text) {
    used += characterWidth(character);
    if (used > width - 1) {
      break;
    }
    kept += character;
  }
  return width > 0 ? `${kept}…` : "";
}

/** Breaks a text at spaces; a word longer than `width` stays whole. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) {
    return 1;
  }
  if (zeroWidth.test(character)) {
    return 0;
  }
  return isWide(code) ? 2 : 1;
}

/** East Asian wide and fullwidth blocks, and the emoji planes. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
