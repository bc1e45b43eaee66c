// What libsinsp takes wrongly of an open that succeeded: openat2 with a root of its own, and files
// that have no name.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_OPENED_FILE_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_OPENED_FILE_H_

#include <libsinsp/sinsp.h>

namespace sysflow {

// Sets name and type of the descriptor that the event opened, before anything is made of them.
void SettleOpened(sinsp_evt& event, sinsp_fdinfo& opened);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_OPENED_FILE_H_
