// truncate and ftruncate. The probe tells of them by generic events with more parameters than their
// type declares (patches/0014), which libsinsp passes over and this finds.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_RESIZE_CALL_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_RESIZE_CALL_H_

#include <libscap/scap.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace sysflow {

// Of a generic event: the call's number as libscap counts them, result, path or descriptor, length.
constexpr uint32_t kResizeParams = 4;

constexpr bool IsResize(uint32_t type, uint32_t params) {
  return type == PPME_GENERIC_X && params == kResizeParams;
}

struct ResizeCall {
  int64_t result;
  int64_t fd;                            // of ftruncate
  bool is_by_path;                       // truncate
  std::optional<std::string_view> path;  // as it was given, where it could be read; of the event
  int64_t length;
};

// Throws std::runtime_error for a generic event whose parameters are not laid out so.
ResizeCall ReadResize(const scap_evt& event);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_RESIZE_CALL_H_
