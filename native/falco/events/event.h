// One event of libsinsp, by the names of this program. What is asked of each event is inline.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sysflow {

// In ns since the epoch.
inline uint64_t TimeOf(sinsp_evt& event) { return event.get_ts(); }

// libscap's number of the event's type. That of a call's end is one above that of its begin.
inline uint16_t TypeOf(const sinsp_evt& event) { return event.get_type(); }

// Null where libsinsp does not know the thread, or the descriptor that the call is on.
inline sinsp_threadinfo* ThreadOf(sinsp_evt& event) { return event.get_thread_info(); }
inline sinsp_fdinfo* DescriptorOf(sinsp_evt& event) { return event.get_fd_info(); }

// What the call has returned, of the end of one. Throws where the event does not tell it.
inline int64_t ResultOf(sinsp_evt& event) { return event.get_syscall_return_value(); }

inline bool HasParams(sinsp_evt& event) { return event.get_num_params() > 0; }

// Whether the event tells what a call has returned.
inline bool HasResult(sinsp_evt& event) { return HasParams(event) && event.has_return_value(); }

// The first parameter, which is the result of each read and write. Read where it lies: the getter
// decodes all parameters and was a tenth of what an operation costs here. No event of reads and
// writes has the wide lengths of EF_LARGE_PAYLOAD.
inline int64_t IoResult(sinsp_evt& event) {
  const scap_evt* header = event.get_scap_evt();
  const char* lengths = reinterpret_cast<const char*>(header + 1);
  uint16_t length = 0;
  std::memcpy(&length, lengths, sizeof(length));
  const size_t values = sizeof(scap_evt) + header->nparams * sizeof(uint16_t);
  if (length != sizeof(int64_t) || header->len < values + length) [[unlikely]] {
    return ResultOf(event);  // old captures may lack it
  }
  int64_t result = 0;
  std::memcpy(&result, reinterpret_cast<const char*>(header) + values, sizeof(result));
  return result;
}

// A parameter by its name, because old captures hold older layouts of the same events: the one that
// the event type declares and this event really has, or null.
inline const sinsp_evt_param* FindParam(sinsp_evt& event, std::string_view name) {
  const ppm_event_info& info = *event.get_info();
  for (uint32_t i = 0; i < info.nparams; i++) {
    if (name == info.params[i].name) {
      return i < event.get_num_params() ? event.get_param(i) : nullptr;
    }
  }
  return nullptr;
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_H_
