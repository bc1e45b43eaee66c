// What was packed, as data and as text. It holds nothing that changes from one run to the next.

import type { CpuRequirement } from "./cpu.ts";
import { loadSegments, PF, type ProgramHeader } from "./elf.ts";
import type { PlacedImage } from "./layout.ts";
import type { Linkage, Machine, Parts } from "./preconditions.ts";

/** One part of the result. Addresses are as linked; a position-independent program is moved. */
export interface ImageReport {
  readonly role: "program" | "loader" | "library";
  /** The name a library is loaded by; the file's own name of program and loader. */
  readonly name: string;
  readonly loaded: "at start" | "by name";
  readonly base: number;
  /** In the result, without what its pages are filled up with. */
  readonly bytes: number;
  readonly segments: readonly Pick<ProgramHeader, "flags" | "vaddr" | "memsz" | "offset">[];
  /** Weak symbols that nothing defines: the image does without them. */
  readonly unresolvedWeak: readonly string[];
}

/** What was packed. */
export interface PackReport {
  readonly machine: string;
  readonly bytes: number;
  readonly entry: number;
  /** The size of stacks that the program asks for; 0 where it leaves that to the C library. */
  readonly stackBytes: number;
  readonly images: readonly ImageReport[];
  readonly hostileEnvironment: readonly string[];
  /** What the CPU must have; null when the loader does not ask. */
  readonly cpu: { readonly level: string; readonly features: readonly string[] } | null;
}

/** What a pack has settled by the time of its report. */
export interface Settled {
  readonly parts: Parts;
  readonly machine: Machine;
  readonly linkage: Linkage;
  readonly loader: PlacedImage;
  readonly libraries: readonly PlacedImage[];
  readonly variables: readonly string[];
  readonly cpu: CpuRequirement | null;
  readonly bytes: number;
  readonly entry: number;
  readonly stackBytes: number;
}

/** Makes the report. */
export function reportOf(settled: Settled): PackReport {
  const { parts, linkage, cpu } = settled;
  const { program, loader } = parts;
  const weak = (name: string) => linkage.unresolvedWeak.get(name) ?? [];
  const images: ImageReport[] = [
    {
      role: "program",
      name: program.name,
      loaded: "at start",
      base: 0,
      bytes: program.bytes.length,
      segments: segmentsOf(loadSegments(program)),
      unresolvedWeak: weak(""),
    },
    { role: "loader", name: loader.name, loaded: "at start", ...placed(settled.loader, []) },
  ];
  parts.libraries.forEach(({ name }, index) => {
    const image = settled.libraries[index];
    if (image === undefined) return;
    const loaded = linkage.atStart.includes(name) ? "at start" : "by name";
    images.push({ role: "library", name, loaded, ...placed(image, weak(name)) });
  });
  const { machine, bytes, entry, stackBytes, variables: hostileEnvironment } = settled;
  return {
    ...{ machine: machine.name, bytes, entry, stackBytes, images, hostileEnvironment },
    cpu: cpu && { level: cpu.level, features: cpu.features.map(({ name }) => name) },
  };
}

function placed({ base, segments, pieces }: PlacedImage, unresolvedWeak: readonly string[]) {
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  return { base, bytes, segments: segmentsOf(segments), unresolvedWeak };
}

function segmentsOf(segments: readonly ProgramHeader[]): ImageReport["segments"] {
  return segments.map(({ flags, vaddr, memsz, offset }) => ({ flags, vaddr, memsz, offset }));
}

/** The report for people. */
export function reportText(report: PackReport): string {
  const lines = [
    `static ELF for ${report.machine}, ${report.bytes} bytes, entered at ${hex(report.entry)}`,
    `stack: ${report.stackBytes === 0 ? "the C library's size" : `${report.stackBytes} bytes`}`,
    `cpu: ${report.cpu === null ? "not asked" : cpuText(report.cpu)}`,
    `environment variables dropped: ${report.hostileEnvironment.join(" ") || "none"}`,
  ];
  for (const image of report.images) {
    const place = `at ${hex(image.base)}, ${image.bytes} bytes, loaded ${image.loaded}`;
    lines.push(`${image.role} ${image.name}: ${place}`);
    for (const { flags, vaddr, memsz, offset } of image.segments) {
      const end = hex(vaddr + memsz);
      lines.push(`  ${permissions(flags)} ${hex(vaddr)}..${end} from offset ${hex(offset)}`);
    }
    if (image.unresolvedWeak.length > 0) {
      lines.push(`  weak, defined by nothing: ${image.unresolvedWeak.join(" ")}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function cpuText({ level, features }: NonNullable<PackReport["cpu"]>): string {
  return `${level} (${features.join(", ")})`;
}

function permissions(flags: number): string {
  const letters = [PF.R, PF.W, PF.X].map((bit, index) => (flags & bit ? "rwx"[index] : "-"));
  return letters.join("");
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
