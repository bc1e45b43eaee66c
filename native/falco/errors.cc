// See errors.h.
#include "falco/errors.h"

namespace sysflow {

std::string CodeForMessage(std::string_view message) {
  struct Rule {
    std::string_view part;
    const char* code;
  };
  // First match wins. The texts are libscap's own, of release 0.20.
  static constexpr Rule kRules[] = {
      {"Driver supports API version", "DriverLibsMismatch"},
      {"Driver supports schema version", "DriverLibsMismatch"},
      {"missing api_version section", "DriverLibsMismatch"},
      {"does not match", "DriverLibsMismatch"},
      {"Make sure you have root credentials", "ProbeAccessDenied"},
      {"Permission denied", "ProbeAccessDenied"},
      {"Operation not permitted", "ProbeAccessDenied"},
      {"module is loaded", "ProbeNotLoaded"},
      {"Is the file truncated", "EventParsingError"},
      {"invalid magic", "EventParsingError"},
      {"unsupported", "OperationNotSupported"},
      {"not supported", "OperationNotSupported"},
  };
  for (const Rule& rule : kRules) {
    if (message.find(rule.part) != std::string_view::npos) {
      return rule.code;
    }
  }
  return "LibsError";
}

}  // namespace sysflow
