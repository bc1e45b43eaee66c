// The bell with which the capture thread tells JavaScript that the queue has something for it: a
// thread-safe function of Node-API that carries nothing. Who rings it, and how seldom, is the
// queue's matter (batch/batch.h).

#ifndef SYSFLOW_NATIVE_BINDING_BELL_H_
#define SYSFLOW_NATIVE_BINDING_BELL_H_

#include <napi.h>

#include <mutex>
#include <type_traits>

namespace sysflow {

// Made, closed and destroyed on JavaScript's thread; rung on any. It never keeps the program alive:
// whoever waits for it has a timer beside it.
class Bell {
 public:
  // A mute one where `callback` is no function. Throws Napi::Error.
  Bell(const Napi::Env& env, const Napi::Value& callback);
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  // Has the callback called soon. Does nothing once the bell is closed or its environment ends.
  void Ring();

  // A call that is on its way may be lost. May be called twice.
  void Close();

 private:
  static void OnEnvironmentEnd(void* self);
  napi_threadsafe_function Mute();

  const napi_env env_;
  std::mutex mutex_;  // held while it rings, so that none outlives Mute()
  napi_threadsafe_function function_ = nullptr;  // null: mute
};

static_assert(!std::is_copy_constructible_v<Bell> && !std::is_move_constructible_v<Bell>);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BINDING_BELL_H_
