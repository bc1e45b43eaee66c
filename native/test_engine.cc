// See test_engine.h. Events are laid out as the driver would: header, lengths, parameters.
#include "test_engine.h"

#include <cstring>
#include <string_view>
#include <unordered_map>

#include "errors.h"

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
#include "test_engine_types.inc"
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

std::string EncodeParam(size_t index, const ppm_param_info& info, const TestParam& param) {
  if (std::holds_alternative<std::monostate>(param)) {
    return {};
  }
  const size_t bytes = IntegerBytes(info.type);
  if (const auto* number = std::get_if<int64_t>(&param)) {
    if (bytes == 0) {
      Fail(index, std::string(info.name) + " is no number");
    }
    uint64_t value = static_cast<uint64_t>(*number);
    std::string encoded(bytes, '\0');
    const char* source = reinterpret_cast<const char*>(&value);
    if constexpr (std::endian::native == std::endian::big) {
      source += sizeof(value) - bytes;
    }
    std::memcpy(encoded.data(), source, bytes);
    return encoded;
  }
  if (bytes != 0) {
    Fail(index, std::string(info.name) + " is a number");
  }
  std::string text = std::get<std::string>(param);
  if (info.type == PT_CHARBUF || info.type == PT_FSPATH || info.type == PT_FSRELPATH) {
    text.push_back('\0');
  }
  return text;
}

void CopyText(char* target, size_t bytes, const std::string& text) {
  const size_t len = std::min(bytes - 1, text.size());
  std::memcpy(target, text.data(), len);
  target[len] = '\0';
}

}  // namespace

TestInput::TestInput(const TestScript& script) {
  size_t index = 0;
  for (const TestEvent& event : script.events) {
    const auto type = TypesByName().find(event.type);
    if (type == TypesByName().end()) {
      Fail(index, "unknown type " + event.type);
    }
    const ppm_event_info& info = scap_get_event_info_table()[type->second];
    if (event.params.size() != info.nparams) {
      Fail(index, event.type + " has " + std::to_string(info.nparams) + " parameters, not " +
                      std::to_string(event.params.size()));
    }
    std::string lengths;
    std::string payload;
    for (size_t i = 0; i < event.params.size(); i++) {
      const std::string encoded = EncodeParam(index, info.params[i], event.params[i]);
      if (encoded.size() > UINT16_MAX) {
        Fail(index, std::string(info.params[i].name) + " is longer than 65535 bytes");
      }
      const uint16_t length = static_cast<uint16_t>(encoded.size());
      lengths.append(reinterpret_cast<const char*>(&length), sizeof(length));
      payload += encoded;
    }
    const size_t bytes = sizeof(ppm_evt_hdr) + lengths.size() + payload.size();
    memory_.push_back(std::make_unique<uint64_t[]>(bytes / 8 + 1));
    auto* header = reinterpret_cast<ppm_evt_hdr*>(memory_.back().get());
    header->ts = event.ts;
    header->tid = static_cast<uint64_t>(event.tid);
    header->len = static_cast<uint32_t>(bytes);
    header->type = static_cast<uint16_t>(type->second);
    header->nparams = info.nparams;
    char* body = reinterpret_cast<char*>(header + 1);
    std::memcpy(body, lengths.data(), lengths.size());
    std::memcpy(body + lengths.size(), payload.data(), payload.size());
    events_.push_back(header);
    index++;
  }
  threads_.reserve(script.threads.size());
  for (const TestThread& thread : script.threads) {
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
  descriptors_.resize(threads_.size());
  data_.events = events_.data();
  data_.event_count = events_.size();
  data_.threads = threads_.data();
  data_.thread_count = threads_.size();
  data_.fdinfo_data = descriptors_.data();
}

}  // namespace sysflow
