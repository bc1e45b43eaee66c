// What wakes a thread that waits on descriptors: it waits on this one too.
#ifndef SYSFLOW_NATIVE_SOCKET_WAKE_UP_H_
#define SYSFLOW_NATIVE_SOCKET_WAKE_UP_H_

#include <pthread.h>
#include <sys/eventfd.h>

#include <csignal>
#include <cstdint>
#include <thread>
#include <utility>

#include "host/owned_fd.h"

namespace sysflow {

class WakeUp {
 public:
  int fd() const { return fd_.get(); }
  bool is_open() const { return fd_.is_open(); }

  // On any thread. It counts until it is cleared.
  void Wake() {
    const uint64_t one = 1;
    // Fails only where so many are counted that the thread is awake anyway.
    [[maybe_unused]] const ssize_t written = write(fd_.get(), &one, sizeof(one));
  }

  void Clear() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = read(fd_.get(), &count, sizeof(count));
  }

 private:
  OwnedFd fd_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

// A thread that no signal interrupts: those of the program are for its main thread.
template <typename Body>
std::thread QuietThread(const char* name, Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread([name, run = std::move(body)] {
    pthread_setname_np(pthread_self(), name);
    run();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_SOCKET_WAKE_UP_H_
