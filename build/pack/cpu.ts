// What a program demands of the CPU. The loader asks before anything else runs, since a missing
// instruction would end the process with SIGILL and without a word.

import { exitStatus } from "../../src/base/exit-status.ts";

/** One bit of what the CPUID instruction tells. */
export interface CpuFeature {
  readonly name: string;
  readonly leaf: number;
  readonly register: "eax" | "ebx" | "ecx" | "edx";
  readonly bit: number;
}

/** The features a program cannot do without, and how the loader ends where one is missing. */
export interface CpuRequirement {
  readonly level: string;
  readonly features: readonly CpuFeature[];
  /** Said on standard error before and after the names of what the CPU lacks. */
  readonly refusal: string;
  readonly advice: string;
  readonly status: number;
}

/**
 * The level x86-64-v2 of the psABI. Bun's builds for musl, "baseline" or not, are one file; under
 * emulation of single models it runs on a Nehalem and ends with SIGILL on a Core 2. What needs more
 * (AVX2 in its search and its JavaScript compiler) it asks the CPU for itself.
 */
export const X86_64_V2: CpuRequirement = {
  level: "x86-64-v2",
  features: [
    { name: "sse3", leaf: 1, register: "ecx", bit: 0 },
    { name: "ssse3", leaf: 1, register: "ecx", bit: 9 },
    { name: "cx16", leaf: 1, register: "ecx", bit: 13 },
    { name: "sse4.1", leaf: 1, register: "ecx", bit: 19 },
    { name: "sse4.2", leaf: 1, register: "ecx", bit: 20 },
    { name: "popcnt", leaf: 1, register: "ecx", bit: 23 },
    { name: "lahf", leaf: 0x80000001, register: "ecx", bit: 0 },
  ],
  refusal: "sysflow: cannot run: this CPU lacks ",
  advice: "; use one with x86-64-v2 (in a virtual machine, choose the host's own CPU model)\n",
  status: exitStatus.FAILURE,
};
