// A server of Kubernetes' CRI by the real gRPC library, as far as it is asked.

import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { type CriVersion, criRoot } from "../../../src/containers/cri-messages.ts";

export interface CriContainer {
  readonly id: string;
  readonly name: string;
  readonly image?: string;
  readonly imageRef?: string;
  /** Verbose information, as JSON or as the text it is. */
  readonly info?: object | string;
  readonly state?: number;
}

export interface CriSandbox {
  readonly id: string;
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips?: readonly string[];
  readonly info?: object;
  readonly state?: number;
}

type Call = ServerUnaryCall<Record<string, unknown>, unknown>;
type Done = sendUnaryData<unknown>;
/** What a test puts in the place of an answer; false: the usual one. */
export type CriManner = (method: string, done: Done) => boolean;

export class CriServer {
  readonly path: string;
  readonly containers = new Map<string, CriContainer>();
  readonly sandboxes = new Map<string, CriSandbox>();
  readonly asked: string[] = [];
  manner: CriManner = () => false;
  runtimeName = "containerd";
  /** As of containerd 1.7; 1.6 has no such stream. */
  hasEvents = true;
  readonly #server = new Server();
  readonly #streams = new Set<ServerWritableStream<unknown, unknown>>();

  private constructor(path: string, version: CriVersion) {
    this.path = path;
    const root = criRoot(version) as Parameters<typeof fromJSON>[0];
    const service = fromJSON(root, { keepCase: true, defaults: true })[
      `runtime.${version}.RuntimeService`
    ];
    const unary = (method: string, body: (request: Record<string, unknown>) => unknown) => {
      return (call: Call, done: Done) => this.#serve(method, body(call.request), done);
    };
    this.#server.addService(service as ServiceDefinition, {
      Version: unary("Version", () => ({
        runtime_name: this.runtimeName,
        runtime_version: "1",
      })),
      ContainerStatus: unary("ContainerStatus", (request) => this.#status(request)),
      PodSandboxStatus: unary("PodSandboxStatus", (request) => this.#sandboxStatus(request)),
      ListContainers: unary("ListContainers", () => ({
        containers: [...this.containers.values()].map(({ id, state }) => ({
          id,
          state: state ?? 1,
        })),
      })),
      ListPodSandbox: unary("ListPodSandbox", () => ({
        items: [...this.sandboxes.values()].map(({ id, state }) => ({ id, state: state ?? 0 })),
      })),
      GetContainerEvents: (stream: ServerWritableStream<unknown, unknown>) => this.#events(stream),
    });
  }

  static async listen(path: string, version: CriVersion = "v1"): Promise<CriServer> {
    const server = new CriServer(path, version);
    await new Promise<void>((resolve, reject) => {
      server.#server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    return server;
  }

  get streams(): number {
    return this.#streams.size;
  }

  say(type: number, id: string): void {
    for (const stream of this.#streams) {
      stream.write({ container_id: id, container_event_type: type });
    }
  }

  endStreams(): void {
    for (const stream of this.#streams) {
      stream.end();
    }
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #serve(method: string, body: unknown, done: Done): void {
    this.asked.push(method);
    if (this.manner(method, done)) {
      return;
    }
    if (body === null) {
      done({ code: status.NOT_FOUND, details: "an error occurred: not found" });
    } else {
      done(null, body);
    }
  }

  #events(stream: ServerWritableStream<unknown, unknown>): void {
    if (!this.hasEvents) {
      stream.emit("error", { code: status.UNIMPLEMENTED, details: "unknown method" });
      return;
    }
    this.#streams.add(stream);
    stream.on("cancelled", () => this.#streams.delete(stream));
  }

  #status(request: Record<string, unknown>): unknown {
    const found = byPrefix(this.containers, String(request["container_id"]));
    if (found === undefined) {
      return null;
    }
    return {
      status: {
        id: found.id,
        metadata: { name: found.name },
        image: { image: found.image ?? "docker.io/library/busy:1.0" },
        image_ref: found.imageRef ?? `docker.io/library/busy@sha256:${"c3".repeat(32)}`,
      },
      info: request["verbose"] === true ? verbose(found.info) : {},
    };
  }

  #sandboxStatus(request: Record<string, unknown>): unknown {
    const found = byPrefix(this.sandboxes, String(request["pod_sandbox_id"]));
    if (found === undefined) {
      return null;
    }
    const { id, name, uid, namespace, labels } = found;
    const [ip = "", ...more] = found.ips ?? [];
    const network = { ip, additional_ips: more.map((one) => ({ ip: one })) };
    return {
      status: { id, metadata: { name, uid, namespace }, network, labels },
      info: request["verbose"] === true ? verbose(found.info) : {},
    };
  }
}

function byPrefix<T extends { id: string }>(
  all: ReadonlyMap<string, T>,
  id: string,
): T | undefined {
  return [...all.values()].find((one) => one.id.startsWith(id));
}

function verbose(info: object | string | undefined): Readonly<Record<string, string>> {
  return info === undefined ? {} : { info: typeof info === "string" ? info : JSON.stringify(info) };
}
