// See test_engine.h. Events are laid out as the driver would: header, lengths, parameters.
#include "testing/test_engine.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "falco/events/resize_call.h"
#include "host/capture_error.h"

namespace sysflow {
namespace {

// Types by name. libscap's table has only the system calls' names, which several types share.
const std::unordered_map<std::string_view, ppm_event_code>& TypesByName() {
  // A plain array first: a map's initializer of this length takes minutes under the sanitizers.
  struct NamedType {
    const char* name;
    ppm_event_code type;
  };
#define SYSFLOW_TYPE(name) {#name, name},
  static constexpr NamedType kTypes[] = {
#include "testing/test_engine_types.inc"
  };
#undef SYSFLOW_TYPE
  static const auto types = [] {
    std::unordered_map<std::string_view, ppm_event_code> by_name;
    for (const NamedType& named : kTypes) {
      by_name.emplace(named.name, named.type);
    }
    return by_name;
  }();
  return types;
}

[[noreturn]] void Fail(size_t index, const std::string& why) {
  throw CaptureError("EventParsingError",
                     "cannot script event " + std::to_string(index) + ": " + why);
}

// Bytes of an integer parameter, 0 for texts and byte buffers.
size_t IntegerBytes(ppm_param_type type) {
  switch (type) {
    case PT_INT8:
    case PT_UINT8:
    case PT_FLAGS8:
    case PT_ENUMFLAGS8:
    case PT_SIGTYPE:
    case PT_L4PROTO:
    case PT_SOCKFAMILY:
      return 1;
    case PT_INT16:
    case PT_UINT16:
    case PT_FLAGS16:
    case PT_ENUMFLAGS16:
    case PT_PORT:
    case PT_SYSCALLID:
      return 2;
    case PT_INT32:
    case PT_UINT32:
    case PT_FLAGS32:
    case PT_ENUMFLAGS32:
    case PT_UID:
    case PT_GID:
    case PT_MODE:
    case PT_BOOL:
      return 4;
    case PT_INT64:
    case PT_UINT64:
    case PT_ERRNO:
    case PT_FD:
    case PT_PID:
    case PT_RELTIME:
    case PT_ABSTIME:
      return 8;
    default:
      return 0;
  }
}

std::string EncodeInteger(uint64_t value, size_t bytes) {
  std::string encoded(bytes, '\0');
  const char* source = reinterpret_cast<const char*>(&value);
  if constexpr (std::endian::native == std::endian::big) {
    source += sizeof(value) - bytes;
  }
  std::memcpy(encoded.data(), source, bytes);
  return encoded;
}

// Writes the counter's value of this round over its place.
void WriteCounter(char* target, const TestCounter& counter, uint64_t round) {
  const uint64_t steps = round % counter.modulo;
  const uint64_t value =
      static_cast<uint64_t>(counter.from) + steps * static_cast<uint64_t>(counter.step);
  if (counter.hex) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (size_t i = 0; i < counter.bytes; i++) {
      target[i] = kDigits[value >> (4 * (counter.bytes - 1 - i)) & 15];
    }
    return;
  }
  const std::string encoded = EncodeInteger(value, counter.bytes);
  std::memcpy(target, encoded.data(), encoded.size());
}

bool IsText(ppm_param_type type) {
  return type == PT_CHARBUF || type == PT_FSPATH || type == PT_FSRELPATH;
}

// Appends what counts to `counters`, with offsets into the result.
std::string EncodeParam(size_t index, const ppm_param_info& info, const TestParam& param,
                        std::vector<TestCounter>& counters) {
  if (std::holds_alternative<std::monostate>(param)) {
    return {};
  }
  const size_t bytes = IntegerBytes(info.type);
  const auto* number = std::get_if<int64_t>(&param);
  const auto* counter = std::get_if<TestCounter>(&param);
  if (number != nullptr || counter != nullptr) {
    if (bytes == 0) {
      Fail(index, std::string(info.name) + " is no number");
    }
    if (counter != nullptr) {
      counters.push_back(*counter);
      counters.back().bytes = bytes;
      return std::string(bytes, '\0');
    }
    return EncodeInteger(static_cast<uint64_t>(*number), bytes);
  }
  if (bytes != 0) {
    Fail(index, std::string(info.name) + " is a number");
  }
  std::string text;
  if (const auto* counted = std::get_if<CountedBytes>(&param)) {
    text = counted->bytes;
    for (const TestCounter& part : counted->counters) {
      const bool fits = part.offset <= text.size() && part.bytes <= text.size() - part.offset;
      if (!fits || (!part.hex && part.bytes > sizeof(uint64_t))) {
        Fail(index, std::string(info.name) + " does not hold its counter");
      }
      counters.push_back(part);
    }
  } else {
    text = std::get<std::string>(param);
  }
  if (IsText(info.type)) {
    text.push_back('\0');
  }
  return text;
}

// After the call of a close_range: its result, first, last and flags (native/patches/0027).
bool IsCloseRange(uint32_t type, uint32_t count) { return type == PPME_GENERIC_X && count == 5; }

// Of a parameter that the event's type does not declare: see resize_call.h.
const ppm_param_info& More(const TestParam& param, bool is_short) {
  static const ppm_param_info word{"word", PT_UINT32, PF_DEC, nullptr, 0};
  static const ppm_param_info text{"path", PT_CHARBUF, PF_NA, nullptr, 0};
  static const ppm_param_info number{"number", PT_INT64, PF_DEC, nullptr, 0};
  if (is_short) {
    return word;
  }
  return std::holds_alternative<std::string>(param) ? text : number;
}

void CopyText(char* target, size_t bytes, const std::string& text) {
  const size_t len = std::min(bytes - 1, text.size());
  std::memcpy(target, text.data(), len);
  target[len] = '\0';
}

// Of the types that this program's probe adds parameters to (native/patches).
uint32_t ParamsOfOtherProbes(uint16_t type) {
  switch (type) {
    case PPME_SYSCALL_SETUID_X:
    case PPME_SYSCALL_SETRESUID_X:
    case PPME_SYSCALL_SETGID_X:
    case PPME_SYSCALL_SETRESGID_X:
      return 1;
    case PPME_SYSCALL_SETREUID_X:
    case PPME_SYSCALL_SETREGID_X:
      return 3;
    case PPME_PROCEXIT_1_E:
      return 5;
    default:
      return UINT32_MAX;
  }
}

}  // namespace

TestInput::TestInput(const TestScript& script)
    : rounds_(script.rounds), round_ns_(script.round_ns) {
  for (const TestEvent& event : script.events) {
    AddEvent(event);
  }
  threads_.reserve(script.threads.size());
  for (const TestThread& thread : script.threads) {
    AddThread(thread);
  }
  descriptors_.resize(threads_.size());
  Count();
  data_.events = events_.data();
  data_.event_count = rounds_ == 0 ? 0 : events_.size();
  data_.threads = threads_.data();
  data_.thread_count = threads_.size();
  data_.fdinfo_data = descriptors_.data();
}

bool TestInput::NextRound() {
  if (round_ + 1 >= rounds_ || events_.empty()) {
    return false;
  }
  round_++;
  for (ppm_evt_hdr* event : events_) {
    event->ts += round_ns_;
  }
  Count();
  data_.events = events_.data();
  data_.event_count = events_.size();
  return true;
}

void TestInput::Count() {
  for (const EncodedCounter& place : counters_) {
    char* event = reinterpret_cast<char*>(events_[place.event]);
    WriteCounter(event + place.counter.offset, place.counter, round_);
  }
}

void TestInput::AddEvent(const TestEvent& event) {
  const size_t index = events_.size();
  const auto type = TypesByName().find(event.type);
  if (type == TypesByName().end()) {
    Fail(index, "unknown type " + event.type);
  }
  const ppm_event_info& info = scap_get_event_info_table()[type->second];
  const auto count = static_cast<uint32_t>(event.params.size());
  if (count != info.nparams && count != ParamsOfOtherProbes(type->second) &&
      !IsResize(type->second, count) && !IsCloseRange(type->second, count)) {
    Fail(index, event.type + " has " + std::to_string(info.nparams) + " parameters, not " +
                    std::to_string(event.params.size()));
  }
  const size_t values = sizeof(ppm_evt_hdr) + event.params.size() * sizeof(uint16_t);
  std::string lengths;
  std::string payload;
  std::vector<TestCounter> counters;
  for (size_t i = 0; i < event.params.size(); i++) {
    const size_t known = counters.size();
    const bool is_short = i >= 2 && IsCloseRange(type->second, count);
    const ppm_param_info& declared =
        i < info.nparams ? info.params[i] : More(event.params[i], is_short);
    const std::string encoded = EncodeParam(index, declared, event.params[i], counters);
    if (encoded.size() > UINT16_MAX) {
      Fail(index, std::string(declared.name) + " is longer than 65535 bytes");
    }
    for (size_t at = known; at < counters.size(); at++) {
      counters[at].offset += values + payload.size();
    }
    const uint16_t length = static_cast<uint16_t>(encoded.size());
    lengths.append(reinterpret_cast<const char*>(&length), sizeof(length));
    payload += encoded;
  }
  const size_t bytes = values + payload.size();
  memory_.push_back(std::make_unique<uint64_t[]>(bytes / 8 + 1));
  auto* header = reinterpret_cast<ppm_evt_hdr*>(memory_.back().get());
  header->ts = event.ts;
  header->len = static_cast<uint32_t>(bytes);
  header->type = static_cast<uint16_t>(type->second);
  header->nparams = count;
  if (const auto* counter = std::get_if<TestCounter>(&event.tid)) {
    counters.push_back(*counter);
    counters.back().offset = offsetof(ppm_evt_hdr, tid);
    counters.back().bytes = sizeof(header->tid);
  } else {
    header->tid = static_cast<uint64_t>(std::get<int64_t>(event.tid));
  }
  char* body = reinterpret_cast<char*>(header + 1);
  std::memcpy(body, lengths.data(), lengths.size());
  std::memcpy(body + lengths.size(), payload.data(), payload.size());
  events_.push_back(header);
  for (const TestCounter& counter : counters) {
    counters_.push_back({index, counter});
  }
}

void TestInput::AddThread(const TestThread& thread) {
  scap_threadinfo& info = threads_.emplace_back();
  info.tid = static_cast<uint64_t>(thread.tid);
  info.pid = static_cast<uint64_t>(thread.pid);
  info.ptid = static_cast<uint64_t>(thread.ptid);
  info.vtid = thread.tid;
  info.vpid = thread.pid;
  info.uid = thread.uid;
  info.gid = thread.gid;
  info.clone_ts = thread.create_ts;
  info.flags = thread.tid == thread.pid ? 0 : PPM_CL_CLONE_THREAD | PPM_CL_CLONE_FILES;
  CopyText(info.comm, sizeof(info.comm), thread.exe.substr(thread.exe.rfind('/') + 1));
  CopyText(info.exe, sizeof(info.exe), thread.exe);
  CopyText(info.exepath, sizeof(info.exepath), thread.exe);
  CopyText(info.cwd, sizeof(info.cwd), thread.cwd);
}

}  // namespace sysflow
