// One piece of other people's work inside an executable, as the build knows it: what the table of
// contents lists, and what the SBOM and the notices are written from.

import type { PinnedPackage } from "../packages/debian-source.ts";

/**
 * How a component got in: `runtime` runs our TypeScript, `bundled` is JavaScript beside ours,
 * `linked` is machine code of its own, `headers` were compiled into other code.
 */
export type Role = "runtime" | "bundled" | "linked" | "headers";

/** A file that a component was made from. */
export interface Archive {
  readonly name: string;
  readonly algorithm: "SHA-256" | "SHA-512";
  /** The hash in hex. */
  readonly hash: string;
}

/** Where a component's copyright notice is read at build time. */
export type Notice =
  | { readonly from: "pinned"; readonly pkg: PinnedPackage }
  | { readonly from: "npm"; readonly name: string }
  /** An npm package for another machine, which is not in node_modules. */
  | { readonly from: "foreign"; readonly name: string; readonly cpu: "s390x" }
  /** A file of build/ship/licences/, for what brings no notice of its own. */
  | { readonly from: "file"; readonly name: string };

/** One piece of other people's work. */
export interface Component {
  readonly name: string;
  /** As its makers number it. */
  readonly version: string;
  /** As it was packaged, where that differs. */
  readonly packageVersion: string;
  /** An SPDX expression; null where its makers name several licences and not what each covers. */
  readonly license: string | null;
  /** Its package URL; null for a part of another component. */
  readonly purl: string | null;
  readonly role: Role;
  readonly archives: readonly Archive[];
  readonly notice: Notice | null;
  /** What it says itself that it contains. */
  readonly parts: readonly Component[];
}
