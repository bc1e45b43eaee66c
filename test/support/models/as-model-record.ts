// The records that a collector wrote, in the form in which the models give theirs.

import type { Written } from "../collect/recording-sink.ts";
import type { ModelRecord } from "./model-event.ts";

/** All but the header. Files and containers are named, not numbered. */
export function asModelRecords(records: readonly Written[]): ModelRecord[] {
  const nameOf = new Map<unknown, string>();
  const result: ModelRecord[] = [];
  for (const record of records) {
    if (record.kind === "File") {
      nameOf.set(record["foid"], `${record["containerId"] ?? ""}:${record["path"]}`);
    }
    if (record.kind !== "SFHeader") {
      result.push(asModelRecord(record, nameOf));
    }
  }
  return result;
}

function asModelRecord(r: Written, nameOf: ReadonlyMap<unknown, string>): ModelRecord {
  const ts = (r["ts"] as bigint | undefined) ?? 0n;
  return {
    kind: r.kind,
    process: String(r["procOID"] ?? r["oid"] ?? ""),
    tid: (r["tid"] as number | undefined) ?? 0,
    opFlags: (r["opFlags"] as number | undefined) ?? 0,
    ts,
    endTs: (r["endTs"] as bigint | undefined) ?? ts,
    what: describe(r, nameOf),
  };
}

function describe(r: Written, nameOf: ReadonlyMap<unknown, string>): string {
  const file = (field: string) => nameOf.get(r[field]) ?? "a file never written";
  const { state, containerId } = r;
  switch (r.kind) {
    case "FileFlow":
      return [r["fd"], file("fileOID"), r["openFlags"], r["reads"], r["writes"]].join();
    case "NetworkFlow":
      return [r["fd"], ends(r["tuple"] as number[]), 0, r["reads"], r["writes"]].join();
    case "ProcessFlow":
      return [r["cloned"], r["exited"], r["errors"]].join();
    case "ProcessEvent":
      return [r["ret"], ...(r["args"] as string[])].join();
    case "FileEvent": {
      const names = r["newFileOID"] === null ? ["fileOID"] : ["fileOID", "newFileOID"];
      return [r["ret"], ...names.map(file)].join();
    }
    case "Process":
      return [state, r["poid"] ?? "", containerId ?? ""].join();
    case "File":
      return [state, r["restype"], `${containerId ?? ""}:${r["path"]}`].join();
    default:
      return String(r["id"]);
  }
}

/** On the wire an address is the integer that a little-endian machine loads of its four bytes. */
function ends([sip, sport, dip, dport]: readonly number[]): string {
  const bytes = (ip: number) => [ip & 255, (ip >> 8) & 255, (ip >> 16) & 255, ip >>> 24].join(".");
  return `${bytes(sip as number)}:${sport}->${bytes(dip as number)}:${dport}`;
}
