// Reads JavaScript's option objects into plain structs. Throws Napi::TypeError for a wrong type, so
// that no option is ever silently ignored.
#ifndef SYSFLOW_NATIVE_BINDING_OPTIONS_H_
#define SYSFLOW_NATIVE_BINDING_OPTIONS_H_

#include <napi.h>

#include "binding/capture.h"

namespace sysflow {

CaptureOptions ReadOptions(const Napi::Object& object);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BINDING_OPTIONS_H_
