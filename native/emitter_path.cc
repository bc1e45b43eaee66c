// Operations on paths: see emitter.h. Parameters are found by name, because old captures hold older
// layouts of the same events.
#include <libsinsp/utils.h>

#include <string>

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

constexpr PathParams kPath[] = {{"path", "dirfd"}};
constexpr PathParams kUnlinkAt[] = {{"name", "dirfd"}};
constexpr PathParams kRename[] = {{"oldpath", "olddirfd"}, {"newpath", "newdirfd"}};
constexpr PathParams kLink[] = {{"oldpath", "olddir"}, {"newpath", "newdir"}};

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
      // symlinkat's target stays as it was given; symlink's is made absolute. Both as upstream
      // does.
      first = TextParam(event, "target");
      if (FindParam(event, "linkdirfd") == nullptr) {
        first = Resolve(event, first, nullptr);
      }
      second = Resolve(event, TextParam(event, "linkpath"), "linkdirfd");
      break;
    default:
      first = ResolveParam(event, FindParam(event, "name") == nullptr ? kPath[0] : kUnlinkAt[0]);
      break;
  }
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
}

}  // namespace sysflow
