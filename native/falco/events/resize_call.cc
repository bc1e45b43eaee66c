// See resize_call.h.
#include "falco/events/resize_call.h"

#include <array>
#include <cstring>
#include <stdexcept>

namespace sysflow {
namespace {

using Params = std::array<std::string_view, kResizeParams>;

Params ParamsOf(const scap_evt& event) {
  constexpr size_t kHead = sizeof(scap_evt) + kResizeParams * sizeof(uint16_t);
  if (event.len < kHead) {
    throw std::runtime_error("too short for its parameters");
  }
  size_t left = event.len - kHead;
  const char* lengths = reinterpret_cast<const char*>(&event + 1);
  const char* values = reinterpret_cast<const char*>(&event) + kHead;
  Params params;
  for (std::string_view& param : params) {
    uint16_t length = 0;
    std::memcpy(&length, lengths, sizeof(length));
    if (length > left) {
      throw std::runtime_error("too short for its parameters");
    }
    param = {values, length};
    lengths += sizeof(length);
    values += length;
    left -= length;
  }
  return params;
}

template <typename T>
T As(std::string_view param) {
  T value{};
  if (param.size() != sizeof(value)) {
    throw std::runtime_error("a parameter of another length");
  }
  std::memcpy(&value, param.data(), sizeof(value));
  return value;
}

}  // namespace

ResizeCall ReadResize(const scap_evt& event) {
  const auto [id, result, which, length] = ParamsOf(event);
  ResizeCall call{As<int64_t>(result), -1, false, std::nullopt, As<int64_t>(length)};
  switch (As<uint16_t>(id)) {
    case PPM_SC_TRUNCATE:
      call.is_by_path = true;
      if (!which.empty()) {
        call.path = which.substr(0, which.find('\0'));
      }
      return call;
    case PPM_SC_FTRUNCATE:
      call.fd = As<int64_t>(which);
      return call;
    default:
      throw std::runtime_error("of another call");
  }
}

}  // namespace sysflow
