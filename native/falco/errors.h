// What went wrong in libscap or libsinsp, which have texts but no codes of their own.
#ifndef SYSFLOW_NATIVE_FALCO_ERRORS_H_
#define SYSFLOW_NATIVE_FALCO_ERRORS_H_

#include <string>
#include <string_view>

namespace sysflow {

// The code of a CaptureError for such a text.
std::string CodeForMessage(std::string_view message);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_ERRORS_H_
