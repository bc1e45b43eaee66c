// The table of system calls as this build has it: which of them the capture library delivers, and
// what Actions() does with each. Documentation, `--list-syscalls` and tests are made from it.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_SYSCALL_ACTIONS_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_SYSCALL_ACTIONS_H_

#include <string>
#include <vector>

namespace sysflow {

struct SyscallAction {
  std::string name;    // the kernel's
  std::string action;  // an operation; "none", or "generic": its arguments are not delivered
  bool is_state;       // always asked of the kernel: libsinsp's tables need it
};

// One entry for each system call of this architecture, in the order of their numbers, then "exit"
// for the tracepoint by which every end of a thread is seen.
std::vector<SyscallAction> SyscallActions();

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_SYSCALL_ACTIONS_H_
