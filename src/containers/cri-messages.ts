// The part of Kubernetes' Container Runtime Interface that is used, in protobufjs's JSON form: names and
// numbers of fields as runtime/v1/api.proto has them. What is not listed is skipped when an answer is
// read. `v1alpha2` of older runtimes has the same numbers.

interface FieldSpec {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
  readonly keyType?: "string";
}

const text = (id: number): FieldSpec => ({ type: "string", id });
const texts = (id: number): FieldSpec => ({ keyType: "string", type: "string", id });
const number = (id: number): FieldSpec => ({ type: "int32", id });
const one = (type: string, id: number): FieldSpec => ({ type, id });
const many = (type: string, id: number): FieldSpec => ({ rule: "repeated", type, id });

const messages: Readonly<Record<string, Readonly<Record<string, FieldSpec>>>> = {
  VersionRequest: { version: text(1) },
  VersionResponse: { runtime_name: text(2), runtime_version: text(3) },
  ContainerStatusRequest: { container_id: text(1), verbose: { type: "bool", id: 2 } },
  ContainerStatusResponse: { status: one("ContainerStatus", 1), info: texts(2) },
  ContainerStatus: {
    id: text(1),
    metadata: one("ContainerMetadata", 2),
    image: one("ImageSpec", 8),
    image_ref: text(9),
    labels: texts(12),
  },
  ContainerMetadata: { name: text(1) },
  ImageSpec: { image: text(1), user_specified_image: text(18) },
  PodSandboxStatusRequest: { pod_sandbox_id: text(1), verbose: { type: "bool", id: 2 } },
  PodSandboxStatusResponse: { status: one("PodSandboxStatus", 1), info: texts(2) },
  PodSandboxStatus: {
    id: text(1),
    metadata: one("PodSandboxMetadata", 2),
    network: one("PodSandboxNetworkStatus", 5),
    labels: texts(7),
  },
  PodSandboxMetadata: { name: text(1), uid: text(2), namespace: text(3) },
  PodSandboxNetworkStatus: { ip: text(1), additional_ips: many("PodIP", 2) },
  PodIP: { ip: text(1) },
  ListContainersRequest: {},
  ListContainersResponse: { containers: many("ListedContainer", 1) },
  ListedContainer: { id: text(1), state: number(6) },
  ListPodSandboxRequest: {},
  ListPodSandboxResponse: { items: many("ListedSandbox", 1) },
  ListedSandbox: { id: text(1), state: number(3) },
  GetEventsRequest: {},
  ContainerEventResponse: { container_id: text(1), container_event_type: number(2) },
};

/** The numbers of states and of events. */
export const containerExited = 2;
export const sandboxNotReady = 1;
export const eventKinds: Readonly<Record<number, "changed" | "ended">> = {
  0: "changed",
  1: "changed",
  2: "ended",
  3: "ended",
};

const unary = (name: string) => ({
  requestType: `${name}Request`,
  responseType: `${name}Response`,
});

const methods = {
  Version: unary("Version"),
  ContainerStatus: unary("ContainerStatus"),
  PodSandboxStatus: unary("PodSandboxStatus"),
  ListContainers: unary("ListContainers"),
  ListPodSandbox: unary("ListPodSandbox"),
  GetContainerEvents: {
    requestType: "GetEventsRequest",
    responseType: "ContainerEventResponse",
    responseStream: true,
  },
} as const;

export type CriVersion = "v1" | "v1alpha2";

/** What proto-loader's `fromJSON` takes. */
export function criRoot(version: CriVersion) {
  const types = Object.entries(messages).map(([name, fields]) => [name, { fields }] as const);
  const nested = { ...Object.fromEntries(types), RuntimeService: { methods } };
  return { nested: { runtime: { nested: { [version]: { nested } } } } };
}
