// A socket of a runtime of Kubernetes (containerd, CRI-O), by gRPC. Its library is loaded when there is
// such a socket and not before: it costs 20 ms.

import type { Client, ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import type { fromJSON } from "@grpc/proto-loader";
import { nowMs } from "../base/clock.ts";
import type { ContainerType } from "../sysflow/values.ts";
import {
  type Announcements,
  type Answer,
  answerBytesMax,
  fieldsOf,
  isFullId,
  LookupError,
  type PodFacts,
  type Source,
} from "./answer.ts";
import { criContainer, criSandbox, criType, listed } from "./cri-answers.ts";
import {
  type CriVersion,
  containerExited,
  criRoot,
  eventKinds,
  sandboxNotReady,
} from "./cri-messages.ts";

type Unary = (
  request: object,
  options: object,
  done: (error: ServiceError | null, answer: unknown) => void,
) => { cancel(): void };
type RuntimeClient = Client & {
  readonly [name in
    | "Version"
    | "ContainerStatus"
    | "PodSandboxStatus"
    | "ListContainers"
    | "ListPodSandbox"]: Unary;
} & { GetContainerEvents(request: object): ClientReadableStream<unknown> };

/** A list of all containers is longer than what is told of one. Where it is too long, none end. */
const messageBytesMax = 4 * answerBytesMax;
const pollMs = 2000;

/** Numbers of gRPC's statuses. */
const status = {
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

interface Runtime {
  readonly client: RuntimeClient;
  readonly type: ContainerType;
}

export class CriSource implements Source {
  readonly path: string;
  readonly ownerUid: number;
  readonly #timeoutMs: number;
  #runtime: Promise<Runtime> | null = null;
  readonly #clients = new Set<RuntimeClient>();
  /** Under way: closing a client leaves them so. */
  readonly #calls = new Set<{ cancel(): void }>();
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(path: string, ownerUid: number, timeoutMs: number) {
    this.path = path;
    this.ownerUid = ownerUid;
    this.#timeoutMs = timeoutMs;
  }

  async ask(id: string): Promise<Answer | null> {
    const { client, type } = await this.#connected();
    const request = { container_id: id, verbose: true };
    const body = await this.#call(client, "ContainerStatus", request);
    if (body === null) {
      return await this.#askSandbox(client, id, type);
    }
    const { sandbox, ...container } = criContainer(body, id, type);
    return { ...container, pod: sandbox === null ? null : await this.#pod(client, sandbox) };
  }

  async follow(announcements: Announcements): Promise<void> {
    const { client } = await this.#connected();
    announcements.onReady();
    if (!(await this.#followEvents(client, announcements))) {
      await this.#poll(client, announcements);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
    for (const call of this.#calls) {
      call.cancel();
    }
    for (const client of this.#clients) {
      client.close();
    }
    this.#clients.clear();
  }

  async #askSandbox(
    client: RuntimeClient,
    id: string,
    type: ContainerType,
  ): Promise<Answer | null> {
    const request = { pod_sandbox_id: id, verbose: true };
    const body = await this.#call(client, "PodSandboxStatus", request);
    if (body === null) {
      return null;
    }
    const { sandbox: _, ...answer } = criSandbox(body, id, type);
    return answer;
  }

  async #pod(client: RuntimeClient, sandbox: string): Promise<PodFacts | null> {
    const body = await this.#call(client, "PodSandboxStatus", { pod_sandbox_id: sandbox });
    return body === null ? null : criSandbox(body, sandbox, criType("")).pod;
  }

  /** @returns false where the runtime has no such stream */
  async #followEvents(client: RuntimeClient, announcements: Announcements): Promise<boolean> {
    const stream = client.GetContainerEvents({});
    this.#calls.add(stream);
    stream.on("data", (event: unknown) => {
      const { container_id: id, container_event_type: type } = fieldsOf(event);
      const kind = eventKinds[Number(type)];
      if (isFullId(id) && kind === "changed") {
        announcements.onChanged(id);
      } else if (isFullId(id) && kind === "ended") {
        announcements.onEnded(id);
      }
    });
    return await new Promise<boolean>((resolve, reject) => {
      stream.on("end", () => resolve(true));
      stream.on("error", (error: ServiceError) => {
        if (error.code === status.UNIMPLEMENTED) {
          resolve(false);
        } else {
          reject(this.#explained(error, "GetContainerEvents"));
        }
      });
    }).finally(() => this.#calls.delete(stream));
  }

  async #poll(client: RuntimeClient, announcements: Announcements): Promise<void> {
    let known: ReadonlyMap<string, boolean> = new Map();
    while (!this.#isClosed) {
      const containers = await this.#call(client, "ListContainers", {});
      const sandboxes = await this.#call(client, "ListPodSandbox", {});
      const now = new Map([
        ...listed(fieldsOf(containers)["containers"], containerExited),
        ...listed(fieldsOf(sandboxes)["items"], sandboxNotReady),
      ]);
      for (const [id, runs] of now) {
        if (runs && known.get(id) !== true) {
          announcements.onChanged(id);
        }
      }
      for (const [id, ran] of known) {
        if (ran && now.get(id) !== true) {
          announcements.onEnded(id);
        }
      }
      known = now;
      await this.#pause(pollMs);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #connected(): Promise<Runtime> {
    this.#runtime ??= this.#connect();
    try {
      return await this.#runtime;
    } catch (error) {
      this.#runtime = null;
      throw error;
    }
  }

  async #connect(): Promise<Runtime> {
    try {
      return await this.#connectAs("v1");
    } catch (error) {
      if (error instanceof LookupError && isUnimplemented(error.cause)) {
        return await this.#connectAs("v1alpha2");
      }
      throw error;
    }
  }

  async #connectAs(version: CriVersion): Promise<Runtime> {
    const client = await this.#client(version);
    try {
      const body = await this.#call(client, "Version", {});
      return { client, type: criType(fieldsOf(body)["runtime_name"]) };
    } catch (error) {
      client.close();
      this.#clients.delete(client);
      throw error;
    }
  }

  async #client(version: CriVersion): Promise<RuntimeClient> {
    const [grpc, loader] = await Promise.all([
      import("@grpc/grpc-js"),
      import("@grpc/proto-loader"),
    ]);
    if (this.#isClosed) {
      throw new LookupError("closed", { reason: "refused" });
    }
    const definition = loader.fromJSON(criRoot(version) as Parameters<typeof fromJSON>[0], {
      keepCase: true,
      defaults: true,
    });
    const Service = definition[`runtime.${version}.RuntimeService`];
    const RuntimeService = grpc.makeClientConstructor(
      Service as Parameters<typeof grpc.makeClientConstructor>[0],
      "RuntimeService",
    );
    const client = new RuntimeService(`unix:${this.path}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": messageBytesMax,
      "grpc.max_metadata_size": 64 * 1024,
      "grpc.enable_http_proxy": 0,
      "grpc.enable_retries": 0,
      "grpc.service_config_disable_resolution": 1,
      "grpc.initial_reconnect_backoff_ms": 500,
      "grpc.max_reconnect_backoff_ms": 10_000,
    }) as unknown as RuntimeClient;
    this.#clients.add(client);
    return client;
  }

  /** @returns null where what was asked for is not there @throws LookupError */
  #call(client: RuntimeClient, method: keyof Omit<RuntimeClient, keyof Client>, request: object) {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#isClosed) {
        reject(new LookupError("closed", { reason: "refused" }));
        return;
      }
      const send = client[method as "Version"].bind(client);
      const call = send(request, { deadline: nowMs() + this.#timeoutMs }, (error, answer) => {
        this.#calls.delete(call);
        if (error === null) {
          resolve(answer);
        } else if (isNotFound(error)) {
          resolve(null);
        } else {
          reject(this.#explained(error, method));
        }
      });
      this.#calls.add(call);
    });
  }

  #explained(error: ServiceError, method: string): LookupError {
    const message = `${method} of ${this.path}: ${error.details || error.message}`;
    const reason =
      error.code === status.DEADLINE_EXCEEDED
        ? "timedOut"
        : refusals.has(error.code)
          ? "refused"
          : "badAnswer";
    return new LookupError(message, { reason, cause: error });
  }
}

const refusals: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
]);

function isUnimplemented(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === status.UNIMPLEMENTED;
}

/** Older runtimes have no status for it, and say it in words. */
function isNotFound(error: ServiceError): boolean {
  const { code, details } = error;
  const isSaid = /not found|not exist|no such|could not find/i.test(details ?? "");
  return code === status.NOT_FOUND || (code === status.UNKNOWN && isSaid);
}
