// Errors on their way to JavaScript: a code from libsysflow's list, one line, and an errno where
// the system gave one. Nothing throws across the boundary.
#ifndef SYSFLOW_NATIVE_HOST_CAPTURE_ERROR_H_
#define SYSFLOW_NATIVE_HOST_CAPTURE_ERROR_H_

#include <stdexcept>
#include <string>
#include <utility>

namespace sysflow {

class CaptureError : public std::runtime_error {
 public:
  CaptureError(std::string code, const std::string& message, int error_number = 0)
      : std::runtime_error(message), code_(std::move(code)), errno_(error_number) {}

  const std::string& code() const { return code_; }
  int error_number() const { return errno_; }

 private:
  std::string code_;
  int errno_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_HOST_CAPTURE_ERROR_H_
