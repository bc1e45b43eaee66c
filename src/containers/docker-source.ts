// A socket of Docker or Podman, or of what speaks as they do.

import type { ContainerType } from "../sysflow/values.ts";
import {
  type Announcements,
  type Answer,
  LookupError,
  type PodFacts,
  parseJson,
  type Source,
} from "./answer.ts";
import {
  eventOf,
  idsInList,
  inspected,
  nameOfImage,
  podOfSandbox,
  typeOfVersion,
} from "./docker-answers.ts";
import { UnixHttp } from "./unix-http.ts";

const events = `/events?filters=${encodeURIComponent(JSON.stringify({ type: ["container"] }))}`;

export class DockerSource implements Source {
  readonly path: string;
  readonly ownerUid: number;
  readonly #http: UnixHttp;
  /** Asked for once for each connection to the stream of events. */
  #type: Promise<ContainerType> | null = null;

  constructor(path: string, ownerUid: number, timeoutMs: number) {
    this.path = path;
    this.ownerUid = ownerUid;
    this.#http = new UnixHttp(path, timeoutMs);
  }

  async ask(id: string): Promise<Answer | null> {
    const body = await this.#container(id);
    if (body === null) {
      return null;
    }
    const type = await this.#runtimeType();
    const { answer, unnamedImage, sandbox } = inspected(body, id, type);
    const name = unnamedImage === null ? null : await this.#imageName(unnamedImage);
    const pod = sandbox === null ? null : await this.#pod(sandbox);
    return {
      ...answer,
      facts: name === null ? answer.facts : { ...answer.facts, image: name },
      pod,
    };
  }

  async follow(announcements: Announcements): Promise<void> {
    this.#type = null;
    await this.#http.lines(
      events,
      () => announcements.onReady(),
      (line) => {
        const event = eventOf(line);
        if (event?.kind === "changed") {
          announcements.onChanged(event.id);
        } else if (event !== null) {
          announcements.onEnded(event.id);
        }
      },
    );
  }

  close(): void {
    this.#http.close();
  }

  /**
   * A container can be *named* like the beginning of another's id, and a name comes before an id: then
   * the list tells the whole id.
   */
  async #container(id: string): Promise<unknown> {
    const body = await this.#json(`/containers/${id}/json`);
    const isOther = body !== null && idsInList([body], id).length === 0;
    if (!isOther) {
      return body;
    }
    const filter = encodeURIComponent(JSON.stringify({ id: [id] }));
    const list = await this.#json(`/containers/json?all=1&filters=${filter}`);
    const [whole, ...others] = idsInList(list, id);
    if (whole === undefined || others.length > 0) {
      throw new LookupError(`asked for ${id}, it tells of another container`, {
        reason: "badAnswer",
      });
    }
    return await this.#json(`/containers/${whole}/json`);
  }

  /** Null where there is nothing of that name. */
  async #json(path: string): Promise<unknown> {
    const { status, body } = await this.#http.get(path);
    if (status === 404) {
      return null;
    }
    if (status !== 200) {
      throw new LookupError(`status ${status} for ${path}`, { reason: "badAnswer" });
    }
    return parseJson(body, path) ?? {};
  }

  async #runtimeType(): Promise<ContainerType> {
    this.#type ??= this.#json("/version").then(typeOfVersion);
    try {
      return await this.#type;
    } catch (error) {
      this.#type = null;
      throw error;
    }
  }

  /** An image that is gone by now has no name. */
  async #imageName(id: string): Promise<string | null> {
    return /^[0-9a-f]{64}$/.test(id) ? nameOfImage(await this.#json(`/images/${id}/json`)) : null;
  }

  async #pod(sandbox: string): Promise<PodFacts | null> {
    return podOfSandbox(await this.#json(`/containers/${sandbox}/json`));
  }
}
