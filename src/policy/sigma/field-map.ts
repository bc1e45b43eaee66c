// Which attributes the fields of Sigma rules are. The map below is for fields as Sysmon has them,
// which is what Sigma's rules for Linux are written for. A file of upstream's form puts others in
// their place. A field of neither may be the name of an attribute.

import { assert } from "../../base/assert.ts";
import { nearest } from "../../base/suggest.ts";
import type { Attribute } from "../../flatten/attribute.ts";
import { findAttribute, unavailable } from "../../flatten/registry.ts";
import type { Problems } from "../language/problem.ts";
import type { SourceFile } from "../language/source-text.ts";
import type { RawMap, RawValue } from "../load/raw-item.ts";
import { readDocuments } from "./documents.ts";
import { kindOf, shown } from "./scalar.ts";

/** An attribute, with what stands in brackets behind its name, if anything. */
export interface Target {
  readonly name: string;
  readonly path: string | null;
  readonly attribute: Attribute;
  /** The field is this attribute only where that one has no value. */
  readonly without: string | null;
}

export type Field =
  /** Its value is that of any of these. */
  | { readonly kind: "attributes"; readonly targets: readonly Target[] }
  /** It is true where the list has the item, and else false. */
  | { readonly kind: "flag"; readonly target: Target; readonly item: string };

/** A field that cannot be asked of records, and why. */
export interface NoField {
  readonly kind: "none";
  readonly reason: string;
}

export interface FieldMap {
  find(field: string): Field | NoField;
}

const byDefault: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    Image: ["sf.proc.exe"],
    CommandLine: ["sf.proc.cmdline"],
    CurrentDirectory: ["sf.proc.cwd"],
    ProcessId: ["sf.proc.pid"],
    User: ["sf.proc.user"],
    // So Sysmon for Linux fills it.
    LogonId: ["sf.proc.uid"],
    ParentImage: ["sf.pproc.exe"],
    ParentCommandLine: ["sf.pproc.cmdline"],
    ParentProcessId: ["sf.pproc.pid"],
    ParentUser: ["sf.pproc.user"],
    SourceFilename: ["sf.file.path"],
    SourceIp: ["sf.net.sip"],
    SourcePort: ["sf.net.sport"],
    DestinationIp: ["sf.net.dip"],
    DestinationPort: ["sf.net.dport"],
    Protocol: ["fd.l4proto"],
  }),
);

/** Fields that the map knows, for suggestions. */
const knownFields = [...byDefault.keys(), "TargetFilename", "Initiated"];

/** Where keywords are looked for. */
const keywordAttributes = ["sf.proc.cmdline", "sf.proc.exe", "sf.file.path", "sf.file.newpath"];

export function keywordField(): Field {
  return { kind: "attributes", targets: keywordAttributes.map(ownTarget) };
}

export const defaultFieldMap: FieldMap = {
  find(field) {
    if (field === "TargetFilename") return createdFileField();
    if (field === "Initiated") {
      return { kind: "flag", target: ownTarget("sf.opflags"), item: "CONNECT" };
    }
    const names = byDefault.get(field);
    return names === undefined ? unmapped(field) : attributesField(field, names);
  },
};

/** A field that no map has: an attribute's own name is taken too. */
function unmapped(field: string): Field | NoField {
  const target = targetOf(field);
  if (target !== null) {
    return { kind: "attributes", targets: [target] };
  }
  const never = unavailable(field);
  if (never !== undefined) {
    return none(`${field} cannot be known: ${never}`);
  }
  const reason = neverKnown.get(field) ?? `records do not have it${suggestion(field)}`;
  return none(`there is no attribute for the field ${shown(field)}: ${reason}`);
}

function suggestion(field: string): string {
  const near = nearest(field, knownFields);
  return near === null ? "" : `; did you mean ${near}?`;
}

/** Fields of Sysmon that look like others, and why records do not have them. */
const neverKnown: ReadonlyMap<string, string> = new Map([
  ...["DestinationHostname", "SourceHostname"].map(
    (field) => [field, "records have addresses, no names of hosts"] as const,
  ),
  ...["Hashes", "md5", "sha1", "sha256", "imphash"].map(
    (field) => [field, "records have no hashes of files"] as const,
  ),
  ...["ProcessGuid", "ParentProcessGuid", "LogonGuid"].map(
    (field) => [field, "only Sysmon makes such numbers"] as const,
  ),
]);

/** What came to be: the new name where a file got one. */
function createdFileField(): Field {
  const newPath = ownTarget("sf.file.newpath");
  const path = ownTarget("sf.file.path");
  return { kind: "attributes", targets: [newPath, { ...path, without: newPath.name }] };
}

/** Of an attribute that there is. */
function ownTarget(name: string): Target {
  const target = targetOf(name);
  assert(target !== null, `there is the attribute ${name}`);
  return target;
}

function attributesField(field: string, names: readonly string[]): Field | NoField {
  const targets: Target[] = [];
  for (const name of names) {
    const target = targetOf(name);
    if (target === null) {
      const why = unavailable(name) ?? "there is no such attribute";
      return none(`the field ${field} is mapped to ${name}: ${why}`);
    }
    targets.push(target);
  }
  return { kind: "attributes", targets };
}

function none(reason: string): NoField {
  return { kind: "none", reason };
}

/** Of an attribute's name with or without brackets. */
function targetOf(text: string): Target | null {
  const [, name = "", path = null] = /^([^[\]]+)(?:\[(.+)\])?$/s.exec(text) ?? [];
  const attribute =
    (path === null ? undefined : findAttribute(text, "default")) ?? findAttribute(name, "default");
  return attribute === undefined ? null : { name, path, attribute, without: null };
}

/**
 * Upstream's files of field mappings: `fieldmappings:` with a line for each field, whose value is an
 * attribute or a list of them. Their other keys are for other programs. A later file counts more, and
 * what none of them has is as in the default map. Faults go to `problems`.
 */
export function readFieldMap(files: readonly SourceFile[], problems: Problems): FieldMap {
  const own = new Map<string, readonly string[]>();
  for (const file of files) {
    for (const document of readDocuments(file, problems)) {
      addMappings(document, file, own, problems);
    }
  }
  return {
    find(field) {
      const names = own.get(field);
      return names === undefined ? defaultFieldMap.find(field) : attributesField(field, names);
    },
  };
}

function addMappings(
  document: RawMap,
  file: SourceFile,
  into: Map<string, readonly string[]>,
  problems: Problems,
): void {
  const mappings = mappingsOf(document, file, problems);
  for (const { key, value } of mappings?.entries.values() ?? []) {
    const names = namesOf(value);
    if (names === null) {
      const message = `${key}: must be an attribute or a list of them, not ${kindOf(value)}`;
      problems.error("POLICY_VALUE", message, file.place(value.at));
    } else {
      into.set(key, names);
    }
  }
}

function mappingsOf(document: RawMap, file: SourceFile, problems: Problems): RawMap | null {
  const entry = document.entries.get("fieldmappings");
  if (entry === undefined) {
    const message = "a file of field mappings has the key fieldmappings";
    problems.error("POLICY_KEY", message, file.place(document.at));
    return null;
  }
  if (entry.value.kind !== "map") {
    const message = `fieldmappings: must be lines such as Image: sf.proc.exe, not ${kindOf(entry.value)}`;
    problems.error("POLICY_VALUE", message, file.place(entry.value.at));
    return null;
  }
  return entry.value;
}

function namesOf(value: RawValue): readonly string[] | null {
  const items = value.kind === "list" ? value.items : [value];
  const names = items.flatMap((item) =>
    item.kind === "text" && item.text !== "" ? [item.text] : [],
  );
  return names.length === items.length && names.length > 0 ? names : null;
}
