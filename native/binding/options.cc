// See options.h. Options of one word come from layout/open_options.h; the rest of TypeScript's list
// is OpenOptions in src/capture/binding.ts.
#include "binding/options.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "layout/layout.h"
#include "layout/open_options.h"

namespace sysflow {
namespace {

Napi::Value Get(const Napi::Object& object, const char* name) { return object.Get(name); }

bool Absent(const Napi::Value& value) { return value.IsUndefined() || value.IsNull(); }

[[noreturn]] void WrongType(const Napi::Env& env, const char* name, const char* wanted) {
  throw Napi::TypeError::New(env, std::string("option ") + name + " must be " + wanted);
}

std::string Text(const Napi::Object& object, const char* name) {
  const Napi::Value value = Get(object, name);
  if (Absent(value)) {
    return {};
  }
  if (!value.IsString()) {
    WrongType(object.Env(), name, "a string");
  }
  return value.As<Napi::String>().Utf8Value();
}

bool Flag(const Napi::Object& object, const char* name) {
  const Napi::Value value = Get(object, name);
  if (Absent(value)) {
    return false;
  }
  if (!value.IsBoolean()) {
    WrongType(object.Env(), name, "a boolean");
  }
  return value.As<Napi::Boolean>().Value();
}

// An integer as number or BigInt; `fallback` when absent.
int64_t Integer(const Napi::Object& object, const char* name, int64_t fallback) {
  const Napi::Value value = Get(object, name);
  if (Absent(value)) {
    return fallback;
  }
  if (value.IsBigInt()) {
    bool lossless = false;
    return value.As<Napi::BigInt>().Int64Value(&lossless);
  }
  if (!value.IsNumber()) {
    WrongType(object.Env(), name, "an integer");
  }
  return value.As<Napi::Number>().Int64Value();
}

// One row of open_options.h.
template <typename Type>
Type Plain(const Napi::Object& object, const char* member, Type initial) {
  const std::string name = CamelCase(member);
  if constexpr (std::is_same_v<Type, std::string>) {
    return Text(object, name.c_str());
  } else if constexpr (std::is_same_v<Type, bool>) {
    return Flag(object, name.c_str());
  } else {
    return static_cast<Type>(Integer(object, name.c_str(), static_cast<int64_t>(initial)));
  }
}

template <typename Item>
void ForEach(const Napi::Object& object, const char* name, Item item) {
  const Napi::Value value = Get(object, name);
  if (Absent(value)) {
    return;
  }
  if (!value.IsArray()) {
    WrongType(object.Env(), name, "an array");
  }
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::HandleScope scope(object.Env());
    item(Napi::Value(array[i]));
  }
}

TestCounter Counter(const Napi::Object& object) {
  TestCounter counter;
  counter.from = Integer(object, "from", 0);
  counter.step = Integer(object, "step", 1);
  counter.modulo =
      static_cast<uint64_t>(std::max<int64_t>(1, Integer(object, "modulo", INT64_MAX)));
  counter.offset = static_cast<size_t>(Integer(object, "at", 0));
  counter.bytes = static_cast<size_t>(Integer(object, "size", 0));
  counter.hex = Flag(object, "hex");
  return counter;
}

TestParam Param(const Napi::Value& value);

CountedBytes Counted(const Napi::Object& object) {
  const TestParam bytes = Param(object.Get("bytes"));
  if (!std::holds_alternative<std::string>(bytes)) {
    WrongType(object.Env(), "bytes", "a string or a byte array");
  }
  CountedBytes counted{std::get<std::string>(bytes), {}};
  ForEach(object, "counters", [&](const Napi::Value& item) {
    if (!item.IsObject()) {
      WrongType(object.Env(), "counters", "an array of objects");
    }
    counted.counters.push_back(Counter(item.As<Napi::Object>()));
  });
  return counted;
}

TestParam Param(const Napi::Value& value) {
  if (Absent(value)) {
    return std::monostate{};
  }
  if (value.IsNumber()) {
    return value.As<Napi::Number>().Int64Value();
  }
  if (value.IsBigInt()) {
    bool lossless = false;
    return value.As<Napi::BigInt>().Int64Value(&lossless);
  }
  if (value.IsString()) {
    return value.As<Napi::String>().Utf8Value();
  }
  if (value.IsTypedArray()) {
    const Napi::Uint8Array bytes = value.As<Napi::Uint8Array>();
    return std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
  }
  if (value.IsObject()) {
    const Napi::Object object = value.As<Napi::Object>();
    if (object.Has("from")) {
      return Counter(object);
    }
    if (object.Has("bytes")) {
      return Counted(object);
    }
  }
  WrongType(value.Env(), "params", "numbers, strings, byte arrays, counters or null");
}

Napi::Object Item(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) {
    WrongType(value.Env(), name, "an array of objects");
  }
  return value.As<Napi::Object>();
}

TestScript Script(const Napi::Object& options) {
  TestScript script;
  ForEach(options, "threads", [&](const Napi::Value& value) {
    const Napi::Object object = Item(value, "threads");
    const int64_t tid = Integer(object, "tid", 0);
    script.threads.push_back({tid, Integer(object, "pid", tid), Integer(object, "ptid", 1),
                              static_cast<uint64_t>(Integer(object, "createTs", 0)),
                              static_cast<uint32_t>(Integer(object, "uid", 0)),
                              static_cast<uint32_t>(Integer(object, "gid", 0)), Text(object, "exe"),
                              Text(object, "cwd")});
  });
  ForEach(options, "events", [&](const Napi::Value& value) {
    const Napi::Object object = Item(value, "events");
    TestEvent event{static_cast<uint64_t>(Integer(object, "ts", 0)), 0, Text(object, "type"), {}};
    const Napi::Value tid = object.Get("tid");
    if (tid.IsObject()) {
      event.tid = Counter(tid.As<Napi::Object>());
    } else {
      event.tid = Integer(object, "tid", 0);
    }
    ForEach(object, "params",
            [&](const Napi::Value& param) { event.params.push_back(Param(param)); });
    script.events.push_back(std::move(event));
  });
  script.rounds = static_cast<uint64_t>(Integer(options, "rounds", 1));
  script.round_ns = static_cast<uint64_t>(Integer(options, "roundNs", 0));
  return script;
}

Engine EngineByName(const Napi::Object& options) {
  const std::string name = Text(options, "engine");
  if (name == "modern_ebpf") {
    return Engine::kModernBpf;
  }
  if (name == "kmod") {
    return Engine::kKmod;
  }
  if (name == "savefile") {
    return Engine::kSavefile;
  }
  if (name == "test") {
    return Engine::kTest;
  }
  WrongType(options.Env(), "engine", "modern_ebpf, kmod, savefile or test");
}

}  // namespace

CaptureOptions ReadOptions(const Napi::Object& object) {
  CaptureOptions options;
  EngineOptions& engine = options.engine;
  engine.kind = EngineByName(object);
  ForEach(object, "syscalls", [&](const Napi::Value& value) {
    engine.syscalls.push_back(value.As<Napi::String>().Utf8Value());
  });
#define SYSFLOW_READ_ENGINE(type, member, initial, about) \
  engine.member = Plain<type>(object, #member, initial);
  SYSFLOW_ENGINE_OPTIONS(SYSFLOW_READ_ENGINE)
#undef SYSFLOW_READ_ENGINE
#define SYSFLOW_READ_OPTION(type, member, initial, about) \
  options.member = Plain<type>(object, #member, initial);
  SYSFLOW_CAPTURE_OPTIONS(SYSFLOW_READ_OPTION)
#undef SYSFLOW_READ_OPTION
  // Rounded to whole words: records are 8-aligned.
  const int64_t batch_bytes =
      Integer(object, "batchBytes", static_cast<int64_t>(options.batch_bytes));
  const auto bytes = std::clamp<int64_t>(batch_bytes, kBatchBytesMin, kBatchBytesMax);
  options.batch_bytes = (static_cast<size_t>(bytes) + 7) / 8 * 8;
  options.emitter.batch_records_max = static_cast<size_t>(Integer(object, "batchRecords", 0));
  if (engine.kind == Engine::kTest) {
    options.script = Script(object);
  }
  return options;
}

}  // namespace sysflow
