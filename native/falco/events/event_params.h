// Parameters of an event by name: old captures hold older layouts of the same events.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_PARAMS_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_PARAMS_H_

#include <libsinsp/sinsp.h>

#include <string_view>

namespace sysflow {

// The parameter that the event type declares and this event really has, or null.
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

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_PARAMS_H_
