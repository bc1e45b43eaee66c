// Generated from fields.ts by build/generate/records.ts: do not edit. One plain encoder per record
// kind, each writing the union index and then the fields in wire order straight from the
// collector's own objects. Byte for byte what avsc writes (a property test says so), without its
// BigInt longs. Overflow is the caller's to check, once a record (see Tap).

import type { Tap } from "../avro/tap.ts";
import {
  writeArray,
  writeBigLong,
  writeOptionalFixed,
  writeOptionalString,
  writeStringMap,
  writeStrings,
} from "./field-writing.ts";
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
  Port,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
  Service,
} from "./record.gen.ts";
import type { SchemaVersion } from "./values.ts";

export function encodeHeader(tap: Tap, record: SFHeader): void {
  tap.writeInt(0);
  tap.writeLong(record.version);
  tap.writeString(record.exporter);
  tap.writeString(record.ip);
  tap.writeString(record.filename);
}

export function encodeContainer(tap: Tap, record: Container): void {
  tap.writeInt(1);
  tap.writeString(record.id);
  tap.writeString(record.name);
  tap.writeString(record.image);
  tap.writeString(record.imageid);
  tap.writeInt(record.type);
  tap.writeBoolean(record.privileged);
  writeOptionalString(tap, record.podId);
}

export function encodeProcess(tap: Tap, record: Process, version: SchemaVersion): void {
  tap.writeInt(2);
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
  if (version >= 6) {
    tap.writeInt(record.loginuid);
  }
}

export function encodeFile(tap: Tap, record: File): void {
  tap.writeInt(3);
  tap.writeInt(record.state);
  tap.writeFixed(record.foid);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeInt(record.restype);
  tap.writeString(record.path);
  writeOptionalString(tap, record.containerId);
}

export function encodeProcessEvent(tap: Tap, record: ProcessEvent): void {
  tap.writeInt(4);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.tid);
  tap.writeInt(record.opFlags);
  writeStrings(tap, record.args);
  tap.writeInt(record.ret);
}

export function encodeNetworkFlow(tap: Tap, record: NetworkFlow, version: SchemaVersion): void {
  tap.writeInt(5);
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
  if (version >= 6) {
    writeOptionalFixed(tap, record.sip6);
  }
  if (version >= 6) {
    writeOptionalFixed(tap, record.dip6);
  }
}

export function encodeFileFlow(tap: Tap, record: FileFlow): void {
  tap.writeInt(6);
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

export function encodeFileEvent(tap: Tap, record: FileEvent, version: SchemaVersion): void {
  tap.writeInt(7);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.tid);
  tap.writeInt(record.opFlags);
  tap.writeFixed(record.fileOID);
  tap.writeInt(record.ret);
  writeOptionalFixed(tap, record.newFileOID);
  if (version >= 6) {
    writeStrings(tap, record.args);
  }
}

export function encodeNetworkEvent(tap: Tap, record: NetworkEvent): void {
  tap.writeInt(8);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.tid);
  tap.writeInt(record.opFlags);
  tap.writeInt(record.sip);
  tap.writeInt(record.sport);
  tap.writeInt(record.dip);
  tap.writeInt(record.dport);
  tap.writeInt(record.proto);
  tap.writeInt(record.ret);
}

export function encodeProcessFlow(tap: Tap, record: ProcessFlow): void {
  tap.writeInt(9);
  writeOid(tap, record.procOID);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeLong(record.numThreadsCloned);
  tap.writeInt(record.opFlags);
  tap.writeLongHalves(record.endTsLo, record.endTsHi);
  tap.writeLong(record.numThreadsExited);
  tap.writeLong(record.numCloneErrors);
}

export function encodePod(tap: Tap, record: Pod): void {
  tap.writeInt(10);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeString(record.id);
  tap.writeString(record.name);
  tap.writeString(record.nodeName);
  writeArray(tap, record.hostIP, writeBigLong);
  writeArray(tap, record.internalIP, writeBigLong);
  tap.writeString(record.namespace);
  tap.writeLong(record.restartCount);
  writeStringMap(tap, record.labels);
  writeStringMap(tap, record.selectors);
  writeArray(tap, record.services, writeService);
}

export function encodeK8sEvent(tap: Tap, record: K8sEvent): void {
  tap.writeInt(11);
  tap.writeInt(record.component);
  tap.writeInt(record.action);
  tap.writeLongHalves(record.tsLo, record.tsHi);
  tap.writeString(record.message);
}

function writeOid(tap: Tap, record: Oid): void {
  tap.writeLongHalves(record.createLo, record.createHi);
  tap.writeLong(record.hpid);
}

function writePort(tap: Tap, record: Port): void {
  tap.writeInt(record.port);
  tap.writeInt(record.targetPort);
  tap.writeInt(record.nodePort);
  tap.writeString(record.proto);
}

function writeService(tap: Tap, record: Service): void {
  tap.writeString(record.name);
  tap.writeString(record.id);
  tap.writeString(record.namespace);
  writeArray(tap, record.portList, writePort);
  writeArray(tap, record.clusterIP, writeBigLong);
}
