// Generated from fields.ts by build/generate/records.ts: do not edit. One interface per Avro
// record, and a union of them on `kind`. Field names are the wire's. Two things differ from the
// wire and surprise newcomers: a 64-bit nanosecond value is a pair of 32-bit halves (`tsLo`,
// `tsHi`), since BigInt is some 20 times slower to encode, and sip/dip are little-endian on every
// machine.

import type {
  ContainerType,
  Foid,
  Ipv6,
  K8sAction,
  K8sComponent,
  NetworkProto,
  ObjectState,
  Restype,
} from "./values.ts";

/** The low half is a uint32, the high half an int32 or uint32; both JavaScript numbers. */
export interface Oid {
  /** Creation time of the process, nanoseconds since the epoch. */
  readonly createLo: number;
  readonly createHi: number;
  /** Process id (thread-group leader) in the host's pid namespace. */
  readonly hpid: number;
}

export interface Port {
  readonly port: number;
  readonly targetPort: number;
  readonly nodePort: number;
  readonly proto: string;
}

/** Addresses: one element for IPv4 (zero-extended), two for IPv6. */
export interface Service {
  readonly name: string;
  readonly id: string;
  readonly namespace: string;
  readonly portList: readonly Port[];
  readonly clusterIP: readonly bigint[];
}

/** First record of a file, exactly once; on a socket again after each connect. */
export interface SFHeader {
  readonly kind: "SFHeader";
  readonly version: number;
  readonly exporter: string;
  /** The node's address, or "" where the operator names none. */
  readonly ip: string;
  /** Path of the output file; "" with socket output only. */
  readonly filename: string;
}

export interface Container {
  readonly kind: "Container";
  readonly id: string;
  name: string;
  image: string;
  imageid: string;
  type: ContainerType;
  privileged: boolean;
  /** Pod.id, or null outside Kubernetes. */
  podId: string | null;
}

export interface Process {
  readonly kind: "Process";
  state: ObjectState;
  readonly oid: Oid;
  /** The parent; null where there is none or it is unknown. */
  poid: Oid | null;
  /** Event time at which this object was made or last changed; a re-send (REUP) keeps it. */
  tsLo: number;
  tsHi: number;
  exe: string;
  /** argv[1..], joined with single spaces, unquoted. */
  exeArgs: string;
  /** -1 where unknown (int32, as on the wire). */
  uid: number;
  userName: string;
  gid: number;
  groupName: string;
  tty: boolean;
  /** Container.id, or null outside containers. */
  containerId: string | null;
  /** True where the pid inside its pid namespace is 1. */
  entry: boolean;
  cwd: string;
  env: readonly string[];
  /** Schema 6: who logged in, as of the last exec; setuid keeps it. -1 where unset or unknown. */
  loginuid: number;
}

export interface File {
  readonly kind: "File";
  state: ObjectState;
  /** The wire's `oid`. */
  readonly foid: Foid;
  tsLo: number;
  tsHi: number;
  restype: Restype;
  readonly path: string;
  readonly containerId: string | null;
}

/** `opFlags` holds exactly one bit in every event. */
export interface ProcessEvent {
  readonly kind: "ProcessEvent";
  procOID: Oid;
  tsLo: number;
  tsHi: number;
  tid: number;
  opFlags: number;
  args: readonly string[];
  /** Raw result of the system call, int32; for EXIT the raw wait status. */
  ret: number;
}

export interface NetworkFlow {
  readonly kind: "NetworkFlow";
  readonly procOID: Oid;
  tsLo: number;
  tsHi: number;
  readonly tid: number;
  opFlags: number;
  endTsLo: number;
  endTsHi: number;
  /** IPv4 as int32: the first octet is the lowest byte. The connection's initiator. */
  sip: number;
  sport: number;
  /** The connection's acceptor. */
  dip: number;
  dport: number;
  proto: NetworkProto;
  readonly fd: number;
  /** Counters are safe integers; ops count failed calls too, bytes only positive results. */
  numRRecvOps: number;
  numWSendOps: number;
  numRRecvBytes: number;
  numWSendBytes: number;
  /** Schema 6: IPv6 addresses in network order, 16 bytes; sip and dip are then 0. Else null. */
  readonly sip6: Ipv6 | null;
  readonly dip6: Ipv6 | null;
}

export interface FileFlow {
  readonly kind: "FileFlow";
  readonly procOID: Oid;
  tsLo: number;
  tsHi: number;
  readonly tid: number;
  opFlags: number;
  /** PPM_O_* bits; 0 where the open was not seen. */
  openFlags: number;
  endTsLo: number;
  endTsHi: number;
  readonly fileOID: Foid;
  readonly fd: number;
  /** Counters are safe integers; ops count failed calls too, bytes only positive results. */
  numRRecvOps: number;
  numWSendOps: number;
  numRRecvBytes: number;
  numWSendBytes: number;
}

export interface FileEvent {
  readonly kind: "FileEvent";
  procOID: Oid;
  tsLo: number;
  tsHi: number;
  tid: number;
  opFlags: number;
  /** The old path or link target where the operation has two files. */
  fileOID: Foid;
  ret: number;
  /** The new path or link name; null where the operation has one file. */
  newFileOID: Foid | null;
  /** Schema 6: what was asked for besides, as text (a mode, owners); 5 has no room for it. */
  args: readonly string[];
}

/** In the schema only: no collector, upstream's or ours, writes it. */
export interface NetworkEvent {
  readonly kind: "NetworkEvent";
  procOID: Oid;
  tsLo: number;
  tsHi: number;
  tid: number;
  opFlags: number;
  /** IPv4 as int32: the first octet is the lowest byte. The connection's initiator. */
  sip: number;
  sport: number;
  /** The connection's acceptor. */
  dip: number;
  dport: number;
  proto: NetworkProto;
  ret: number;
}

/** Has no tid on the wire: it stands for all threads of the process. */
export interface ProcessFlow {
  readonly kind: "ProcessFlow";
  readonly procOID: Oid;
  tsLo: number;
  tsHi: number;
  numThreadsCloned: number;
  opFlags: number;
  endTsLo: number;
  endTsHi: number;
  numThreadsExited: number;
  numCloneErrors: number;
}

export interface Pod {
  readonly kind: "Pod";
  tsLo: number;
  tsHi: number;
  readonly id: string;
  name: string;
  nodeName: string;
  hostIP: readonly bigint[];
  internalIP: readonly bigint[];
  namespace: string;
  restartCount: number;
  labels: ReadonlyMap<string, string>;
  selectors: ReadonlyMap<string, string>;
  services: readonly Service[];
}

export interface K8sEvent {
  readonly kind: "K8sEvent";
  /** The wire's `kind`, which the discriminant has taken here. */
  component: K8sComponent;
  action: K8sAction;
  tsLo: number;
  tsHi: number;
  message: string;
}

export type SysFlowRecord =
  | SFHeader
  | Container
  | Process
  | File
  | ProcessEvent
  | NetworkFlow
  | FileFlow
  | FileEvent
  | NetworkEvent
  | ProcessFlow
  | Pod
  | K8sEvent;

export type RecordKind = SysFlowRecord["kind"];

/** Position of each record in the outer union `rec`: part of the wire format. */
export const unionIndex = {
  SFHeader: 0,
  Container: 1,
  Process: 2,
  File: 3,
  ProcessEvent: 4,
  NetworkFlow: 5,
  FileFlow: 6,
  FileEvent: 7,
  NetworkEvent: 8,
  ProcessFlow: 9,
  Pod: 10,
  K8sEvent: 11,
} as const satisfies Record<RecordKind, number>;

/** The kinds in the order of their union indices. */
export const recordKinds = Object.keys(unionIndex) as readonly RecordKind[];
