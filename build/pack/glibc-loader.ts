// glibc's loader, made to open embedded files only: each of its openat system calls becomes a call of
// the shim's hook (build/toolchain/glibc/shim.c). It stays Debian's own file but for those few bytes;
// a loader in which they look different is refused, never half changed.

import { ElfError, type ElfFile, EM, loadSegments, PF } from "./elf.ts";

/** How a machine's loader makes a system call, and the call of equal length that replaces it. */
interface OpenPattern {
  /** The instructions to be replaced. */
  readonly call: readonly number[];
  /** What follows them: it must not depend on a register that the hook changes. */
  readonly after: readonly number[];
  /** The new instructions, for a hook so many bytes after the first of them. */
  readonly hook: (distance: number) => readonly number[];
}

const PATTERNS: ReadonlyMap<number, OpenPattern> = new Map([
  [
    EM.S390,
    {
      // lghi %r1,288 (openat); svc 0; then lghi %r1,-4096, to see whether it failed.
      call: [0xa7, 0x19, 0x01, 0x20, 0x0a, 0x00],
      after: [0xa7, 0x19, 0xf0, 0x00],
      // brasl %r1,hook: the register that held the call's number gets the place to return to.
      hook: (distance) => {
        if (distance % 2 !== 0 || Math.abs(distance) >= 2 ** 32) {
          throw new RangeError(`no brasl reaches ${distance} bytes`);
        }
        const bytes = new Uint8Array(6);
        const view = new DataView(bytes.buffer);
        view.setUint16(0, 0xc015);
        view.setInt32(2, distance / 2);
        return [...bytes];
      },
    },
  ],
]);

/** Bytes to be written over the loader's, by their address in it. */
export interface Replacement {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * The changes to a loader whose hook is `hook` bytes after the loader's address 0.
 *
 * @throws ElfError when it has no such calls, or some that cannot be replaced.
 */
export function hookOpens(loader: ElfFile, hook: number): readonly Replacement[] {
  const pattern = PATTERNS.get(loader.header.machine);
  if (pattern === undefined) {
    const number = loader.header.machine;
    throw new ElfError(
      `${loader.name}: machine ${number} has no row in build/pack/glibc-loader.ts`,
    );
  }
  const found: Replacement[] = [];
  for (const { flags, offset, filesz, vaddr } of loadSegments(loader)) {
    if ((flags & PF.X) === 0) continue;
    const code = Buffer.from(loader.bytes.subarray(offset, offset + filesz));
    const call = Uint8Array.from(pattern.call);
    for (let at = code.indexOf(call); at >= 0; at = code.indexOf(call, at + 1)) {
      const address = vaddr + at;
      const rest = code.subarray(at + call.length, at + call.length + pattern.after.length);
      if (!rest.equals(Uint8Array.from(pattern.after))) {
        const where = `0x${address.toString(16)}`;
        throw new ElfError(`${loader.name}: opens a file at ${where} in a way that is not known`);
      }
      found.push({ address, bytes: Uint8Array.from(pattern.hook(hook - address)) });
    }
  }
  if (found.length > 0) return found;
  throw new ElfError(`${loader.name}: opens no file in the way that is known; is it glibc's?`);
}
