// JSON texts made from a pod, kept beside it.

import type { Pod, Service } from "../../sysflow/record.gen.ts";
import type { FlatContext } from "../attribute.ts";
import { ipv4Text, ipv6Text } from "./addresses.ts";

const makers = {
  hostIp: ({ hostIP }: Pod) => JSON.stringify(addressTexts(hostIP)),
  internalIp: ({ internalIP }: Pod) => JSON.stringify(addressTexts(internalIP)),
  services: ({ services }: Pod) => JSON.stringify(services.map(serviceObject)),
  labels: ({ labels }: Pod) => JSON.stringify(Object.fromEntries(labels)),
  selectors: ({ selectors }: Pod) => JSON.stringify(Object.fromEntries(selectors)),
} as const;
type PodTextName = keyof typeof makers;

/** What is kept beside a pod. */
type PodTexts = Partial<Record<PodTextName, string>>;

/** Of the record's pod; null where it has none, or that is not known. */
export function podText({ keptPod }: FlatContext, name: PodTextName): string | null {
  if (keptPod === null) {
    return null;
  }
  // What a join keeps beside a pod is put there by nobody else.
  keptPod.derived ??= {};
  const texts = keptPod.derived as PodTexts;
  texts[name] ??= makers[name](keptPod.record);
  return texts[name];
}

/** The keys and their order are upstream's. */
function serviceObject({ clusterIP, name, id, namespace, portList }: Service): object {
  const ports = portList.map(({ port, targetPort, nodePort, proto }) => {
    return { port, targetPort, nodePort, proto };
  });
  return { clusterip: addressTexts(clusterIP), name, id, namespace, portList: ports };
}

const ipv4Max = 0xffff_ffffn;
const int32Min = -0x8000_0000n;

/** Each number is an IPv4 address, in the order of bytes that flows have; or two are one of IPv6. */
export function addressTexts(numbers: readonly bigint[]): readonly string[] {
  const areIpv4 = numbers.every((each) => each >= int32Min && each <= ipv4Max);
  if (!areIpv4 && numbers.length === 2) {
    const bytes = Buffer.alloc(16);
    numbers.forEach((each, i) => {
      bytes.writeBigUInt64LE(BigInt.asUintN(64, each), i * 8);
    });
    return [ipv6Text(bytes)];
  }
  return numbers.map((each) => ipv4Text(Number(BigInt.asIntN(32, each))));
}
