// Processes as records. An identity is defined before its first use, its ancestors before it, and
// again when an exec or setuid changed its facts.
#ifndef SYSFLOW_NATIVE_EMIT_PROCESSES_H_
#define SYSFLOW_NATIVE_EMIT_PROCESSES_H_

#include <cstddef>

#include "emit/containers.h"
#include "emit/long_texts.h"
#include "emit/objects.h"
#include "emit/output.h"
#include "falco/state/library.h"
#include "falco/state/thread_sweep.h"
#include "falco/state/threads.h"
#include "tables/process_handles.h"

namespace sysflow {

class Processes {
 public:
  Processes(Library& library, Output& output, Objects& objects, Containers& containers,
            LongTexts& long_texts, const EventTime& time, Counters& counters)
      : library_(library),
        output_(output),
        objects_(objects),
        containers_(containers),
        long_texts_(long_texts),
        time_(time),
        counters_(counters) {}

  // The handle of the thread's process, defined now unless it is.
  u32 For(sinsp_threadinfo& thread, uint64_t ts) {
    sinsp_threadinfo& leader = LeaderOf(thread);
    const u32 handle = Find(leader);
    return handle != 0 ? handle : Define(thread, leader, ts, 0);
  }

  // Its handle, 0 where it has none.
  u32 Find(const sinsp_threadinfo& leader) {
    const ProcessEntry entry = handles_.Find(TidOf(leader));
    return entry.create_ts == CreationOf(leader) ? entry.handle : 0;
  }

  // Ends the process's I/O so far and, where it is known by a handle, says its facts anew. False
  // where it is not.
  bool Refresh(sinsp_threadinfo& thread, uint64_t ts);

  // The thread ends: its process leaves with its leader and, should other threads go on, again with
  // the last of them.
  void MarkExited(sinsp_threadinfo& thread);

  // Lets go of what has ended, once in each second of event time.
  void Sweep();

  size_t size() const { return handles_.size(); }

 private:
  u32 Define(sinsp_threadinfo& thread, sinsp_threadinfo& leader, uint64_t ts, size_t depth);
  u32 ParentFor(sinsp_threadinfo& leader, uint64_t ts, size_t depth);
  void AppendRecord(u32 handle, u32 parent, const sinsp_threadinfo& thread,
                    sinsp_threadinfo& leader, uint64_t ts);
  void Release(int64_t pid);

  Library& library_;
  Output& output_;
  Objects& objects_;
  Containers& containers_;
  LongTexts& long_texts_;
  const EventTime& time_;
  Counters& counters_;
  ProcessHandles handles_;
  ThreadSweep threads_;
  u32 sweep_second_ = 0;      // no pass over the processes begins before
  bool is_sweeping_ = false;  // one is under way
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_PROCESSES_H_
