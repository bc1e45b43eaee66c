// Evaluates a node straight from its tests: nothing is kept or looked up in one pass. It is for
// explaining why a record did or did not match, where time does not count.

import type { FlatContext } from "../../flatten/attribute.ts";
import type { LiteralMatcher, Node } from "../compile/node.ts";
import { finds } from "../match/literal-kind.ts";

export function holds(node: Node, of: FlatContext): boolean {
  switch (node.op) {
    case "constant":
      return node.value;
    case "not":
      return !holds(node.term, of);
    case "and":
      return node.terms.every((term) => holds(term, of));
    case "or":
      return node.terms.some((term) => holds(term, of));
    case "test": {
      const { matcher } = node.test;
      return matcher.kind === "call" ? matcher.test(of) : literalHolds(matcher, of);
    }
  }
}

function literalHolds({ column, how, literals }: LiteralMatcher, of: FlatContext): boolean {
  const texts = column.items === undefined ? [column.read(of)] : (column.items(of) ?? []);
  const pieces = texts.flatMap((text) => {
    return column.splitsAtCommas === true && text !== null ? text.split(",") : [text];
  });
  if (pieces.length === 0 || pieces[0] === null) {
    return how === "equal" && literals.includes("");
  }
  return pieces.some((piece) => literals.some((literal) => finds[how](piece ?? "", literal)));
}
