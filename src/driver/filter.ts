// Checks a filter before it is used: shows its first fault with a caret below the place, and warns
// of what a correct filter will not find. libsinsp's own check gives no place for most faults, and
// comes only after an engine is open, which takes seconds.

import { OperatorError } from "../base/errors.ts";
import { exitStatus } from "../base/exit-status.ts";
import { cut, textWidth } from "../base/text-width.ts";
import { loadBinding } from "../capture/binding.ts";
import { type FilterNames, faultyValue, reasonInWords, warningInWords } from "./filter-words.ts";

/** A filter of this length is searched through for each event; the parser itself has no limit. */
export const filterBytesMax = 65_536;
const columns = 96;

/**
 * @param filter "" for none
 * @param live whether events come from the kernel, where fewer fields are known than in a capture
 * @returns warnings of what it compares and will not find
 * @throws OperatorError FILTER_INVALID with the filter and a caret as its detail
 */
export function checkFilter(filter: string, live: boolean): readonly string[] {
  if (filter === "") {
    return [];
  }
  const bytes = Buffer.byteLength(filter);
  if (bytes > filterBytesMax) {
    const most = filterBytesMax.toLocaleString("en-US");
    const message = `it has ${bytes.toLocaleString("en-US")} bytes, and ${most} is the most`;
    throw filterError(message, []);
  }
  const binding = loadBinding();
  const report = binding.checkFilter(filter);
  if (report.error !== null) {
    const at = characterAt(filter, report.error.index, report.error.reason);
    const names: FilterNames = {
      fields: binding.filterFields().flatMap((group) => group.fields.map((field) => field.name)),
      events: binding.eventNames(),
    };
    const reason = reasonInWords(report.error.reason, filter.slice(at), names);
    throw filterError(reason, caretLines(filter, at));
  }
  const misread = report.warnings.flatMap(({ reason }) => warningInWords(reason) ?? []);
  return [...misread, ...(live ? unknownLive(report.fields) : [])];
}

function filterError(reason: string, detail: readonly string[]): OperatorError {
  return new OperatorError("FILTER_INVALID", `cannot use the filter: ${reason}`, {
    exitStatus: exitStatus.USAGE,
    detail,
  });
}

/**
 * The place in UTF-16. libsinsp's may begin with blanks, and is the beginning of a list where one
 * of its values is meant.
 */
function characterAt(filter: string, byteIndex: number, reason: string): number {
  const before = Buffer.from(filter).subarray(0, byteIndex).toString("utf8").length;
  const rest = filter.slice(before);
  const blanks = /^\s*/.exec(rest)?.[0].length ?? 0;
  const value = rest.startsWith("(", blanks) ? faultyValue(reason) : null;
  return before + Math.max(blanks, value === null ? 0 : rest.indexOf(value));
}

/** The filter in one line, as much of it as fits around the place, and a line with the caret. */
function caretLines(filter: string, at: number): readonly string[] {
  const plain = filter.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
  let before = plain.slice(0, at);
  if (textWidth(before) > columns / 2 && textWidth(plain) > columns) {
    let kept = before;
    while (textWidth(kept) >= columns / 2) {
      kept = kept.slice(1);
    }
    before = `…${kept}`;
  }
  const line = cut(before + plain.slice(at), columns);
  return [line, `${" ".repeat(textWidth(before))}^`];
}

const knownLive: readonly (readonly [fields: RegExp, why: string])[] = [
  [
    /^container\.(?!id$)/,
    "live only the host's processes have it, since container runtimes are not asked: " +
      "processes in containers never match; container.id is known of all",
  ],
  [/^k8s\./, "Kubernetes is not asked: it never matches"],
  [/^mesos\./, "Mesos is not asked: it never matches"],
  [/^(?:syslog\.|evt\.buffer)/, "live no content of reads and writes is taken: it never matches"],
];

/** One warning for each reason, with the fields that it holds for. */
function unknownLive(fields: readonly string[]): readonly string[] {
  return knownLive.flatMap(([pattern, why]) => {
    const found = [...new Set(fields.filter((field) => pattern.test(field)))];
    return found.length === 0 ? [] : [`the filter compares ${found.join(", ")}: ${why}`];
  });
}
