// What the calls that change a process tell, and what is remembered of a call's begin because its
// end lacks it.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_PROCESS_CALL_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_PROCESS_CALL_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace sysflow {

// Of clone, exec, setuid and their like; of an exit its status. -1 where the event has none.
int32_t ProcessResult(sinsp_evt& event);

// Whether a clone has asked for a thread of the same process (CLONE_THREAD).
bool AsksForThread(sinsp_evt& clone);

// What an exec that began was given.
struct CalledProgram {
  std::string folder;               // that a relative path counts from; empty where not known
  std::optional<std::string> path;  // nothing where it could not be read
  bool takes_empty = false;         // an empty path then is the descriptor's own
};

// Whether this begin of a call is one of an exec, and what it was given.
bool CallsProgram(sinsp_evt& enter);
CalledProgram Called(sinsp_evt& enter);

// The path that a failed exec has tried, "<NA>" where it is not known. `called` is null where the
// call's begin was not seen.
std::string TriedPath(sinsp_evt& exec, const CalledProgram* called);

// The end of a thread, by the probe's word (native/patches, 0031). All false where another probe or
// an older one made the event.
struct ThreadEnd {
  bool leaves_others;      // its process has other threads
  bool is_of_the_process;  // its process ends as a whole
};
ThreadEnd ThreadEndOf(sinsp_evt& exit);

// What the begin of another call tells that its end lacks: the descriptors that a transfer reads
// and writes (-1: told at the end), an id, the group from before the call, or flags.
std::pair<int64_t, int64_t> EnteredFacts(sinsp_evt& enter);

// A call of setuid or one of its like. `entered`: the id that its begin told.
struct UidChange {
  uint32_t uid;   // the effective id from the host's side; kNoUser where it stays or is not known
  bool has_name;  // a call that leaves the id as it is holds no name
};
inline constexpr uint32_t kNoUser = ~0u;  // as an argument: keep the id as it is
UidChange ReadUidChange(sinsp_evt& event, const std::optional<int64_t>& entered);

// Whether the event of setgid or one of its like tells the thread's group, and whether the thread
// has another one than before. `entered`: the group that its begin told.
bool TellsGroup(sinsp_evt& event);
bool ChangesGroup(sinsp_evt& event, const std::optional<int64_t>& entered);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_PROCESS_CALL_H_
