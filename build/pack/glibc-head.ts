// What the packer tells the shim: the C structure of build/toolchain/glibc/shim.c, word by word, and
// the texts it points to. All places are addresses: a program packed with glibc has a fixed one.

import { addressOf, ElfError, type ElfFile } from "./elf.ts";

const LAYOUT = 1;
/** IMAGES_MAX of shim.c. */
const IMAGES_MAX = 24;
const MARKER = Uint8Array.from([
  0x7f,
  ...new TextEncoder().encode("sysflow-shim"),
  0xa5,
  0x5a,
  0xc3,
]);
const WORD = 8;

/** The words that the packer fills in, after the marker, the layout and the hook's place. */
const WORDS = [
  "entry",
  "programHeaders",
  "programHeaderCount",
  "loaderBase",
  "loaderEntry",
  "variables",
  "imageCount",
] as const;
/** Addresses and counts for the shim, but for its images. */
export type ShimWords = Readonly<Record<(typeof WORDS)[number], number>>;

/** An embedded file, by where its bytes are. */
export interface ShimImage {
  /** The address of its name, which ends in NUL. */
  readonly name: number;
  readonly address: number;
  readonly length: number;
}

/** Addresses within the shim. */
export interface ShimPlaces {
  readonly head: number;
  readonly openHook: number;
}

/**
 * Where the head and the hook are in the shim.
 *
 * @throws ElfError when this is not a shim of ours.
 */
export function findShim(shim: ElfFile): ShimPlaces {
  const bytes = Buffer.from(shim.bytes.buffer, shim.bytes.byteOffset, shim.bytes.byteLength);
  const at = bytes.indexOf(MARKER);
  if (at < 0 || bytes.indexOf(MARKER, at + 1) >= 0) {
    throw new ElfError(`${shim.name}: it has not one head marker; give what shim.c compiles to`);
  }
  const size = MARKER.length + (2 + WORDS.length + 3 * IMAGES_MAX) * WORD;
  const head = addressOf(shim, at, size);
  if (head === null) throw new ElfError(`${shim.name}: its head is in no loaded segment`);
  const view = new DataView(shim.bytes.buffer, shim.bytes.byteOffset + at + MARKER.length);
  const layout = Number(view.getBigInt64(0, shim.littleEndian));
  if (layout !== LAYOUT) {
    const why = `its head has layout ${layout}, the packer knows ${LAYOUT}`;
    throw new ElfError(`${shim.name}: ${why}; build both from one revision`);
  }
  const hookAt = head + MARKER.length + WORD;
  return { head, openHook: hookAt + Number(view.getBigInt64(WORD, shim.littleEndian)) };
}

/** What is written over the head from its word `entry` on; `at` is that word's place in the head. */
export function encodeShimWords(
  words: ShimWords,
  images: readonly ShimImage[],
  littleEndian: boolean,
): { readonly at: number; readonly bytes: Uint8Array } {
  if (images.length > IMAGES_MAX) {
    throw new ElfError(`${images.length} embedded files are more than the shim's ${IMAGES_MAX}`);
  }
  const all = [
    ...WORDS.map((name) => words[name]),
    ...images.flatMap(({ name, address, length }) => [name, address, length]),
  ];
  const bytes = new Uint8Array(all.length * WORD);
  const view = new DataView(bytes.buffer);
  all.forEach((word, index) => {
    view.setBigUint64(index * WORD, BigInt(word), littleEndian);
  });
  return { at: MARKER.length + 2 * WORD, bytes };
}
