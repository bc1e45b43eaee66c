// See stray_signals.h. The runtime has handlers of its own for some (faults, its garbage
// collector): those stay, behind ours or in its place.
#include "binding/stray_signals.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace sysflow {
namespace {

constexpr int kSignalsMax = 64;
constexpr std::array kFaults = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
constexpr std::array kUnnamed = {SIGSTKFLT, SIGPWR};

std::array<struct sigaction, kSignalsMax + 1> g_previous;
std::atomic<bool> g_asked{false};

// Async-signal-safe throughout.
void OnSignal(int number, siginfo_t* info, void* context) {
  if (info->si_code <= 0 && info->si_pid != getpid()) {
    if (!g_asked.exchange(true)) {
      kill(getpid(), SIGTERM);
    }
    return;
  }
  const struct sigaction& previous = g_previous[static_cast<size_t>(number)];
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler == SIG_DFL) {
    // Blocked until we return, and then the end.
    sigaction(number, &previous, nullptr);
    raise(number);
  } else if (previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  }
}

void Catch(int number, bool even_if_handled) {
  struct sigaction& previous = g_previous[static_cast<size_t>(number)];
  if (sigaction(number, nullptr, &previous) != 0) {
    return;
  }
  const bool has_handler = (previous.sa_flags & SA_SIGINFO) != 0 || previous.sa_handler != SIG_DFL;
  if (has_handler && !even_if_handled) {
    return;
  }
  struct sigaction action {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigaction(number, &action, nullptr);
}

// The C library keeps the first real-time signals for itself and refuses to let us handle them; the
// kernel ends the program all the same where they come before the library's own use.
void IgnoreWhereUnhandled(int number) {
  struct {
    uintptr_t handler;
    uintptr_t rest[19];  // more than any architecture has, all zeros
  } action{};
  constexpr size_t kMaskBytes = 8;
  if (syscall(SYS_rt_sigaction, number, nullptr, &action, kMaskBytes) == 0 &&
      action.handler == reinterpret_cast<uintptr_t>(SIG_DFL)) {
    action = {reinterpret_cast<uintptr_t>(SIG_IGN), {}};
    syscall(SYS_rt_sigaction, number, &action, nullptr, kMaskBytes);
  }
}

}  // namespace

void CatchStraySignals() {
  static std::atomic<bool> done{false};
  if (done.exchange(true)) {
    return;
  }
  for (const int number : kFaults) {
    Catch(number, true);
  }
  for (const int number : kUnnamed) {
    Catch(number, false);
  }
  constexpr int kFirstRealTime = 32;  // the kernel's; SIGRTMIN is the C library's
  for (int number = kFirstRealTime; number < SIGRTMIN; number++) {
    IgnoreWhereUnhandled(number);
  }
  for (int number = SIGRTMIN; number <= kSignalsMax; number++) {
    Catch(number, false);
  }
}

}  // namespace sysflow
