// What a runtime of Kubernetes tells by the CRI, as facts. Messages come in the right types, since they
// are decoded by their descriptors; what their texts hold is not known. The verbose part is JSON of each
// runtime's own form, and is taken as far as it is understood.

import { type ContainerType, containerType } from "../sysflow/values.ts";
import {
  type ContainerFacts,
  type Fields,
  fieldsOf,
  imageText,
  isFullId,
  isIdOf,
  LookupError,
  nameText,
  type PodFacts,
  parseJson,
  podFacts,
} from "./answer.ts";
import { bareId, withTag } from "./docker-answers.ts";

export interface CriContainer {
  readonly id: string;
  readonly facts: ContainerFacts;
  readonly sandbox: string | null;
  readonly pid: number | null;
}

/** @throws LookupError where it is of another container than the one asked for */
export function criContainer(body: unknown, asked: string, type: ContainerType): CriContainer {
  const { status, id, info } = opened(body, asked);
  const name = nameText(fieldsOf(status["metadata"])["name"], "a container's name");
  const spec = fieldsOf(status["image"]);
  const ref = imageText(status["image_ref"] ?? "", "an image's reference");
  const given = imageText(spec["image"] ?? "", "an image's name");
  const wanted = imageText(spec["user_specified_image"] ?? "", "an image's name");
  const sandbox = info["sandboxID"];
  return {
    id,
    facts: {
      name,
      image: withTag(imageName([given, wanted, ref])),
      imageid: imageId(ref, given),
      type,
      privileged: isPrivileged(info),
    },
    sandbox: isFullId(sandbox) ? sandbox : null,
    pid: pidOf(info),
  };
}

/** A sandbox is a container of its own, whose one process waits. */
export function criSandbox(
  body: unknown,
  asked: string,
  type: ContainerType,
): CriContainer & { readonly pod: PodFacts } {
  const { status, id, info } = opened(body, asked);
  const metadata = fieldsOf(status["metadata"]);
  const name = nameText(metadata["name"], "a pod's name");
  const namespace = nameText(metadata["namespace"], "a pod's namespace");
  const uid = nameText(metadata["uid"], "a pod's uid");
  const network = fieldsOf(status["network"]);
  const more = network["additional_ips"];
  const addresses = [
    network["ip"],
    ...(Array.isArray(more) ? more.map((one) => fieldsOf(one)["ip"]) : []),
  ];
  const image = imageText(info["image"] ?? "", "a sandbox's image");
  return {
    id,
    facts: {
      name,
      image: withTag(image),
      imageid: "",
      type,
      privileged: isPrivileged(info),
    },
    sandbox: id,
    pid: pidOf(info),
    pod: podFacts({ uid, name, namespace }, status["labels"], addresses),
  };
}

export function criType(runtimeName: unknown): ContainerType {
  switch (runtimeName) {
    case "containerd":
      return containerType.CT_CONTAINERD;
    case "cri-o":
      return containerType.CT_CRIO;
    default:
      return containerType.CT_CRI;
  }
}

/** The ids in a list, by whether the container still runs. */
export function listed(rows: unknown, endedState: number): ReadonlyMap<string, boolean> {
  const ids = new Map<string, boolean>();
  for (const row of Array.isArray(rows) ? rows : []) {
    const { id, state } = fieldsOf(row);
    if (isFullId(id)) {
      ids.set(id, state !== endedState);
    }
  }
  return ids;
}

function opened(body: unknown, asked: string): { status: Fields; id: string; info: Fields } {
  const status = fieldsOf(fieldsOf(body)["status"]);
  const { id } = status;
  if (!isIdOf(id, asked)) {
    throw new LookupError(`asked for ${asked}, it tells of another container`, {
      reason: "badAnswer",
    });
  }
  return { status, id, info: verboseInfo(fieldsOf(fieldsOf(body)["info"])["info"]) };
}

/** Empty where it is of a form that is not known. */
function verboseInfo(text: unknown): Fields {
  if (typeof text !== "string") {
    return {};
  }
  try {
    return fieldsOf(parseJson(text, "what is verbose"));
  } catch {
    // It is for debugging, says the interface: nobody promises what is in it.
    return {};
  }
}

/** containerd shows the request that made the container; CRI-O has a field of its own. */
function isPrivileged(info: Fields): boolean {
  const context = fieldsOf(fieldsOf(fieldsOf(info["config"])["linux"])["security_context"]);
  return info["privileged"] === true || context["privileged"] === true;
}

function pidOf(info: Fields): number | null {
  const { pid } = info;
  return typeof pid === "number" && Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

const bareDigest = /^(sha256:)?[0-9a-f]{64}$/;

/** The first that is a name; where all are ids, an id. */
function imageName(names: readonly string[]): string {
  const given = names.filter((name) => name !== "");
  return given.find((name) => !bareDigest.test(name)) ?? given[0] ?? "";
}

/** Of `name@sha256:…` and `sha256:…` the digits. */
function imageId(...names: readonly string[]): string {
  for (const name of names) {
    const digest = name.slice(name.indexOf("@") + 1);
    if (bareDigest.test(digest)) {
      return bareId(digest);
    }
  }
  return "";
}
