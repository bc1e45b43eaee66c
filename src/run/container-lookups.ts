// The container runtimes of this host, asked beside a live run. A replay asks none: they know the
// containers of now, not those of the capture.

import type { Log } from "../base/log.ts";
import type { Lookups } from "../collect/lookups.ts";
import { unknownWords } from "../containers/answer.ts";
import { ContainerDirectory } from "../containers/container-directory.ts";
import { CriSource } from "../containers/cri-source.ts";
import { DockerSource } from "../containers/docker-source.ts";
import { findSockets, givenSocket, type SocketPlace } from "../containers/socket-places.ts";
import type { LookupStats, RunLookups } from "./run-lookups.ts";

export interface ContainerLookupsOptions {
  /** Where the host's file system is mounted; empty: it is ours. */
  readonly hostRoot: string;
  /** A socket that the operator has named, beside those that are found; null: none. */
  readonly path: string | null;
  /** For each question. */
  readonly timeoutMs: number;
  readonly log: Log;
}

export class ContainerLookups implements RunLookups {
  readonly #directory: ContainerDirectory;
  /** What the summary tells, which is made after the end. */
  #last: LookupStats | null = null;

  constructor({ hostRoot, path, timeoutMs, log }: ContainerLookupsOptions) {
    this.#directory = new ContainerDirectory({
      hostRoot,
      findSockets: () => {
        const found = findSockets(hostRoot).filter((place) => place.path !== path);
        return path === null ? found : [givenSocket(path), ...found];
      },
      open: ({ path: at, protocol, ownerUid }: SocketPlace) =>
        protocol === "cri"
          ? new CriSource(at, ownerUid, timeoutMs)
          : new DockerSource(at, ownerUid, timeoutMs),
      onTrouble: (message) => {
        const effect = "its containers have no names until it answers";
        log.warning("container runtime", `cannot ask a container runtime: ${message}; ${effect}`);
      },
    });
  }

  open(): Lookups {
    this.#directory.start();
    return { containers: this.#directory, pods: this.#directory.pods };
  }

  settled(msMax: number): Promise<void> {
    return this.#directory.settled(msMax);
  }

  close(): void {
    this.#last = this.stats();
    this.#directory.close();
  }

  stats(): LookupStats {
    if (this.#last !== null) {
      return this.#last;
    }
    const { sockets, named, unknown } = this.#directory.stats();
    const causes = Object.entries(unknown).map(([cause, count]) => ({
      cause: unknownWords[cause as keyof typeof unknown],
      count,
    }));
    return { sockets, named, unknown: causes.filter(({ count }) => count > 0) };
  }
}
