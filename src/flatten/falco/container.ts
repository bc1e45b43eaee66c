// Falco's fields `container.*` and `k8s.*`. Outside containers `container.id` is `host`, by which
// Falco's rules tell the two apart.

import type { Container, Pod } from "../../sysflow/record.gen.ts";
import { containerType } from "../../sysflow/values.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer, NONE } from "../define.ts";
import { KINDS_OF_PROCESS } from "../record-kinds.ts";
import {
  containerIdOf,
  containerImageIdOf,
  containerImageOf,
  containerNameOf,
  containerTypeName,
  podIdOf,
  podNameOf,
  podNamespaceOf,
  textOfContainer,
  textOfPod,
} from "../sysflow/container.ts";
import { addressTexts } from "../texts/pod-texts.ts";

/** By the process too: whether there is a container is told by it. */
const byProcess = new Definer("process", KINDS_OF_PROCESS);
const byRecord = new Definer("record", KINDS_OF_PROCESS);
const byContainer = new Definer("container", KINDS_OF_PROCESS);
const byPod = new Definer("pod", KINDS_OF_PROCESS);

type ReadText = (of: FlatContext) => string | null;

function orHost(read: ReadText): ReadText {
  return (of) => (of.process !== null && of.process.containerId === null ? "host" : read(of));
}

/** What our records call otherwise than in lower case. */
const otherWords: Readonly<Record<string, string>> = { LIBVIRT_LXC: "libvirt-lxc", CRIO: "cri-o" };

const typeWords: readonly string[] = Object.values(containerType).map((type) => {
  const name = containerTypeName({ type }) ?? "";
  return otherWords[name] ?? name.toLowerCase();
});

function typeWord({ type }: Container): string | null {
  return typeWords[type] ?? null;
}

/** An image in parts. */
interface Image {
  readonly name: string | null;
  readonly repository: string | null;
  readonly tag: string | null;
}

/**
 * A record has a name with a tag or a digest, or the image's id alone; upstream's collector puts the
 * tag behind it once more: `alpine:latest:latest`.
 */
export function imageParts(text: string): Image {
  if (text === "" || text.startsWith(":")) {
    return { name: null, repository: null, tag: null };
  }
  const digest = text.indexOf("@");
  const named = digest < 0 ? text : text.slice(0, digest);
  // A colon before the last slash is that of a registry's port.
  const last = named.lastIndexOf("/") + 1;
  const colon = named.indexOf(":", last);
  const bare = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? "" : named.slice(named.lastIndexOf(":") + 1);
  if (bare === "sha256") {
    const id = named.split(":", 2).join(":");
    return { name: id, repository: null, tag: id === named || tag === "" ? null : tag };
  }
  const name = digest < 0 ? (tag === "" ? bare : `${bare}:${tag}`) : text;
  return { name, repository: bare === "" ? null : bare, tag: tag === "" ? null : tag };
}

function imagePart(part: keyof Image): ReadText {
  return ({ keptContainer }) => {
    if (keptContainer === null) {
      return null;
    }
    // What a join keeps beside a container is put there by nobody else.
    keptContainer.derived ??= imageParts(containerImageOf(keptContainer.record));
    return (keptContainer.derived as Image)[part];
  };
}

function notEmpty(read: (container: Container) => string): ReadText {
  return textOfContainer((container) => read(container) || null);
}

function labelTexts({ labels }: Pod): string {
  return [...labels].map(([name, value]) => `${name}:${value}`).join(", ");
}

function firstAddress({ internalIP }: Pod): string | null {
  return addressTexts(internalIP)[0] ?? null;
}

export const containerFields: readonly Attribute[] = [
  byProcess.text("container.id", "id of the container; host outside", orHost(containerIdOf)),
  byRecord.text("container.name", "its name; host outside", orHost(notEmpty(containerNameOf))),
  byRecord.text(
    "container.type",
    "what runs it: docker, containerd, cri-o …; host outside",
    orHost(textOfContainer(typeWord)),
  ),
  byContainer.text("container.image", "its image, such as nginx:1.27", imagePart("name")),
  byContainer.text("container.image.repository", "image without the tag", imagePart("repository")),
  byContainer.text("container.image.tag", "tag of its image", imagePart("tag")),
  byContainer.text("container.image.id", "id of its image", notEmpty(containerImageIdOf)),
  byContainer.boolean("container.privileged", "whether it is privileged", ({ container }) =>
    container === null ? NONE : Number(container.privileged),
  ),
  byPod.text("k8s.ns.name", "namespace of the pod", textOfPod(podNamespaceOf)),
  byPod.text("k8s.pod.name", "name of the pod", textOfPod(podNameOf)),
  byPod.text("k8s.pod.id", "uid of the pod", textOfPod(podIdOf)),
  byPod.text("k8s.pod.uid", "uid of the pod", textOfPod(podIdOf)),
  byPod.text("k8s.pod.ip", "address of the pod", ({ pod }) =>
    pod === null ? null : firstAddress(pod),
  ),
  byPod.text("k8s.pod.labels", "labels of the pod; of one with [NAME]", textOfPod(labelTexts)),
];
