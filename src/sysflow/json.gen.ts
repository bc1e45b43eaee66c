// Generated from fields.ts by build/generate/json.ts: do not edit. One record as a line of JSON, with
// the schema's field names, `rec` for its kind, plain values for unions, names for enums, and hex for
// fixed bytes.

import { FixedText, type JsonTap } from "./json-tap.ts";
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

const sFHeaderStart = new FixedText('{"rec":"SFHeader","version":');
const exporterKey = new FixedText(',"exporter":');
const ipKey = new FixedText(',"ip":');
const filenameKey = new FixedText(',"filename":');
const endOfLine = new FixedText("}\n");
const containerStart = new FixedText('{"rec":"Container","id":');
const nameKey = new FixedText(',"name":');
const imageKey = new FixedText(',"image":');
const imageidKey = new FixedText(',"imageid":');
const typeKey = new FixedText(',"type":');
const privilegedKey = new FixedText(',"privileged":');
const podIdKey = new FixedText(',"podId":');
const processStart = new FixedText('{"rec":"Process","state":');
const oidKey = new FixedText(',"oid":');
const poidKey = new FixedText(',"poid":');
const tsKey = new FixedText(',"ts":');
const exeKey = new FixedText(',"exe":');
const exeArgsKey = new FixedText(',"exeArgs":');
const uidKey = new FixedText(',"uid":');
const userNameKey = new FixedText(',"userName":');
const gidKey = new FixedText(',"gid":');
const groupNameKey = new FixedText(',"groupName":');
const ttyKey = new FixedText(',"tty":');
const containerIdKey = new FixedText(',"containerId":');
const entryKey = new FixedText(',"entry":');
const cwdKey = new FixedText(',"cwd":');
const envKey = new FixedText(',"env":');
const loginuidKey = new FixedText(',"loginuid":');
const fileStart = new FixedText('{"rec":"File","state":');
const restypeKey = new FixedText(',"restype":');
const pathKey = new FixedText(',"path":');
const processEventStart = new FixedText('{"rec":"ProcessEvent","procOID":');
const tidKey = new FixedText(',"tid":');
const opFlagsKey = new FixedText(',"opFlags":');
const argsKey = new FixedText(',"args":');
const retKey = new FixedText(',"ret":');
const networkFlowStart = new FixedText('{"rec":"NetworkFlow","procOID":');
const endTsKey = new FixedText(',"endTs":');
const sipKey = new FixedText(',"sip":');
const sportKey = new FixedText(',"sport":');
const dipKey = new FixedText(',"dip":');
const dportKey = new FixedText(',"dport":');
const protoKey = new FixedText(',"proto":');
const fdKey = new FixedText(',"fd":');
const numRRecvOpsKey = new FixedText(',"numRRecvOps":');
const numWSendOpsKey = new FixedText(',"numWSendOps":');
const numRRecvBytesKey = new FixedText(',"numRRecvBytes":');
const numWSendBytesKey = new FixedText(',"numWSendBytes":');
const sip6Key = new FixedText(',"sip6":');
const dip6Key = new FixedText(',"dip6":');
const fileFlowStart = new FixedText('{"rec":"FileFlow","procOID":');
const openFlagsKey = new FixedText(',"openFlags":');
const fileOIDKey = new FixedText(',"fileOID":');
const fileEventStart = new FixedText('{"rec":"FileEvent","procOID":');
const newFileOIDKey = new FixedText(',"newFileOID":');
const networkEventStart = new FixedText('{"rec":"NetworkEvent","procOID":');
const processFlowStart = new FixedText('{"rec":"ProcessFlow","procOID":');
const numThreadsClonedKey = new FixedText(',"numThreadsCloned":');
const numThreadsExitedKey = new FixedText(',"numThreadsExited":');
const numCloneErrorsKey = new FixedText(',"numCloneErrors":');
const podStart = new FixedText('{"rec":"Pod","ts":');
const idKey = new FixedText(',"id":');
const nodeNameKey = new FixedText(',"nodeName":');
const hostIPKey = new FixedText(',"hostIP":');
const internalIPKey = new FixedText(',"internalIP":');
const namespaceKey = new FixedText(',"namespace":');
const restartCountKey = new FixedText(',"restartCount":');
const labelsKey = new FixedText(',"labels":');
const selectorsKey = new FixedText(',"selectors":');
const servicesKey = new FixedText(',"services":');
const k8sEventStart = new FixedText('{"rec":"K8sEvent","kind":');
const actionKey = new FixedText(',"action":');
const messageKey = new FixedText(',"message":');
const oIDStart = new FixedText('{"createTS":');
const hpidKey = new FixedText(',"hpid":');
const endOfPart = new FixedText("}");
const portStart = new FixedText('{"port":');
const targetPortKey = new FixedText(',"targetPort":');
const nodePortKey = new FixedText(',"nodePort":');
const serviceStart = new FixedText('{"name":');
const portListKey = new FixedText(',"portList":');
const clusterIPKey = new FixedText(',"clusterIP":');

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
  tap.fixed(sFHeaderStart);
  tap.long(record.version);
  tap.fixed(exporterKey);
  tap.string(record.exporter);
  tap.fixed(ipKey);
  tap.string(record.ip);
  tap.fixed(filenameKey);
  tap.string(record.filename);
  tap.fixed(endOfLine);
}

export function jsonContainer(tap: JsonTap, record: Container): void {
  tap.fixed(containerStart);
  tap.string(record.id);
  tap.fixed(nameKey);
  tap.string(record.name);
  tap.fixed(imageKey);
  tap.string(record.image);
  tap.fixed(imageidKey);
  tap.string(record.imageid);
  tap.fixed(typeKey);
  tap.text(containerTypeNames[record.type] as string);
  tap.fixed(privilegedKey);
  tap.boolean(record.privileged);
  tap.fixed(podIdKey);
  jsonOptionalString(tap, record.podId);
  tap.fixed(endOfLine);
}

export function jsonProcess(tap: JsonTap, record: Process, version: SchemaVersion): void {
  tap.fixed(processStart);
  tap.text(sFObjectStateNames[record.state] as string);
  tap.fixed(oidKey);
  jsonOid(tap, record.oid);
  tap.fixed(poidKey);
  if (record.poid === null) {
    tap.text("null");
  } else {
    jsonOid(tap, record.poid);
  }
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(exeKey);
  tap.string(record.exe);
  tap.fixed(exeArgsKey);
  tap.string(record.exeArgs);
  tap.fixed(uidKey);
  tap.int(record.uid);
  tap.fixed(userNameKey);
  tap.string(record.userName);
  tap.fixed(gidKey);
  tap.int(record.gid);
  tap.fixed(groupNameKey);
  tap.string(record.groupName);
  tap.fixed(ttyKey);
  tap.boolean(record.tty);
  tap.fixed(containerIdKey);
  jsonOptionalString(tap, record.containerId);
  tap.fixed(entryKey);
  tap.boolean(record.entry);
  tap.fixed(cwdKey);
  tap.string(record.cwd);
  tap.fixed(envKey);
  jsonStrings(tap, record.env);
  if (version >= 6) {
    tap.fixed(loginuidKey);
    tap.int(record.loginuid);
  }
  tap.fixed(endOfLine);
}

export function jsonFile(tap: JsonTap, record: File): void {
  tap.fixed(fileStart);
  tap.text(sFObjectStateNames[record.state] as string);
  tap.fixed(oidKey);
  tap.hex(record.foid);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(restypeKey);
  tap.int(record.restype);
  tap.fixed(pathKey);
  tap.string(record.path);
  tap.fixed(containerIdKey);
  jsonOptionalString(tap, record.containerId);
  tap.fixed(endOfLine);
}

export function jsonProcessEvent(tap: JsonTap, record: ProcessEvent): void {
  tap.fixed(processEventStart);
  jsonOid(tap, record.procOID);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(tidKey);
  tap.long(record.tid);
  tap.fixed(opFlagsKey);
  tap.int(record.opFlags);
  tap.fixed(argsKey);
  jsonStrings(tap, record.args);
  tap.fixed(retKey);
  tap.int(record.ret);
  tap.fixed(endOfLine);
}

export function jsonNetworkFlow(tap: JsonTap, record: NetworkFlow, version: SchemaVersion): void {
  tap.fixed(networkFlowStart);
  jsonOid(tap, record.procOID);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(tidKey);
  tap.long(record.tid);
  tap.fixed(opFlagsKey);
  tap.int(record.opFlags);
  tap.fixed(endTsKey);
  tap.halves(record.endTsLo, record.endTsHi);
  tap.fixed(sipKey);
  tap.int(record.sip);
  tap.fixed(sportKey);
  tap.int(record.sport);
  tap.fixed(dipKey);
  tap.int(record.dip);
  tap.fixed(dportKey);
  tap.int(record.dport);
  tap.fixed(protoKey);
  tap.int(record.proto);
  tap.fixed(fdKey);
  tap.int(record.fd);
  tap.fixed(numRRecvOpsKey);
  tap.long(record.numRRecvOps);
  tap.fixed(numWSendOpsKey);
  tap.long(record.numWSendOps);
  tap.fixed(numRRecvBytesKey);
  tap.long(record.numRRecvBytes);
  tap.fixed(numWSendBytesKey);
  tap.long(record.numWSendBytes);
  if (version >= 6) {
    tap.fixed(sip6Key);
    jsonOptionalHex(tap, record.sip6);
  }
  if (version >= 6) {
    tap.fixed(dip6Key);
    jsonOptionalHex(tap, record.dip6);
  }
  tap.fixed(endOfLine);
}

export function jsonFileFlow(tap: JsonTap, record: FileFlow): void {
  tap.fixed(fileFlowStart);
  jsonOid(tap, record.procOID);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(tidKey);
  tap.long(record.tid);
  tap.fixed(opFlagsKey);
  tap.int(record.opFlags);
  tap.fixed(openFlagsKey);
  tap.int(record.openFlags);
  tap.fixed(endTsKey);
  tap.halves(record.endTsLo, record.endTsHi);
  tap.fixed(fileOIDKey);
  tap.hex(record.fileOID);
  tap.fixed(fdKey);
  tap.int(record.fd);
  tap.fixed(numRRecvOpsKey);
  tap.long(record.numRRecvOps);
  tap.fixed(numWSendOpsKey);
  tap.long(record.numWSendOps);
  tap.fixed(numRRecvBytesKey);
  tap.long(record.numRRecvBytes);
  tap.fixed(numWSendBytesKey);
  tap.long(record.numWSendBytes);
  tap.fixed(endOfLine);
}

export function jsonFileEvent(tap: JsonTap, record: FileEvent, version: SchemaVersion): void {
  tap.fixed(fileEventStart);
  jsonOid(tap, record.procOID);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(tidKey);
  tap.long(record.tid);
  tap.fixed(opFlagsKey);
  tap.int(record.opFlags);
  tap.fixed(fileOIDKey);
  tap.hex(record.fileOID);
  tap.fixed(retKey);
  tap.int(record.ret);
  tap.fixed(newFileOIDKey);
  jsonOptionalHex(tap, record.newFileOID);
  if (version >= 6) {
    tap.fixed(argsKey);
    jsonStrings(tap, record.args);
  }
  tap.fixed(endOfLine);
}

export function jsonNetworkEvent(tap: JsonTap, record: NetworkEvent): void {
  tap.fixed(networkEventStart);
  jsonOid(tap, record.procOID);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(tidKey);
  tap.long(record.tid);
  tap.fixed(opFlagsKey);
  tap.int(record.opFlags);
  tap.fixed(sipKey);
  tap.int(record.sip);
  tap.fixed(sportKey);
  tap.int(record.sport);
  tap.fixed(dipKey);
  tap.int(record.dip);
  tap.fixed(dportKey);
  tap.int(record.dport);
  tap.fixed(protoKey);
  tap.int(record.proto);
  tap.fixed(retKey);
  tap.int(record.ret);
  tap.fixed(endOfLine);
}

export function jsonProcessFlow(tap: JsonTap, record: ProcessFlow): void {
  tap.fixed(processFlowStart);
  jsonOid(tap, record.procOID);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(numThreadsClonedKey);
  tap.long(record.numThreadsCloned);
  tap.fixed(opFlagsKey);
  tap.int(record.opFlags);
  tap.fixed(endTsKey);
  tap.halves(record.endTsLo, record.endTsHi);
  tap.fixed(numThreadsExitedKey);
  tap.long(record.numThreadsExited);
  tap.fixed(numCloneErrorsKey);
  tap.long(record.numCloneErrors);
  tap.fixed(endOfLine);
}

export function jsonPod(tap: JsonTap, record: Pod): void {
  tap.fixed(podStart);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(idKey);
  tap.string(record.id);
  tap.fixed(nameKey);
  tap.string(record.name);
  tap.fixed(nodeNameKey);
  tap.string(record.nodeName);
  tap.fixed(hostIPKey);
  jsonArray(tap, record.hostIP, jsonBigLong);
  tap.fixed(internalIPKey);
  jsonArray(tap, record.internalIP, jsonBigLong);
  tap.fixed(namespaceKey);
  tap.string(record.namespace);
  tap.fixed(restartCountKey);
  tap.long(record.restartCount);
  tap.fixed(labelsKey);
  jsonStringMap(tap, record.labels);
  tap.fixed(selectorsKey);
  jsonStringMap(tap, record.selectors);
  tap.fixed(servicesKey);
  jsonArray(tap, record.services, jsonService);
  tap.fixed(endOfLine);
}

export function jsonK8sEvent(tap: JsonTap, record: K8sEvent): void {
  tap.fixed(k8sEventStart);
  tap.text(k8sComponentNames[record.component] as string);
  tap.fixed(actionKey);
  tap.text(k8sActionNames[record.action] as string);
  tap.fixed(tsKey);
  tap.halves(record.tsLo, record.tsHi);
  tap.fixed(messageKey);
  tap.string(record.message);
  tap.fixed(endOfLine);
}

function jsonOid(tap: JsonTap, record: Oid): void {
  tap.fixed(oIDStart);
  tap.halves(record.createLo, record.createHi);
  tap.fixed(hpidKey);
  tap.long(record.hpid);
  tap.fixed(endOfPart);
}

function jsonPort(tap: JsonTap, record: Port): void {
  tap.fixed(portStart);
  tap.int(record.port);
  tap.fixed(targetPortKey);
  tap.int(record.targetPort);
  tap.fixed(nodePortKey);
  tap.int(record.nodePort);
  tap.fixed(protoKey);
  tap.string(record.proto);
  tap.fixed(endOfPart);
}

function jsonService(tap: JsonTap, record: Service): void {
  tap.fixed(serviceStart);
  tap.string(record.name);
  tap.fixed(idKey);
  tap.string(record.id);
  tap.fixed(namespaceKey);
  tap.string(record.namespace);
  tap.fixed(portListKey);
  jsonArray(tap, record.portList, jsonPort);
  tap.fixed(clusterIPKey);
  jsonArray(tap, record.clusterIP, jsonBigLong);
  tap.fixed(endOfPart);
}
