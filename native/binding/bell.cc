// See bell.h. Only calls that Bun and Node 20 both have.
#include "binding/bell.h"

#include <utility>

namespace sysflow {

Bell::Bell(const Napi::Env& env, const Napi::Value& callback) : env_(env) {
  if (!callback.IsFunction()) {
    return;
  }
  const auto check = [&](napi_status status) {
    if (status != napi_ok) {
      throw Napi::Error::New(env);
    }
  };
  const Napi::String name = Napi::String::New(env, "sysflow-bell");
  check(napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, nullptr, nullptr,
                                        nullptr, nullptr, &function_));
  check(napi_unref_threadsafe_function(env, function_));
  // Hooks run in the reverse of their order: this one before the function's own, which frees it
  // whether or not a thread still means to call it.
  check(napi_add_env_cleanup_hook(env, OnEnvironmentEnd, this));
}

Bell::~Bell() { Close(); }

void Bell::Ring() {
  const std::lock_guard lock(mutex_);
  if (function_ != nullptr &&
      napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_closing) {
    function_ = nullptr;
  }
}

void Bell::Close() {
  napi_threadsafe_function function = Mute();
  if (function != nullptr) {
    napi_remove_env_cleanup_hook(env_, OnEnvironmentEnd, this);
    napi_release_threadsafe_function(function, napi_tsfn_abort);
  }
}

// The environment frees the function itself.
void Bell::OnEnvironmentEnd(void* self) { static_cast<Bell*>(self)->Mute(); }

napi_threadsafe_function Bell::Mute() {
  const std::lock_guard lock(mutex_);
  return std::exchange(function_, nullptr);
}

}  // namespace sysflow
