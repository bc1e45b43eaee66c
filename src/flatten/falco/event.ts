// Falco's fields `evt.*`: what happened and when. A record stands for calls that are over, so it has
// what their exit events have; a flow stands for several.

import { errnoName } from "../../base/errors.ts";
import { OP_READ_RECV, OP_WRITE_SEND } from "../../sysflow/op-flags.gen.ts";
import { OPEN_F_CREATED, OPEN_RDONLY, OPEN_WRONLY } from "../../sysflow/open-flags.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer } from "../define.ts";
import {
  KIND_FE,
  KIND_FF,
  KIND_NE,
  KIND_NF,
  KIND_PE,
  KINDS_ALL,
  KINDS_OF_PROCESS,
} from "../record-kinds.ts";
import { hasOpenFlags } from "../sysflow/file.ts";
import { opFlagsOf, retOf, tsHi, tsLo } from "../sysflow/record.ts";
import { networkOf } from "../texts/address-texts.ts";
import { eventNames, type Names } from "../texts/flag-names.ts";
import { clockText, dateText, exactClockText, nanosOf, secondsOf } from "../times.ts";

const all = new Definer("record", KINDS_ALL);
const withProcess = new Definer("record", KINDS_OF_PROCESS);
const results = new Definer("record", KIND_PE | KIND_FE | KIND_NE | KIND_FF | KIND_NF);
const opened = new Definer("record", KIND_FF);
const flows = new Definer("record", KIND_FF | KIND_NF);
const header = new Definer("header", KINDS_ALL);

function typesOf({ record }: FlatContext): Names {
  return eventNames(opFlagsOf(record), networkOf(record) !== null);
}

/** A flow has 0: calls that fail to open or accept make none, and of the others it tells no result. */
export function rawResult(of: FlatContext): number {
  const ret = retOf(of);
  return Number.isNaN(ret) ? 0 : ret;
}

function resultText(of: FlatContext): string {
  const ret = rawResult(of);
  return ret >= 0 ? "SUCCESS" : (errnoName(-ret) ?? String(ret));
}

function categoryOf({ record }: FlatContext): string | null {
  switch (record.kind) {
    case "FileEvent":
    case "FileFlow":
      return "file";
    case "NetworkFlow":
    case "NetworkEvent":
      return "net";
    default:
      return "process";
  }
}

function hasOperation(flags: number) {
  return ({ record }: FlatContext) => Number((opFlagsOf(record) & flags) !== 0);
}

function directionsOf({ record }: FlatContext): readonly string[] | null {
  const flags = opFlagsOf(record);
  const reads = (flags & OP_READ_RECV) !== 0;
  const writes = (flags & OP_WRITE_SEND) !== 0;
  return reads ? (writes ? both : readOnly) : writes ? writeOnly : null;
}

const readOnly: readonly string[] = ["read"];
const writeOnly: readonly string[] = ["write"];
const both: readonly string[] = ["read", "write"];

/** Rules ask for either, for one is where a result is, and the other where old ones looked. */
const directions: readonly string[] = [">", "<"];

function timed(make: (hi: number, lo: number) => string) {
  return (of: FlatContext) => make(tsHi(of), tsLo(of));
}

export const eventAttributes: readonly Attribute[] = [
  withProcess.list(
    "evt.type",
    "the events that the record may stand for: open, openat and openat2 of OPEN, and so on",
    (of) => typesOf(of).items,
    (of) => typesOf(of).text,
  ),
  withProcess.list(
    "syscall.type",
    "the same as evt.type",
    (of) => typesOf(of).items,
    (of) => {
      return typesOf(of).text;
    },
  ),
  withProcess.text("evt.category", "file, net or process", categoryOf),
  withProcess.list("evt.dir", "both > and <: a record is of calls that are over", () => directions),
  withProcess.text("evt.source", "syscall", () => "syscall"),
  all.text("evt.time", "time of day in UTC, with nanoseconds", timed(exactClockText)),
  all.text("evt.time.s", "time of day in UTC", timed(clockText)),
  all.text(
    "evt.time.iso8601",
    "date and time in UTC, as ISO 8601 has it",
    timed((hi, lo) => `${dateText(hi, lo)}T${exactClockText(hi, lo)}+0000`),
  ),
  all.text(
    "evt.datetime",
    "date and time in UTC, with nanoseconds",
    timed((hi, lo) => `${dateText(hi, lo)} ${exactClockText(hi, lo)}`),
  ),
  all.text(
    "evt.datetime.s",
    "date and time in UTC",
    timed((hi, lo) => `${dateText(hi, lo)} ${clockText(hi, lo)}`),
  ),
  all.time("evt.rawtime", "when it happened or began", tsHi, tsLo),
  all.integer("evt.rawtime.s", "whole seconds of that", (of) => secondsOf(tsHi(of), tsLo(of))),
  all.integer("evt.rawtime.ns", "nanoseconds of that", (of) => nanosOf(tsHi(of), tsLo(of))),
  header.text("evt.hostname", "who wrote the records", ({ header }) => header?.exporter ?? null),
  all.integer("evt.num", "number of the record in its stream, from 1 on", ({ number }) => number),
  all.integer("evt.count", "1", () => 1),
  results.integer("evt.rawres", "result of the call; 0 of a flow, which tells none", rawResult),
  results.text("evt.res", "SUCCESS, or the error's name; SUCCESS of a flow", resultText),
  results.boolean("evt.failed", "whether the call failed", (of) => Number(rawResult(of) < 0)),
  flows.boolean(
    "evt.is_io",
    "read, wrote, sent or received",
    hasOperation(OP_READ_RECV | OP_WRITE_SEND),
  ),
  flows.boolean("evt.is_io_read", "read or received", hasOperation(OP_READ_RECV)),
  flows.boolean("evt.is_io_write", "wrote or sent", hasOperation(OP_WRITE_SEND)),
  flows.list("evt.io_dir", "read, write or both", directionsOf),
  opened.boolean("evt.is_open_read", "opened for reading", hasOpenFlags(OPEN_RDONLY)),
  opened.boolean("evt.is_open_write", "opened for writing", hasOpenFlags(OPEN_WRONLY)),
  opened.boolean("evt.is_open_create", "the open created the file", hasOpenFlags(OPEN_F_CREATED)),
  withProcess.boolean("evt.is_async", "false", () => 0),
];
