// What libsinsp's remove_inactive_threads() does to its whole table at once, every 20 minutes, here
// slice by slice: threads whose exit was never seen, and stand-ins for those that /proc did not
// tell of. Live only, as there: a capture's /proc is not this one.
#ifndef SYSFLOW_NATIVE_FALCO_STATE_THREAD_SWEEP_H_
#define SYSFLOW_NATIVE_FALCO_STATE_THREAD_SWEEP_H_

#include <cstddef>
#include <cstdint>

#include "falco/state/library.h"

namespace sysflow {

class ThreadSweep {
 public:
  // The next slice, in this second of event time. `last_ts`: of the event before, in ns.
  void Sweep(Library& library, uint32_t second, uint64_t last_ts);

 private:
  uint32_t next_second_ = 0;  // no pass over the table begins before
  size_t bucket_ = 0;         // where the pass goes on
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_THREAD_SWEEP_H_
