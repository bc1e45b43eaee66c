// SysFlow's own attributes of containers and pods.

import type { Container, Pod } from "../../sysflow/record.gen.ts";
import { containerType } from "../../sysflow/values.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer, NONE } from "../define.ts";
import { KINDS_OF_PROCESS } from "../record-kinds.ts";
import { trimmed } from "../texts/paths.ts";
import { podText } from "../texts/pod-texts.ts";
import { namesByValue } from "./record.ts";

const byProcess = new Definer("process", KINDS_OF_PROCESS);
const byContainer = new Definer("container", KINDS_OF_PROCESS);
const byPod = new Definer("pod", KINDS_OF_PROCESS);

export function textOfContainer(read: (container: Container) => string | null) {
  return ({ container }: FlatContext) => (container === null ? null : read(container));
}

export function textOfPod(read: (pod: Pod) => string) {
  return ({ pod }: FlatContext) => (pod === null ? null : read(pod));
}

function numberOfPod(read: (pod: Pod) => number) {
  return ({ pod }: FlatContext) => (pod === null ? NONE : read(pod));
}

const typeNames = namesByValue(containerType).map((name) => name.slice("CT_".length));

export function containerTypeName({ type }: Pick<Container, "type">): string | null {
  return typeNames[type] ?? null;
}

/** The process tells it, so it is known of a container of which no more is. */
export function containerIdOf({ process }: FlatContext): string | null {
  return process?.containerId ?? null;
}

export const containerNameOf = ({ name }: Container) => trimmed(name);
export const containerImageOf = ({ image }: Container) => trimmed(image);
export const containerImageIdOf = ({ imageid }: Container) => imageid;

export const containerAttributes: readonly Attribute[] = [
  byProcess.text("sf.container.id", "id of the process's container", containerIdOf),
  byContainer.text("sf.container.name", "its name", textOfContainer(containerNameOf)),
  byContainer.text("sf.container.imageid", "id of its image", textOfContainer(containerImageIdOf)),
  byContainer.text(
    "sf.container.image",
    "its image, with the tag",
    textOfContainer(containerImageOf),
  ),
  byContainer.text(
    "sf.container.type",
    "what runs it: DOCKER, LXC, LIBVIRT_LXC, MESOS, RKT, CUSTOM, CRI, CONTAINERD, CRIO or BPM",
    textOfContainer(containerTypeName),
  ),
  byContainer.integer("sf.container.privileged", "1 privileged, 0 not", ({ container }) =>
    container === null ? NONE : Number(container.privileged),
  ),
];

export const podNamespaceOf = ({ namespace }: Pod) => trimmed(namespace);
export const podNameOf = ({ name }: Pod) => trimmed(name);
export const podIdOf = ({ id }: Pod) => id;

export const podAttributes: readonly Attribute[] = [
  byPod.time(
    "sf.pod.ts",
    "when the pod was told of",
    numberOfPod(({ tsHi }) => tsHi),
    numberOfPod(({ tsLo }) => tsLo),
  ),
  byPod.text("sf.pod.id", "uid of the process's pod", textOfPod(podIdOf)),
  byPod.text("sf.pod.name", "its name", textOfPod(podNameOf)),
  byPod.text(
    "sf.pod.nodename",
    "name of its node",
    textOfPod(({ nodeName }) => trimmed(nodeName)),
  ),
  byPod.text("sf.pod.namespace", "its namespace", textOfPod(podNamespaceOf)),
  byPod.integer(
    "sf.pod.restartcnt",
    "how often it was begun anew",
    numberOfPod(({ restartCount }) => restartCount),
  ),
  byPod.json("sf.pod.hostip", "addresses of its node", (of) => podText(of, "hostIp")),
  byPod.json("sf.pod.internalip", "its addresses", (of) => podText(of, "internalIp")),
  byPod.json(
    "sf.pod.services",
    "its services: clusterip, name, id, namespace, portList of each",
    (of) => podText(of, "services"),
  ),
  byPod.json("sf.pod.labels", "its labels, by name", (of) => podText(of, "labels")),
  byPod.json("sf.pod.selectors", "its selectors, by name", (of) => podText(of, "selectors")),
];
