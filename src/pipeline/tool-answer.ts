// What a tool for policies answers.

export interface ToolAnswer {
  /** For standard output; not escaped for a terminal. */
  readonly text: string;
  /** False: what was asked for is not as it should be, and the text says why. */
  readonly isGood: boolean;
}
