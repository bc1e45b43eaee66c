// A server of Docker's HTTP API on a Unix socket, as far as it is asked: strict about what it is sent, and
// with a manner of its own for each path when a test wants it slow, hostile or broken.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface DockerContainer {
  readonly id: string;
  readonly name: string;
  readonly image?: string;
  readonly imageid?: string;
  readonly privileged?: boolean;
  readonly pid?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ip?: string;
}

/** What a test puts in the place of an answer; false: it has none for this path. */
export type Manner = (path: string, answer: ServerResponse, socket: Socket) => boolean;

export const imageId = "b2".repeat(32);

export class DockerServer {
  readonly path: string;
  readonly containers = new Map<string, DockerContainer>();
  /** By image id. */
  readonly imageNames = new Map<string, readonly string[]>();
  /** Every path that was asked for. */
  readonly asked: string[] = [];
  /** What was wrong with a request; empty at the end of each good test. */
  readonly faults: string[] = [];
  manner: Manner = () => false;
  components: readonly string[] = ["Engine", "containerd"];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<ServerResponse>();

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer((request, answer) => this.#serve(request, answer));
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async listen(path: string): Promise<DockerServer> {
    const server = new DockerServer(path);
    await new Promise<void>((resolve) => server.#server.listen(path, resolve));
    return server;
  }

  get streams(): number {
    return this.#streams.size;
  }

  add(container: DockerContainer): void {
    this.containers.set(container.id, container);
  }

  /** To all who listen. */
  say(action: string, id: string): void {
    const attributes = { name: this.containers.get(id)?.name ?? "" };
    const event = { Type: "container", Action: action, Actor: { ID: id, Attributes: attributes } };
    this.sayRaw(`${JSON.stringify(event)}\n`);
  }

  sayRaw(text: string): void {
    for (const stream of this.#streams) {
      stream.write(text);
    }
  }

  endStreams(): void {
    for (const stream of this.#streams) {
      stream.end();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, answer: ServerResponse): void {
    const path = request.url ?? "";
    this.asked.push(path);
    if (request.method !== "GET" || request.headers.host === undefined) {
      this.faults.push(`${request.method} ${path} for ${request.headers.host}`);
    }
    if (this.manner(path, answer, request.socket)) {
      return;
    }
    const url = new URL(path, "http://docker");
    if (url.pathname === "/events") {
      this.#stream(answer);
    } else {
      const body = this.#bodyOf(url);
      const status = body === null ? 404 : 200;
      answer.writeHead(status, { "content-type": "application/json" });
      answer.end(JSON.stringify(body ?? { message: "No such container" }));
    }
  }

  #stream(answer: ServerResponse): void {
    answer.writeHead(200, { "content-type": "application/json" });
    answer.flushHeaders();
    this.#streams.add(answer);
    answer.on("close", () => this.#streams.delete(answer));
  }

  #bodyOf(url: URL): unknown {
    const [kind, name, what] = url.pathname.slice(1).split("/");
    if (kind === "version") {
      return { Components: this.components.map((Name) => ({ Name })) };
    }
    if (kind === "images" && what === "json") {
      const RepoTags = this.imageNames.get(name ?? "");
      return RepoTags === undefined ? null : { Id: `sha256:${name}`, RepoTags, RepoDigests: [] };
    }
    if (kind === "containers" && name === "json") {
      const filters = JSON.parse(url.searchParams.get("filters") ?? "{}") as { id?: string[] };
      const fits = (id: string) => (filters.id ?? [""]).some((prefix) => id.startsWith(prefix));
      return [...this.containers.keys()].filter(fits).map((Id) => ({ Id }));
    }
    if (kind === "containers" && what === "json") {
      const found = this.#container(name ?? "");
      return found === undefined ? null : inspectBody(found);
    }
    this.faults.push(`nothing at ${url.pathname}`);
    return null;
  }

  /** As Docker: a whole id first, then a name, then the beginning of an id. */
  #container(name: string): DockerContainer | undefined {
    const all = [...this.containers.values()];
    return (
      this.containers.get(name) ??
      all.find((one) => one.name === name) ??
      all.find(({ id }) => id.startsWith(name))
    );
  }
}

export function inspectBody(container: DockerContainer): Readonly<Record<string, unknown>> {
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Image: `sha256:${container.imageid ?? imageId}`,
    State: { Status: "running", Pid: container.pid ?? 0 },
    HostConfig: { Privileged: container.privileged ?? false },
    Config: { Image: container.image ?? "busy:1.0", Labels: container.labels ?? null },
    NetworkSettings: { IPAddress: container.ip ?? "" },
  };
}

/** Different for each number, also in its first twelve digits. */
export function containerId(number: number): string {
  return number.toString(16).padStart(12, "0").padEnd(64, "e");
}
