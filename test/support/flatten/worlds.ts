// Small worlds, each a stream of records that ends with the one whose attributes are asked for. A
// container in a pod has a shell, which began curl; on the host sshd alone is known.

import * as op from "../../../src/sysflow/op-flags.gen.ts";
import type {
  Container,
  File,
  FileEvent,
  FileFlow,
  NetworkEvent,
  NetworkFlow,
  Oid,
  Pod,
  Process,
  ProcessEvent,
  SFHeader,
  SysFlowRecord,
} from "../../../src/sysflow/record.gen.ts";
import {
  sampleContainer,
  sampleFile,
  sampleFileFlow,
  sampleNetworkFlow,
  sampleParent,
  sampleProcessEvent,
  sampleProcessFlow,
} from "../records/sample-records.ts";

/** 2023-11-14T22:13:20.000000100Z. */
export const worldTime = { tsHi: 395_812_094, tsLo: 908_722_276 };
const created = { createHi: worldTime.tsHi, createLo: worldTime.tsLo - 100 };

const initOid: Oid = { createHi: 0, createLo: 0, hpid: 1 };
const shellOid: Oid = { ...created, hpid: 70 };
export const curlOid: Oid = { ...created, hpid: 71 };
const sshdOid: Oid = { ...created, hpid: 800 };

const header: SFHeader = {
  kind: "SFHeader",
  version: 6,
  exporter: "node-1",
  ip: "192.0.2.9",
  filename: "/var/log/trace.sf",
};

const pod: Pod = {
  kind: "Pod",
  ...worldTime,
  id: "uid-1",
  name: "web-0",
  nodeName: "node-1",
  hostIP: [0x090200c0n],
  internalIP: [0x0500000an, 0x0600000an],
  namespace: "shop",
  restartCount: 2,
  labels: new Map([
    ["app", "web"],
    ["tier", "1"],
  ]),
  selectors: new Map([["app", "web"]]),
  services: [
    {
      name: "web",
      id: "uid-2",
      namespace: "shop",
      portList: [{ port: 80, targetPort: 8080, nodePort: 0, proto: "TCP" }],
      clusterIP: [0x0700000an],
    },
  ],
};

const container: Container = {
  ...sampleContainer(),
  image: "docker.io/library/nginx:1.27",
  imageid: "0123abcd",
  privileged: true,
  podId: pod.id,
};

const init: Process = {
  ...sampleParent(),
  oid: initOid,
  exe: "/usr/lib/systemd/systemd",
  exeArgs: "",
  containerId: null,
  env: [],
  cwd: "",
};

const shell: Process = {
  ...sampleParent(),
  oid: shellOid,
  poid: initOid,
  exe: "/bin/bash",
  exeArgs: "-i",
  tty: true,
  env: ["SHELL=/bin/bash", "LANG=C"],
};

const curl: Process = {
  ...sampleParent(),
  oid: curlOid,
  poid: shellOid,
  exe: "/usr/bin/curl-with-a-long-name",
  exeArgs: "-s http://example.test",
  uid: 1000,
  loginuid: 1001,
  userName: "ann",
  gid: 100,
  groupName: "users",
  tty: true,
  entry: false,
  cwd: "/tmp/",
  env: ["PATH=/bin", "HOME=/home/ann"],
};

const sshd: Process = { ...init, oid: sshdOid, exe: "/usr/sbin/sshd", exeArgs: "-D", entry: false };

const entities: readonly SysFlowRecord[] = [header, pod, container, init, shell, curl, sshd];

const actor = { procOID: curlOid, ...worldTime, tid: 72 };
const hostActor = { ...actor, procOID: sshdOid, tid: sshdOid.hpid };

function processEvent(opFlags: number, change: Partial<ProcessEvent> = {}): SysFlowRecord[] {
  return [
    ...entities,
    { ...sampleProcessEvent(opFlags, 0), ...actor, opFlags, args: [], ...change },
  ];
}

function fileEvent(opFlags: number, paths: readonly File[], change: Partial<FileEvent> = {}) {
  const [file = sampleFile("/none"), newFile] = paths;
  const event: FileEvent = {
    kind: "FileEvent",
    ...actor,
    opFlags,
    fileOID: file.foid,
    ret: 0,
    newFileOID: newFile?.foid ?? null,
    args: [],
    ...change,
  };
  return [...entities, ...paths, event];
}

function fileFlow(file: File, change: Partial<FileFlow> = {}): SysFlowRecord[] {
  const flow = { ...sampleFileFlow(0), ...actor, fileOID: file.foid, ...change };
  return [...entities, file, { ...flow, endTsHi: worldTime.tsHi, endTsLo: worldTime.tsLo + 5 }];
}

const ends = { sip: 0x010200c0, sport: 40_000, dip: 0x020200c0, dport: 443 };

function networkFlow(opFlags: number, change: Partial<NetworkFlow> = {}): SysFlowRecord[] {
  const times = { endTsHi: worldTime.tsHi, endTsLo: worldTime.tsLo + 5 };
  return [
    ...entities,
    { ...sampleNetworkFlow(0), ...actor, ...ends, ...times, opFlags, ...change },
  ];
}

const networkEvent: NetworkEvent = {
  kind: "NetworkEvent",
  ...actor,
  ...ends,
  opFlags: op.OP_CONNECT,
  proto: 6,
  ret: -111,
};

const restypes = { unix: 117, pipe: 112, folder: 100, unknown: 63 };

function file(path: string, restype: number = 102): File {
  return { ...sampleFile(path), restype: restype as File["restype"] };
}

export const worlds = {
  exec: processEvent(op.OP_EXEC),
  "failed exec": processEvent(op.OP_EXEC, { ret: -2, args: ["/no/such"] }),
  setuid: processEvent(op.OP_SETUID, { args: ["root"] }),
  clone: processEvent(op.OP_CLONE, { ret: 73, tid: 71 }),
  host: processEvent(op.OP_EXEC, hostActor),
  init: processEvent(op.OP_EXEC, { ...hostActor, procOID: initOid }),
  shell: processEvent(op.OP_EXEC, { ...hostActor, procOID: shellOid }),
  "long ago": processEvent(op.OP_EXEC, {
    procOID: { createHi: worldTime.tsHi - 1, createLo: 0xffff_ffff, hpid: 5 },
  }),
  "just created": processEvent(op.OP_EXEC, {
    procOID: { createHi: worldTime.tsHi, createLo: worldTime.tsLo, hpid: 5 },
  }),
  "created early": processEvent(op.OP_EXEC, {
    procOID: { createHi: 0, createLo: 0xffff_fff0, hpid: 5 },
    tsHi: 1,
    tsLo: 0x8000_0000,
  }),
  unknown: [header, ...processEvent(op.OP_EXEC).slice(-1)],
  "unknown opens": [header, ...fileFlow(file("/etc/x")).slice(-2)],
  headless: processEvent(op.OP_EXEC).slice(-1),
  open: fileFlow(file("/etc/shadow"), { openFlags: 0x4007 }),
  "open in layers": fileFlow(file("/etc/x"), { openFlags: 0x18001 }),
  "open not seen": fileFlow(file("relative"), { openFlags: 0, opFlags: op.OP_CLOSE }),
  "unix socket": fileFlow(file("FF00->00ff01 /run/docker.sock", restypes.unix)),
  pipe: fileFlow(file("pipe:[17]", restypes.pipe), { opFlags: op.OP_WRITE_SEND, numWSendOps: 3 }),
  "read and write": fileFlow(file("/tmp/x"), { opFlags: op.OP_READ_RECV | op.OP_WRITE_SEND }),
  folder: fileFlow(file("/etc/ssl", restypes.folder)),
  "no file": [...entities, ...fileFlow(file("/etc/x")).slice(-1)],
  "no path": fileFlow(file("")),
  mkdir: fileEvent(op.OP_MKDIR, [file("/tmp/new", restypes.folder)]),
  unlink: fileEvent(op.OP_UNLINK, [file("/tmp/old", restypes.unknown)], { ret: -13 }),
  rename: fileEvent(op.OP_RENAME, [file("/tmp/a"), file("/tmp/d/b")]),
  symlink: fileEvent(op.OP_SYMLINK, [file("/bin/sh"), file("/tmp/sh")]),
  "socket renamed": fileEvent(op.OP_RENAME, [file("/a"), file("ab->cd /run/b")]),
  chmod: fileEvent(op.OP_CHMOD, [file("/tmp/x")], { args: ["4755"] }),
  chown: fileEvent(op.OP_CHOWN, [file("/tmp/x")], { args: ["0", "-1"] }),
  mount: fileEvent(op.OP_MOUNT, [file("/dev/sda1"), file("/mnt")], { args: ["ext4", "0x1"] }),
  umount: fileEvent(op.OP_UMOUNT, [file("/mnt")], { args: ["0x2"] }),
  mknod: fileEvent(op.OP_MKNOD, [file("/tmp/dev")], { args: ["600", "1:3"] }),
  truncate: fileEvent(op.OP_RESIZE, [file("/tmp/x")], { args: ["0"] }),
  connect: networkFlow(op.OP_CONNECT | op.OP_WRITE_SEND | op.OP_TRUNCATE),
  accept: networkFlow(op.OP_ACCEPT | op.OP_READ_RECV),
  "no role": networkFlow(op.OP_READ_RECV),
  datagram: networkFlow(op.OP_WRITE_SEND, { proto: 17 }),
  "raw socket": networkFlow(op.OP_WRITE_SEND, { proto: 254 }),
  ping6: networkFlow(op.OP_WRITE_SEND, { proto: 58 }),
  ping: networkFlow(op.OP_WRITE_SEND, { proto: 1 }),
  "other protocol": networkFlow(op.OP_WRITE_SEND, { proto: 132 }),
  ipv6: networkFlow(op.OP_CONNECT, {
    sip: 0,
    dip: 0,
    sip6: Buffer.from("20010db8000000000000000000000001", "hex"),
    dip6: Buffer.from("20010db8000000000000000000000002", "hex"),
  }),
  "network event": [...entities, networkEvent],
  "process flow": [
    ...entities,
    { ...sampleProcessFlow(0), procOID: curlOid, ...worldTime, endTsHi: 0, endTsLo: 9 },
  ],
  kubernetes: [
    header,
    {
      kind: "K8sEvent",
      component: 2,
      action: 1,
      ...worldTime,
      message: '{"kind":"Pod"}\n\0',
    },
  ],
  entity: [...entities],
} satisfies Readonly<Record<string, readonly SysFlowRecord[]>>;

export type WorldName = keyof typeof worlds;

/** A world, an attribute's name, and its value there. */
export type Case = readonly [name: string, world: WorldName, value: unknown];
