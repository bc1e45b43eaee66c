// Pods and containers made by a runtime of Kubernetes, as kubelet has them made: with field numbers of its
// own from runtime/v1/api.proto, since what is tested has only those that it reads.

import { credentials, makeClientConstructor, type ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";

const text = (id: number) => ({ type: "string", id });
const one = (type: string, id: number) => ({ type, id });
const texts = (id: number) => ({ rule: "repeated", type: "string", id });
const labels = (id: number) => ({ keyType: "string", type: "string", id });

const messages = {
  PodSandboxMetadata: {
    name: text(1),
    uid: text(2),
    namespace: text(3),
    attempt: one("uint32", 4),
  },
  NamespaceOption: { network: one("int32", 1), pid: one("int32", 2), ipc: one("int32", 3) },
  LinuxSandboxSecurityContext: { namespace_options: one("NamespaceOption", 1) },
  LinuxPodSandboxConfig: { security_context: one("LinuxSandboxSecurityContext", 2) },
  PodSandboxConfig: {
    metadata: one("PodSandboxMetadata", 1),
    hostname: text(2),
    labels: labels(6),
    linux: one("LinuxPodSandboxConfig", 8),
  },
  RunPodSandboxRequest: { config: one("PodSandboxConfig", 1) },
  RunPodSandboxResponse: { pod_sandbox_id: text(1) },
  ContainerMetadata: { name: text(1), attempt: one("uint32", 2) },
  ImageSpec: { image: text(1) },
  ContainerConfig: {
    metadata: one("ContainerMetadata", 1),
    image: one("ImageSpec", 2),
    args: texts(4),
    linux: one("LinuxContainerConfig", 15),
  },
  LinuxContainerConfig: {},
  CreateContainerRequest: {
    pod_sandbox_id: text(1),
    config: one("ContainerConfig", 2),
    sandbox_config: one("PodSandboxConfig", 3),
  },
  CreateContainerResponse: { container_id: text(1) },
  StartContainerRequest: { container_id: text(1) },
  StartContainerResponse: {},
  StopPodSandboxRequest: { pod_sandbox_id: text(1) },
  StopPodSandboxResponse: {},
  RemovePodSandboxRequest: { pod_sandbox_id: text(1) },
  RemovePodSandboxResponse: {},
};
const methods = [
  "RunPodSandbox",
  "CreateContainer",
  "StartContainer",
  "StopPodSandbox",
  "RemovePodSandbox",
] as const;

type Answer = Readonly<Record<string, string>>;
type Call = (request: object, done: (error: Error | null, answer: Answer) => void) => void;

export class CriClient {
  readonly #client: { close(): void } & Readonly<Record<(typeof methods)[number], Call>>;

  constructor(path: string) {
    const types = Object.entries(messages).map(([name, fields]) => [name, { fields }]);
    const pairs = methods.map((name) => [
      name,
      { requestType: `${name}Request`, responseType: `${name}Response` },
    ]);
    const RuntimeService = { methods: Object.fromEntries(pairs) };
    const nested = { ...Object.fromEntries(types), RuntimeService };
    const root = { nested: { runtime: { nested: { v1: { nested } } } } };
    const definition = fromJSON(root, { keepCase: true, defaults: true });
    const service = definition["runtime.v1.RuntimeService"] as ServiceDefinition;
    const Client = makeClientConstructor(service, "RuntimeService");
    this.#client = new Client(`unix:${path}`, credentials.createInsecure()) as never;
  }

  /** A pod with one container. @returns the ids of the sandbox and of the container */
  async run(pod: string, container: string, image: string, args: readonly string[]) {
    const config = {
      metadata: { name: pod, uid: `uid-of-${pod}`, namespace: "shop", attempt: 0 },
      labels: { app: pod, "io.kubernetes.pod.uid": `uid-of-${pod}` },
      // The node's network: none has to be made.
      linux: { security_context: { namespace_options: { network: 2 } } },
    };
    const { pod_sandbox_id: sandbox = "" } = await this.#call("RunPodSandbox", { config });
    const { container_id: id = "" } = await this.#call("CreateContainer", {
      pod_sandbox_id: sandbox,
      config: { metadata: { name: container, attempt: 0 }, image: { image }, args, linux: {} },
      sandbox_config: config,
    });
    await this.#call("StartContainer", { container_id: id });
    return { sandbox, id };
  }

  async remove(sandbox: string): Promise<void> {
    await this.#call("StopPodSandbox", { pod_sandbox_id: sandbox });
    await this.#call("RemovePodSandbox", { pod_sandbox_id: sandbox });
  }

  close(): void {
    this.#client.close();
  }

  #call(method: (typeof methods)[number], request: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#client[method](request, (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  }
}
