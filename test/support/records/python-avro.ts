// Reads .sf files with Debian's python3-avro, a reader that shares nothing with ours or with avsc.

import { spawnSync } from "node:child_process";
import type { SfRecord, SfValue } from "./read-sf.ts";

const python = "/usr/bin/python3";

/** Integers as text, bytes as hex: JSON would round the one and has not the other. */
const script = `
import json, sys, warnings
import avro.errors, avro.schema
from avro.datafile import DataFileReader
from avro.io import DatumReader

# Upstream's .avsc has types of its own, which readers are free not to know.
warnings.simplefilter("ignore", avro.errors.IgnoredLogicalType)
readers_schema = sys.argv[1]
readers = avro.schema.parse(readers_schema) if readers_schema else None

def plain(value):
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return "i" + str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value]

for path in sys.argv[2:]:
    with DataFileReader(open(path, "rb"), DatumReader(None, readers)) as reader:
        print(json.dumps([plain(record["rec"]) for record in reader]))
`;

export const hasPythonAvro: boolean =
  spawnSync(python, ["-c", "import avro.datafile"], { stdio: "ignore" }).status === 0;

/**
 * @param readerSchema JSON of the schema to resolve the files' own to; those where absent.
 * @returns for each file its records.
 * @throws Error with python's words where it complains.
 */
export function readWithPythonAvro(
  paths: readonly string[],
  readerSchema = "",
): readonly (readonly unknown[])[] {
  const result = spawnSync(python, ["-c", script, readerSchema, ...paths], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (result.status !== 0 || result.stderr !== "") {
    throw new Error(`python3-avro: status ${result.status}: ${result.stderr}`);
  }
  const lines = result.stdout.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as readonly unknown[]);
}

/** Our reading of a record in the form that the script gives. */
export function asPythonGives(record: SfRecord): unknown {
  return plain(record.rec);
}

function plain(value: SfValue): unknown {
  if (typeof value === "bigint" || typeof value === "number") {
    return `i${value}`;
  }
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  }
  return value;
}
