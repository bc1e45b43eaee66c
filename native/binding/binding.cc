// The addon's exports: the classes Capture, RecordSender and RecordListener, layoutText(),
// layoutHash, probeHost(), libraryVersion, syscallActions(), lockFile(), and checkFilter(),
// filterFields(), eventNames(). Node-API only, and no C++ exception crosses: node-addon-api turns
// them into JavaScript errors.
#include <napi.h>
#include <sys/file.h>

#include <cerrno>

#include "binding/bell.h"
#include "binding/capture.h"
#include "binding/js_error.h"
#include "binding/options.h"
#include "binding/sockets.h"
#include "binding/stray_signals.h"
#include "falco/events/syscall_actions.h"
#include "falco/filter_check.h"
#include "host/host_probe.h"
#include "layout/counters.h"
#include "layout/layout.h"

namespace sysflow {
namespace {

// The clock's own limit lies not far above what a number can hold.
constexpr int64_t kTimeoutMsMax = 3'600'000;

// new Capture(options, onReady?): opening goes on in the background; next() throws what went wrong.
class CaptureWrap : public Napi::ObjectWrap<CaptureWrap> {
 public:
  static Napi::Function Init(const Napi::Env& env) {
    return DefineClass(env, "Capture",
                       {
                           InstanceMethod<&CaptureWrap::Next>("next"),
                           InstanceMethod<&CaptureWrap::Stats>("stats"),
                           InstanceMethod<&CaptureWrap::Stop>("stop"),
                           InstanceMethod<&CaptureWrap::Close>("close"),
                           InstanceAccessor<&CaptureWrap::BatchBytes>("batchBytes"),
                       });
  }

  explicit CaptureWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CaptureWrap>(info) {
    if (info.Length() < 1 || info.Length() > 2 || !info[0].IsObject() ||
        !(info[1].IsUndefined() || info[1].IsFunction())) {
      throw Napi::TypeError::New(info.Env(), "Capture takes an options object and a function");
    }
    try {
      bell_ = std::make_unique<Bell>(info.Env(), info[1]);
      capture_ = std::make_unique<Capture>(ReadOptions(info[0].As<Napi::Object>()),
                                           [bell = bell_.get()] { bell->Ring(); });
    } catch (const CaptureError& error) {
      throw ToJs(info.Env(), error);
    }
  }

 private:
  // next(buffer: Uint8Array, timeoutMs: number): bytes | 0 (none in time) | -1 (over)
  Napi::Value Next(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    if (info.Length() != 2 || !info[0].IsTypedArray() || !info[1].IsNumber()) {
      throw Napi::TypeError::New(env, "next takes a Uint8Array and a number of milliseconds");
    }
    Napi::Uint8Array buffer = info[0].As<Napi::Uint8Array>();
    const int64_t asked = info[1].As<Napi::Number>().Int64Value();
    const std::chrono::milliseconds timeout(std::clamp<int64_t>(asked, 0, kTimeoutMsMax));
    try {
      const int64_t bytes = capture_->Next(buffer.Data(), buffer.ByteLength(), timeout);
      return Napi::Number::New(env, static_cast<double>(bytes));
    } catch (const CaptureError& error) {
      throw ToJs(env, error);
    }
  }

  Napi::Value Stats(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    Napi::Object stats = Napi::Object::New(env);
    const auto put = [&](const std::string& name, const std::atomic<uint64_t>& value) {
      stats.Set(name,
                Napi::Number::New(env, static_cast<double>(value.load(std::memory_order_relaxed))));
    };
    const Counters& counters = capture_->counters();
#define SYSFLOW_PUT_COUNTER(name, kind, word, meaning) put(CamelCase(#name), counters.name);
    SYSFLOW_COUNTERS(SYSFLOW_PUT_COUNTER)
#undef SYSFLOW_PUT_COUNTER
    stats.Set("state", StateName(capture_->state()));
    return stats;
  }

  static const char* StateName(Capture::State state) {
    switch (state) {
      case Capture::State::kOpening:
        return "opening";
      case Capture::State::kRunning:
        return "running";
      case Capture::State::kEnded:
        return "ended";
    }
    return "ended";
  }

  void Stop(const Napi::CallbackInfo&) { capture_->Stop(); }

  void Close(const Napi::CallbackInfo&) {
    capture_->Close();
    bell_->Close();
  }

  Napi::Value BatchBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(capture_->batch_bytes()));
  }

  std::unique_ptr<Bell> bell_;  // before the capture, whose thread rings it
  std::unique_ptr<Capture> capture_;
};

Napi::Value LayoutTextJs(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), LayoutText());
}

Napi::Value ProbeHostJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const HostFacts facts = ProbeHost();
  Napi::Object object = Napi::Object::New(env);
  const auto put = [&](const char* name, double value) {
    object.Set(name, Napi::Number::New(env, value));
  };
  put("onlineCpus", facts.online_cpus);
  put("pageBytes", static_cast<double>(facts.page_bytes));
  put("memoryBytes", static_cast<double>(facts.memory_bytes));
  put("memlockBytes", static_cast<double>(facts.memlock_bytes));
  put("bpfErrno", facts.bpf_errno);
  put("ringBufferErrno", facts.ring_buffer_errno);
  put("tracingProgramErrno", facts.tracing_program_errno);
  put("kmodErrno", facts.kmod_errno);
  object.Set("programsCompiled", Napi::Boolean::New(env, facts.programs_compiled));
  return object;
}

template <typename Items, typename Convert>
Napi::Array ToArray(const Napi::Env& env, const Items& items, Convert convert) {
  Napi::Array array = Napi::Array::New(env, items.size());
  uint32_t index = 0;
  for (const auto& item : items) {
    array.Set(index++, convert(item));
  }
  return array;
}

Napi::Array TextsToJs(const Napi::Env& env, const std::vector<std::string>& texts) {
  return ToArray(env, texts, [&](const std::string& text) { return Napi::String::New(env, text); });
}

// checkFilter(text): {error: {reason, index} | null, warnings, fields}
Napi::Value CheckFilterJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsString()) {
    throw Napi::TypeError::New(env, "checkFilter takes a string");
  }
  const FilterReport report = CheckFilter(info[0].As<Napi::String>().Utf8Value());
  const auto fault = [&](const FilterFault& each) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("reason", each.reason);
    object.Set("index", Napi::Number::New(env, each.index));
    return object;
  };
  Napi::Object object = Napi::Object::New(env);
  object.Set("error", report.error.has_value() ? Napi::Value(fault(*report.error))
                                               : Napi::Value(env.Null()));
  object.Set("warnings", ToArray(env, report.warnings, fault));
  object.Set("fields", TextsToJs(env, report.fields));
  return object;
}

const char* ArgumentName(FilterField::Argument argument) {
  switch (argument) {
    case FilterField::Argument::kNone:
      return "none";
    case FilterField::Argument::kOptional:
      return "optional";
    case FilterField::Argument::kRequired:
      return "required";
  }
  return "none";
}

// filterFields(): [{name, description, fields: [{name, type, description, …}]}]
Napi::Value FilterFieldsJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto field_to_js = [&](const FilterField& field) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", field.name);
    object.Set("type", field.type);
    object.Set("argument", ArgumentName(field.argument));
    object.Set("isList", Napi::Boolean::New(env, field.is_list));
    object.Set("isDeprecated", Napi::Boolean::New(env, field.is_deprecated));
    object.Set("description", field.description);
    return object;
  };
  return ToArray(env, FilterFields(), [&](const FilterGroup& group) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", group.name);
    object.Set("description", group.description);
    object.Set("fields", ToArray(env, group.fields, field_to_js));
    return object;
  });
}

Napi::Value EventNamesJs(const Napi::CallbackInfo& info) {
  return TextsToJs(info.Env(), EventNames());
}

void CatchStraySignalsJs(const Napi::CallbackInfo&) { CatchStraySignals(); }

// lockFile(fd): 0, or the errno; EWOULDBLOCK where another process has the lock. The runtimes have
// no call for it. The lock is flock's: it ends with the process, whatever ends that.
Napi::Value LockFileJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsNumber()) {
    throw Napi::TypeError::New(env, "lockFile takes a descriptor");
  }
  const int result = flock(info[0].As<Napi::Number>().Int32Value(), LOCK_EX | LOCK_NB);
  return Napi::Number::New(env, result == 0 ? 0 : errno);
}

Napi::Value SyscallActionsJs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return ToArray(env, SyscallActions(), [&](const SyscallAction& row) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", row.name);
    object.Set("action", row.action);
    object.Set("isState", Napi::Boolean::New(env, row.is_state));
    return object;
  });
}

Napi::Object InitModule(Napi::Env env, Napi::Object exports) {
  exports.Set("Capture", CaptureWrap::Init(env));
  exports.Set("RecordSender", RecordSenderClass(env));
  exports.Set("RecordListener", RecordListenerClass(env));
  exports.Set("layoutText", Napi::Function::New<LayoutTextJs>(env, "layoutText"));
  exports.Set("layoutHash", Napi::Number::New(env, LayoutHash()));
  exports.Set("probeHost", Napi::Function::New<ProbeHostJs>(env, "probeHost"));
  exports.Set("syscallActions", Napi::Function::New<SyscallActionsJs>(env, "syscallActions"));
  exports.Set("catchStraySignals",
              Napi::Function::New<CatchStraySignalsJs>(env, "catchStraySignals"));
  exports.Set("lockFile", Napi::Function::New<LockFileJs>(env, "lockFile"));
  exports.Set("libraryVersion", "0.20.0");
  exports.Set("checkFilter", Napi::Function::New<CheckFilterJs>(env, "checkFilter"));
  exports.Set("filterFields", Napi::Function::New<FilterFieldsJs>(env, "filterFields"));
  exports.Set("eventNames", Napi::Function::New<EventNamesJs>(env, "eventNames"));
  return exports;
}

NODE_API_MODULE(sysflow_capture, InitModule)

}  // namespace
}  // namespace sysflow
