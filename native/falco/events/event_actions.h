// What is done with each of libscap's event types: the one place that says which system calls
// become which operations. Everything not listed only drives libsinsp's state.

#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_ACTIONS_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_ACTIONS_H_

#include <libsinsp/sinsp.h>

#include <array>
#include <cstdint>

#include "falco/events/resize_call.h"

namespace sysflow {

enum class Action : uint8_t {
  kIgnore,
  kRead,  // adds to an Io record
  kWrite,
  kTransfer,  // the same for two: reads one descriptor, writes the other
  kOpen,      // DescriptorOp
  kAccept,
  kConnect,
  kClose,
  kShutdown,
  kSetns,
  kMmap,   // on its enter event: the result is unknown then
  kClone,  // ProcessOp
  kExec,
  kExit,
  kSetuid,
  kSetgid,
  kMkdir,  // PathOp
  kRmdir,
  kUnlink,
  kLink,
  kSymlink,
  kRename,
  kChmod,
  kChown,
  kMount,
  kUmount,
  kMknod,
  kResize,      // only generic events that IsResize() knows
  kEnter,       // remembers what the event of the call's end lacks
  kContainer,   // container metadata inside a capture
  kSealResult,  // no record, but the descriptor that it returns means something new
  kSealPair,    // the same for the two descriptors of pipe and socketpair
};

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
