// One plain encoder per record kind, each writing the union index and then the fields in wire order
// straight from the collector's own objects. Byte for byte what avsc writes (a property test says
// so), without its BigInt longs. Only two kinds differ by schema version, and those at their end.
// Nothing here allocates; overflow is the caller's to check, once a record (see Tap).

import type { Tap } from "../avro/tap.ts";
import {
  type Container,
  type File,
  type FileEvent,
  type FileFlow,
  type NetworkFlow,
  type Oid,
  type Process,
  type ProcessEvent,
  type ProcessFlow,
  type SchemaVersion,
  type SFHeader,
  unionIndex,
} from "./record.ts";

export function encodeHeader(tap: Tap, record: SFHeader): void {
  tap.writeInt(unionIndex.SFHeader);
  tap.writeLong(record.version);
  tap.writeString(record.exporter);
  tap.writeString(record.ip);
  tap.writeString(record.filename);
}

export function encodeContainer(tap: Tap, record: Container): void {
  tap.writeInt(unionIndex.Container);
  tap.writeString(record.id);
  tap.writeString(record.name);
  tap.writeString(record.image);
  tap.writeString(record.imageid);
  tap.writeInt(record.type);
  tap.writeBoolean(record.privileged);
  writeOptionalString(tap, record.podId);
}

export function encodeProcess(tap: Tap, record: Process): void {
  tap.writeInt(unionIndex.Process);
  tap.writeInt(record.state);
  writeOid(tap, record.oid);
  if (record.poid === null) {
    tap.writeInt(0);
  } else {
    tap.writeInt(1);
    writeOid(tap, record.poid);
  }
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeString(record.exe);
  tap.writeString(record.exeArgs);
  tap.writeInt(record.uid);
  tap.writeString(record.userName);
  tap.writeInt(record.gid);
  tap.writeString(record.groupName);
  tap.writeBoolean(record.tty);
  writeOptionalString(tap, record.containerId);
  tap.writeBoolean(record.entry);
  tap.writeString(record.cwd);
  writeStrings(tap, record.env);
}

export function encodeFile(tap: Tap, record: File): void {
  tap.writeInt(unionIndex.File);
  tap.writeInt(record.state);
  tap.writeFixed(record.foid);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeInt(record.restype);
  tap.writeString(record.path);
  writeOptionalString(tap, record.containerId);
}

export function encodeProcessEvent(tap: Tap, record: ProcessEvent): void {
  tap.writeInt(unionIndex.ProcessEvent);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.tid);
  tap.writeInt(record.opFlags);
  writeStrings(tap, record.args);
  tap.writeInt(record.ret);
}

export function encodeFileEvent(tap: Tap, record: FileEvent, version: SchemaVersion): void {
  tap.writeInt(unionIndex.FileEvent);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.tid);
  tap.writeInt(record.opFlags);
  tap.writeFixed(record.fileOID);
  tap.writeInt(record.ret);
  writeOptionalFixed(tap, record.newFileOID);
  if (version === 6) {
    writeStrings(tap, record.args);
  }
}

export function encodeNetworkFlow(tap: Tap, record: NetworkFlow, version: SchemaVersion): void {
  tap.writeInt(unionIndex.NetworkFlow);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.tid);
  tap.writeInt(record.opFlags);
  tap.writeLongHalves(record.endTsLo, record.endTsHi);
  tap.writeInt(record.sip);
  tap.writeInt(record.sport);
  tap.writeInt(record.dip);
  tap.writeInt(record.dport);
  tap.writeInt(record.proto);
  tap.writeInt(record.fd);
  tap.writeLong(record.numRRecvOps);
  tap.writeLong(record.numWSendOps);
  tap.writeLong(record.numRRecvBytes);
  tap.writeLong(record.numWSendBytes);
  if (version === 6) {
    writeOptionalFixed(tap, record.sip6);
    writeOptionalFixed(tap, record.dip6);
  }
}

export function encodeFileFlow(tap: Tap, record: FileFlow): void {
  tap.writeInt(unionIndex.FileFlow);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.tid);
  tap.writeInt(record.opFlags);
  tap.writeInt(record.openFlags);
  tap.writeLongHalves(record.endTsLo, record.endTsHi);
  tap.writeFixed(record.fileOID);
  tap.writeInt(record.fd);
  tap.writeLong(record.numRRecvOps);
  tap.writeLong(record.numWSendOps);
  tap.writeLong(record.numRRecvBytes);
  tap.writeLong(record.numWSendBytes);
}

export function encodeProcessFlow(tap: Tap, record: ProcessFlow): void {
  tap.writeInt(unionIndex.ProcessFlow);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.numThreadsCloned);
  tap.writeInt(record.opFlags);
  tap.writeLongHalves(record.endTsLo, record.endTsHi);
  tap.writeLong(record.numThreadsExited);
  tap.writeLong(record.numCloneErrors);
}

function writeOid(tap: Tap, oid: Oid): void {
  tap.writeLongHalves(oid.createLo, oid.createHi);
  tap.writeLong(oid.hpid);
}

/** Union index of `["null", T]`, then the value. */
function writeOptionalString(tap: Tap, value: string | null): void {
  if (value === null) {
    tap.writeInt(0);
  } else {
    tap.writeInt(1);
    tap.writeString(value);
  }
}

function writeOptionalFixed(tap: Tap, value: Readonly<Uint8Array> | null): void {
  if (value === null) {
    tap.writeInt(0);
  } else {
    tap.writeInt(1);
    tap.writeFixed(value);
  }
}

/** An array is blocks of items and an empty block; ours has one block, none where it is empty. */
function writeStrings(tap: Tap, values: readonly string[]): void {
  const count = values.length;
  if (count > 0) {
    tap.writeInt(count);
    for (let i = 0; i < count; i++) {
      tap.writeString(values[i] as string);
    }
  }
  tap.writeInt(0);
}
