// Generated from native/layout/counters.h by build/generate/layout.ts: do not edit.

/** Counters of a capture: sizes, else totals since its start. Times in ns. */
export interface CaptureCounters {
  /** Events taken from libsinsp. */
  readonly events: number;
  /** Of these, reads and writes that were added to others. */
  readonly ioEvents: number;
  /** Batch records, not SysFlow records. */
  readonly records: number;
  /** Batches handed over to the collector. */
  readonly batches: number;
  /** Bytes of the batches. */
  readonly batchBytes: number;
  /** Handles of processes in use. */
  readonly processes: number;
  /** Handles of paths and socket ends in use. */
  readonly objects: number;
  /** Threads in libsinsp's table. */
  readonly threads: number;
  /** Descriptors in libsinsp's tables of all processes together. */
  readonly descriptors: number;
  /** Of a capture file: bytes read so far. */
  readonly bytesRead: number;
  /** Live: bytes of the capture that is also written. */
  readonly recordedBytes: number;
  /** Live: how old the newest event was when it was handed over. */
  readonly behindNs: number;
  /** CPU time of the capture thread. */
  readonly captureCpuNs: number;
  /** Live: how long the kernel took to load the probe; 0 until it is over. */
  readonly openLoadNs: number;
  /** Live: how long reading /proc took. */
  readonly openSnapshotNs: number;
  /** Live: how long attaching the programs took. */
  readonly openAttachNs: number;
  /** Live: events that the engine has seen in the kernel. */
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
export type CounterKind = "evicted" | "kernelLoss" | "leftOut" | "loss" | "number" | "size";

/** A counter's name, the summary's word for what it counts, and a sentence that says it. */
export interface CounterRow {
  readonly name: keyof CaptureCounters;
  readonly kind: CounterKind;
  readonly word: string;
  readonly meaning: string;
}

/** In the order in which the summary tells of them. */
export const captureCounters: readonly CounterRow[] = [
  { name: "events", kind: "number", word: "", meaning: "Events taken from libsinsp." },
  {
    name: "ioEvents",
    kind: "number",
    word: "",
    meaning: "Of these, reads and writes that were added to others.",
  },
  { name: "records", kind: "number", word: "", meaning: "Batch records, not SysFlow records." },
  { name: "batches", kind: "number", word: "", meaning: "Batches handed over to the collector." },
  { name: "batchBytes", kind: "number", word: "", meaning: "Bytes of the batches." },
  { name: "processes", kind: "size", word: "", meaning: "Handles of processes in use." },
  { name: "objects", kind: "size", word: "", meaning: "Handles of paths and socket ends in use." },
  { name: "threads", kind: "size", word: "", meaning: "Threads in libsinsp's table." },
  {
    name: "descriptors",
    kind: "size",
    word: "",
    meaning: "Descriptors in libsinsp's tables of all processes together.",
  },
  { name: "bytesRead", kind: "number", word: "", meaning: "Of a capture file: bytes read so far." },
  {
    name: "recordedBytes",
    kind: "number",
    word: "",
    meaning: "Live: bytes of the capture that is also written.",
  },
  {
    name: "behindNs",
    kind: "size",
    word: "",
    meaning: "Live: how old the newest event was when it was handed over.",
  },
  { name: "captureCpuNs", kind: "number", word: "", meaning: "CPU time of the capture thread." },
  {
    name: "openLoadNs",
    kind: "size",
    word: "",
    meaning: "Live: how long the kernel took to load the probe; 0 until it is over.",
  },
  { name: "openSnapshotNs", kind: "size", word: "", meaning: "Live: how long reading /proc took." },
  {
    name: "openAttachNs",
    kind: "size",
    word: "",
    meaning: "Live: how long attaching the programs took.",
  },
  {
    name: "kernelEvents",
    kind: "number",
    word: "",
    meaning: "Live: events that the engine has seen in the kernel.",
  },
  {
    name: "kernelDrops",
    kind: "number",
    word: "",
    meaning: "Of all causes, also those that have no counter of their own.",
  },
  { name: "kernelDropsBuffer", kind: "kernelLoss", word: "ring buffer full", meaning: "" },
  {
    name: "kernelDropsScratchMap",
    kind: "kernelLoss",
    word: "event too large for its buffer",
    meaning: "",
  },
  { name: "kernelDropsPageFault", kind: "kernelLoss", word: "page fault", meaning: "" },
  { name: "kernelDropsBug", kind: "kernelLoss", word: "defect in the probe", meaning: "" },
  {
    name: "preemptions",
    kind: "kernelLoss",
    word: "probe in use",
    meaning: "Events that came while the probe was in use on their CPU; in kernel_drops too.",
  },
  {
    name: "malformed",
    kind: "loss",
    word: "malformed events",
    meaning: "Events left out because a parameter is missing or of a wrong length.",
  },
  {
    name: "eventsUnread",
    kind: "loss",
    word: "events unread at the end",
    meaning: "Live: events that were still in the rings when a clean end had taken its time.",
  },
  {
    name: "noThread",
    kind: "loss",
    word: "events of an unknown thread",
    meaning: "Events left out because libsinsp does not know their thread.",
  },
  {
    name: "noDescriptor",
    kind: "loss",
    word: "operations on an unknown descriptor",
    meaning: "The same of a descriptor.",
  },
  {
    name: "noThreadFull",
    kind: "loss",
    word: "events of threads beyond the table",
    meaning: "Events of an unknown thread where libsinsp's table of threads was full.",
  },
  {
    name: "noDescriptorFull",
    kind: "loss",
    word: "operations on descriptors beyond the table",
    meaning: "Operations on an unknown descriptor where the process's table of descriptors was full.",
  },
  {
    name: "textsCutGone",
    kind: "loss",
    word: "command lines and environments cut (process gone or changed)",
    meaning: "Handed over cut: the process had ended or changed before the whole could be read.",
  },
  {
    name: "textsCutLimit",
    kind: "loss",
    word: "command lines and environments cut (too long)",
    meaning: "",
  },
  {
    name: "textsCutCapture",
    kind: "loss",
    word: "command lines and environments cut (in the capture file)",
    meaning: "A capture holds no more of them.",
  },
  {
    name: "pathsCut",
    kind: "loss",
    word: "paths cut (too long)",
    meaning: "Paths and working directories handed over cut, with what tells them apart.",
  },
  {
    name: "procReadsRefused",
    kind: "loss",
    word: "reads of /proc left out (a second's allowance used up)",
    meaning: "",
  },
  {
    name: "processesEvicted",
    kind: "evicted",
    word: "processes",
    meaning: "Handles given up for want of room; what they named is named again at its next use.",
  },
  { name: "containersEvicted", kind: "evicted", word: "containers", meaning: "" },
  {
    name: "objectResets",
    kind: "number",
    word: "",
    meaning: "How often the table of paths and socket ends was full and began anew.",
  },
  {
    name: "filtered",
    kind: "leftOut",
    word: "events filtered out",
    meaning: "Events that the filter left out.",
  },
];
