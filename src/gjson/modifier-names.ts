// The words after `@`. They are apart from what they do, since reading a path needs them alone.

export const modifierNames = [
  "this",
  "reverse",
  "pretty",
  "ugly",
  "valid",
  "flatten",
  "join",
  "keys",
  "values",
  "tostr",
  "fromstr",
  "group",
  "dig",
] as const;

export type ModifierName = (typeof modifierNames)[number];
