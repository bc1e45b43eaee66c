// Parts of a record as a person reads them: operations in sysprint's manner, results with the
// errno's name, addresses, times. Text from outside is escaped by the caller, once, at the end.

import { constants } from "node:os";
import { errnoName } from "../base/errors.ts";
import { ipv4Text, ipv6Text } from "../flatten/texts/addresses.ts";
import {
  fileEventFlagsOf6,
  OP_ACCEPT,
  OP_CLOSE,
  OP_CONNECT,
  OP_DIGEST,
  OP_MMAP,
  OP_OPEN,
  OP_READ_RECV,
  OP_SETNS,
  OP_SHUTDOWN,
  OP_TRUNCATE,
  OP_WRITE_SEND,
  opFlagsOf,
} from "../sysflow/op-flags.gen.ts";
import { opFlagByName } from "../sysflow/op-names.ts";
import { type Ipv6, networkProto, objectState } from "../sysflow/values.ts";

const eventFlags = opFlagsOf.ProcessEvent | opFlagsOf.FileEvent | fileEventFlagsOf6;
const eventNames = [...opFlagByName].filter(([, flag]) => (flag & eventFlags) !== 0);

/** sysprint's eleven columns, in its order. */
const flowLetters: readonly (readonly [number, string])[] = [
  [OP_OPEN, "O"],
  [OP_ACCEPT, "A"],
  [OP_CONNECT, "C"],
  [OP_WRITE_SEND, "W"],
  [OP_READ_RECV, "R"],
  [OP_SETNS, "N"],
  [OP_MMAP, "M"],
  [OP_SHUTDOWN, "S"],
  [OP_CLOSE, "C"],
  [OP_TRUNCATE, "T"],
  [OP_DIGEST, "D"],
];

/** The operation of an event, or those of a process flow: `CLONE+EXIT`. */
export function eventOpsText(opFlags: number): string {
  const names = eventNames.filter(([, flag]) => (opFlags & flag) !== 0).map(([name]) => name);
  if (names.length === 0) {
    // In a process flow it says how the flow ended; alone it is an event's operation.
    return opFlags === OP_TRUNCATE ? "TRUNCATE" : `0x${opFlags.toString(16)}`;
  }
  return names.join("+");
}

/** One column an operation, a space where it did not happen: `O  WR   C  `. */
export function flowOpsText(opFlags: number): string {
  return flowLetters.map(([flag, letter]) => ((opFlags & flag) === 0 ? " " : letter)).join("");
}

const stateNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(objectState).map(([name, value]) => [value, name]),
);

export function stateText(state: number): string {
  return stateNames[state] ?? String(state);
}

/** A system call's result: `0`, `17`, `-2 ENOENT`. */
export function resultText(ret: number): string {
  const name = ret < 0 ? errnoName(-ret) : undefined;
  return name === undefined ? String(ret) : `${ret} ${name}`;
}

const signalNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, value]) => [value, name]),
);

/** A raw wait status: `status 1`, or `SIGKILL`. */
export function waitStatusText(ret: number): string {
  const signal = ret & 0x7f;
  return signal === 0 ? `status ${(ret >> 8) & 0xff}` : (signalNames[signal] ?? `signal ${signal}`);
}

/** One end of a socket: `192.0.2.1:80`, `[2001:db8::1]:80`. */
export function endText(ipv4: number, ipv6: Ipv6 | null, port: number): string {
  return `${ipv6 === null ? ipv4Text(ipv4) : `[${ipv6Text(ipv6)}]`}:${port}`;
}

const protoNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(networkProto).map(([name, value]) => [value, name.toLowerCase()]),
);

export function protoText(proto: number): string {
  return protoNames[proto] ?? `proto ${proto}`;
}

/** `HH:MM:SS.µµµµµµ` in UTC. */
export function timeText(lo: number, hi: number): string {
  const micros = ((BigInt(hi) << 32n) | BigInt(lo >>> 0)) / 1000n;
  const seconds = Number(micros / 1_000_000n);
  const clock = new Date((seconds % 86_400) * 1000).toISOString().slice(11, 19);
  return `${clock}.${(micros % 1_000_000n).toString().padStart(6, "0")}`;
}

/** A count for a narrow column: exact below 10 000, then `12.3k`, `4.56M` … */
export function countText(count: number): string {
  if (count < 10_000) {
    return String(count);
  }
  let value = count;
  let unit = "";
  for (const next of ["k", "M", "G", "T", "P"]) {
    if (value < 1000) {
      break;
    }
    value /= 1000;
    unit = next;
  }
  return `${value.toPrecision(3)}${unit}`;
}
