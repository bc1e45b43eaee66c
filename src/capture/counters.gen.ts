// Generated from native/layout/counters.h by build/generate/layout.ts: do not edit.

/** Counters of a capture, all totals since its start. Times in ns. */
export interface CaptureCounters {
  /** Events taken from libsinsp. */
  readonly events: number;
  /** Of these, reads and writes that were added to others. */
  readonly ioEvents: number;
  /** Batch records, not SysFlow records. */
  readonly records: number;
  readonly batches: number;
  readonly batchBytes: number;
  /** Handles in use. */
  readonly processes: number;
  /** Handles in use, of paths and socket ends. */
  readonly objects: number;
  /** In libsinsp's table. */
  readonly threads: number;
  /** In libsinsp's tables of all processes together. */
  readonly descriptors: number;
  /** savefile: bytes of the file read so far. */
  readonly bytesRead: number;
  /** Live: bytes of the capture that is also written. */
  readonly recordedBytes: number;
  /** Live: how old the newest event was when it was handed over. */
  readonly behindNs: number;
  /** CPU time of the capture thread. */
  readonly captureCpuNs: number;
  /** Live: how long the kernel took to load the probe; 0 until it is over. */
  readonly openLoadNs: number;
  /** The same of reading /proc. */
  readonly openSnapshotNs: number;
  /** The same of attaching the programs to their tracepoints. */
  readonly openAttachNs: number;
  readonly kernelEvents: number;
  /** Of all causes, also those that have no counter of their own. */
  readonly kernelDrops: number;
  readonly kernelDropsBuffer: number;
  readonly kernelDropsScratchMap: number;
  readonly kernelDropsPageFault: number;
  readonly kernelDropsBug: number;
  /** Events that came while the probe was in use on their CPU; in kernel_drops too. */
  readonly preemptions: number;
  /** Events left out because a parameter is missing or of a wrong length. */
  readonly malformed: number;
  /** Live: events that were still in the rings when a clean end had taken its time. */
  readonly eventsUnread: number;
  /** Events left out because libsinsp does not know their thread. */
  readonly noThread: number;
  /** The same of a descriptor. */
  readonly noDescriptor: number;
  /** Events of an unknown thread where libsinsp's table of threads was full. */
  readonly noThreadFull: number;
  /** Operations on an unknown descriptor where the process's table of descriptors was full. */
  readonly noDescriptorFull: number;
  /** Handed over cut: the process had ended or changed before the whole could be read. */
  readonly textsCutGone: number;
  readonly textsCutLimit: number;
  /** A capture holds no more of them. */
  readonly textsCutCapture: number;
  /** Paths and working directories handed over cut, with what tells them apart. */
  readonly pathsCut: number;
  readonly procReadsRefused: number;
  /** Handles given up for want of room; what they named is named again at its next use. */
  readonly processesEvicted: number;
  readonly containersEvicted: number;
  /** How often the table of paths and socket ends was full and began anew. */
  readonly objectResets: number;
  /** Events that the filter left out. */
  readonly filtered: number;
}

/** Under which heading the summary tells of a counter; of a number under none of these. */
export type CounterKind = "evicted" | "kernelLoss" | "leftOut" | "loss" | "number";

/** A counter's name, and the summary's word for what it counts. */
export interface CounterRow {
  readonly name: keyof CaptureCounters;
  readonly kind: CounterKind;
  readonly word: string;
}

/** In the order in which the summary tells of them. */
export const captureCounters: readonly CounterRow[] = [
  { name: "events", kind: "number", word: "" },
  { name: "ioEvents", kind: "number", word: "" },
  { name: "records", kind: "number", word: "" },
  { name: "batches", kind: "number", word: "" },
  { name: "batchBytes", kind: "number", word: "" },
  { name: "processes", kind: "number", word: "" },
  { name: "objects", kind: "number", word: "" },
  { name: "threads", kind: "number", word: "" },
  { name: "descriptors", kind: "number", word: "" },
  { name: "bytesRead", kind: "number", word: "" },
  { name: "recordedBytes", kind: "number", word: "" },
  { name: "behindNs", kind: "number", word: "" },
  { name: "captureCpuNs", kind: "number", word: "" },
  { name: "openLoadNs", kind: "number", word: "" },
  { name: "openSnapshotNs", kind: "number", word: "" },
  { name: "openAttachNs", kind: "number", word: "" },
  { name: "kernelEvents", kind: "number", word: "" },
  { name: "kernelDrops", kind: "number", word: "" },
  { name: "kernelDropsBuffer", kind: "kernelLoss", word: "ring buffer full" },
  { name: "kernelDropsScratchMap", kind: "kernelLoss", word: "event too large for its buffer" },
  { name: "kernelDropsPageFault", kind: "kernelLoss", word: "page fault" },
  { name: "kernelDropsBug", kind: "kernelLoss", word: "defect in the probe" },
  { name: "preemptions", kind: "kernelLoss", word: "probe in use" },
  { name: "malformed", kind: "loss", word: "malformed events" },
  { name: "eventsUnread", kind: "loss", word: "events unread at the end" },
  { name: "noThread", kind: "loss", word: "events of an unknown thread" },
  { name: "noDescriptor", kind: "loss", word: "operations on an unknown descriptor" },
  { name: "noThreadFull", kind: "loss", word: "events of threads beyond the table" },
  { name: "noDescriptorFull", kind: "loss", word: "operations on descriptors beyond the table" },
  {
    name: "textsCutGone",
    kind: "loss",
    word: "command lines and environments cut (process gone or changed)",
  },
  { name: "textsCutLimit", kind: "loss", word: "command lines and environments cut (too long)" },
  {
    name: "textsCutCapture",
    kind: "loss",
    word: "command lines and environments cut (in the capture file)",
  },
  { name: "pathsCut", kind: "loss", word: "paths cut (too long)" },
  {
    name: "procReadsRefused",
    kind: "loss",
    word: "reads of /proc left out (a second's allowance used up)",
  },
  { name: "processesEvicted", kind: "evicted", word: "processes" },
  { name: "containersEvicted", kind: "evicted", word: "containers" },
  { name: "objectResets", kind: "number", word: "" },
  { name: "filtered", kind: "leftOut", word: "events filtered out" },
];
