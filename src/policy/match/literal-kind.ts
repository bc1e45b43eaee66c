// How a literal is looked for in a text.

export type LiteralKind = "equal" | "prefix" | "suffix" | "contains";

export const finds: Readonly<Record<LiteralKind, (text: string, literal: string) => boolean>> = {
  equal: (text, literal) => text === literal,
  prefix: (text, literal) => text.startsWith(literal),
  suffix: (text, literal) => text.endsWith(literal),
  contains: (text, literal) => text.includes(literal),
};
