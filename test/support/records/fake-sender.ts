// A socket's native side without a socket: keeps each packet with the connection it was sent on, and
// takes as much as the test lets it.

import type { SocketSender } from "../../../src/write/socket/socket-writer.ts";

export interface Packet {
  readonly connection: number;
  readonly bytes: Buffer;
}

export class FakeSender implements SocketSender {
  connection: number;
  /** Records are queued while it is set, and out once it is not. */
  isStalled = false;
  isClosed = false;
  fault = "no such file or directory (ENOENT)";
  readonly packets: Packet[] = [];
  #queued: Packet[] = [];
  #lost = 0;
  #connections = 0;

  constructor(connection = 1) {
    this.connection = connection;
    this.#connections = connection;
  }

  get queuedBytes(): number {
    this.#send();
    return this.#queued.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** A new reader comes after none or another. */
  connect(): void {
    this.leave();
    this.#connections += 1;
    this.connection = this.#connections;
  }

  /** The reader goes away with what is queued for it. */
  leave(): void {
    this.connection = 0;
    this.#lost += this.#queued.length;
    this.#queued = [];
  }

  push(block: Uint8Array, bytes: number, connection: number): number {
    const view = Buffer.from(block.subarray(0, bytes));
    for (let at = 0; at < bytes; ) {
      const length = view.readUInt32LE(at);
      const packet = { connection, bytes: view.subarray(at + 4, at + 4 + length) };
      if (connection === 0 || connection !== this.connection) {
        this.#lost += 1;
      } else {
        this.#queued.push(packet);
      }
      at += 4 + length;
    }
    return this.queuedBytes;
  }

  stats() {
    this.#send();
    return {
      sent: this.packets.length,
      lost: this.#lost,
      unread: 0,
      refused: 0,
      sentBytes: this.packets.reduce((sum, { bytes }) => sum + bytes.length, 0),
      connections: this.#connections,
      fault: this.fault,
    };
  }

  close(): void {
    this.isClosed = true;
    this.leave();
  }

  #send(): void {
    if (!this.isStalled) {
      this.packets.push(...this.#queued);
      this.#queued = [];
    }
  }
}
