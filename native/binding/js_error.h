// Our errors as JavaScript's: with a code, and an errno where the system gave one.
#ifndef SYSFLOW_NATIVE_BINDING_JS_ERROR_H_
#define SYSFLOW_NATIVE_BINDING_JS_ERROR_H_

#include <napi.h>

#include "host/capture_error.h"

namespace sysflow {

inline Napi::Error ToJs(const Napi::Env& env, const CaptureError& error) {
  Napi::Error js = Napi::Error::New(env, error.what());
  js.Set("code", error.code());
  if (error.error_number() != 0) {
    js.Set("errno", Napi::Number::New(env, error.error_number()));
  }
  return js;
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BINDING_JS_ERROR_H_
