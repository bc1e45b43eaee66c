// See event_text.h.
#include "falco/events/event_text.h"

#include <libsinsp/bounded_path.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "falco/paths.h"

namespace sysflow {
namespace {

// What older probes put where a call was given no address. A file may have that name, but no call
// with such an address goes well.
constexpr std::string_view kNoAddress = "(NULL)";

bool FailedByAddress(sinsp_evt& event) {
  return event.has_return_value() && event.get_syscall_return_value() == -EFAULT;
}

}  // namespace

std::optional<std::string_view> TextOf(sinsp_evt& event, const sinsp_evt_param* param) {
  if (param == nullptr || param->m_val == sinsp_missing_text) {
    return std::nullopt;
  }
  const std::string_view text(param->m_val, strnlen(param->m_val, param->m_len));
  if (text == kNoAddress && FailedByAddress(event)) {
    return std::nullopt;
  }
  return text;
}

std::optional<std::string_view> TextBeyond(const scap_evt& event, size_t index) {
  const size_t values = sizeof(event) + event.nparams * sizeof(uint16_t);
  if (index >= event.nparams || event.len < values) {
    return std::nullopt;
  }
  const char* lengths = reinterpret_cast<const char*>(&event + 1);
  size_t begin = values;
  uint16_t length = 0;
  for (size_t i = 0; i <= index; i++) {
    begin += length;
    std::memcpy(&length, lengths + i * sizeof(length), sizeof(length));
  }
  if (length == 0 || event.len < begin + length) {
    return std::nullopt;
  }
  const char* text = reinterpret_cast<const char*>(&event) + begin;
  return std::string_view(text, strnlen(text, length));
}

std::string PathFrom(std::string_view folder, const std::optional<std::string_view>& path) {
  if (!path.has_value()) {
    return std::string(kUnknownPath);
  }
  if (path->empty()) {
    return {};
  }
  std::string joined = JoinPath(folder, *path);
  return joined == kUnknownPath ? "./" + joined : joined;
}

std::string PathOfCall(int64_t result, std::string_view folder,
                       const std::optional<std::string_view>& path) {
  std::string joined = PathFrom(folder, path);
  if (path.has_value() && path->size() + 1 >= PATH_MAX && result == -ENAMETOOLONG) {
    joined += cut_mark;
  }
  return joined;
}

}  // namespace sysflow
