// Which mutants a source file has: small changes, each of which some test should notice. They are those
// that Stryker and PIT make. What the compiler would refuse is not made, and neither is a change that no
// record and no decision can show:
// - types, imports, names of fields;
// - `assert(…)`: a bug is an assert, so no input reaches the other side of one;
// - the words of an error or of a log line: a literal with a space in it there. Codes are changed.

import { type Node, parseSync } from "oxc-parser";

/** One change. Columns and lines count from 1. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly was: string;
  readonly became: string;
  /** The whole line, for who looks for it. */
  readonly lineText: string;
}

/** How a place in the text is made to have more than one meaning (see switched-source.ts). */
export type Form = "value" | "statement" | "body";

/** A place in the text and what may stand there instead. */
export interface Site {
  readonly start: number;
  readonly end: number;
  readonly form: Form;
  readonly changes: string[];
}

export interface SourceSites {
  /** In order of their starts, the larger first. */
  readonly sites: readonly Site[];
  /** Where a loop's body begins: just behind its brace. */
  readonly loops: readonly number[];
}

const operators: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "**": ["*"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "==": ["!="],
  "!=": ["=="],
  "&": ["|"],
  "|": ["&"],
  "^": ["&"],
  "<<": [">>"],
  ">>": ["<<"],
  ">>>": ["<<"],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["/="],
  "/=": ["*="],
  "%=": ["*="],
  "&=": ["|="],
  "|=": ["&="],
  "^=": ["&="],
  "<<=": [">>="],
  ">>=": ["<<="],
  ">>>=": ["<<="],
  "&&=": ["||="],
  "||=": ["&&="],
  "??=": ["&&="],
  "++": ["--"],
  "--": ["++"],
};

/** Of methods: one for the other. */
const methods: Readonly<Record<string, string>> = {
  some: "every",
  every: "some",
  min: "max",
  max: "min",
  startsWith: "endsWith",
  endsWith: "startsWith",
};

/** @param name decides how it is parsed; nothing is read. @throws Error where it does not parse */
export function sitesIn(name: string, text: string): SourceSites {
  const { program, errors } = parseSync(name, text, { preserveParens: false });
  if (errors.length > 0) {
    throw new Error(`cannot parse ${name}: ${errors[0]?.message}`);
  }
  const finder = new Finder(text);
  finder.visit(program);
  const sites = [...finder.sites.values()].sort((a, b) => a.start - b.start || b.end - a.end);
  return { sites, loops: finder.loops };
}

/** A mutant for each change of each site, in their order. */
export function mutantsOf(file: string, text: string, sites: readonly Site[]): readonly Mutant[] {
  const lines = text.split("\n");
  return sites.flatMap((site) => {
    const before = text.slice(0, site.start).split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    const was = text.slice(site.start, site.end);
    const lineText = (lines[line - 1] ?? "").trim();
    return site.changes.map((became) => ({ file, line, column, was, became, lineText }));
  });
}

class Finder {
  readonly #text: string;
  readonly sites = new Map<string, Site>();
  readonly loops: number[] = [];
  /** What the functions around here are declared to return, the innermost last. */
  readonly #returns: (Node | null)[] = [];
  /** How many errors and log lines are around here. */
  #wordsDepth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  visit(node: Node): void {
    if (isSkipped(node, this.#text)) {
      return;
    }
    const isWords = isOfWords(node, this.#text);
    this.#wordsDepth += isWords ? 1 : 0;
    const isFunction = "returnType" in node && "params" in node;
    if (isFunction) {
      this.#returns.push(
        (node.returnType as { typeAnnotation: Node } | null)?.typeAnnotation ?? null,
      );
    }
    this.#changesOf(node);
    for (const child of childrenOf(node)) {
      this.visit(child);
    }
    if (isFunction) {
      this.#returns.pop();
    }
    this.#wordsDepth -= isWords ? 1 : 0;
  }

  #changesOf(node: Node): void {
    switch (node.type) {
      case "BinaryExpression":
      case "LogicalExpression":
      case "AssignmentExpression":
        this.#operator(node, node.left, node.right, node.operator);
        break;
      case "UpdateExpression":
        this.#update(node);
        break;
      case "UnaryExpression":
        if (["-", "~", "!"].includes(node.operator)) {
          this.#add(node, "value", this.#of(node.argument));
        }
        break;
      case "Literal":
      case "TemplateLiteral":
        this.#literal(node);
        break;
      case "ArrayExpression":
        if (node.elements.length > 0) {
          this.#add(node, "value", "[]");
        }
        break;
      case "CallExpression":
        this.#method(node);
        break;
      case "ChainExpression":
        this.#chain(node, node.expression);
        break;
      default:
        this.#control(node);
    }
  }

  #control(node: Node): void {
    switch (node.type) {
      case "IfStatement":
        this.#condition(node.test, ["true", "false"]);
        this.#body(node.consequent);
        this.#body(node.alternate);
        break;
      case "ConditionalExpression":
        this.#condition(node.test, ["true", "false"]);
        break;
      case "WhileStatement":
      case "DoWhileStatement":
      case "ForStatement":
        this.#condition(node.test, ["false"]);
        this.#loop(node.body);
        break;
      case "ForOfStatement":
      case "ForInStatement":
        this.#loop(node.body);
        break;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#function(node.body);
        break;
      case "ReturnStatement":
        this.#returned(node.argument);
        break;
      case "ExpressionStatement":
        this.#statement(node);
        break;
      default:
    }
  }

  #operator(node: Node, left: Node, right: Node, operator: string): void {
    // Texts can only be added.
    const isOfTexts = /^\+=?$/.test(operator) && [left, right].some(isText);
    for (const other of isOfTexts ? [] : (operators[operator] ?? [])) {
      const at = this.#text.indexOf(operator, left.end);
      const end = this.#text.slice(at + operator.length, node.end);
      this.#add(node, "value", `${this.#text.slice(node.start, at)}${other}${end}`);
    }
  }

  #update(node: Extract<Node, { type: "UpdateExpression" }>): void {
    const other = operators[node.operator]?.[0] ?? "";
    const changed = this.#of(node.argument);
    this.#add(node, "value", node.prefix ? `${other}${changed}` : `${changed}${other}`);
  }

  #literal(node: Extract<Node, { type: "Literal" | "TemplateLiteral" }>): void {
    const raw = this.#of(node);
    if (isText(node)) {
      if (this.#wordsDepth === 0 || !raw.includes(" ")) {
        this.#add(node, "value", raw.length === 2 ? '"x"' : '""');
      }
    } else if (node.type === "Literal" && typeof node.value === "boolean") {
      this.#add(node, "value", String(!node.value));
    } else if (node.type === "Literal" && typeof node.value === "number") {
      this.#add(node, "value", otherNumber(raw, node.value));
    } else if (node.type === "Literal" && typeof node.value === "bigint") {
      this.#add(node, "value", otherNumber(raw, Number(node.value), "n"));
    }
  }

  #method(node: Extract<Node, { type: "CallExpression" }>): void {
    if (node.callee.type === "MemberExpression" && node.callee.property.type === "Identifier") {
      const { name, start, end } = node.callee.property;
      const other = Object.hasOwn(methods, name) ? methods[name] : undefined;
      if (other !== undefined && !node.callee.computed) {
        const before = this.#text.slice(node.start, start);
        this.#add(node, "value", `${before}${other}${this.#text.slice(end, node.end)}`);
      }
    }
  }

  /** Each `?.` of a chain such as `a?.b.c?.()`. */
  #chain(chain: Node, link: Node): void {
    const inner =
      link.type === "MemberExpression"
        ? link.object
        : link.type === "CallExpression"
          ? link.callee
          : null;
    if (inner === null) {
      return;
    }
    if ("optional" in link && link.optional === true) {
      const at = this.#text.indexOf("?.", inner.end);
      const behind = this.#text.slice(at + 2, chain.end);
      const dot = /^[[(]/.test(behind) ? "" : ".";
      this.#add(chain, "value", `${this.#text.slice(chain.start, at)}${dot}${behind}`);
    }
    this.#chain(chain, inner);
  }

  #condition(test: Node | null, others: readonly string[]): void {
    for (const other of test === null || test.type === "Literal" ? [] : others) {
      this.#add(test as Node, "value", other);
    }
  }

  #body(node: Node | null | undefined): void {
    if (node?.type === "BlockStatement" && node.body.length > 0) {
      this.#add(node, "statement", "{}");
    }
  }

  #loop(body: Node): void {
    this.#body(body);
    if (body.type === "BlockStatement") {
      this.loops.push(body.start + 1);
    }
  }

  #function(body: Node | null): void {
    if (body === null) {
      return;
    }
    if (body.type !== "BlockStatement") {
      this.#returned(body);
    } else if (body.body.length > 0) {
      this.#add(body, "body", "{}");
    }
  }

  /** What else a function of that type can return. */
  #returned(argument: Node | null): void {
    const type = this.#returns.at(-1) ?? null;
    for (const other of argument === null || type === null ? [] : valuesOf(type)) {
      if (argument?.type !== "Literal") {
        this.#add(argument as Node, "value", other);
      }
    }
  }

  #statement(node: Extract<Node, { type: "ExpressionStatement" }>): void {
    const { type } = node.expression;
    const does = [
      "AssignmentExpression",
      "AwaitExpression",
      "CallExpression",
      "ChainExpression",
      "UpdateExpression",
      "YieldExpression",
    ];
    // Without super() there is no object, and an assertion is none that a test can see.
    const isKept = /^(super|assert|unreachable)\(/.test(this.#of(node));
    if (does.includes(type) && !isKept) {
      this.#add(node, "statement", ";");
    }
  }

  #add(node: Node, form: Form, became: string): void {
    const key = `${node.start}-${node.end}-${form}`;
    const site = this.sites.get(key) ?? { start: node.start, end: node.end, form, changes: [] };
    if (!site.changes.includes(became) && became !== this.#of(node)) {
      site.changes.push(became);
      this.sites.set(key, site);
    }
  }

  #of(node: Node): string {
    return this.#text.slice(node.start, node.end);
  }
}

function otherNumber(raw: string, value: number, ending = ""): string {
  return value === 0 ? `1${ending}` : value === 1 ? `0${ending}` : `${raw} + 1${ending}`;
}

function isText(node: Node): boolean {
  const isLiteral = node.type === "Literal" && typeof node.value === "string";
  return isLiteral || node.type === "TemplateLiteral";
}

function valuesOf(type: Node): readonly string[] {
  switch (type.type) {
    case "TSBooleanKeyword":
    case "TSTypePredicate":
      return ["true", "false"];
    case "TSNumberKeyword":
      return ["0"];
    case "TSBigIntKeyword":
      return ["0n"];
    case "TSStringKeyword":
      return ['""'];
    case "TSArrayType":
      return ["[]"];
    case "TSTypeOperator":
      return type.typeAnnotation.type === "TSArrayType" ? ["[]"] : [];
    case "TSUnionType":
      return type.types.some((one) => one.type === "TSNullKeyword") ? ["null"] : [];
    default:
      return [];
  }
}

const wrappers = ["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"];

function isSkipped(node: Node, text: string): boolean {
  const isType = node.type.startsWith("TS") && !wrappers.includes(node.type);
  if (isType || node.type === "ImportDeclaration" || node.type === "ExportAllDeclaration") {
    return true;
  }
  return node.type === "CallExpression" && /^(assert|unreachable)\(/.test(text.slice(node.start));
}

function isOfWords(node: Node, text: string): boolean {
  const begins = (pattern: RegExp) => pattern.test(text.slice(node.start, node.end));
  return (
    node.type === "ThrowStatement" ||
    (node.type === "NewExpression" && begins(/^new \w*(Error|Fault)\b/)) ||
    (node.type === "CallExpression" && begins(/^(this\.#?|options\.)?log\.\w+\(/))
  );
}

/** The parts of a node that are run. */
function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  for (const [key, value] of Object.entries(node)) {
    const isName = key === "key" && !(node as { computed?: boolean }).computed;
    const isSource = key === "source" || key === "specifiers";
    const isTag = key === "quasi" || (key === "argument" && node.type === "ImportExpression");
    if (isName || isSource || isTag || key === "directive") {
      continue;
    }
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === "object" && one !== null && typeof one.type === "string") {
        children.push(one as Node);
      }
    }
  }
  return children;
}
