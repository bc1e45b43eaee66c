// A look at a capture file before libscap opens it, for errors that an operator can act on.
#ifndef SYSFLOW_NATIVE_HOST_SAVEFILE_H_
#define SYSFLOW_NATIVE_HOST_SAVEFILE_H_

#include <string>

namespace sysflow {

// Throws CaptureError where the file is missing, no regular file, empty, no capture, or one of the
// other byte order. Compressed captures are looked into.
void CheckSavefile(const std::string& path);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_HOST_SAVEFILE_H_
