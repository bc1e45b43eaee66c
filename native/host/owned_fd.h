// A descriptor that is closed by its owner's end.
#ifndef SYSFLOW_NATIVE_HOST_OWNED_FD_H_
#define SYSFLOW_NATIVE_HOST_OWNED_FD_H_

#include <unistd.h>

#include <utility>

namespace sysflow {

class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd() { Reset(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  void Reset(int fd = -1) {
    if (fd_ >= 0) {
      close(fd_);
    }
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_HOST_OWNED_FD_H_
