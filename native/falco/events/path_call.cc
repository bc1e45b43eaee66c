// See path_call.h. Parameters are found by name, because old captures hold older layouts of the
// same events.
#include "falco/events/path_call.h"

#include <cerrno>
#include <cstdio>
#include <string_view>

#include "falco/events/event.h"
#include "falco/events/event_text.h"
#include "falco/events/resize_call.h"
#include "falco/paths.h"

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

// Flags of mount(2) with which the source is a path; without them it is whatever the file system
// makes of it.
constexpr int64_t kMountBind = 0x1000;
constexpr int64_t kMountMove = 0x2000;

std::optional<std::string_view> TextParam(sinsp_evt& event, const char* name) {
  return TextOf(event, FindParam(event, name));
}

u32 WordParam(sinsp_evt& event, const char* name) {
  const sinsp_evt_param* param = FindParam(event, name);
  return param == nullptr ? 0 : param->as<uint32_t>();
}

// Whether an empty path means what the call's directory is, and is no fault.
bool TakesEmptyPath(sinsp_evt& event, const PathParams& params) {
  switch (TypeOf(event)) {
    case PPME_SYSCALL_LINKAT_2_X:
      return params.path == kLink[0].path && (WordParam(event, "flags") & PPM_AT_EMPTY_PATH) != 0;
    case PPME_SYSCALL_FCHOWNAT_X:
      return (WordParam(event, "flags") & PPM_AT_EMPTY_PATH) != 0;
    case PPME_SYSCALL_FCHMODAT_X:  // or fchmodat2, whose flags are not told
      return ResultOf(event) != -ENOENT;
    default:
      return false;
  }
}

// The folder that the call's paths count from; empty where it is not known.
std::string FolderOf(sinsp_evt& event, const char* dir_param) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  const sinsp_evt_param* param = dir_param == nullptr ? nullptr : FindParam(event, dir_param);
  const int64_t dir_fd = param == nullptr ? PPM_AT_FDCWD : param->as<int64_t>();
  if (dir_fd == PPM_AT_FDCWD) {
    return thread.get_cwd();
  }
  const sinsp_fdinfo* dir = thread.get_fd(dir_fd);
  return dir == nullptr || dir->m_name == kUnknownPath ? std::string() : dir->m_name;
}

// A path as the thread saw it.
std::string ResolveParam(sinsp_evt& event, const PathParams& params) {
  const std::optional<std::string_view> path = TextParam(event, params.path);
  if (path.has_value() && path->starts_with('/')) {
    return PathOfCall(ResultOf(event), {}, path);
  }
  std::string folder = FolderOf(event, params.dir);
  if (path.has_value() && path->empty() && TakesEmptyPath(event, params)) {
    return folder.empty() ? std::string(kUnknownPath) : TidyPath(folder);
  }
  return PathOfCall(ResultOf(event), folder, path);
}

std::string ResolveOnly(sinsp_evt& event) {
  for (const char* name : kPathNames) {
    if (FindParam(event, name) != nullptr) {
      return ResolveParam(event, {name, "dirfd"});
    }
  }
  return std::string(kUnknownPath);
}

// A symbolic link's target counts from the folder that the link lies in, wherever the process is.
// It stays as it was given where that folder is not known.
std::string SymlinkTarget(sinsp_evt& event, std::string_view link) {
  const bool is_known = !link.empty() && link.front() == '/';
  return PathOfCall(ResultOf(event), is_known ? ParentOf(link) : std::string_view(),
                    TextParam(event, "target"));
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

PathCall ReadPathCall(sinsp_evt& event, u32 op) {
  PathCall call{op, ResultOf(event), true, {}, std::nullopt, {}};
  switch (op) {
    case kOpLink:
      call.first = ResolveParam(event, kLink[0]);
      call.second = ResolveParam(event, kLink[1]);
      break;
    case kOpRename:
      call.first = ResolveParam(event, kRename[0]);
      call.second = ResolveParam(event, kRename[1]);
      break;
    case kOpSymlink:
      call.second = ResolveParam(event, {"linkpath", "linkdirfd"});
      call.first = SymlinkTarget(event, *call.second);
      break;
    default:
      call.first = ResolveOnly(event);
      break;
  }
  return call;
}

PathCall ReadAttributesCall(sinsp_evt& event, u32 op) {
  PathCall call{op, ResultOf(event), true, {}, std::nullopt, {}};
  switch (op) {
    case kOpChmod:
      call.args = {Octal(WordParam(event, "mode"))};
      break;
    case kOpChown:
      call.args = {Owner(event, "uid"), Owner(event, "gid")};
      break;
    case kOpMknod:
      call.args = {Octal(WordParam(event, "mode")), DeviceText(WordParam(event, "dev"))};
      break;
    default:
      break;
  }
  if (FindParam(event, "fd") == nullptr) {
    call.first = ResolveOnly(event);
  } else if (const sinsp_fdinfo* fd_info = DescriptorOf(event); fd_info != nullptr) {
    call.first = fd_info->m_name;
  } else {
    call.is_known = false;
  }
  return call;
}

PathCall ReadMountCall(sinsp_evt& event, u32 op, const std::optional<int64_t>& flags) {
  PathCall call{op, ResultOf(event), true, {}, std::nullopt, {}};
  if (op == kOpMount) {
    // Where neither need be given, no source is "none", as /proc/mounts has it.
    const bool is_unknown = call.result == -EFAULT;
    const std::string_view no_type = is_unknown ? kUnknownPath : std::string_view();
    const std::string_view no_source = is_unknown ? kUnknownPath : std::string_view("none");
    call.args.emplace_back(TextParam(event, "type").value_or(no_type));
    const std::optional<std::string_view> source = TextParam(event, "dev");
    const bool is_path = source.has_value() && (flags.value_or(0) & (kMountBind | kMountMove)) != 0;
    call.first = is_path ? ResolveParam(event, {"dev", nullptr}) : source.value_or(no_source);
    call.second = ResolveParam(event, {"dir", nullptr});
  } else {
    call.first = ResolveOnly(event);
  }
  if (flags.has_value()) {
    call.args.push_back(Hexadecimal(*flags));
  }
  return call;
}

PathCall ReadResizeCall(sinsp_evt& event) {
  const ResizeCall resize = ReadResize(*event.get_scap_evt());
  PathCall call{kOpResize, resize.result, true, {}, std::nullopt, {std::to_string(resize.length)}};
  sinsp_threadinfo& thread = *ThreadOf(event);
  if (resize.is_by_path) {
    call.first = PathOfCall(resize.result, thread.get_cwd(), resize.path);
  } else if (const sinsp_fdinfo* fd_info = thread.get_fd(resize.fd); fd_info != nullptr) {
    call.first = fd_info->m_name;
  } else {
    call.is_known = false;
  }
  return call;
}

}  // namespace sysflow
