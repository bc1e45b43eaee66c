// Generated from fields.ts by build/generate/records.ts: do not edit. Copies a record field by
// field, so that it may be kept while its owner goes on with its own. Ids, lists and addresses in
// it are never changed once made, and are shared.

import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  K8sEvent,
  NetworkEvent,
  NetworkFlow,
  Pod,
  Process,
  ProcessEvent,
  ProcessFlow,
  SFHeader,
  SysFlowRecord,
} from "./record.gen.ts";

export function copyRecord(record: SysFlowRecord): SysFlowRecord {
  switch (record.kind) {
    case "SFHeader":
      return copySFHeader(record);
    case "Container":
      return copyContainer(record);
    case "Process":
      return copyProcess(record);
    case "File":
      return copyFile(record);
    case "ProcessEvent":
      return copyProcessEvent(record);
    case "NetworkFlow":
      return copyNetworkFlow(record);
    case "FileFlow":
      return copyFileFlow(record);
    case "FileEvent":
      return copyFileEvent(record);
    case "NetworkEvent":
      return copyNetworkEvent(record);
    case "ProcessFlow":
      return copyProcessFlow(record);
    case "Pod":
      return copyPod(record);
    case "K8sEvent":
      return copyK8sEvent(record);
    default:
      return record satisfies never;
  }
}

function copySFHeader(record: SFHeader): SFHeader {
  return {
    kind: "SFHeader",
    version: record.version,
    exporter: record.exporter,
    ip: record.ip,
    filename: record.filename,
  };
}

function copyContainer(record: Container): Container {
  return {
    kind: "Container",
    id: record.id,
    name: record.name,
    image: record.image,
    imageid: record.imageid,
    type: record.type,
    privileged: record.privileged,
    podId: record.podId,
  };
}

function copyProcess(record: Process): Process {
  return {
    kind: "Process",
    state: record.state,
    oid: record.oid,
    poid: record.poid,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    exe: record.exe,
    exeArgs: record.exeArgs,
    uid: record.uid,
    userName: record.userName,
    gid: record.gid,
    groupName: record.groupName,
    tty: record.tty,
    containerId: record.containerId,
    entry: record.entry,
    cwd: record.cwd,
    env: record.env,
    loginuid: record.loginuid,
  };
}

function copyFile(record: File): File {
  return {
    kind: "File",
    state: record.state,
    foid: record.foid,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    restype: record.restype,
    path: record.path,
    containerId: record.containerId,
  };
}

function copyProcessEvent(record: ProcessEvent): ProcessEvent {
  return {
    kind: "ProcessEvent",
    procOID: record.procOID,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    tid: record.tid,
    opFlags: record.opFlags,
    args: record.args,
    ret: record.ret,
  };
}

function copyNetworkFlow(record: NetworkFlow): NetworkFlow {
  return {
    kind: "NetworkFlow",
    procOID: record.procOID,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    tid: record.tid,
    opFlags: record.opFlags,
    endTsLo: record.endTsLo,
    endTsHi: record.endTsHi,
    sip: record.sip,
    sport: record.sport,
    dip: record.dip,
    dport: record.dport,
    proto: record.proto,
    fd: record.fd,
    numRRecvOps: record.numRRecvOps,
    numWSendOps: record.numWSendOps,
    numRRecvBytes: record.numRRecvBytes,
    numWSendBytes: record.numWSendBytes,
    sip6: record.sip6,
    dip6: record.dip6,
  };
}

function copyFileFlow(record: FileFlow): FileFlow {
  return {
    kind: "FileFlow",
    procOID: record.procOID,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    tid: record.tid,
    opFlags: record.opFlags,
    openFlags: record.openFlags,
    endTsLo: record.endTsLo,
    endTsHi: record.endTsHi,
    fileOID: record.fileOID,
    fd: record.fd,
    numRRecvOps: record.numRRecvOps,
    numWSendOps: record.numWSendOps,
    numRRecvBytes: record.numRRecvBytes,
    numWSendBytes: record.numWSendBytes,
  };
}

function copyFileEvent(record: FileEvent): FileEvent {
  return {
    kind: "FileEvent",
    procOID: record.procOID,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    tid: record.tid,
    opFlags: record.opFlags,
    fileOID: record.fileOID,
    ret: record.ret,
    newFileOID: record.newFileOID,
    args: record.args,
  };
}

function copyNetworkEvent(record: NetworkEvent): NetworkEvent {
  return {
    kind: "NetworkEvent",
    procOID: record.procOID,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    tid: record.tid,
    opFlags: record.opFlags,
    sip: record.sip,
    sport: record.sport,
    dip: record.dip,
    dport: record.dport,
    proto: record.proto,
    ret: record.ret,
  };
}

function copyProcessFlow(record: ProcessFlow): ProcessFlow {
  return {
    kind: "ProcessFlow",
    procOID: record.procOID,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    numThreadsCloned: record.numThreadsCloned,
    opFlags: record.opFlags,
    endTsLo: record.endTsLo,
    endTsHi: record.endTsHi,
    numThreadsExited: record.numThreadsExited,
    numCloneErrors: record.numCloneErrors,
  };
}

function copyPod(record: Pod): Pod {
  return {
    kind: "Pod",
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    id: record.id,
    name: record.name,
    nodeName: record.nodeName,
    hostIP: record.hostIP,
    internalIP: record.internalIP,
    namespace: record.namespace,
    restartCount: record.restartCount,
    labels: record.labels,
    selectors: record.selectors,
    services: record.services,
  };
}

function copyK8sEvent(record: K8sEvent): K8sEvent {
  return {
    kind: "K8sEvent",
    component: record.component,
    action: record.action,
    tsLo: record.tsLo,
    tsHi: record.tsHi,
    message: record.message,
  };
}
