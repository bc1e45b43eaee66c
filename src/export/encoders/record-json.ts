// A record as one JSON object, as upstream's processor writes it (its schema 5): the shape that its
// readers know, of all attributes that the record has. The object is written into bytes as its values
// are read; no tree of it is made. A text that is not known is empty, as is a list; a number or a truth
// is null, since 0 would be root. Times are exact: numbers of up to 19 digits.

import { assert } from "../../base/assert.ts";
import type { Attribute, AttributeType, FlatContext } from "../../flatten/attribute.ts";
import { KIND_FE, KIND_FF, KIND_KE, KINDS_OF_NET, kindBit } from "../../flatten/record-kinds.ts";
import { findAttribute } from "../../flatten/registry.ts";
import { JsonTap } from "../../sysflow/json-tap.ts";
import { jsonStrings } from "../../sysflow/json-writing.ts";
import type { Verdict } from "../verdict.ts";
import { KeptBytes } from "./kept-bytes.ts";
import { writeServices } from "./services-json.ts";

/** Upstream's number of this shape. */
const shapeVersion = 5;

interface Field {
  /** `"name":`, with a comma before it where it is not the first. */
  readonly key: string;
  readonly write: (tap: JsonTap, of: FlatContext) => void;
}

interface Section {
  readonly key: string;
  readonly isIn: (of: FlatContext) => boolean;
  readonly fields: readonly Field[];
  /** What it hangs on, where that is the same in many records; null where nothing tells of it. */
  readonly owner?: (of: FlatContext) => object | null;
  /** Absent for a brace: another part of the same object follows. */
  readonly end?: "";
}

/** How a field is written where that is not by the type of its attribute. */
interface FieldOptions {
  /** JSON for no value, where upstream's readers know another than `withoutOf` has. */
  readonly without?: string;
  /** JSON for a text that is empty. */
  readonly empty?: string;
  /** Items of a list that are numbers. */
  readonly isOfNumbers?: true;
}

/** Go's name of no path. */
const noPath = { without: '"."', empty: '"."' } as const;
const zero = { without: "0" } as const;

/** JSON for no value. */
const withoutOf = {
  text: '""',
  json: '""',
  list: "[]",
  integer: "null",
  boolean: "null",
  time: "null",
} as const satisfies Readonly<Record<AttributeType, string>>;

const scalars = fieldsOf("sf", [
  ["endts", "endts", zero],
  "opflags",
  ["ret", "ret", zero],
  ["ts", "ts", zero],
  ["type", "type"],
]);

const sections: readonly Section[] = [
  {
    key: ',"container":{',
    isIn: ({ container, record }) => container !== null && record.kind !== "K8sEvent",
    fields: fieldsOf("sf.container", ["id", "image", "imageid", "name", "privileged", "type"]),
    owner: ({ container }) => container,
  },
  {
    key: ',"file":{',
    isIn: (of) => isOf(of, KIND_FF | KIND_FE),
    fields: fieldsOf("sf.file", [
      ["directory", "directory", noPath],
      "fd",
      ["is_open_read", "is_open_read", { without: "false" }],
      ["is_open_write", "is_open_write", { without: "false" }],
      ["name", "name", noPath],
      ["newdirectory", "newdirectory", noPath],
      ["newname", "newname", noPath],
      "newoid",
      "newpath",
      "newsymlink",
      "oid",
      ["openflags", "openflags", { without: '["NONE"]' }],
      "path",
      "symlink",
      "type",
    ]),
  },
  {
    key: ',"flow":{',
    isIn: ({ record }) => record.kind === "FileFlow" || record.kind === "NetworkFlow",
    fields: fieldsOf("sf.flow", ["rbytes", "rops", "wbytes", "wops"]),
  },
  {
    key: ',"k8s":{',
    isIn: (of) => isOf(of, KIND_KE),
    fields: fieldsOf("sf.ke", ["action", "kind", "message"]),
  },
  {
    key: ',"meta":{',
    isIn: () => true,
    fields: fieldsOf("sf.meta", ["schema", ["tracename", "tracename", noPath]]),
    owner: ({ header }) => header,
  },
  {
    key: ',"net":{',
    isIn: (of) => isOf(of, KINDS_OF_NET),
    fields: fieldsOf("sf.net", [
      "dip",
      "dport",
      "ip",
      ["port", "port", { isOfNumbers: true }],
      "proto",
      "sip",
      "sport",
    ]),
  },
  {
    key: ',"node":{',
    isIn: () => true,
    fields: fieldsOf("sf.node", ["id", "ip"]),
    owner: ({ header }) => header,
  },
  {
    key: ',"pod":{',
    isIn: ({ pod, record }) => pod !== null && record.kind !== "K8sEvent",
    fields: [
      ...fieldsOf("sf.pod", [
        "hostip",
        "id",
        "internalip",
        "name",
        "namespace",
        "nodename",
        "restartcnt",
      ]),
      { key: ',"services":', write: writeServices },
      ...fieldsOf("sf.pod", ["ts"], true),
    ],
    owner: ({ pod }) => pod,
  },
  {
    key: ',"pproc":{',
    isIn: ({ process }) => process?.poid != null && process.poid.hpid !== 0,
    fields: fieldsOf("sf.pproc", [
      "args",
      "cmdline",
      "createts",
      "entry",
      "exe",
      "gid",
      "group",
      "name",
      "oid",
      "pid",
      "tty",
      "uid",
      "user",
    ]),
    owner: ({ process }) => process,
  },
  {
    key: ',"proc":{',
    isIn: isOfProcess,
    fields: fieldsOf("sf.proc", [
      "acmdline",
      "aexe",
      "aname",
      ["apid", "apid", { isOfNumbers: true }],
      "args",
      "cmdline",
      "createts",
      "entry",
      "exe",
      "gid",
      "group",
      ["name", "name", { empty: '"."' }],
      "oid",
      "pid",
    ]),
    owner: ({ process }) => process,
    end: "",
  },
  { key: "", isIn: isOfProcess, fields: fieldsOf("sf.proc", ["tid"], true), end: "" },
  {
    key: "",
    isIn: isOfProcess,
    fields: fieldsOf("sf.proc", ["tty", "uid", "user"], true),
    owner: ({ process }) => process,
  },
];

function isOfProcess(of: FlatContext): boolean {
  return !isOf(of, KIND_KE);
}

/** By the number of the section. */
const kept = sections.map(() => new KeptBytes());

/** Writes the object, without an end of line. @param verdict null where no rule matched */
export function writeRecordJson(tap: JsonTap, of: FlatContext, verdict: Verdict | null): void {
  tap.text(`{"version":${shapeVersion},`);
  writeFields(tap, of, scalars);
  for (let i = 0; i < sections.length; i++) {
    const section = sections[i] as Section;
    if (section.isIn(of)) {
      writeKept(tap, of, section, kept[i] as KeptBytes);
    }
  }
  if (verdict !== null) {
    writeVerdict(tap, verdict);
  }
  tap.text("}");
}

function writeKept(tap: JsonTap, of: FlatContext, section: Section, pieces: KeptBytes): void {
  const owner = section.owner?.(of) ?? null;
  if (owner === null) {
    writeSection(tap, of, section);
  } else if (!pieces.write(tap, owner, of.parentsVersion)) {
    const start = tap.pos;
    writeSection(tap, of, section);
    pieces.keep(tap, owner, of.parentsVersion, start);
  }
}

function writeSection(tap: JsonTap, of: FlatContext, { end, fields, key }: Section): void {
  tap.text(key);
  writeFields(tap, of, fields);
  tap.text(end ?? "}");
}

/** The object as a text: for few records, since each has a buffer of its own. */
export function recordJsonText(of: FlatContext, verdict: Verdict | null): string {
  const tap = new JsonTap(textBytes);
  writeRecordJson(tap, of, verdict);
  while (!tap.ok()) {
    tap.grow(0);
    tap.pos = 0;
    writeRecordJson(tap, of, verdict);
  }
  return tap.buffer.toString("utf8", 0, tap.pos);
}

/** Where an object is longer, the buffer grows. */
const textBytes = 16 * 1024;

function writeFields(tap: JsonTap, of: FlatContext, fields: readonly Field[]): void {
  for (let i = 0; i < fields.length; i++) {
    const { key, write } = fields[i] as Field;
    tap.text(key);
    write(tap, of);
  }
}

function writeVerdict(tap: JsonTap, { rules, tags }: Verdict): void {
  if (rules.length > 0) {
    let separator = ',"policies":[';
    for (const { description, name, severity } of rules) {
      tap.text(`${separator}{"id":`);
      tap.string(name);
      tap.text(',"desc":');
      tap.string(description);
      tap.text(',"priority":');
      tap.int(severity);
      tap.text("}");
      separator = ",";
    }
    tap.text("]");
  }
  if (tags.length > 0) {
    tap.text(',"tags":');
    jsonStrings(tap, tags);
  }
}

type FieldRow = string | readonly [key: string, name: string, options?: FieldOptions];

/** @param prefix of the attributes' names @param isAfter whether others precede them in the object */
function fieldsOf(prefix: string, rows: readonly FieldRow[], isAfter = false): readonly Field[] {
  return rows.map((row, index) => {
    const [key, name, options] = typeof row === "string" ? [row, row, {}] : row;
    const attribute = findAttribute(`${prefix}.${name}`, "default");
    assert(attribute !== undefined, `there is an attribute ${prefix}.${name}`);
    const comma = index > 0 || isAfter ? "," : "";
    return { key: `${comma}"${key}":`, write: writerOf(attribute, options ?? {}) };
  });
}

function writerOf(attribute: Attribute, options: FieldOptions): Field["write"] {
  const { items, number, timeHi, timeLo, type } = attribute;
  const { empty = '""', without = withoutOf[type] } = options;
  switch (type) {
    case "text":
      return (tap, of) => {
        const text = attribute.text(of);
        if (text === null || text === "") {
          tap.text(text === null ? without : empty);
        } else {
          tap.string(text);
        }
      };
    case "json":
      return jsonWriter(attribute);
    case "list":
      assert(items !== undefined, "a list has items");
      return (tap, of) => {
        const all = items(of);
        if (all === null) {
          tap.text(without);
        } else if (options.isOfNumbers === true) {
          tap.text(`[${all.join(",")}]`);
        } else {
          jsonStrings(tap, all);
        }
      };
    case "integer":
    case "boolean": {
      assert(number !== undefined, "it has a number");
      const isBoolean = type === "boolean";
      return (tap, of) => {
        const value = number(of);
        if (Number.isNaN(value)) {
          tap.text(without);
        } else if (isBoolean) {
          tap.boolean(value !== 0);
        } else {
          tap.long(value);
        }
      };
    }
    case "time":
      assert(timeHi !== undefined && timeLo !== undefined, "a time has halves");
      return (tap, of) => {
        const high = timeHi(of);
        if (Number.isNaN(high)) {
          tap.text(without);
        } else {
          tap.halves(timeLo(of), high);
        }
      };
    default:
      return type satisfies never;
  }
}

/** Addresses are JSON of our own making. A message is another's: it stays a text, whatever it holds. */
function jsonWriter(attribute: Attribute): Field["write"] {
  const isOurs = attribute.name.startsWith("sf.pod.");
  return (tap, of) => {
    const text = attribute.text(of);
    if (text === null) {
      tap.text(isOurs ? withoutOf.list : withoutOf.json);
    } else if (isOurs) {
      tap.text(text);
    } else {
      tap.string(text);
    }
  };
}

function isOf({ record }: FlatContext, kinds: number): boolean {
  return (kindBit(record.kind) & kinds) !== 0;
}
