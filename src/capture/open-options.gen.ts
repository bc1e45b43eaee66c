// Generated from native/layout/open_options.h by build/generate/layout.ts: do not edit.

/** What a capture is told in one word each; all may be absent. */
export interface PlainOptions {
  /** savefile: the capture to read. */
  readonly path?: string;
  /** Live: every system call, in place of `syscalls`. */
  readonly allSyscalls?: boolean;
  /** In Falco's filter language; empty for none. */
  readonly filter?: string;
  /** Live: bytes of each ring buffer; 0 for the library's 8 MiB. */
  readonly bufferBytes?: number;
  /** Modern eBPF: CPUs that share one ring buffer; 0 for all. */
  readonly cpusPerBuffer?: number;
  /** Live: the kernel side leaves out calls that never make a record. */
  readonly dropMode?: boolean;
  /** N: of most calls only those in the first 1/N of each second. */
  readonly samplingRatio?: number;
  /** libsinsp's own log, on standard error. */
  readonly libraryLog?: boolean;
  /** Live: also write a .scap capture here; empty for none. */
  readonly recordPath?: string;
  /** And compress it (gzip). */
  readonly recordCompressed?: boolean;
  /** Where the host's files are, which HOST_ROOT must have said. */
  readonly hostRoot?: string;
}
