// A sink for tests: keeps each record as a plain object with bigint times, written the short way.

import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  K8sEvent,
  NetworkEvent,
  NetworkFlow,
  Oid,
  Pod,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
} from "../../../src/sysflow/record.gen.ts";
import type { RecordSink } from "../../../src/sysflow/record-sink.ts";

/** A written record: its kind, and its fields with times and ids in a readable form. */
export interface Written {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export class RecordingSink implements RecordSink {
  readonly outputs = 1;
  readonly records: Written[] = [];
  /** Seconds at which a new file begins. */
  readonly rotateAt = new Set<number>();
  readonly ticks: number[] = [];

  /** All records but the header, without those kinds. */
  without(...kinds: readonly string[]): Written[] {
    return this.records.filter((r) => r.kind !== "SFHeader" && !kinds.includes(r.kind));
  }

  of(kind: string): Written[] {
    return this.records.filter((r) => r.kind === kind);
  }

  header(record: SFHeader): void {
    this.records.push({ ...record });
  }

  container(record: Container): void {
    this.records.push({ ...record });
  }

  process(record: Process): void {
    const { oid, poid, tsLo, tsHi, ...rest } = record;
    this.records.push({ ...rest, oid: id(oid), poid: poid && id(poid), ts: time(tsLo, tsHi) });
  }

  file(record: File): void {
    const { foid, tsLo, tsHi, restype, ...rest } = record;
    this.records.push({
      ...rest,
      foid: hex(foid),
      ts: time(tsLo, tsHi),
      restype: String.fromCharCode(restype),
    });
  }

  processEvent(record: ProcessEvent): void {
    const { procOID, tsLo, tsHi, ...rest } = record;
    this.records.push({ ...rest, procOID: id(procOID), ts: time(tsLo, tsHi) });
  }

  fileEvent(record: FileEvent): void {
    const { procOID, tsLo, tsHi, fileOID, newFileOID, ...rest } = record;
    this.records.push({
      ...rest,
      procOID: id(procOID),
      ts: time(tsLo, tsHi),
      fileOID: hex(fileOID),
      newFileOID: newFileOID && hex(newFileOID),
    });
  }

  networkFlow(r: NetworkFlow): void {
    this.records.push({
      kind: r.kind,
      procOID: id(r.procOID),
      ts: time(r.tsLo, r.tsHi),
      tid: r.tid,
      opFlags: r.opFlags,
      endTs: time(r.endTsLo, r.endTsHi),
      tuple: [r.sip, r.sport, r.dip, r.dport],
      ...(r.sip6 !== null && { sip6: hex(r.sip6) }),
      ...(r.dip6 !== null && { dip6: hex(r.dip6) }),
      proto: r.proto,
      fd: r.fd,
      ...counters(r),
    });
  }

  fileFlow(r: FileFlow): void {
    this.records.push({
      kind: r.kind,
      procOID: id(r.procOID),
      ts: time(r.tsLo, r.tsHi),
      tid: r.tid,
      opFlags: r.opFlags,
      openFlags: r.openFlags,
      endTs: time(r.endTsLo, r.endTsHi),
      fileOID: hex(r.fileOID),
      fd: r.fd,
      ...counters(r),
    });
  }

  processFlow(r: ProcessFlow): void {
    this.records.push({
      kind: r.kind,
      procOID: id(r.procOID),
      ts: time(r.tsLo, r.tsHi),
      opFlags: r.opFlags,
      endTs: time(r.endTsLo, r.endTsHi),
      cloned: r.numThreadsCloned,
      exited: r.numThreadsExited,
      errors: r.numCloneErrors,
    });
  }

  networkEvent(r: NetworkEvent): void {
    this.records.push({ ...r });
  }

  pod(r: Pod): void {
    this.records.push({ ...r });
  }

  k8sEvent(r: K8sEvent): void {
    this.records.push({ ...r });
  }

  rotateDue(eventSec: number): number {
    this.ticks.push(eventSec);
    return this.rotateAt.has(eventSec) ? 1 : 0;
  }
}

function counters(r: FileFlow | NetworkFlow): object {
  return {
    reads: [r.numRRecvOps, r.numRRecvBytes],
    writes: [r.numWSendOps, r.numWSendBytes],
  };
}

function id(oid: Oid): string {
  return `${time(oid.createLo, oid.createHi)}/${oid.hpid}`;
}

function time(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

function hex(bytes: Readonly<Uint8Array>): string {
  return Buffer.from(bytes).toString("hex");
}
