// Attributes of SysFlow's own names that the record itself tells.

import type { Attribute } from "../attribute.ts";
import {
  booleanAttribute,
  integerAttribute,
  jsonAttribute,
  listAttribute,
  textAttribute,
  timeAttribute,
} from "../define.ts";
import { baseName } from "../paths.ts";
import {
  KIND_FE,
  KIND_KE,
  KIND_NE,
  KIND_PE,
  KINDS_ALL,
  KINDS_OF_NET,
  KINDS_OF_PROCESS,
  kindCode,
} from "../record-kinds.ts";

export const recordAttributes: readonly Attribute[] = [
  textAttribute(
    { name: "sf.type", owner: "record", kinds: KINDS_ALL, description: "kind of the record" },
    ({ record }) => kindCode(record.kind),
  ),
  timeAttribute(
    { name: "sf.ts", owner: "record", kinds: KINDS_ALL, description: "when it happened or began" },
    ({ record }) => ("tsHi" in record ? record.tsHi : Number.NaN),
    ({ record }) => ("tsLo" in record ? record.tsLo : Number.NaN),
  ),
  integerAttribute(
    {
      name: "sf.ret",
      owner: "record",
      kinds: KIND_PE | KIND_FE | KIND_NE,
      description: "what the call gave back",
    },
    ({ record }) => ("ret" in record ? record.ret : Number.NaN),
  ),
  textAttribute(
    {
      name: "sf.proc.exe",
      owner: "process",
      kinds: KINDS_OF_PROCESS,
      description: "the path of the executable",
    },
    ({ process }) => (process === null ? null : process.exe),
  ),
  textAttribute(
    {
      name: "sf.proc.name",
      owner: "process",
      kinds: KINDS_OF_PROCESS,
      description: "the name of the executable",
    },
    ({ process }) => (process === null ? null : baseName(process.exe)),
  ),
  booleanAttribute(
    {
      name: "sf.proc.tty",
      owner: "process",
      kinds: KINDS_OF_PROCESS,
      description: "whether it has a terminal",
    },
    ({ process }) => (process === null ? Number.NaN : Number(process.tty)),
  ),
  listAttribute(
    { name: "sf.net.port", owner: "record", kinds: KINDS_OF_NET, description: "both ports" },
    ({ record }) => ("sport" in record ? [String(record.sport), String(record.dport)] : null),
  ),
  jsonAttribute(
    { name: "sf.ke.message", owner: "record", kinds: KIND_KE, description: "what was told" },
    ({ record }) => (record.kind === "K8sEvent" ? record.message : null),
  ),
];
