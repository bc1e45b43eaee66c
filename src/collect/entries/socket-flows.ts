// The open flows of a process's descriptors. A datagram socket has one flow for each peer, and a
// stream socket that failed to connect has one for each address that it tried. When the socket is
// closed all of them end, not only the one with the last peer. Otherwise the next socket with the
// same number would continue them.

export class SocketFlows<F extends { readonly fd: number }> {
  /** Most have one flow, which needs no set. */
  readonly #byFd = new Map<number, F | Set<F>>();

  add(flow: F): void {
    const there = this.#byFd.get(flow.fd);
    if (there === undefined) {
      this.#byFd.set(flow.fd, flow);
    } else if (there instanceof Set) {
      there.add(flow);
    } else {
      this.#byFd.set(flow.fd, new Set([there, flow]));
    }
  }

  remove(flow: F): void {
    const there = this.#byFd.get(flow.fd);
    if (there instanceof Set) {
      there.delete(flow);
      if (there.size === 0) {
        this.#byFd.delete(flow.fd);
      }
    } else if (there === flow) {
      this.#byFd.delete(flow.fd);
    }
  }

  /** Puts into `into` the open flows on this descriptor, in the order of their start. */
  of(fd: number, into: F[]): void {
    const there = this.#byFd.get(fd);
    if (there instanceof Set) {
      for (const flow of there) {
        into.push(flow);
      }
    } else if (there !== undefined) {
      into.push(there);
    }
  }
}
