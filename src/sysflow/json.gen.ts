// Generated from fields.ts by build/generate/json.ts: do not edit. One record as a line of JSON, with
// the schema's field names, `rec` for its kind, plain values for unions, names for enums, and hex for
// fixed bytes.

import type { JsonTap } from "./json-tap.ts";
import {
  jsonArray,
  jsonBigLong,
  jsonOptionalHex,
  jsonOptionalString,
  jsonStringMap,
  jsonStrings,
} from "./json-writing.ts";
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

const containerTypeNames = [
  '"CT_DOCKER"',
  '"CT_LXC"',
  '"CT_LIBVIRT_LXC"',
  '"CT_MESOS"',
  '"CT_RKT"',
  '"CT_CUSTOM"',
  '"CT_CRI"',
  '"CT_CONTAINERD"',
  '"CT_CRIO"',
  '"CT_BPM"',
] as const;

const sFObjectStateNames = ['"CREATED"', '"MODIFIED"', '"REUP"'] as const;

const k8sComponentNames = [
  '"K8S_NODES"',
  '"K8S_NAMESPACES"',
  '"K8S_PODS"',
  '"K8S_REPLICATIONCONTROLLERS"',
  '"K8S_SERVICES"',
  '"K8S_EVENTS"',
  '"K8S_REPLICASETS"',
  '"K8S_DAEMONSETS"',
  '"K8S_DEPLOYMENTS"',
  '"K8S_UNKNOWN"',
] as const;

const k8sActionNames = [
  '"K8S_COMPONENT_ADDED"',
  '"K8S_COMPONENT_MODIFIED"',
  '"K8S_COMPONENT_DELETED"',
  '"K8S_COMPONENT_ERROR"',
  '"K8S_COMPONENT_NONEXISTENT"',
  '"K8S_COMPONENT_UNKNOWN"',
] as const;

export function jsonHeader(tap: JsonTap, record: SFHeader): void {
  tap.text('{"rec":"SFHeader","version":');
  tap.long(record.version);
  tap.text(',"exporter":');
  tap.string(record.exporter);
  tap.text(',"ip":');
  tap.string(record.ip);
  tap.text(',"filename":');
  tap.string(record.filename);
  tap.text("}\n");
}

export function jsonContainer(tap: JsonTap, record: Container): void {
  tap.text('{"rec":"Container","id":');
  tap.string(record.id);
  tap.text(',"name":');
  tap.string(record.name);
  tap.text(',"image":');
  tap.string(record.image);
  tap.text(',"imageid":');
  tap.string(record.imageid);
  tap.text(',"type":');
  tap.text(containerTypeNames[record.type] as string);
  tap.text(',"privileged":');
  tap.boolean(record.privileged);
  tap.text(',"podId":');
  jsonOptionalString(tap, record.podId);
  tap.text("}\n");
}

export function jsonProcess(tap: JsonTap, record: Process, version: SchemaVersion): void {
  tap.text('{"rec":"Process","state":');
  tap.text(sFObjectStateNames[record.state] as string);
  tap.text(',"oid":');
  jsonOid(tap, record.oid);
  tap.text(',"poid":');
  if (record.poid === null) {
    tap.text("null");
  } else {
    jsonOid(tap, record.poid);
  }
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"exe":');
  tap.string(record.exe);
  tap.text(',"exeArgs":');
  tap.string(record.exeArgs);
  tap.text(',"uid":');
  tap.int(record.uid);
  tap.text(',"userName":');
  tap.string(record.userName);
  tap.text(',"gid":');
  tap.int(record.gid);
  tap.text(',"groupName":');
  tap.string(record.groupName);
  tap.text(',"tty":');
  tap.boolean(record.tty);
  tap.text(',"containerId":');
  jsonOptionalString(tap, record.containerId);
  tap.text(',"entry":');
  tap.boolean(record.entry);
  tap.text(',"cwd":');
  tap.string(record.cwd);
  tap.text(',"env":');
  jsonStrings(tap, record.env);
  if (version >= 6) {
    tap.text(',"loginuid":');
    tap.int(record.loginuid);
  }
  tap.text("}\n");
}

export function jsonFile(tap: JsonTap, record: File): void {
  tap.text('{"rec":"File","state":');
  tap.text(sFObjectStateNames[record.state] as string);
  tap.text(',"oid":');
  tap.hex(record.foid);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"restype":');
  tap.int(record.restype);
  tap.text(',"path":');
  tap.string(record.path);
  tap.text(',"containerId":');
  jsonOptionalString(tap, record.containerId);
  tap.text("}\n");
}

export function jsonProcessEvent(tap: JsonTap, record: ProcessEvent): void {
  tap.text('{"rec":"ProcessEvent","procOID":');
  jsonOid(tap, record.procOID);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"tid":');
  tap.long(record.tid);
  tap.text(',"opFlags":');
  tap.int(record.opFlags);
  tap.text(',"args":');
  jsonStrings(tap, record.args);
  tap.text(',"ret":');
  tap.int(record.ret);
  tap.text("}\n");
}

export function jsonNetworkFlow(tap: JsonTap, record: NetworkFlow, version: SchemaVersion): void {
  tap.text('{"rec":"NetworkFlow","procOID":');
  jsonOid(tap, record.procOID);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"tid":');
  tap.long(record.tid);
  tap.text(',"opFlags":');
  tap.int(record.opFlags);
  tap.text(',"endTs":');
  tap.halves(record.endTsLo, record.endTsHi);
  tap.text(',"sip":');
  tap.int(record.sip);
  tap.text(',"sport":');
  tap.int(record.sport);
  tap.text(',"dip":');
  tap.int(record.dip);
  tap.text(',"dport":');
  tap.int(record.dport);
  tap.text(',"proto":');
  tap.int(record.proto);
  tap.text(',"fd":');
  tap.int(record.fd);
  tap.text(',"numRRecvOps":');
  tap.long(record.numRRecvOps);
  tap.text(',"numWSendOps":');
  tap.long(record.numWSendOps);
  tap.text(',"numRRecvBytes":');
  tap.long(record.numRRecvBytes);
  tap.text(',"numWSendBytes":');
  tap.long(record.numWSendBytes);
  if (version >= 6) {
    tap.text(',"sip6":');
    jsonOptionalHex(tap, record.sip6);
  }
  if (version >= 6) {
    tap.text(',"dip6":');
    jsonOptionalHex(tap, record.dip6);
  }
  tap.text("}\n");
}

export function jsonFileFlow(tap: JsonTap, record: FileFlow): void {
  tap.text('{"rec":"FileFlow","procOID":');
  jsonOid(tap, record.procOID);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"tid":');
  tap.long(record.tid);
  tap.text(',"opFlags":');
  tap.int(record.opFlags);
  tap.text(',"openFlags":');
  tap.int(record.openFlags);
  tap.text(',"endTs":');
  tap.halves(record.endTsLo, record.endTsHi);
  tap.text(',"fileOID":');
  tap.hex(record.fileOID);
  tap.text(',"fd":');
  tap.int(record.fd);
  tap.text(',"numRRecvOps":');
  tap.long(record.numRRecvOps);
  tap.text(',"numWSendOps":');
  tap.long(record.numWSendOps);
  tap.text(',"numRRecvBytes":');
  tap.long(record.numRRecvBytes);
  tap.text(',"numWSendBytes":');
  tap.long(record.numWSendBytes);
  tap.text("}\n");
}

export function jsonFileEvent(tap: JsonTap, record: FileEvent, version: SchemaVersion): void {
  tap.text('{"rec":"FileEvent","procOID":');
  jsonOid(tap, record.procOID);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"tid":');
  tap.long(record.tid);
  tap.text(',"opFlags":');
  tap.int(record.opFlags);
  tap.text(',"fileOID":');
  tap.hex(record.fileOID);
  tap.text(',"ret":');
  tap.int(record.ret);
  tap.text(',"newFileOID":');
  jsonOptionalHex(tap, record.newFileOID);
  if (version >= 6) {
    tap.text(',"args":');
    jsonStrings(tap, record.args);
  }
  tap.text("}\n");
}

export function jsonNetworkEvent(tap: JsonTap, record: NetworkEvent): void {
  tap.text('{"rec":"NetworkEvent","procOID":');
  jsonOid(tap, record.procOID);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"tid":');
  tap.long(record.tid);
  tap.text(',"opFlags":');
  tap.int(record.opFlags);
  tap.text(',"sip":');
  tap.int(record.sip);
  tap.text(',"sport":');
  tap.int(record.sport);
  tap.text(',"dip":');
  tap.int(record.dip);
  tap.text(',"dport":');
  tap.int(record.dport);
  tap.text(',"proto":');
  tap.int(record.proto);
  tap.text(',"ret":');
  tap.int(record.ret);
  tap.text("}\n");
}

export function jsonProcessFlow(tap: JsonTap, record: ProcessFlow): void {
  tap.text('{"rec":"ProcessFlow","procOID":');
  jsonOid(tap, record.procOID);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"numThreadsCloned":');
  tap.long(record.numThreadsCloned);
  tap.text(',"opFlags":');
  tap.int(record.opFlags);
  tap.text(',"endTs":');
  tap.halves(record.endTsLo, record.endTsHi);
  tap.text(',"numThreadsExited":');
  tap.long(record.numThreadsExited);
  tap.text(',"numCloneErrors":');
  tap.long(record.numCloneErrors);
  tap.text("}\n");
}

export function jsonPod(tap: JsonTap, record: Pod): void {
  tap.text('{"rec":"Pod","ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"id":');
  tap.string(record.id);
  tap.text(',"name":');
  tap.string(record.name);
  tap.text(',"nodeName":');
  tap.string(record.nodeName);
  tap.text(',"hostIP":');
  jsonArray(tap, record.hostIP, jsonBigLong);
  tap.text(',"internalIP":');
  jsonArray(tap, record.internalIP, jsonBigLong);
  tap.text(',"namespace":');
  tap.string(record.namespace);
  tap.text(',"restartCount":');
  tap.long(record.restartCount);
  tap.text(',"labels":');
  jsonStringMap(tap, record.labels);
  tap.text(',"selectors":');
  jsonStringMap(tap, record.selectors);
  tap.text(',"services":');
  jsonArray(tap, record.services, jsonService);
  tap.text("}\n");
}

export function jsonK8sEvent(tap: JsonTap, record: K8sEvent): void {
  tap.text('{"rec":"K8sEvent","kind":');
  tap.text(k8sComponentNames[record.component] as string);
  tap.text(',"action":');
  tap.text(k8sActionNames[record.action] as string);
  tap.text(',"ts":');
  tap.halves(record.tsLo, record.tsHi);
  tap.text(',"message":');
  tap.string(record.message);
  tap.text("}\n");
}

function jsonOid(tap: JsonTap, record: Oid): void {
  tap.text('{"createTS":');
  tap.halves(record.createLo, record.createHi);
  tap.text(',"hpid":');
  tap.long(record.hpid);
  tap.text("}");
}

function jsonPort(tap: JsonTap, record: Port): void {
  tap.text('{"port":');
  tap.int(record.port);
  tap.text(',"targetPort":');
  tap.int(record.targetPort);
  tap.text(',"nodePort":');
  tap.int(record.nodePort);
  tap.text(',"proto":');
  tap.string(record.proto);
  tap.text("}");
}

function jsonService(tap: JsonTap, record: Service): void {
  tap.text('{"name":');
  tap.string(record.name);
  tap.text(',"id":');
  tap.string(record.id);
  tap.text(',"namespace":');
  tap.string(record.namespace);
  tap.text(',"portList":');
  jsonArray(tap, record.portList, jsonPort);
  tap.text(',"clusterIP":');
  jsonArray(tap, record.clusterIP, jsonBigLong);
  tap.text("}");
}
