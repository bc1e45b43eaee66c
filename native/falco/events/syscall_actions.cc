// See syscall_actions.h. libscap's own table says which events a call makes; the eBPF probe and the
// kernel module are driven by the same one.
#include "falco/events/syscall_actions.h"

#include <libsinsp/events/sinsp_events.h>

#include "falco/events/event_actions.h"

extern "C" const struct syscall_evt_pair g_syscall_table[];

namespace sysflow {
namespace {

const char* ActionName(Action action) {
  switch (action) {
    case Action::kRead:
      return "read";
    case Action::kWrite:
      return "write";
    case Action::kTransfer:
      return "transfer";
    case Action::kOpen:
      return "open";
    case Action::kAccept:
      return "accept";
    case Action::kConnect:
      return "connect";
    case Action::kClose:
      return "close";
    case Action::kShutdown:
      return "shutdown";
    case Action::kSetns:
      return "setns";
    case Action::kMmap:
      return "mmap";
    case Action::kClone:
      return "clone";
    case Action::kExec:
      return "exec";
    case Action::kExit:
      return "exit";
    case Action::kSetuid:
      return "setuid";
    case Action::kMkdir:
      return "mkdir";
    case Action::kRmdir:
      return "rmdir";
    case Action::kUnlink:
      return "unlink";
    case Action::kLink:
      return "link";
    case Action::kSymlink:
      return "symlink";
    case Action::kRename:
      return "rename";
    case Action::kChmod:
      return "chmod";
    case Action::kChown:
      return "chown";
    case Action::kMount:
      return "mount";
    case Action::kUmount:
      return "umount";
    case Action::kMknod:
      return "mknod";
    case Action::kResize:
      return "resize";
    case Action::kIgnore:
    case Action::kSetgid:
    case Action::kEnter:
    case Action::kContainer:
    case Action::kSealResult:
    case Action::kSealPair:
      return "none";
  }
  return "none";
}

const char* ActionOf(const syscall_evt_pair& pair) {
  if ((pair.flags & UF_USED) == 0) {
    return "generic";
  }
  if (pair.ppm_sc == PPM_SC_CLOSE_RANGE) {
    return "none";  // its generic event is libsinsp's own affair
  }
  const char* at_exit = ActionName(Actions()[pair.exit_event_type]);
  const Action at_enter = Actions()[pair.enter_event_type];
  return at_enter == Action::kMmap ? ActionName(at_enter) : at_exit;
}

}  // namespace

std::vector<SyscallAction> SyscallActions() {
  const auto state = libsinsp::events::sinsp_state_sc_set();
  std::vector<SyscallAction> rows;
  for (int number = 0; number < SYSCALL_TABLE_SIZE; number++) {
    const syscall_evt_pair& pair = g_syscall_table[number];
    const std::string name = scap_get_ppm_sc_name(pair.ppm_sc);
    if (pair.ppm_sc != PPM_SC_UNKNOWN && !name.empty()) {
      rows.push_back({name, ActionOf(pair), state.contains(pair.ppm_sc)});
    }
  }
  // `exit` and `exit_group` themselves are generic; ends by a signal make no call at all.
  std::erase_if(rows, [](const SyscallAction& row) { return row.name == "exit"; });
  rows.push_back({"exit", ActionName(Actions()[PPME_PROCEXIT_1_E]), true});
  return rows;
}

}  // namespace sysflow
