// Calls on paths: what they were given, with the paths as the thread saw them.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_PATH_CALL_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_PATH_CALL_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layout/event_layout.h"

namespace sysflow {

// A PathOp record before its paths have handles. `second` is empty where there is one path.
struct PathCall {
  u32 op;
  int64_t result;
  bool is_known = true;  // false: of a descriptor that is not known; nothing else is told then
  std::string first;
  std::optional<std::string> second;  // of calls with two
  std::vector<std::string> args;
};

// With no arguments but paths. All of these throw where a parameter is missing or
// of another length than its type has.
PathCall ReadPathCall(sinsp_evt& event, u32 op);

// With arguments, such as chmod: of a path, or of a descriptor, whose path it then is.
PathCall ReadAttributesCall(sinsp_evt& event, u32 op);

// mount and umount. `flags`: what the call's begin told, if it was seen.
PathCall ReadMountCall(sinsp_evt& event, u32 op, const std::optional<int64_t>& flags);

// truncate and ftruncate.
PathCall ReadResizeCall(sinsp_evt& event);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_PATH_CALL_H_
