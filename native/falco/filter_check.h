// Falco filters, looked at without an engine: is one good, where is it wrong, which fields are
// there. libsinsp's own set_filter() tells a position for some faults only, accepts bad regular
// expressions and cuts ports to 16 bits; these are found here.

#ifndef SYSFLOW_NATIVE_FALCO_FILTER_CHECK_H_
#define SYSFLOW_NATIVE_FALCO_FILTER_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sysflow {

struct FilterFault {
  std::string reason;  // libsinsp's words, or ours in its manner
  uint32_t index = 0;  // byte of the filter's text that it is about
};

struct FilterReport {
  std::optional<FilterFault> error;   // the first fault; absent for a good filter
  std::vector<FilterFault> warnings;  // of a good filter that may not mean what it says
  std::vector<std::string> fields;    // that a good filter compares, each as often as it stands
};

struct FilterField {
  enum class Argument { kNone, kOptional, kRequired };

  std::string name;
  std::string type;  // libsinsp's, such as CHARBUF
  std::string description;
  Argument argument = Argument::kNone;
  bool is_list = false;
  bool is_deprecated = false;
};

struct FilterGroup {
  std::string name;
  std::string description;
  std::vector<FilterField> fields;
};

// The parser recurses once for each parenthesis; its own limit has no effect.
constexpr uint32_t kFilterDepthMax = 100;

// Where the parentheses of a filter nest deeper than that.
std::optional<FilterFault> FilterTooDeep(const std::string& text);

// Throws std::exception only for what is no fault of the filter.
FilterReport CheckFilter(const std::string& text);

// Every field that a filter can compare, in libsinsp's order; without the classes that it hides
// from listings.
std::vector<FilterGroup> FilterFields();

// What evt.type can be, sorted.
std::vector<std::string> EventNames();

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_FILTER_CHECK_H_
