// Falco's fields `fd.*`: the file or connection. In Falco's words the client is who began a connection
// and the server who accepted it, so `fd.sip` is SysFlow's dip. What is local of them is known where
// the flow saw it begin.

import { OP_CONNECT } from "../../sysflow/op-flags.gen.ts";
import { OPEN_LOWER_LAYER, OPEN_UPPER_LAYER } from "../../sysflow/open-flags.ts";
import { networkProto, restype } from "../../sysflow/values.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer, NONE } from "../define.ts";
import { KIND_FE, KIND_FF, KIND_NF, KINDS_OF_NET } from "../record-kinds.ts";
import { fdOf, hasOpenFlags } from "../sysflow/file.ts";
import {
  addressTexts,
  dportOf,
  isClient,
  numberOfNet,
  opFlagsOf,
  portTexts,
  sportOf,
  textOfNet,
} from "../sysflow/record.ts";
import {
  destinationText,
  isIpv6,
  type NetworkRecord,
  networkOf,
  sourceText,
} from "../texts/address-texts.ts";
import { fileTexts } from "../texts/file-texts.ts";

const any = new Definer("record", KIND_FE | KIND_FF | KINDS_OF_NET);
const files = new Definer("file", KIND_FE | KIND_FF);
const fileRecords = new Definer("record", KIND_FE | KIND_FF);
const opened = new Definer("record", KIND_FF);
const net = new Definer("record", KINDS_OF_NET);
const flows = new Definer("record", KIND_NF);

/** `192.0.2.1:40000->192.0.2.2:80`, also with addresses of IPv6. */
export function tupleText(record: NetworkRecord): string {
  return `${sourceText(record)}:${record.sport}->${destinationText(record)}:${record.dport}`;
}

function nameOf(of: FlatContext): string | null {
  const network = networkOf(of.record);
  return network === null ? (fileTexts(of)?.raw ?? null) : tupleText(network);
}

/** Letter and word of each type; of others Falco has `o` and no word. */
const types: Readonly<Record<string, string>> = {
  f: "file",
  d: "directory",
  "4": "ipv4",
  "6": "ipv6",
  u: "unix",
  p: "pipe",
  e: "event",
  s: "signalfd",
  l: "eventpoll",
  i: "inotify",
};

function typeLetter({ record, file }: FlatContext): string | null {
  const network = networkOf(record);
  if (network !== null) {
    return isIpv6(network) ? "6" : "4";
  }
  if (file === null) {
    return null;
  }
  const letter = String.fromCharCode(file.restype);
  return Object.hasOwn(types, letter) ? letter : "o";
}

function typeWord(of: FlatContext): string | null {
  const letter = typeLetter(of);
  return letter === null ? null : (types[letter] ?? null);
}

/** Of a folder it is the folder itself. */
function directoryText(of: FlatContext): string | null {
  const texts = fileTexts(of);
  if (texts === null || of.file === null) {
    return null;
  }
  switch (of.file.restype) {
    case restype.DIRECTORY:
      return texts.path;
    case restype.PIPE:
    case restype.UNIX:
      return null;
    default:
      return texts.path.includes("/") ? texts.directory : "/";
  }
}

/** Of what is no folder, pipe or socket: of some files nothing tells that they are files. */
function fileNameText(of: FlatContext): string | null {
  switch (of.file?.restype) {
    case restype.DIRECTORY:
    case restype.PIPE:
    case restype.UNIX:
    case undefined:
      return null;
    default:
      return fileTexts(of)?.name ?? null;
  }
}

const protoWords: Readonly<Record<number, string>> = {
  [networkProto.TCP]: "tcp",
  [networkProto.UDP]: "udp",
  [networkProto.ICMP]: "icmp",
  [networkProto.ICMPV6]: "icmp",
  [networkProto.RAW]: "raw",
};

function familyText(of: FlatContext): string | null {
  switch (typeLetter(of)) {
    case "4":
    case "6":
      return "ip";
    case "u":
      return "unix";
    default:
      return null;
  }
}

/** A datagram that goes out without connect: the capture library names its socket anew by each. */
function isUnconnected({ record }: FlatContext): boolean {
  const network = networkOf(record);
  const isTcp = network?.proto === networkProto.TCP;
  return network !== null && !isTcp && (opFlagsOf(record) & OP_CONNECT) === 0;
}

function atLocalEnd(client: (record: NetworkRecord) => string, server: typeof client) {
  return (of: FlatContext) => {
    const role = isClient(of);
    const network = networkOf(of.record);
    return network === null || Number.isNaN(role) ? null : (role === 1 ? client : server)(network);
  };
}

function portAtLocalEnd(client: typeof sportOf, server: typeof sportOf) {
  return (of: FlatContext) => {
    const role = isClient(of);
    const network = networkOf(of.record);
    return network === null || Number.isNaN(role) ? NONE : (role === 1 ? client : server)(network);
  };
}

function inContainer(read: (of: FlatContext) => string | null) {
  return (of: FlatContext) => {
    const text = read(of);
    return text === null ? null : `${of.process?.containerId ?? ""}:${text}`;
  };
}

const localIp = atLocalEnd(sourceText, destinationText);
const remoteIp = atLocalEnd(destinationText, sourceText);
const localPort = portAtLocalEnd(sportOf, dportOf);
const remotePort = portAtLocalEnd(dportOf, sportOf);
const serverPortText = textOfNet(({ dport }) => String(dport));
const clientPortText = textOfNet(({ sport }) => String(sport));
const localPortText = atLocalEnd(
  ({ sport }) => String(sport),
  ({ dport }) => String(dport),
);
const remotePortText = atLocalEnd(
  ({ dport }) => String(dport),
  ({ sport }) => String(sport),
);

export const descriptorAttributes: readonly Attribute[] = [
  new Definer("record", KIND_FF | KIND_NF).integer("fd.num", "file descriptor", fdOf),
  any.text("fd.name", "full path; of a connection client:port->server:port", nameOf),
  any.text("fd.nameraw", "the same", nameOf),
  any.text("fd.type", "file, directory, ipv4, ipv6, unix, pipe", typeWord),
  any.text("fd.typechar", "f, d, 4, 6, u, p, o of others", typeLetter),
  files.text("fd.directory", "folder of a file, or a folder itself", directoryText),
  files.text("fd.filename", "name of a file, without its folder", fileNameText),
  any.text("fd.containername", "id of the container, a colon, fd.name", inContainer(nameOf)),
  fileRecords.text(
    "fd.containerdirectory",
    "id of the container, a colon, fd.directory",
    inContainer(directoryText),
  ),
  net.list("fd.ip", "both addresses", textOfNet(addressTexts)),
  net.text("fd.cip", "address of the client", textOfNet(sourceText)),
  net.text("fd.sip", "address of the server", textOfNet(destinationText)),
  net.text("fd.lip", "address of this end", localIp),
  net.text("fd.rip", "address of the other end", remoteIp),
  net.list("fd.port", "both ports", textOfNet(portTexts)),
  net.integer("fd.cport", "port of the client", numberOfNet(sportOf)),
  net.integer("fd.sport", "port of the server", numberOfNet(dportOf)),
  net.integer("fd.lport", "port of this end", localPort),
  net.integer("fd.rport", "port of the other end", remotePort),
  net.text(
    "fd.l4proto",
    "tcp, udp, icmp or raw",
    textOfNet(({ proto }) => protoWords[proto] ?? null),
  ),
  any.text("fd.sockfamily", "ip or unix", familyText),
  net.boolean("fd.is_server", "whether this end accepted the connection", (of) => 1 - isClient(of)),
  net.list("fd.proto", "both ports, whose services are not looked up", textOfNet(portTexts)),
  net.text("fd.cproto", "port of the client", clientPortText),
  net.text("fd.sproto", "port of the server", serverPortText),
  net.text("fd.lproto", "port of this end", localPortText),
  net.text("fd.rproto", "port of the other end", remotePortText),
  net.list("fd.net", "both addresses, to be compared with networks", textOfNet(addressTexts)),
  net.text("fd.cnet", "address of the client, likewise", textOfNet(sourceText)),
  net.text("fd.snet", "address of the server, likewise", textOfNet(destinationText)),
  net.text("fd.lnet", "address of this end, likewise", localIp),
  net.text("fd.rnet", "address of the other end, likewise", remoteIp),
  flows.boolean("fd.connected", "whether it is connected, as all of TCP are", (of) => {
    return Number(!isUnconnected(of));
  }),
  flows.boolean("fd.name_changed", "whether a datagram gave it another peer", (of) => {
    return Number(isUnconnected(of));
  }),
  opened.boolean("fd.is_upper_layer", "from the upper layer", hasOpenFlags(OPEN_UPPER_LAYER)),
  opened.boolean("fd.is_lower_layer", "from a lower layer", hasOpenFlags(OPEN_LOWER_LAYER)),
  net.text("fd.dip", "address of the server: a name of SysFlow's", textOfNet(destinationText)),
  net.integer("fd.dport", "port of the server: a name of SysFlow's", numberOfNet(dportOf)),
];
