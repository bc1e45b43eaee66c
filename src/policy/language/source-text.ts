// Texts of policy files with positions: a file, and a passage: text taken from one or more places of
// files, such as a condition that another item appended to. An offset in a passage leads back to
// the file, line and column where it stands, whatever YAML's folding and escapes did to the text.

/** Where something stands, counted from 1. The column counts UTF-16 units, as editors mostly do. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line, without its end. */
  readonly lineText: string;
}

export class SourceFile {
  readonly name: string;
  readonly text: string;
  #lineStarts: number[] | null = null;

  /** @param name as it is shown to the operator. */
  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  place(offset: number): Place {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = starts[low] as number;
    let end = this.text.indexOf("\n", start);
    if (end < 0) end = this.text.length;
    if (end > start && this.text.charCodeAt(end - 1) === 13) end -= 1;
    const lineText = this.text.slice(start, end);
    return { file: this.name, line: low + 1, column: offset - start + 1, lineText };
  }

  #starts(): number[] {
    if (this.#lineStarts === null) {
      const starts = [0];
      for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) {
        starts.push(at + 1);
      }
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}

/** A piece of a passage, and where its text stands in a file. */
interface Piece {
  readonly start: number;
  readonly file: SourceFile;
  readonly fileStart: number;
  readonly fileEnd: number;
  readonly text: string;
  /** Whether the file has the very same text there, so that offsets need only be shifted. */
  readonly isVerbatim: boolean;
}

export class Passage {
  readonly text: string;
  readonly #pieces: readonly Piece[];

  private constructor(text: string, pieces: readonly Piece[]) {
    this.text = text;
    this.#pieces = pieces;
  }

  /** The text of a file from `start` to before `end`. */
  static verbatim(file: SourceFile, start: number, end: number): Passage {
    const text = file.text.slice(start, end);
    const piece = { start: 0, file, fileStart: start, fileEnd: end, text, isVerbatim: true };
    return new Passage(text, [piece]);
  }

  /**
   * Text that was made of what stands between two offsets: unfolded, unescaped. Between two equal
   * ones, all of it stands at that place.
   */
  static decoded(file: SourceFile, start: number, end: number, text: string): Passage {
    const piece = { start: 0, file, fileStart: start, fileEnd: end, text, isVerbatim: false };
    return new Passage(text, [piece]);
  }

  /** One behind the other, with nothing between them. */
  static joined(passages: readonly Passage[]): Passage {
    const pieces: Piece[] = [];
    let length = 0;
    for (const passage of passages) {
      for (const piece of passage.#pieces) pieces.push({ ...piece, start: piece.start + length });
      length += passage.text.length;
    }
    return new Passage(passages.map(({ text }) => text).join(""), pieces);
  }

  /** This text, a space, then the other's: how Falco appends. */
  followedBy(other: Passage): Passage {
    const shift = this.text.length + 1;
    const moved = other.#pieces.map((piece) => ({ ...piece, start: piece.start + shift }));
    return new Passage(`${this.text} ${other.text}`, [...this.#pieces, ...moved]);
  }

  place(offset: number): Place {
    let found = this.#pieces[0] as Piece;
    for (const piece of this.#pieces) {
      if (piece.start <= offset) found = piece;
    }
    const within = Math.min(offset - found.start, found.text.length);
    const at = found.isVerbatim ? found.fileStart + within : aligned(found, within);
    return found.file.place(at);
  }
}

/**
 * Where a character of decoded text stands in the file: both are walked together, white space against
 * white space and each other character against its next like. An escape may put it a little off.
 */
function aligned(piece: Piece, within: number): number {
  const source = piece.file.text;
  let at = piece.fileStart;
  for (let i = 0; i <= within && i < piece.text.length; i++) {
    const wanted = piece.text[i] as string;
    if (isBlank(wanted)) {
      continue;
    }
    let next = at;
    while (next < piece.fileEnd && source[next] !== wanted) next += 1;
    if (next < piece.fileEnd) at = i === within ? next : next + 1;
  }
  return Math.min(at, piece.fileEnd);
}

function isBlank(character: string): boolean {
  return character === " " || character === "\n" || character === "\t" || character === "\r";
}
