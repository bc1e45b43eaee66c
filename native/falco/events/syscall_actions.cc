// See syscall_actions.h. libscap's own table says which events a call makes; the eBPF probe and the
// kernel module are driven by the same one.
#include "falco/events/syscall_actions.h"

#include <libsinsp/events/sinsp_events.h>

#include <cctype>

#include "falco/events/event_actions.h"

extern "C" const struct syscall_evt_pair g_syscall_table[];

namespace sysflow {
namespace {

std::string ActionName(Action action) {
  const Operation& operation = OperationOf(action);
  std::string name(operation.has_flag ? operation.name : "none");
  for (char& letter : name) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return name;
}

std::string ActionOf(const syscall_evt_pair& pair) {
  if ((pair.flags & UF_USED) == 0) {
    return "generic";
  }
  if (pair.ppm_sc == PPM_SC_CLOSE_RANGE) {
    return "none";  // its generic event is libsinsp's own affair
  }
  const Action at_enter = Actions()[pair.enter_event_type];
  return ActionName(at_enter == Action::kMmap ? at_enter : Actions()[pair.exit_event_type]);
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
