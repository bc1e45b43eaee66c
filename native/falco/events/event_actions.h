// What is done with each of libscap's event types: the one place that says which system calls
// become which operations. Everything not listed only drives libsinsp's state.

#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_ACTIONS_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_ACTIONS_H_

#include <libsinsp/sinsp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "falco/events/resize_call.h"
#include "layout/operations.h"

namespace sysflow {

// Operations stand together, in the order of their list, by which OperationOf() finds them.
#define SYSFLOW_ACTION(name, ...) k##name,
enum class Action : uint8_t {
  kIgnore,
  SYSFLOW_OPERATIONS(SYSFLOW_ACTION, SYSFLOW_ACTION)  // as operations.h lists them
  kEnter,       // remembers what the event of the call's end lacks
  kContainer,   // container metadata inside a capture
  kNames,       // the same of users and groups
  kSealResult,  // no record, but the descriptor that it returns means something new
  kSealPair,    // the same for the two descriptors of pipe and socketpair
};
#undef SYSFLOW_ACTION

// A row of operations.h.
struct Operation {
  std::string_view name;
  uint32_t number;
  Handler handler;
  bool has_flag;  // of a record; without one it changes facts that records tell
};

#define SYSFLOW_OPERATION_ROW(name, number, handler, flags, ...) \
  Operation{#name, number, Handler::k##handler, !std::string_view(flags).empty()},
inline constexpr Operation kOperations[] = {
    SYSFLOW_OPERATIONS(SYSFLOW_OPERATION_ROW, SYSFLOW_OPERATION_ROW)};
#undef SYSFLOW_OPERATION_ROW

inline constexpr Operation kNoOperation = {"", 0, Handler::kNone, false};

constexpr const Operation& OperationOf(Action action) {
  const bool is_one = action != Action::kIgnore && action < Action::kEnter;
  return is_one ? kOperations[static_cast<size_t>(action) - 1] : kNoOperation;
}

using ActionTable = std::array<Action, PPM_EVENT_MAX>;

const ActionTable& Actions();

inline Action ActionOf(const ActionTable& actions, const sinsp_evt& event) {
  const Action action = actions[event.get_type()];
  const bool is_other =
      action == Action::kResize && !IsResize(event.get_type(), event.get_scap_evt()->nparams);
  return is_other ? Action::kIgnore : action;
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_ACTIONS_H_
