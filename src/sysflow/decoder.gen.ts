// Generated from fields.ts by build/generate/records.ts: do not edit. One plain decoder per record
// kind for the schemas that we write: the encoder's other side. Every record is a new object, which
// its receiver may keep.

import type { ReadTap } from "../avro/read-tap.ts";
import {
  readArray,
  readBigLong,
  readEnum,
  readIsPresent,
  readOptionalFixed,
  readOptionalString,
  readStringMap,
  readStrings,
  readUnknown,
} from "./field-reading.ts";
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
  SysFlowRecord,
} from "./record.gen.ts";
import type {
  ContainerType,
  K8sAction,
  K8sComponent,
  NetworkProto,
  ObjectState,
  Restype,
  SchemaVersion,
} from "./values.ts";

/**
 * Reads a datum of that schema. The caller asks the tap's `check()` before it believes the record.
 * @throws AvroError where the bytes cannot be one
 */
export function decodeRecord(tap: ReadTap, version: SchemaVersion): SysFlowRecord {
  const index = tap.readInt();
  switch (index) {
    case 0:
      return readSFHeader(tap);
    case 1:
      return readContainer(tap);
    case 2:
      return readProcess(tap, version);
    case 3:
      return readFile(tap);
    case 4:
      return readProcessEvent(tap);
    case 5:
      return readNetworkFlow(tap, version);
    case 6:
      return readFileFlow(tap);
    case 7:
      return readFileEvent(tap, version);
    case 8:
      return readNetworkEvent(tap);
    case 9:
      return readProcessFlow(tap);
    case 10:
      return readPod(tap);
    case 11:
      return readK8sEvent(tap);
    default:
      return readUnknown(index);
  }
}

function readOid(tap: ReadTap): Oid {
  tap.readHalves();
  const createLo = tap.lo;
  const createHi = tap.hi;
  const hpid = tap.readLong();
  return { createLo, createHi, hpid };
}

function readPort(tap: ReadTap): Port {
  const port = tap.readInt();
  const targetPort = tap.readInt();
  const nodePort = tap.readInt();
  const proto = tap.readString();
  return { port, targetPort, nodePort, proto };
}

function readService(tap: ReadTap): Service {
  const name = tap.readString();
  const id = tap.readString();
  const namespace = tap.readString();
  const portList = readArray(tap, readPort);
  const clusterIP = readArray(tap, readBigLong);
  return { name, id, namespace, portList, clusterIP };
}

function readSFHeader(tap: ReadTap): SFHeader {
  const version = tap.readLong();
  const exporter = tap.readString();
  const ip = tap.readString();
  const filename = tap.readString();
  return { kind: "SFHeader", version, exporter, ip, filename };
}

function readContainer(tap: ReadTap): Container {
  const id = tap.readString();
  const name = tap.readString();
  const image = tap.readString();
  const imageid = tap.readString();
  const type = readEnum(tap, 10) as ContainerType;
  const privileged = tap.readBoolean();
  const podId = readOptionalString(tap);
  return { kind: "Container", id, name, image, imageid, type, privileged, podId };
}

function readProcess(tap: ReadTap, version: SchemaVersion): Process {
  const state = readEnum(tap, 3) as ObjectState;
  const oid = readOid(tap);
  const poid = readIsPresent(tap) ? readOid(tap) : null;
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const exe = tap.readString();
  const exeArgs = tap.readString();
  const uid = tap.readInt();
  const userName = tap.readString();
  const gid = tap.readInt();
  const groupName = tap.readString();
  const tty = tap.readBoolean();
  const containerId = readOptionalString(tap);
  const entry = tap.readBoolean();
  const cwd = tap.readString();
  const env = readStrings(tap);
  const loginuid = version >= 6 ? tap.readInt() : -1;
  return {
    kind: "Process",
    state,
    oid,
    poid,
    tsLo,
    tsHi,
    exe,
    exeArgs,
    uid,
    userName,
    gid,
    groupName,
    tty,
    containerId,
    entry,
    cwd,
    env,
    loginuid,
  };
}

function readFile(tap: ReadTap): File {
  const state = readEnum(tap, 3) as ObjectState;
  const foid = tap.readFixed(20);
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const restype = tap.readInt() as Restype;
  const path = tap.readString();
  const containerId = readOptionalString(tap);
  return { kind: "File", state, foid, tsLo, tsHi, restype, path, containerId };
}

function readProcessEvent(tap: ReadTap): ProcessEvent {
  const procOID = readOid(tap);
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const tid = tap.readLong();
  const opFlags = tap.readInt();
  const args = readStrings(tap);
  const ret = tap.readInt();
  return { kind: "ProcessEvent", procOID, tsLo, tsHi, tid, opFlags, args, ret };
}

function readNetworkFlow(tap: ReadTap, version: SchemaVersion): NetworkFlow {
  const procOID = readOid(tap);
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const tid = tap.readLong();
  const opFlags = tap.readInt();
  tap.readHalves();
  const endTsLo = tap.lo;
  const endTsHi = tap.hi;
  const sip = tap.readInt();
  const sport = tap.readInt();
  const dip = tap.readInt();
  const dport = tap.readInt();
  const proto = tap.readInt() as NetworkProto;
  const fd = tap.readInt();
  const numRRecvOps = tap.readLong();
  const numWSendOps = tap.readLong();
  const numRRecvBytes = tap.readLong();
  const numWSendBytes = tap.readLong();
  const sip6 = version >= 6 ? readOptionalFixed(tap, 16) : null;
  const dip6 = version >= 6 ? readOptionalFixed(tap, 16) : null;
  return {
    kind: "NetworkFlow",
    procOID,
    tsLo,
    tsHi,
    tid,
    opFlags,
    endTsLo,
    endTsHi,
    sip,
    sport,
    dip,
    dport,
    proto,
    fd,
    numRRecvOps,
    numWSendOps,
    numRRecvBytes,
    numWSendBytes,
    sip6,
    dip6,
  };
}

function readFileFlow(tap: ReadTap): FileFlow {
  const procOID = readOid(tap);
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const tid = tap.readLong();
  const opFlags = tap.readInt();
  const openFlags = tap.readInt();
  tap.readHalves();
  const endTsLo = tap.lo;
  const endTsHi = tap.hi;
  const fileOID = tap.readFixed(20);
  const fd = tap.readInt();
  const numRRecvOps = tap.readLong();
  const numWSendOps = tap.readLong();
  const numRRecvBytes = tap.readLong();
  const numWSendBytes = tap.readLong();
  return {
    kind: "FileFlow",
    procOID,
    tsLo,
    tsHi,
    tid,
    opFlags,
    openFlags,
    endTsLo,
    endTsHi,
    fileOID,
    fd,
    numRRecvOps,
    numWSendOps,
    numRRecvBytes,
    numWSendBytes,
  };
}

function readFileEvent(tap: ReadTap, version: SchemaVersion): FileEvent {
  const procOID = readOid(tap);
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const tid = tap.readLong();
  const opFlags = tap.readInt();
  const fileOID = tap.readFixed(20);
  const ret = tap.readInt();
  const newFileOID = readOptionalFixed(tap, 20);
  const args = version >= 6 ? readStrings(tap) : [];
  return { kind: "FileEvent", procOID, tsLo, tsHi, tid, opFlags, fileOID, ret, newFileOID, args };
}

function readNetworkEvent(tap: ReadTap): NetworkEvent {
  const procOID = readOid(tap);
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const tid = tap.readLong();
  const opFlags = tap.readInt();
  const sip = tap.readInt();
  const sport = tap.readInt();
  const dip = tap.readInt();
  const dport = tap.readInt();
  const proto = tap.readInt() as NetworkProto;
  const ret = tap.readInt();
  return {
    kind: "NetworkEvent",
    procOID,
    tsLo,
    tsHi,
    tid,
    opFlags,
    sip,
    sport,
    dip,
    dport,
    proto,
    ret,
  };
}

function readProcessFlow(tap: ReadTap): ProcessFlow {
  const procOID = readOid(tap);
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const numThreadsCloned = tap.readLong();
  const opFlags = tap.readInt();
  tap.readHalves();
  const endTsLo = tap.lo;
  const endTsHi = tap.hi;
  const numThreadsExited = tap.readLong();
  const numCloneErrors = tap.readLong();
  return {
    kind: "ProcessFlow",
    procOID,
    tsLo,
    tsHi,
    numThreadsCloned,
    opFlags,
    endTsLo,
    endTsHi,
    numThreadsExited,
    numCloneErrors,
  };
}

function readPod(tap: ReadTap): Pod {
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const id = tap.readString();
  const name = tap.readString();
  const nodeName = tap.readString();
  const hostIP = readArray(tap, readBigLong);
  const internalIP = readArray(tap, readBigLong);
  const namespace = tap.readString();
  const restartCount = tap.readLong();
  const labels = readStringMap(tap);
  const selectors = readStringMap(tap);
  const services = readArray(tap, readService);
  return {
    kind: "Pod",
    tsLo,
    tsHi,
    id,
    name,
    nodeName,
    hostIP,
    internalIP,
    namespace,
    restartCount,
    labels,
    selectors,
    services,
  };
}

function readK8sEvent(tap: ReadTap): K8sEvent {
  const component = readEnum(tap, 10) as K8sComponent;
  const action = readEnum(tap, 6) as K8sAction;
  tap.readHalves();
  const tsLo = tap.lo;
  const tsHi = tap.hi;
  const message = tap.readString();
  return { kind: "K8sEvent", component, action, tsLo, tsHi, message };
}
