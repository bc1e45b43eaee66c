// A condition's tree as one line, with all parentheses that it has: for tests of parsers.

import type { Expression, Operand, OperandList } from "../../../src/policy/language/ast.ts";

export function expressionText(expression: Expression): string {
  switch (expression.kind) {
    case "or":
    case "and":
      return `(${expression.terms.map(expressionText).join(` ${expression.kind} `)})`;
    case "not":
      return `not ${expressionText(expression.term)}`;
    case "macro":
      return `macro:${expression.name}`;
    case "exists":
      return `exists ${operandText(expression.operand)}`;
    case "compare":
      return `${operandText(expression.left)} ${expression.comparison} ${operandText(expression.right)}`;
  }
}

function operandText(operand: Operand | OperandList): string {
  switch (operand.kind) {
    case "name":
      return operand.path === null ? operand.name : `${operand.name}[${operand.path}]`;
    case "text":
      return JSON.stringify(operand.text);
    case "call":
      return `${operand.transformer}(${operandText(operand.argument)})`;
    case "list": {
      const items = operand.items.map(operandText).join(", ");
      return operand.isReference ? `list:${items}` : `{${items}}`;
    }
  }
}
