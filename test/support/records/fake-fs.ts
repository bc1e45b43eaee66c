// The file system edge with faults on demand: short writes, EAGAIN, a full disk. Names lead to files
// with content, so that links, renaming and removing do what they do in the world.

import type { Done, OutputFs, OutputStats } from "../../../src/write/file/output-fs.ts";

interface FakeFile {
  readonly ino: bigint;
  bytes: Buffer;
  readonly isFolder: boolean;
}

const part = ".part";

export class FakeFs implements OutputFs {
  readonly names = new Map<string, FakeFile>();
  readonly calls: string[] = [];
  isRegular = true;
  /** At most this many bytes are taken by one write. */
  writeBytesMax = Number.POSITIVE_INFINITY;
  /** Once a file holds this many bytes, writes to it fail with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  /** Thrown by the next calls of a kind, one each. */
  readonly faults: { readonly call: string; readonly code: string }[] = [];
  /** Calls that do not wait are held back until `release`. */
  isStalled = false;
  readonly #held: (() => void)[] = [];
  readonly #opened: { readonly path: string; readonly file: FakeFile }[] = [];
  #inodes = 0n;

  /** What is in files, by their last names, also while they have their first. */
  readonly files = {
    get: (path: string): Buffer | undefined =>
      (this.names.get(path) ?? this.names.get(`${path}${part}`))?.bytes,
    keys: (): string[] =>
      [...this.names.keys()].map((name) =>
        name.endsWith(part) ? name.slice(0, -part.length) : name,
      ),
  };

  openSync(path: string, flags: number, mode: number): number {
    const isFolder = (flags & 0o200000) !== 0;
    if (!isFolder) {
      this.calls.push(`open ${path} ${flags.toString(8)} ${mode.toString(8)}`);
      this.#fault("open");
    }
    if ((flags & 0o200) !== 0 && this.names.has(path)) {
      throw systemError("EEXIST");
    }
    let file = this.names.get(path);
    if (file === undefined) {
      file = { ino: ++this.#inodes, bytes: Buffer.alloc(0), isFolder };
      if (!isFolder) {
        this.names.set(path, file);
      }
    }
    return this.#opened.push({ path, file }) - 1;
  }

  fstatSync(fd: number): OutputStats {
    return this.#stats(this.#file(fd));
  }

  lstatSync(path: string): OutputStats {
    const file = this.names.get(path);
    if (file === undefined) {
      throw systemError("ENOENT");
    }
    return this.#stats(file);
  }

  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#fault("write");
    const file = this.#file(fd);
    const room = Math.max(0, this.capacity - file.bytes.length);
    const count = Math.min(length, this.writeBytesMax, room);
    if (count === 0) {
      throw systemError("ENOSPC");
    }
    file.bytes = Buffer.concat([file.bytes, bytes.subarray(offset, offset + count)]);
    return count;
  }

  ftruncateSync(fd: number, length: number): void {
    this.#fault("truncate");
    this.calls.push(`truncate ${this.#path(fd)} ${length}`);
    const file = this.#file(fd);
    file.bytes = file.bytes.subarray(0, length);
  }

  fsyncSync(fd: number): void {
    this.calls.push(`sync ${this.#path(fd)}`);
    this.#fault("sync");
  }

  closeSync(fd: number): void {
    this.calls.push(`close ${this.#path(fd)}`);
    this.#fault("close");
  }

  linkSync(from: string, to: string): void {
    this.calls.push(`link ${to}`);
    this.#fault("link");
    if (this.names.has(to)) {
      throw systemError("EEXIST");
    }
    this.names.set(to, this.#named(from));
  }

  renameSync(from: string, to: string): void {
    this.calls.push(`rename ${to}`);
    this.#fault("rename");
    this.names.set(to, this.#named(from));
    this.names.delete(from);
  }

  unlinkSync(path: string): void {
    this.#fault("unlink");
    this.#named(path);
    this.names.delete(path);
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

  fstat(fd: number, _: object, done: Done<OutputStats>): void {
    this.#later(() => this.fstatSync(fd), done);
  }

  lstat(path: string, _: object, done: Done<OutputStats>): void {
    this.#later(() => this.lstatSync(path), done);
  }

  writev(fd: number, views: readonly Uint8Array[], done: Done<number>): void {
    this.#later(() => {
      const bytes = Buffer.concat(views);
      return this.writeSync(fd, bytes, 0, bytes.length);
    }, done);
  }

  ftruncate(fd: number, length: number, done: Done<void>): void {
    this.#later(() => this.ftruncateSync(fd, length), done);
  }

  fsync(fd: number, done: Done<void>): void {
    this.#later(() => this.fsyncSync(fd), done);
  }

  close(fd: number, done: Done<void>): void {
    this.#later(() => this.closeSync(fd), done);
  }

  link(from: string, to: string, done: Done<void>): void {
    this.#later(() => this.linkSync(from, to), done);
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.#later(() => this.renameSync(from, to), done);
  }

  unlink(path: string, done: Done<void>): void {
    this.#later(() => this.unlinkSync(path), done);
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

  #stats(file: FakeFile): OutputStats {
    return {
      dev: 1n,
      ino: file.ino,
      size: BigInt(file.bytes.length),
      isFile: () => this.isRegular,
      isDirectory: () => file.isFolder,
      isSymbolicLink: () => false,
    };
  }

  #file(fd: number): FakeFile {
    return this.#entry(fd).file;
  }

  #path(fd: number): string {
    return this.#entry(fd).path;
  }

  #entry(fd: number): { readonly path: string; readonly file: FakeFile } {
    const entry = this.#opened[fd];
    if (entry === undefined) {
      throw systemError("EBADF");
    }
    return entry;
  }

  #named(path: string): FakeFile {
    const file = this.names.get(path);
    if (file === undefined) {
      throw systemError("ENOENT");
    }
    return file;
  }

  #fault(call: string): void {
    const fault = this.faults[0];
    if (fault?.call === call) {
      this.faults.shift();
      throw systemError(fault.code);
    }
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: faked`), { code });
}
