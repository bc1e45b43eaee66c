// See thread_sweep.h.
#include "falco/state/thread_sweep.h"

#include <libsinsp/sinsp.h>

#include <vector>

#include "layout/limits.h"

namespace sysflow {
namespace {

constexpr uint32_t kSweepSeconds = 300;

}  // namespace

void ThreadSweep::Sweep(Library& library, uint32_t second, uint64_t last_ts) {
  if (!library.is_live() || second < next_second_) {
    return;
  }
  sinsp& inspector = library.inspector();
  struct Access : threadinfo_map_t {
    using threadinfo_map_t::m_threads;
  };
  sinsp_thread_manager& manager = *inspector.m_thread_manager;
  const auto& table = manager.get_threads()->*(&Access::m_threads);
  std::vector<int64_t> gone;
  size_t looked_up = 0;
  size_t seen = 0;
  for (; bucket_ < table.bucket_count() && seen < kSweepThreads && looked_up < kSweepProcLookups;
       bucket_++, seen++) {
    for (auto at = table.begin(bucket_); at != table.end(bucket_); ++at) {
      const sinsp_threadinfo& thread = *at->second;
      seen++;
      if (thread.m_lastaccess_ts >= inspector.get_lastevent_ts()) {
        continue;  // the event at hand is its own, and points to it
      }
      if (thread.is_invalid()) {
        gone.push_back(thread.m_tid);
      } else if (last_ts > thread.m_lastaccess_ts + inspector.m_thread_timeout_ns) {
        looked_up++;
        if (!scap_is_thread_alive(inspector.get_scap_platform(), thread.m_pid, thread.m_tid,
                                  thread.m_comm.c_str())) {
          gone.push_back(thread.m_tid);
        }
      }
    }
  }
  if (bucket_ >= table.bucket_count()) {
    bucket_ = 0;
    next_second_ = second + kSweepSeconds;
  }
  for (const int64_t tid : gone) {
    inspector.remove_thread(tid);
  }
}

}  // namespace sysflow
