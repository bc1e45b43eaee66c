// The most that each native table holds, in one place. TypeScript's are in src/collect/limits.ts.
// What a table at its limit gives up is counted by EmitterStats: nothing grows without end and
// nothing goes in silence.

#ifndef SYSFLOW_NATIVE_LAYOUT_TABLE_LIMITS_H_
#define SYSFLOW_NATIVE_LAYOUT_TABLE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace sysflow {

// Threads that libsinsp keeps, its default until 2024; and entered calls, one for each thread. One
// costs 2 to 7 kB, with its environment and the last event it entered; hosts with more than some
// ten thousand are rare.
inline constexpr uint32_t kThreadsMax = 128 * 1024;

// Descriptors that libsinsp keeps of one process, and of all: some 600 bytes each, and a fork
// copies its parent's. Its own default of 4096 is less than a busy server's connections.
inline constexpr uint32_t kDescriptorsMax = 32 * 1024;
inline constexpr uint64_t kDescriptorsTotalMax = 256 * 1024;

// Paths of programs that threads are about to run.
inline constexpr size_t kCallsOfProgramsMax = 4096;

// Process handles. As many as threads, so that a live process need never go: there is always one
// that has exited.
inline constexpr size_t kProcessesMax = kThreadsMax;

// Ids of containers. A node runs some hundred at a time.
inline constexpr size_t kContainersMax = 4096;

// Paths and socket ends of one run of handles: both sides forget all of them when it is full, and
// name again what is used again. Bytes because a path may have four thousand.
inline constexpr size_t kObjectsMax = 64 * 1024;
inline constexpr size_t kObjectBytesMax = 16 << 20;

// Looked at in each second of event time for entries whose end was never seen: processes here,
// threads in libsinsp, and of these at most so many in /proc, which takes some 20 µs each.
inline constexpr size_t kSweepProcesses = 2048;
inline constexpr size_t kSweepThreads = 2048;
inline constexpr size_t kSweepProcLookups = 64;

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_LAYOUT_TABLE_LIMITS_H_
