// What a capture counts, each thing once. From this list come the struct that native code counts
// in, what stats() returns, and by `npm run generate` TypeScript's type and the words of the
// summary (src/capture/counters.gen.ts).

#ifndef SYSFLOW_NATIVE_LAYOUT_COUNTERS_H_
#define SYSFLOW_NATIVE_LAYOUT_COUNTERS_H_

#include <atomic>
#include <cstdint>

namespace sysflow {

// clang-format off

// field, kind, the summary's word for it, what it counts. In JavaScript `proc_reads_refused` is
// `procReadsRefused`. All but sizes are totals since the start, times in ns. The summary lists those
// of one kind in this order, under the heading that the kind names; metrics go by the kind too:
//   kNumber      none, or one of its own
//   kSize        the same; goes up and down, or is said once
//   kKernelLoss  lost, by the kernel's own causes
//   kLoss        lost
//   kEvicted     given up by a full table
//   kLeftOut     left out because the operator asked so
#define SYSFLOW_COUNTERS(C)                                                                       \
  C(events, kNumber, "", "Events taken from libsinsp.")                                           \
  C(io_events, kNumber, "", "Of these, reads and writes that were added to others.")              \
  C(records, kNumber, "", "Batch records, not SysFlow records.")                                  \
  C(batches, kNumber, "", "Batches handed over to the collector.")                                \
  C(batch_bytes, kNumber, "", "Bytes of the batches.")                                            \
  C(processes, kSize, "", "Handles of processes in use.")                                         \
  C(objects, kSize, "", "Handles of paths and socket ends in use.")                               \
  C(threads, kSize, "", "Threads in libsinsp's table.")                                           \
  C(descriptors, kSize, "", "Descriptors in libsinsp's tables of all processes together.")        \
  C(bytes_read, kNumber, "", "Of a capture file: bytes read so far.")                             \
  C(recorded_bytes, kNumber, "", "Live: bytes of the capture that is also written.")              \
  C(behind_ns, kSize, "", "Live: how old the newest event was when it was handed over.")          \
  C(capture_cpu_ns, kNumber, "", "CPU time of the capture thread.")                               \
  C(open_load_ns, kSize, "",                                                                      \
    "Live: how long the kernel took to load the probe; 0 until it is over.")                      \
  C(open_snapshot_ns, kSize, "", "Live: how long reading /proc took.")                            \
  C(open_attach_ns, kSize, "", "Live: how long attaching the programs took.")                     \
  C(kernel_events, kNumber, "", "Live: events that the engine has seen in the kernel.")           \
  C(kernel_drops, kNumber, "", "Of all causes, also those that have no counter of their own.")    \
  C(kernel_drops_buffer, kKernelLoss, "ring buffer full", "")                                     \
  C(kernel_drops_scratch_map, kKernelLoss, "event too large for its buffer", "")                  \
  C(kernel_drops_page_fault, kKernelLoss, "page fault", "")                                       \
  C(kernel_drops_bug, kKernelLoss, "defect in the probe", "")                                     \
  C(preemptions, kKernelLoss, "probe in use",                                                     \
    "Events that came while the probe was in use on their CPU; in kernel_drops too.")             \
  C(malformed, kLoss, "malformed events",                                                         \
    "Events left out because a parameter is missing or of a wrong length.")                       \
  C(events_unread, kLoss, "events unread at the end",                                             \
    "Live: events that were still in the rings when a clean end had taken its time.")             \
  C(no_thread, kLoss, "events of an unknown thread",                                              \
    "Events left out because libsinsp does not know their thread.")                               \
  C(no_descriptor, kLoss, "operations on an unknown descriptor", "The same of a descriptor.")     \
  C(no_thread_full, kLoss, "events of threads beyond the table",                                  \
    "Events of an unknown thread where libsinsp's table of threads was full.")                    \
  C(no_descriptor_full, kLoss, "operations on descriptors beyond the table",                      \
    "Operations on an unknown descriptor where the process's table of descriptors was full.")     \
  C(texts_cut_gone, kLoss, "command lines and environments cut (process gone or changed)",        \
    "Handed over cut: the process had ended or changed before the whole could be read.")          \
  C(texts_cut_limit, kLoss, "command lines and environments cut (too long)", "")                  \
  C(texts_cut_capture, kLoss, "command lines and environments cut (in the capture file)",         \
    "A capture holds no more of them.")                                                           \
  C(paths_cut, kLoss, "paths cut (too long)",                                                     \
    "Paths and working directories handed over cut, with what tells them apart.")                 \
  C(proc_reads_refused, kLoss, "reads of /proc left out (a second's allowance used up)", "")      \
  C(processes_evicted, kEvicted, "processes",                                                     \
    "Handles given up for want of room; what they named is named again at its next use.")         \
  C(containers_evicted, kEvicted, "containers", "")                                               \
  C(object_resets, kNumber, "",                                                                   \
    "How often the table of paths and socket ends was full and began anew.")                      \
  C(filtered, kLeftOut, "events filtered out", "Events that the filter left out.")

// clang-format on

// Written by the capture thread, read by any: a torn set of counters is fine, a torn counter is
// not.
using Counter = std::atomic<uint64_t>;

struct Counters {
#define SYSFLOW_DECLARE_COUNTER(name, kind, word, meaning) Counter name;
  SYSFLOW_COUNTERS(SYSFLOW_DECLARE_COUNTER)
#undef SYSFLOW_DECLARE_COUNTER
};

inline void Add(Counter& counter, uint64_t count = 1) {
  counter.fetch_add(count, std::memory_order_relaxed);
}

inline void Put(Counter& counter, uint64_t value) {
  counter.store(value, std::memory_order_relaxed);
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_LAYOUT_COUNTERS_H_
