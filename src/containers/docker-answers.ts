// What Docker and Podman write in JSON, as facts. Both have the same API; what differs is said here.

import { type ContainerType, containerType } from "../sysflow/values.ts";
import {
  type Answer,
  fieldsOf,
  imageText,
  isFullId,
  isIdOf,
  LookupError,
  nameText,
  type PodFacts,
  parseJson,
  podFacts,
  podOfLabels,
} from "./answer.ts";

/** What `GET /containers/ID/json` tells, and what must be asked beside it. */
export interface Inspected {
  readonly answer: Answer;
  /** The image's id where its name is not told: it was started by its id, or has lost its name. */
  readonly unnamedImage: string | null;
  /** The id of the container that holds its pod's network and labels. */
  readonly sandbox: string | null;
}

/** @throws LookupError where it is of another form, or of another container than the one asked for */
export function inspected(body: unknown, asked: string, type: ContainerType): Inspected {
  const fields = fieldsOf(body);
  const id = fields["Id"];
  if (!isIdOf(id, asked)) {
    throw new LookupError(`asked for ${asked}, it tells of another container`, {
      reason: "badAnswer",
    });
  }
  const config = fieldsOf(fields["Config"]);
  const labels = fieldsOf(config["Labels"]);
  const imageid = bareId(nameText(fields["Image"], "an image's id"));
  const image = imageText(config["Image"], "an image's name");
  const isUnnamed = isIdOfImage(image, imageid);
  const pid = fieldsOf(fields["State"])["Pid"];
  const sandbox = labels["io.kubernetes.sandbox.id"];
  return {
    answer: {
      id,
      facts: {
        name: nameText(fields["Name"], "a container's name").replace(/^\//, ""),
        image: isUnnamed ? `sha256:${imageid}` : withTag(image),
        imageid,
        type,
        privileged: fieldsOf(fields["HostConfig"])["Privileged"] === true,
      },
      pod: null,
      pid: typeof pid === "number" && Number.isSafeInteger(pid) && pid > 0 ? pid : null,
    },
    unnamedImage: isUnnamed ? imageid : null,
    sandbox: podOfLabels(labels) === null ? null : isFullId(sandbox) ? sandbox : id,
  };
}

/** The pod that a container or its sandbox is of, by the labels of kubelet. */
export function podOfSandbox(body: unknown): PodFacts | null {
  const fields = fieldsOf(body);
  const labels = fieldsOf(fieldsOf(fields["Config"])["Labels"]);
  const pod = podOfLabels(labels);
  return pod === null
    ? null
    : podFacts(pod, labels, [fieldsOf(fields["NetworkSettings"])["IPAddress"]]);
}

/** The first name of `GET /images/ID/json`, by tag or by digest; null where it has none. */
export function nameOfImage(body: unknown): string | null {
  const fields = fieldsOf(body);
  for (const names of [fields["RepoTags"], fields["RepoDigests"]]) {
    const first: unknown = Array.isArray(names) ? names[0] : null;
    if (typeof first === "string" && !first.includes("<none>")) {
      return withTag(imageText(first, "an image's name"));
    }
  }
  return null;
}

/** The full ids that begin so, of `GET /containers/json`. */
export function idsInList(body: unknown, asked: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(body) ? body : [];
  return list.map((row) => fieldsOf(row)["Id"]).filter((id) => isIdOf(id, asked));
}

/** Podman's containers have no type of their own in the records. */
export function typeOfVersion(body: unknown): ContainerType {
  const components = fieldsOf(body)["Components"];
  const names = Array.isArray(components) ? components.map((one) => fieldsOf(one)["Name"]) : [];
  return names.includes("Podman Engine") ? containerType.CT_CUSTOM : containerType.CT_DOCKER;
}

/** What a line of `GET /events` is about; null where it changes nothing that is kept. */
export function eventOf(line: string): { id: string; kind: "changed" | "ended" } | null {
  const fields = fieldsOf(parseJson(line, "an event"));
  const id = fieldsOf(fields["Actor"])["ID"];
  const kind = eventKinds.get(String(fields["Action"] ?? fields["status"]));
  return isFullId(id) && kind !== undefined ? { id, kind } : null;
}

const eventKinds = new Map<string, "changed" | "ended">([
  ["create", "changed"],
  ["start", "changed"],
  ["rename", "changed"],
  ["die", "ended"],
  ["destroy", "ended"],
  ["remove", "ended"],
]);

/** Without `sha256:`. */
export function bareId(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}

/** `latest` is what a name without tag and digest means. An id is no name. */
export function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf("/") + 1);
  const isWhole = image === "" || /[:@]|^[0-9a-f]{64}$/.test(last);
  return isWhole ? image : `${image}:latest`;
}

function isIdOfImage(image: string, imageid: string): boolean {
  return image === "" || imageid.startsWith(bareId(image)) || image.includes("<none>");
}
