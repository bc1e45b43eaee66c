// Which records a rule is asked of: `logsource` names the log that its author had in mind, by product,
// category and service. Records stand for what Sysmon would log.

import type { Expression, NameOperand, Span } from "../language/ast.ts";
import type { RawMap } from "../load/raw-item.ts";
import { allOf, anyOf, compare, textOperand } from "./terms.ts";

/** The records of a log. */
export interface LogSource {
  /** Codes of their kinds; all where empty. */
  readonly kinds: readonly string[];
  /** Which of these, or null for each. */
  readonly only: Guard | null;
  /** What an alert shows behind the title. */
  readonly output: string;
}

/** Why a rule can never match: no record stands for such a log. */
export interface OtherLog {
  readonly reason: string;
}

const process = "user=%sf.proc.user command=%sf.proc.cmdline parent=%sf.pproc.cmdline";
const file = `${process} file=%sf.file.path`;
const renamed = `${file} to=%sf.file.newpath`;
const connection = `${process} from=%sf.net.sip:%sf.net.sport to=%sf.net.dip:%sf.net.dport`;

const categories: ReadonlyMap<string, LogSource> = new Map<string, LogSource>([
  ["process_creation", { kinds: ["PE"], only: succeeded("EXEC"), output: process }],
  ["process_termination", { kinds: ["PE"], only: done("EXIT"), output: process }],
  ["file_event", { kinds: ["FE", "FF"], only: createdOrWritten, output: renamed }],
  ["file_access", { kinds: ["FF"], only: done("OPEN"), output: file }],
  ["file_delete", { kinds: ["FE"], only: succeeded("UNLINK"), output: file }],
  ["file_rename", { kinds: ["FE"], only: succeeded("RENAME"), output: renamed }],
  ["network_connection", { kinds: ["NF"], only: connected, output: connection }],
]);

const everything: LogSource = { kinds: [], only: null, output: process };

/** Logs of Linux that these records stand for. */
const services: ReadonlySet<string> = new Set(["", "sysmon", "sysflow"]);

/** @param logsource null where the rule has none: upstream asks such a rule of each record */
export function logSourceOf(logsource: RawMap | null): LogSource | OtherLog {
  const product = wordOf(logsource, "product");
  const service = wordOf(logsource, "service");
  const category = wordOf(logsource, "category");
  if (product !== "" && product !== "linux") {
    return { reason: `it is for logs of the product ${product}` };
  }
  if (!services.has(service)) {
    return { reason: `it is for the log of ${service}, which no record stands for` };
  }
  if (category === "") {
    return everything;
  }
  return categories.get(category) ?? { reason: `no record stands for the category ${category}` };
}

function wordOf(logsource: RawMap | null, key: string): string {
  const value = logsource?.entries.get(key)?.value;
  return value?.kind === "text" ? value.text.toLowerCase() : "";
}

/** Makes a term that stands at a place of the rule. */
type Guard = (span: Span) => Expression;

function done(...operations: readonly string[]): Guard {
  return (span) => has("sf.opflags", operations, span);
}

/** Events tell of calls that failed as well. */
function succeeded(...operations: readonly string[]): Guard {
  return (span) => {
    const zero = textOperand("0", span);
    const isGood = compare(attribute("sf.ret", span), ">=", zero, span);
    return allOf([has("sf.opflags", operations, span), isGood], span);
  };
}

/** A new file or name, or a file that was written to. Of an open the call tells whether it may create. */
function createdOrWritten(span: Span): Expression {
  const made = allOf(
    [has("sf.opflags", ["OPEN"], span), has("sf.file.openflags", ["CREAT", "TRUNC"], span)],
    span,
  );
  const flow = allOf(
    [has("sf.file.type", ["f"], span), anyOf([has("sf.opflags", ["WRITE"], span), made], span)],
    span,
  );
  return anyOf([succeeded("LINK", "SYMLINK", "RENAME", "MKNOD", "RESIZE")(span), flow], span);
}

/**
 * Flows are told again each time their record is due; only the first has how the connection began.
 * UDP needs no beginning.
 */
function connected(span: Span): Expression {
  const udp = has("sf.net.proto", ["17"], span);
  return anyOf([has("sf.opflags", ["CONNECT", "ACCEPT"], span), udp], span);
}

function has(name: string, items: readonly string[], span: Span): Expression {
  const operands = items.map((item) => textOperand(item, span));
  const [only, more] = operands;
  const left = attribute(name, span);
  return only !== undefined && more === undefined
    ? compare(left, "=", only, span)
    : compare(left, "in", { kind: "list", items: operands, isReference: false, span }, span);
}

function attribute(name: string, span: Span): NameOperand {
  return { kind: "name", name, path: null, span };
}
