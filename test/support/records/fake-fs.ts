// The file system edge with faults on demand: short writes, EAGAIN, a full disk.

import type { OutputFs } from "../../../src/write/file/output-file.ts";

export class FakeFs implements OutputFs {
  readonly files = new Map<string, Buffer>();
  readonly calls: string[] = [];
  isRegular = true;
  /** At most this many bytes are taken by one write. */
  writeBytesMax = Number.POSITIVE_INFINITY;
  /** Once the files hold this many bytes, writes fail with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  /** Thrown by the next calls of a kind, one each. */
  readonly faults: { readonly call: string; readonly code: string }[] = [];
  /** Calls that do not wait are held back until `release`. */
  isStalled = false;
  readonly #held: (() => void)[] = [];
  readonly #paths: string[] = [];

  openSync(path: string, flags: number, mode: number): number {
    this.calls.push(`open ${path} ${flags.toString(8)} ${mode.toString(8)}`);
    this.#fault("open");
    this.#paths.push(path);
    this.files.set(path, this.files.get(path) ?? Buffer.alloc(0));
    return this.#paths.length - 1;
  }

  fstatSync(fd: number): ReturnType<OutputFs["fstatSync"]> {
    return this.#stats(this.#paths[fd] ?? "");
  }

  lstatSync(path: string): ReturnType<OutputFs["lstatSync"]> {
    if (!this.files.has(path)) {
      throw systemError("ENOENT");
    }
    return this.#stats(path);
  }

  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#fault("write");
    const content = this.#content(fd);
    const room = Math.max(0, this.capacity - content.length);
    const count = Math.min(length, this.writeBytesMax, room);
    if (count === 0) {
      throw systemError("ENOSPC");
    }
    this.#set(fd, Buffer.concat([content, bytes.subarray(offset, offset + count)]));
    return count;
  }

  ftruncateSync(fd: number, length: number): void {
    this.#fault("truncate");
    this.calls.push(`truncate ${this.#paths[fd]} ${length}`);
    this.#set(fd, this.#content(fd).subarray(0, length));
  }

  closeSync(fd: number): void {
    this.calls.push(`close ${this.#paths[fd]}`);
    this.#fault("close");
  }

  /** Later ones are held back still, while it is stalled. @returns how many calls there were */
  release(): number {
    const held = this.#held.splice(0);
    for (const call of held) {
      call();
    }
    return held.length;
  }

  open(path: string, flags: number, mode: number, done: Done<number>): void {
    this.#later(() => this.openSync(path, flags, mode), done);
  }

  writev(fd: number, views: readonly Uint8Array[], done: Done<number>): void {
    this.#later(() => {
      const bytes = Buffer.concat(views);
      return this.writeSync(fd, bytes, 0, bytes.length);
    }, done);
  }

  close(fd: number, done: Done<void>): void {
    this.#later(() => this.closeSync(fd), done);
  }

  #later<T>(call: () => T, done: Done<T>): void {
    const run = (): void => {
      let result: T;
      try {
        result = call();
      } catch (error) {
        done(error as Error, undefined as T);
        return;
      }
      done(null, result);
    };
    if (this.isStalled) {
      this.#held.push(run);
    } else {
      setImmediate(run);
    }
  }

  #stats(path: string): ReturnType<OutputFs["fstatSync"]> {
    const ino = BigInt([...this.files.keys()].indexOf(path));
    const size = BigInt(this.files.get(path)?.length ?? 0);
    return { dev: 1n, ino, size, isFile: () => this.isRegular };
  }

  #content(fd: number): Buffer {
    return this.files.get(this.#paths[fd] ?? "") ?? Buffer.alloc(0);
  }

  #set(fd: number, content: Buffer): void {
    this.files.set(this.#paths[fd] ?? "", content);
  }

  #fault(call: string): void {
    const fault = this.faults[0];
    if (fault?.call === call) {
      this.faults.shift();
      throw systemError(fault.code);
    }
  }
}

type Done<T> = (error: Error | null, result: T) => void;

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: faked`), { code });
}
