// The most that each native table holds, each limit once: `npm run generate` gives the same numbers
// to TypeScript (src/capture/limits.gen.ts) and to README. The limits of TypeScript's own tables
// are in src/collect/limits.ts. What a table at its limit gives up is counted (counters.h): nothing
// grows without end and nothing goes in silence.

#ifndef SYSFLOW_NATIVE_LAYOUT_LIMITS_H_
#define SYSFLOW_NATIVE_LAYOUT_LIMITS_H_

#include <cstddef>

namespace sysflow {

// clang-format off

// name, value, README's name for it ("" where it is not told).
#define SYSFLOW_LIMITS(L)                                                                          \
  /* Threads that libsinsp keeps, its default until 2024; and entered calls, one for each thread.  \
     One costs 2 to 7 kB, with its environment and the last event it entered; hosts with more than \
     some ten thousand are rare. */                                                                \
  L(kThreadsMax, 128 * 1024, "threads")                                                            \
  /* Descriptors that libsinsp keeps of one process, and of all: some 600 bytes each, and a fork   \
     copies its parent's. Its own default of 4096 is less than a busy server's connections. */     \
  L(kDescriptorsMax, 32 * 1024, "descriptors of a process")                                        \
  L(kDescriptorsTotalMax, 256 * 1024, "descriptors of all processes")                              \
  /* Process handles. As many as threads, so that a live process need never go: there is always    \
     one that has exited. */                                                                       \
  L(kProcessesMax, kThreadsMax, "processes")                                                       \
  /* Ancestors defined before a process. Longer chains are cut: no host forks that deep, and a     \
     damaged capture may hold a loop. */                                                           \
  L(kAncestorsMax, 256, "")                                                                        \
  /* Paths of programs that threads are about to run. */                                           \
  L(kCallsOfProgramsMax, 4096, "")                                                                 \
  /* Ids of containers. A node runs some hundred at a time. */                                     \
  L(kContainersMax, 4096, "")                                                                      \
  /* Names of users and groups that containers list, of all of them; and those that a capture tells  \
     of. */                                                                                        \
  L(kNameListBytesMax, 16 << 20, "")                                                               \
  L(kNamesToldMax, 128 * 1024, "")                                                                 \
  /* Paths and socket ends of one run of handles: both sides forget all of them when it is full,   \
     and name again what is used again. Bytes because a path may have four thousand. */            \
  L(kObjectsMax, 64 * 1024, "")                                                                    \
  L(kObjectBytesMax, 16 << 20, "")                                                                 \
  /* Descriptors looked up on which operations are held, of all threads; threads of one of them. */ \
  L(kHeldMax, 4096, "")                                                                            \
  L(kHeldThreadsMax, 8, "")                                                                        \
  /* Of a command line with its argv[0], and of an environment. Linux allows both together 2 MiB   \
     where stacks have their default limit of 8 MiB, and never more than 6 MiB. */                 \
  L(kTextBytesMax, 2 << 20, "")                                                                    \
  /* Of such texts, read for all processes in one second of event time, so that a storm of long    \
     command lines cannot hold up the capture. */                                                  \
  L(kTextBytesPerSecondMax, 64 << 20, "")                                                          \
  /* Looked at in each second of event time for entries whose end was never seen: processes here,  \
     threads in libsinsp, and of these at most so many in /proc, which takes some 20 µs each. */   \
  L(kSweepProcesses, 2048, "")                                                                     \
  L(kSweepThreads, 2048, "")                                                                       \
  L(kSweepProcLookups, 64, "")

// clang-format on

#define SYSFLOW_DECLARE_LIMIT(name, value, word) inline constexpr size_t name = value;
SYSFLOW_LIMITS(SYSFLOW_DECLARE_LIMIT)
#undef SYSFLOW_DECLARE_LIMIT

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_LAYOUT_LIMITS_H_
