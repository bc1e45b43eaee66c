// The kinds of records that have attributes, as bits, and by the codes that rules name them with.
// Entities and the header have none: they are what attributes of other records are made of.

import type { RecordKind } from "../sysflow/record.gen.ts";

export const KIND_PE = 0x01;
export const KIND_FE = 0x02;
export const KIND_FF = 0x04;
export const KIND_NF = 0x08;
export const KIND_NE = 0x10;
export const KIND_PF = 0x20;
export const KIND_KE = 0x40;

/** Kinds with a process. */
export const KINDS_OF_PROCESS = KIND_PE | KIND_FE | KIND_FF | KIND_NF | KIND_NE | KIND_PF;
export const KINDS_OF_NET = KIND_NF | KIND_NE;
export const KINDS_ALL = KINDS_OF_PROCESS | KIND_KE;

/** The values of `sf.type`, with their bits. */
export const kindByCode: ReadonlyMap<string, number> = new Map([
  ["PE", KIND_PE],
  ["FE", KIND_FE],
  ["FF", KIND_FF],
  ["NF", KIND_NF],
  ["NE", KIND_NE],
  ["PF", KIND_PF],
  ["KE", KIND_KE],
]);

const codes: Readonly<Record<RecordKind, string | null>> = {
  SFHeader: null,
  Container: null,
  Process: null,
  File: null,
  ProcessEvent: "PE",
  NetworkFlow: "NF",
  FileFlow: "FF",
  FileEvent: "FE",
  NetworkEvent: "NE",
  ProcessFlow: "PF",
  Pod: null,
  K8sEvent: "KE",
};

const bits = Object.fromEntries(
  Object.entries(codes).map(([kind, code]) => [kind, kindByCode.get(code ?? "") ?? 0]),
) as Readonly<Record<RecordKind, number>>;

/** The bit of a record's kind; 0 where such records have no attributes. */
export function kindBit(kind: RecordKind): number {
  return bits[kind];
}

/** The value of `sf.type`. */
export function kindCode(kind: RecordKind): string | null {
  return codes[kind];
}
