// What the build knows about an executable and the executable cannot find out itself: its commit
// and what it contains. build/ship/defines.ts sets both constants. They do not exist when the
// program runs from its sources.

/** One piece of other people's work. */
export interface Library {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression; null where its makers name several licences and not what each covers. */
  readonly license: string | null;
}

/** The value of SYSFLOW_CONTENTS, as JSON. */
export interface BuildContents {
  /** With a `+` where files differed from it; `unknown` where it was not built from git. */
  readonly commit: string;
  readonly target: string;
  /** The oldest processors the executable runs on. */
  readonly cpu: string;
  readonly runtime: Library & { readonly parts: readonly Library[] };
  readonly libc: Library;
  readonly libraries: readonly Library[];
}

// In text, so that a start which does not ask for them pays nothing.
declare const SYSFLOW_CONTENTS: string | undefined;
/** All licence texts, brotli in base64. */
declare const SYSFLOW_NOTICES: string | undefined;

/** Null when run from sources. */
export function buildContents(): BuildContents | null {
  if (typeof SYSFLOW_CONTENTS !== "string") return null;
  return JSON.parse(SYSFLOW_CONTENTS) as BuildContents;
}

/** The licence texts of all that is inside. Null when run from sources. */
export async function buildNotices(): Promise<string | null> {
  if (typeof SYSFLOW_NOTICES !== "string") return null;
  const { brotliDecompressSync } = await import("node:zlib");
  return brotliDecompressSync(Buffer.from(SYSFLOW_NOTICES, "base64")).toString();
}
