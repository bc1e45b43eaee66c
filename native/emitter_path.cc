// Operations on paths: see emitter.h. Parameters are found by name, because old captures hold older
// layouts of the same events.
#include <libsinsp/utils.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "emitter.h"
#include "event_params.h"
#include "paths.h"

namespace sysflow {
namespace {

// The names of an operation's parameters; the directory's is null for calls without one.
struct PathParams {
  const char* path;
  const char* dir;
};

constexpr PathParams kRename[] = {{"oldpath", "olddirfd"}, {"newpath", "newdirfd"}};
constexpr PathParams kLink[] = {{"oldpath", "olddir"}, {"newpath", "newdir"}};

// What events with one path call it.
constexpr const char* kPathNames[] = {"path", "name", "filename", "pathname"};

// What libsinsp puts where a text is missing.
constexpr std::string_view kMissing = "<NA>";

// Flags of mount(2) with which the source is a path; without them it is whatever the file system
// makes of it.
constexpr int64_t kMountBind = 0x1000;
constexpr int64_t kMountMove = 0x2000;

std::string TextParam(sinsp_evt& event, const char* name) {
  const sinsp_evt_param* param = FindParam(event, name);
  if (param == nullptr) {
    return {};
  }
  std::string text(param->m_val, strnlen(param->m_val, param->m_len));
  sanitize_string(text);
  return text;
}

// `path` as the thread saw it. It stays relative where its directory is not known.
std::string Resolve(sinsp_evt& event, const std::string& path, const char* dir_param) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  if (!path.empty() && path.front() == '/') {
    return TidyPath(path);
  }
  const sinsp_evt_param* param = dir_param == nullptr ? nullptr : FindParam(event, dir_param);
  const int64_t dir_fd = param == nullptr ? PPM_AT_FDCWD : param->as<int64_t>();
  if (dir_fd == PPM_AT_FDCWD) {
    return JoinPath(thread.get_cwd(), path);
  }
  const sinsp_fdinfo* dir = thread.get_fd(dir_fd);
  return dir == nullptr ? path : JoinPath(dir->m_name, path);
}

std::string ResolveParam(sinsp_evt& event, const PathParams& params) {
  return Resolve(event, TextParam(event, params.path), params.dir);
}

std::string ResolveOnly(sinsp_evt& event) {
  for (const char* name : kPathNames) {
    if (FindParam(event, name) != nullptr) {
      return Resolve(event, TextParam(event, name), "dirfd");
    }
  }
  return {};
}

// symlinkat's target stays as it was given; symlink's is made absolute. Both as upstream does.
std::string SymlinkTarget(sinsp_evt& event) {
  std::string target = TextParam(event, "target");
  return FindParam(event, "linkdirfd") == nullptr ? Resolve(event, target, nullptr) : target;
}

std::string Octal(u32 number) {
  char text[16];
  std::snprintf(text, sizeof(text), "0%03o", number);
  return text;
}

std::string Hexadecimal(int64_t number) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

u32 WordParam(sinsp_evt& event, const char* name) {
  const sinsp_evt_param* param = FindParam(event, name);
  return param == nullptr ? 0 : param->as<uint32_t>();
}

// The kernel's encoding of a device number in 32 bits.
struct Device {
  u32 major;
  u32 minor;
};

Device DecodeDevice(u32 encoded) {
  return {(encoded >> 8) & 0xfff, (encoded & 0xff) | ((encoded >> 12) & 0xfff00)};
}

// The probe takes mknod's argument for the kernel's own kind of number, major above 20 bits of
// minor, and encodes what is encoded already: twice back.
std::string DeviceText(u32 encoded) {
  const Device once = DecodeDevice(encoded);
  const Device device = DecodeDevice((once.major << 20) | once.minor);
  return std::to_string(device.major) + ":" + std::to_string(device.minor);
}

// An owner; -1 leaves it as it is.
std::string Owner(sinsp_evt& event, const char* name) {
  return std::to_string(static_cast<i32>(WordParam(event, name)));
}

}  // namespace

void Emitter::OnPath(sinsp_evt& event, u32 op, uint64_t ts) {
  std::string first;
  std::string second;
  switch (op) {
    case kOpLink:
      first = ResolveParam(event, kLink[0]);
      second = ResolveParam(event, kLink[1]);
      break;
    case kOpRename:
      first = ResolveParam(event, kRename[0]);
      second = ResolveParam(event, kRename[1]);
      break;
    case kOpSymlink:
      first = SymlinkTarget(event);
      second = Resolve(event, TextParam(event, "linkpath"), "linkdirfd");
      break;
    default:
      first = ResolveOnly(event);
      break;
  }
  AppendPathOp(event, op, first, second, {}, ts);
}

// chmod, chown, mknod: of a path, or of a descriptor, whose path it then is.
void Emitter::OnAttributes(sinsp_evt& event, u32 op, uint64_t ts) {
  std::vector<std::string> args;
  switch (op) {
    case kOpChmod:
      args = {Octal(WordParam(event, "mode"))};
      break;
    case kOpChown:
      args = {Owner(event, "uid"), Owner(event, "gid")};
      break;
    default:
      args = {Octal(WordParam(event, "mode")), DeviceText(WordParam(event, "dev"))};
      break;
  }
  if (FindParam(event, "fd") == nullptr) {
    return AppendPathOp(event, op, ResolveOnly(event), {}, args, ts);
  }
  const sinsp_fdinfo* fd_info = event.get_fd_info();
  if (fd_info == nullptr) {
    return CountUnknown(event);
  }
  AppendPathOp(event, op, fd_info->m_name, {}, args, ts);
}

void Emitter::OnMount(sinsp_evt& event, u32 op, uint64_t ts) {
  const std::optional<EnterFacts::Call> call =
      entered_.Take(event.get_thread_info()->m_tid, event.get_type());
  const int64_t flags = call.has_value() ? call->first : 0;
  std::vector<std::string> args;
  std::string first;
  std::string second;
  if (op == kOpMount) {
    std::string type = TextParam(event, "type");
    args.push_back(type == kMissing ? std::string() : std::move(type));
    first = TextParam(event, "dev");
    if (first == kMissing) {
      first = "none";  // as /proc/mounts has it where there is no source
    } else if ((flags & (kMountBind | kMountMove)) != 0) {
      first = Resolve(event, first, nullptr);
    }
    second = Resolve(event, TextParam(event, "dir"), nullptr);
  } else {
    first = ResolveOnly(event);
  }
  if (call.has_value()) {
    args.push_back(Hexadecimal(flags));
  }
  AppendPathOp(event, op, first, second, args, ts);
}

// `second` is empty where there is one path.
void Emitter::AppendPathOp(sinsp_evt& event, u32 op, const std::string& first,
                           const std::string& second, const std::vector<std::string>& args,
                           uint64_t ts) {
  const int64_t result = event.get_syscall_return_value();
  sinsp_threadinfo& thread = *event.get_thread_info();
  const u32 process = ProcessFor(thread, ts);
  MakeObjectRoom();
  const u32 object = PathObject(first);
  const u32 object2 = second.empty() ? 0 : PathObject(second);
  auto* record = Append<PathOpRecord>();
  record->tsLo = static_cast<u32>(ts);
  record->tsHi = static_cast<u32>(ts >> 32);
  record->process = process;
  record->tid = static_cast<i32>(thread.m_tid);
  record->op = op;
  record->ret = static_cast<i32>(result);
  record->object = object;
  record->object2 = object2;
  record->args = batch_->AppendList(record, args, &record->argCount);
}

}  // namespace sysflow
