// Translates libsinsp's reasons for refusing a filter into words for an operator. The table has the
// texts of the libsinsp release that is linked. A text that is not in the table is passed on as it
// is.

import { nearest } from "../base/suggest.ts";

/** Known names, to guess what was meant. */
export interface FilterNames {
  readonly fields: readonly string[];
  readonly events: readonly string[];
}

interface Context {
  /** The filter from the faulty place on. */
  readonly rest: string;
  readonly names: FilterNames;
}

type Row = readonly [
  pattern: RegExp,
  words: string | ((match: RegExpExecArray, context: Context) => string),
];

const operators = "= != < <= > >= contains startswith endswith glob regex in pmatch exists …";

const aCondition = "here a condition is expected, as in proc.name = cat";

const syntaxRows: readonly Row[] = [
  [/^unexpected token after/, 'here "and", "or" or the end is expected'],
  [
    /^expected blank or '\(' after '(and|or)'/,
    (match, { rest }) =>
      rest === "" ? `nothing follows the "${match[1]}"` : `"${match[1]}" needs a space after it`,
  ],
  [/^expected a '\)' token/, 'a ")" is missing here'],
  [/^expected a '\]' token/, 'a "]" is missing here'],
  [/^expected a '\(' token, a field check/, aCondition],
  [
    /^expected a valid field argument/,
    "here the field's argument is expected, as in proc.aname[1]",
  ],
  [
    /^expected a field (?:or a nested|within)/,
    "here a field is expected, as in tolower(proc.name)",
  ],
  [/^expected a valid check operator/, `here an operator is expected: ${operators}`],
  [/^expected a number value/, "here a number is expected; texts are compared with = and !="],
  [
    /^expected a string value/,
    (_, { rest }) => (/^['"]/.test(rest) ? "this quote is not closed" : "here a value is expected"),
  ],
  [/^expected a list, an identifier/, "here a list is expected, as in (cat, ls)"],
  [/^parentheses nest too deeply/, "more than 100 parentheses are open here"],
];

const fieldRows: readonly Row[] = [
  [
    /^filter_check called with nonexistent field (\S+)/,
    (match, { names }) => noField(match[1], names),
  ],
  [/^filter error: unexpected identifier '(?:and|or|not)'/, aCondition],
  [/^filter error: unexpected identifier '(\w+)'/, (match, { names }) => noField(match[1], names)],
  [/^filter error: can't parse field expression '(.*)'/, (match) => `"${match[1]}" is no field`],
  [
    /^(?:filter syntax error: (\S+)|the field '(\S+)' requires an argument)/,
    (match) => `${match[1] ?? match[2]} needs an argument, as in proc.aname[1] or evt.arg.path`,
  ],
  [/^evt\.arg fields must be expressed/, "evt.rawarg needs the argument's name: evt.rawarg.res"],
  [/^unknown event argument (\S+)/, (match) => `no event has an argument "${match[1]}"`],
  [
    /^filter error: '(\w+|[<>=!]+)' operator not supported (?:for )?(\w+)/,
    (match, context) => `"${match[1]}" does not fit ${fieldOf(context)}, ${kindOf(match[2])}`,
  ],
  [
    /^filter error: list filters are not supported for type/,
    (_, context) => `${fieldOf(context)} is a list of a type that cannot be compared`,
  ],
  [/^field '(\S+)' does not support transformers/, (match) => `${match[1]} takes no function`],
  [
    /^can't add field transformer: type '\S+' is not supported by '(\w+)' .*field '(\S+)'/,
    (match) => `${match[1]}() does not fit ${match[2]}`,
  ],
  [
    /^(?:field '(\S+)' (?:doesn't support|can't be used as)|operator '(\w+)' doesn't support)/,
    (match) => `${match[1] ?? `"${match[2]?.toLowerCase()}"`} cannot be compared with a field`,
  ],
  [/^field type 'IPNET' doesn't support/, "a network cannot be compared with a field"],
  [
    /^field '(\S+)' has type .* right-hand side field '(\S+)' has incompatible type/,
    (match) => `${match[1]} and ${match[2]} are of different types`,
  ],
];

const valueRows: readonly Row[] = [
  [/^(.*) is not a valid number/, (match) => `"${match[1]}" is no number`],
  [
    /^filter error: unrecognized boolean value (.*)/,
    (match) => `"${match[1]}" is not true or false`,
  ],
  [/^unrecognized protocol (.*)/, (match) => `"${match[1]}" is no port and no name of one`],
  [/^port out of range: (.*)/, (match) => `${match[1]} is no port: 65535 is the greatest`],
  [/^unrecognized IP(?:v[46])? address (.*)/i, (match) => `"${match[1]}" is no IP address`],
  [
    /^(?:unrecognized IP(?:v[46])? network (.*)|invalid netmask (.*))/i,
    (match) => `"${match[1] ?? match[2]}" is no network such as 10.0.0.0/8`,
  ],
  [
    /^unknown event type (.*)/s,
    (match, { names }) => `there is no event type "${match[1]}"${guess(match[1], names.events)}`,
  ],
  [/^filter parameter too long/, "a value has at most 255 bytes"],
  [/^filter error: bcontains and bstartswith/, "bcontains and bstartswith take hexadecimal digits"],
  [/^bad regular expression: (.*)/s, (match) => `bad regular expression: ${match[1]}`],
  [/^evt\.around supports only/, "evt.around is only compared with ="],
];

/**
 * @param reason libsinsp's words
 * @param rest the filter from the faulty place on
 */
export function reasonInWords(reason: string, rest: string, names: FilterNames): string {
  for (const [pattern, words] of [...syntaxRows, ...fieldRows, ...valueRows]) {
    const match = pattern.exec(reason);
    if (match !== null) {
      return typeof words === "string" ? words : words(match, { rest, names });
    }
  }
  return reason.trim().replace(/\s*\n\s*/g, "; ");
}

/** @returns the value that the reason is about, which may be one of a list; null for other reasons. */
export function faultyValue(reason: string): string | null {
  for (const [pattern] of valueRows) {
    const match = pattern.exec(reason);
    if (match !== null) {
      return match[1] ?? match[2] ?? null;
    }
  }
  return null;
}

/** @returns null for what only tells how to make a filter faster. */
export function warningInWords(reason: string): string | null {
  const misused = /^'(.*)' may be a valid field (transformer )?misused/s.exec(reason);
  if (misused === null) {
    return null;
  }
  const [, text, isCall] = misused;
  const remedy = isCall === undefined ? `; to compare with the field write val(${text})` : "";
  return `the filter compares with the text "${text}"${remedy}`;
}

function noField(said: string | undefined, { fields }: FilterNames): string {
  const [, name = "", argument = ""] = /^([^[]*)(.*)/.exec(said ?? "") ?? [];
  if (argument !== "" && fields.includes(name)) {
    return `${name} cannot have the argument ${argument}`;
  }
  const hint = guess(name, fields);
  const list = hint === "" ? "; see: sysflow collect --list-fields" : hint;
  return `there is no field "${name}"${list}`;
}

function guess(word: string | undefined, known: readonly string[]): string {
  const near = nearest(word ?? "", known);
  return near === null ? "" : `; did you mean ${near}?`;
}

function fieldOf({ rest }: Context): string {
  return /^[\w.[\]]+/.exec(rest)?.[0] ?? "the field";
}

function kindOf(kind: string | undefined): string {
  switch (kind) {
    case "numeric":
      return "which is a number";
    case "string":
      return "which is a text";
    case "buffer":
      return "which is bytes";
    case "ip":
      return "which is an address or a network";
    case "list":
      return "which is a list: it takes in, intersects, exists";
    default:
      return "by its type";
  }
}
