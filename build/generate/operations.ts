// What build/generate/layout.ts writes of the operations in native/layout/operations.h: the bits of a
// record's opFlags, the rows from which the table of system calls is made, and README's words for
// what schema 6 adds.

/** A row of operations.h. */
interface Operation {
  readonly name: string;
  /** In a batch; 0 for none of its own. */
  readonly number: number;
  /** Names of its bits, and their sum as it is written there. */
  readonly flags: readonly string[];
  readonly bits: string;
  readonly schema: number;
  readonly records: readonly string[];
  readonly call: string;
  readonly files: string;
  readonly args: readonly string[];
  readonly onFailure: string;
}

interface Flag {
  readonly name: string;
  readonly bit: string;
  readonly schema: number;
  readonly records: readonly string[];
  readonly about: string;
}

/** What follows the first part of the lines that begin with it. */
export function tabbed(text: string, first: string): string[][] {
  const lines = text.split("\n").map((line) => line.split("\t"));
  return lines
    .filter(([word, ...rest]) => word === first && rest.length > 0)
    .map((l) => l.slice(1));
}

function operationsOf(text: string): readonly Operation[] {
  return tabbed(text, "operation").map(
    ([name = "", number, flags = "", bits = "", schema, records = "", ...rest]) => {
      const [call = "", files = "", args = "", onFailure = ""] = rest;
      return {
        name,
        number: Number(number),
        flags: words(flags, " "),
        bits,
        schema: Number(schema),
        records: words(records, " "),
        call,
        files,
        args: words(args, ", "),
        onFailure,
      };
    },
  );
}

function words(text: string, between: string): readonly string[] {
  return text === "" ? [] : text.split(between);
}

/** Every bit once, in their order. */
function flagsOf(text: string): readonly Flag[] {
  const ofOperations = operationsOf(text)
    .filter(({ flags }) => flags.length === 1)
    .map(({ flags, bits, schema, records }) => ({
      name: flags[0] ?? "",
      bit: bits,
      schema,
      records,
      about: "",
    }));
  const others = tabbed(text, "flag").map(([name = "", bit = "", records = "", about = ""]) => ({
    name,
    bit,
    schema: 5,
    records: words(records, " "),
    about,
  }));
  return [...ofOperations, ...others].sort((a, b) => Number(a.bit) - Number(b.bit));
}

/** `NATIVE_CHMOD` and its like, by their names without that: those with a number of their own. */
export function nativeNumbers(text: string): readonly (readonly [name: string, number: number])[] {
  return operationsOf(text)
    .filter(({ number }) => number !== 0)
    .map(({ name, number }) => [name.toUpperCase(), number] as const)
    .sort(([, a], [, b]) => a - b);
}

const kinds = ["ProcessEvent", "ProcessFlow", "FileEvent", "NetworkFlow", "FileFlow"];

/** src/sysflow/op-flags.gen.ts */
export function renderOpFlags(text: string): string {
  const flags = flagsOf(text);
  const operations = operationsOf(text);
  const withFiles = (...files: readonly string[]) =>
    sum(operations.filter((row) => files.includes(row.files)).flatMap((row) => row.flags));
  const of6 = flags.filter(({ schema }) => schema === 6);
  const args = operations.filter((row) => row.args.length > 0);
  return lines(
    "// Generated from native/layout/operations.h by build/generate/layout.ts: do not edit.",
    "// The opFlags bits: what a record's process did. An event carries exactly one bit, a flow all bits",
    "// of what happened.",
    "",
    ...flags.flatMap(({ name, bit, about }) => [
      ...(about === "" ? [] : [`/** ${about} */`]),
      `export const OP_${name} = ${bit};`,
    ]),
    "",
    "/** Which bits each kind of record may carry (upstream's src/libs/op_flags.h and measurement). */",
    "export const opFlagsOf = {",
    ...kinds.map((kind) => {
      const own = flags.filter(({ schema, records }) => schema === 5 && records.includes(kind));
      return `  ${kind}: ${sum(own.map(({ name }) => name))},`;
    }),
    "} as const;",
    "",
    "/** What FileEvents may carry in schema 6 besides, and the calls that have it, as people name them. */",
    `export const fileEventFlagsOf6 = ${sum(of6.map(({ name }) => name))};`,
    `export const fileEventCallsOf6 = ${JSON.stringify(
      operations.flatMap(({ schema, call }) => (schema === 6 ? [call] : [])),
    )} as const;`,
    "",
    "/** What a FileEvent is told of: one folder; one file from before; two files; a second that is new. */",
    `export const folderFlags = ${withFiles("folder")};`,
    `export const existingFlags = ${withFiles("there")};`,
    `export const twoFileFlags = ${withFiles("there made", "there there")};`,
    `export const newNameFlags = ${withFiles("there made")};`,
    "",
    "/** The arguments of FileEvents in schema 6, in their order; [those] only where they are known. */",
    "export const fileEventArgs: readonly (readonly [flag: number, args: readonly string[]])[] = [",
    ...args.map((row) => `  [${sum(row.flags)}, ${JSON.stringify(row.args)}],`),
    "];",
  );
}

function sum(names: readonly string[]): string {
  return names.length === 0 ? "0" : names.map((name) => `OP_${name}`).join(" | ");
}

/** src/driver/operations.gen.ts */
export function renderOperations(text: string): string {
  const rows = operationsOf(text).filter(({ records }) => records.length > 0);
  return lines(
    "// Generated from native/layout/operations.h by build/generate/layout.ts: do not edit.",
    "",
    "/** What each operation becomes, by native code's name for it, and what a failed call leaves. */",
    "export const operations = {",
    ...rows.map(({ name, records, flags, schema, onFailure }) => {
      const facts = [
        `records: ${JSON.stringify(records.filter((kind) => kind !== "ProcessFlow"))}`,
        `opFlags: ${JSON.stringify(flags)}`,
        `schema: ${schema}`,
        `onFailure: ${JSON.stringify(onFailure)}`,
      ];
      return `  ${name.toLowerCase()}: { ${facts.join(", ")} },`;
    }),
    "} as const;",
  );
}

const argsCell = /^\| `FileEvent\.args` \| .*$/m;
const flagsCell = /^\| `FileEvent\.opFlags` \| .*$/m;

/**
 * README with the rows of schema 6 made anew that name its flags and their arguments.
 * @throws Error where README has no place for them
 */
export function withFileEvents(readme: string, text: string): string {
  if (!argsCell.test(readme) || !flagsCell.test(readme)) {
    throw new Error("README.md has no place for the flags of schema 6");
  }
  const rows = operationsOf(text).filter(({ schema }) => schema === 6);
  const flags = rows.map(({ flags: [flag], bits, call }) => {
    const other = call.toUpperCase() === flag ? "" : ` (${call})`;
    return `${flag} ${bits}${other}`;
  });
  const args = rows
    .filter((row) => row.args.length > 0)
    .map((row) => `of ${row.flags[0]} ${row.args.join(", ")}`);
  return readme
    .replace(
      argsCell,
      `| \`FileEvent.args\` | what a call was asked for besides, as text: ${args.join("; ")}. [These] only where they are known | not there |`,
    )
    .replace(
      flagsCell,
      `| \`FileEvent.opFlags\` | also ${flags.join(", ")} | no record, calls counted |`,
    );
}

function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
