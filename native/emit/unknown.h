// Counts what makes no record because libsinsp does not know its thread or descriptor.
#ifndef SYSFLOW_NATIVE_EMIT_UNKNOWN_H_
#define SYSFLOW_NATIVE_EMIT_UNKNOWN_H_

#include "falco/events/event.h"
#include "falco/state/library.h"
#include "layout/counters.h"

namespace sysflow {

class Unknown {
 public:
  Unknown(const Library& library, Counters& counters) : library_(library), counters_(counters) {}

  // Only a call that succeeded on something unknown is a loss: programs close and probe descriptors
  // that do not exist all the time. sendmmsg and recvmmsg of old captures do not even tell the
  // result.
  void Count(sinsp_evt& event) {
    sinsp_threadinfo* thread = ThreadOf(event);
    if (thread == nullptr) {
      CountThread();
    } else if (!HasParams(event) || ResultOf(event) >= 0) {
      CountDescriptor(*thread);
    }
  }

  void CountThread() {
    Add(library_.IsThreadTableFull() ? counters_.no_thread_full : counters_.no_thread);
  }

  void CountDescriptor(sinsp_threadinfo& thread) {
    const bool is_full = library_.AreDescriptorsFull(thread);
    Add(is_full ? counters_.no_descriptor_full : counters_.no_descriptor);
  }

 private:
  const Library& library_;
  Counters& counters_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_UNKNOWN_H_
