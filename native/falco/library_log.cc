// See library_log.h.
#include "falco/library_log.h"

#include <libsinsp/logger.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>

namespace sysflow {
namespace {

// "MM-DD hh:mm:ss.uuuuuu ", which the logger puts before every message.
constexpr size_t kStampBytes = 22;
// A refused program comes with the verifier's whole log.
constexpr size_t kReasonBytesMax = 200;

struct Reason {
  std::string first_warning;
  std::string last_error;
};

thread_local Reason reason;
std::atomic<bool> prints{false};

std::string FirstLine(const std::string& message) {
  const size_t begin = std::min(message.size(), kStampBytes);
  return message.substr(begin, std::min(message.find('\n', begin) - begin, kReasonBytesMax));
}

void OnMessage(std::string&& message, const sinsp_logger::severity severity) {
  if (severity <= sinsp_logger::SEV_ERROR) {
    reason.last_error = FirstLine(message);
  } else if (severity == sinsp_logger::SEV_WARNING && reason.first_warning.empty()) {
    reason.first_warning = FirstLine(message);
  }
  if (prints.load(std::memory_order_relaxed)) {
    std::fprintf(stderr, "%s\n", message.c_str());
  }
}

}  // namespace

void TakeLibraryLog(bool print) {
  static std::once_flag once;
  std::call_once(once, [] {
    libsinsp_logger()->set_severity(sinsp_logger::SEV_WARNING);
    libsinsp_logger()->add_callback_log(OnMessage);
  });
  if (print) {
    libsinsp_logger()->set_severity(sinsp_logger::SEV_DEBUG);
    prints.store(true, std::memory_order_relaxed);
  }
}

void ClearLibraryReason() { reason = Reason(); }

std::string LibraryReason() {
  if (reason.last_error.empty() || reason.first_warning.empty()) {
    return reason.last_error + reason.first_warning;
  }
  return reason.last_error + "; " + reason.first_warning;
}

}  // namespace sysflow
