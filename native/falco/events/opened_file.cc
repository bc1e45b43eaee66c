// See opened_file.h.
#include "falco/events/opened_file.h"

#include <optional>
#include <string>
#include <string_view>

#include "falco/events/event.h"
#include "falco/events/event_text.h"
#include "falco/paths.h"

namespace sysflow {
namespace {

// With RESOLVE_IN_ROOT the directory of the call is the root: where absolute paths begin, and where
// ".." ends.
void SettleRoot(sinsp_evt& event, sinsp_fdinfo& opened) {
  const sinsp_evt_param* resolve = FindParam(event, "resolve");
  const sinsp_evt_param* name = FindParam(event, "name");
  const sinsp_evt_param* dir = FindParam(event, "dirfd");
  if (resolve == nullptr || name == nullptr || dir == nullptr ||
      (resolve->as<uint32_t>() & PPM_RESOLVE_IN_ROOT) == 0) {
    return;
  }
  const std::optional<std::string_view> inside = TextOf(event, name);
  if (!inside.has_value()) {
    return;  // whatever it is, it is not known
  }
  sinsp_threadinfo& thread = *event.get_thread_info();
  const int64_t dir_fd = dir->as<int64_t>();
  const sinsp_fdinfo* root = dir_fd == PPM_AT_FDCWD ? nullptr : thread.get_fd(dir_fd);
  std::string base;
  if (dir_fd == PPM_AT_FDCWD) {
    base = thread.get_cwd();
  } else if (root != nullptr && root->m_name != kUnknownPath) {
    base = root->m_name;
  }
  const std::string below = TidyPath("/" + std::string(*inside)).substr(1);
  const std::string root_name = base.empty() ? std::string(kUnknownPath) : base;
  opened.m_name = below.empty() ? root_name : PathFrom(base, below);
}

// A folder cannot be opened for writing: it is O_TMPFILE, whose flag the probe sets for every
// O_DIRECTORY. /proc names such a file by its inode.
void SettleNameless(sinsp_fdinfo& opened) {
  if ((opened.m_openflags & PPM_O_DIRECTORY) == 0 || (opened.m_openflags & PPM_O_WRONLY) == 0) {
    return;
  }
  opened.m_type = SCAP_FD_FILE_V2;
  const std::string folder = opened.m_name == kUnknownPath ? std::string() : opened.m_name;
  opened.m_name = PathFrom(folder, "#" + std::to_string(opened.m_ino));
}

}  // namespace

void SettleOpened(sinsp_evt& event, sinsp_fdinfo& opened) {
  if (event.get_type() == PPME_SYSCALL_OPENAT2_X) {
    SettleRoot(event, opened);
  }
  SettleNameless(opened);
}

}  // namespace sysflow
