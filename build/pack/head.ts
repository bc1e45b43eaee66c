// What the packer tells the loader: the C structures of musl/tree/src/internal/packed.h (below
// build/toolchain), word by word, and the tables they point to. Places are offsets from the loader's
// first byte.

import type { CpuRequirement } from "./cpu.ts";
import { addressOf, ElfError, type ElfFile } from "./elf.ts";

/** PACKED_LAYOUT of packed.h: a loader with another number is not ours. */
export const HEAD_LAYOUT = 1;
/** PACKED_IMAGES_MAX of packed.h. */
export const IMAGES_MAX = 16;
/** The first bytes of the head, as in packed_head.c. */
const MARKER = [0x7f, ...new TextEncoder().encode("sysflow-head"), 0xa5, 0x5a, 0xc3];
const REGISTERS = ["eax", "ebx", "ecx", "edx"] as const;

/** The head's words after the marker, in the order of packed.h. */
const WORDS = [
  "layout",
  "active",
  "entry",
  "programHeaders",
  "programHeaderCount",
  "images",
  "imageCount",
  "variables",
  "features",
  "featureCount",
  "refusal",
  "advice",
  "refusalStatus",
] as const;
type Head = Readonly<Record<(typeof WORDS)[number], number>>;
const HEAD_BYTES = MARKER.length + WORDS.length * 8;

/** How often the marker stands in a file. */
export function countMarkers(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const marker = Uint8Array.from(MARKER);
  let count = 0;
  for (let at = buffer.indexOf(marker); at >= 0; at = buffer.indexOf(marker, at + 1)) count++;
  return count;
}

/**
 * The address of the head within the loader.
 *
 * @throws ElfError when this is not a loader of ours, or was packed already.
 */
export function findHead(loader: ElfFile): number {
  const count = countMarkers(loader.bytes);
  if (count !== 1) {
    const why = `it has ${count} head markers, not one`;
    throw new ElfError(
      `${loader.name}: ${why}; give the libc.so that build/toolchain/musl-libc.ts makes`,
    );
  }
  const { buffer, byteOffset, byteLength } = loader.bytes;
  const at = Buffer.from(buffer, byteOffset, byteLength).indexOf(Uint8Array.from(MARKER));
  const address = addressOf(loader, at, HEAD_BYTES);
  if (address === null) {
    throw new ElfError(`${loader.name}: its head is in no loaded segment; build it anew`);
  }
  const view = new DataView(buffer, byteOffset + at + MARKER.length);
  const layout = Number(view.getBigUint64(0, loader.littleEndian));
  if (layout !== HEAD_LAYOUT) {
    const why = `its head has layout ${layout}, the packer knows ${HEAD_LAYOUT}`;
    throw new ElfError(`${loader.name}: ${why}; build both from one revision`);
  }
  if (view.getBigUint64(8, loader.littleEndian) !== 0n) {
    throw new ElfError(`${loader.name}: packed already; give it as it was built`);
  }
  return address;
}

/** The head's bytes, marker and all. */
export function encodeHead(head: Head, littleEndian: boolean): Uint8Array {
  const words = WORDS.map((name) => head[name]);
  return Uint8Array.from([...MARKER, ...encodeWords(words, littleEndian)]);
}

/** What the head's tables are made from. Bases are addresses in the program. */
export interface TableContents {
  readonly images: readonly { readonly name: string; readonly base: number }[];
  readonly variables: readonly string[];
  readonly cpu: CpuRequirement | null;
}

/** The tables' bytes, and the head's words that point to them. */
export interface Tables {
  readonly bytes: Uint8Array;
  readonly words: Pick<
    Head,
    "images" | "imageCount" | "variables" | "features" | "featureCount" | "refusal" | "advice"
  >;
}

/**
 * Lays the tables out at `address` of a program whose loader is at `loaderBase`.
 */
export function encodeTables(
  { images, variables, cpu }: TableContents,
  address: number,
  loaderBase: number,
  littleEndian: boolean,
): Tables {
  const features = cpu?.features ?? [];
  const featuresAt = images.length * 16;
  const stringsAt = featuresAt + features.length * 32;
  const strings: number[] = [];
  const offset = (at: number) => address + at - loaderBase;
  const string = (text: string) => {
    const at = offset(stringsAt + strings.length);
    strings.push(...new TextEncoder().encode(text), 0);
    return at;
  };
  const words = [
    ...images.flatMap(({ name, base }) => [string(name), base - loaderBase]),
    ...features.flatMap(({ name, leaf, register, bit }) => [
      leaf,
      REGISTERS.indexOf(register),
      bit,
      string(name),
    ]),
  ];
  const variablesAt = string(variables.map((name) => `${name}\0`).join(""));
  const refusal = string(cpu?.refusal ?? "");
  const advice = string(cpu?.advice ?? "");
  return {
    bytes: Uint8Array.from([...encodeWords(words, littleEndian), ...strings]),
    words: {
      images: offset(0),
      imageCount: images.length,
      variables: variablesAt,
      features: offset(featuresAt),
      featureCount: features.length,
      refusal,
      advice,
    },
  };
}

/** Offsets may be negative: what is behind the loader's first byte. */
function encodeWords(words: readonly number[], littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(words.length * 8);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setBigInt64(index * 8, BigInt(word), littleEndian);
  });
  return bytes;
}
