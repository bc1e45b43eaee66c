// What the fields of records can hold besides numbers and texts: tables of named values, the
// fixed-size ids, and the schema versions. The names in a table are the symbols of an enum of the
// schema, in the schema's order.

/** SHA-1 of container id followed by path: 20 bytes. Never changed once made. */
export type Foid = Readonly<Uint8Array>;

export const foidBytes = 20;

/** 16 bytes in network order. Never changed once made. */
export type Ipv6 = Readonly<Uint8Array>;

export const ipv6Bytes = 16;

/** What can be written. 6 is 5 with fields and flags at the end: readers of 5 resolve it. */
export const schemaVersions = [5, 6] as const;
export type SchemaVersion = (typeof schemaVersions)[number];

/** What is written unless another is asked for (SFHeader.version): every reader knows it. */
export const schemaVersionDefault = 5 satisfies SchemaVersion;

export const objectState = { CREATED: 0, MODIFIED: 1, REUP: 2 } as const;
export type ObjectState = (typeof objectState)[keyof typeof objectState];

/** The wire's enum ends at CT_BPM; newer runtimes' types must be mapped onto it before writing. */
export const containerType = {
  CT_DOCKER: 0,
  CT_LXC: 1,
  CT_LIBVIRT_LXC: 2,
  CT_MESOS: 3,
  CT_RKT: 4,
  CT_CUSTOM: 5,
  CT_CRI: 6,
  CT_CONTAINERD: 7,
  CT_CRIO: 8,
  CT_BPM: 9,
} as const;
export type ContainerType = (typeof containerType)[keyof typeof containerType];

/** File.restype: the ASCII code of one character (upstream's src/libs/file_types.h). */
export const restype = {
  FILE: 102,
  DIRECTORY: 100,
  IPV4: 52,
  IPV6: 54,
  UNIX: 117,
  PIPE: 112,
  UNKNOWN: 63,
} as const;
export type Restype = (typeof restype)[keyof typeof restype];

/**
 * NetworkFlow.proto: IANA's numbers, of which these have names here, and upstream's two of its own:
 * RAW of a raw socket whose protocol is not known, UNKNOWN of any other.
 */
export const networkProto = {
  ICMP: 1,
  TCP: 6,
  UDP: 17,
  ICMPV6: 58,
  SCTP: 132,
  RAW: 254,
  UNKNOWN: -1,
} as const;
export type NetworkProto = number;

export const k8sAction = {
  K8S_COMPONENT_ADDED: 0,
  K8S_COMPONENT_MODIFIED: 1,
  K8S_COMPONENT_DELETED: 2,
  K8S_COMPONENT_ERROR: 3,
  K8S_COMPONENT_NONEXISTENT: 4,
  K8S_COMPONENT_UNKNOWN: 5,
} as const;
export type K8sAction = (typeof k8sAction)[keyof typeof k8sAction];

export const k8sComponent = {
  K8S_NODES: 0,
  K8S_NAMESPACES: 1,
  K8S_PODS: 2,
  K8S_REPLICATIONCONTROLLERS: 3,
  K8S_SERVICES: 4,
  K8S_EVENTS: 5,
  K8S_REPLICASETS: 6,
  K8S_DAEMONSETS: 7,
  K8S_DEPLOYMENTS: 8,
  K8S_UNKNOWN: 9,
} as const;
export type K8sComponent = (typeof k8sComponent)[keyof typeof k8sComponent];
