// See opened_file.h.
#include "opened_file.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "event_params.h"
#include "paths.h"

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
  sinsp_threadinfo& thread = *event.get_thread_info();
  const int64_t dir_fd = dir->as<int64_t>();
  const sinsp_fdinfo* root = dir_fd == PPM_AT_FDCWD ? nullptr : thread.get_fd(dir_fd);
  std::string inside(name->m_val, strnlen(name->m_val, name->m_len));
  if (dir_fd != PPM_AT_FDCWD && root == nullptr) {
    opened.m_name = inside.substr(std::min(inside.find_first_not_of('/'), inside.size()));
    return;  // relative to what is not known
  }
  const std::string base = root == nullptr ? thread.get_cwd() : root->m_name;
  opened.m_name = JoinPath(base, TidyPath("/" + inside).substr(1));
}

// A folder cannot be opened for writing: it is O_TMPFILE, whose flag the probe sets for every
// O_DIRECTORY. /proc names such a file by its inode.
void SettleNameless(sinsp_fdinfo& opened) {
  if ((opened.m_openflags & PPM_O_DIRECTORY) == 0 || (opened.m_openflags & PPM_O_WRONLY) == 0) {
    return;
  }
  opened.m_type = SCAP_FD_FILE_V2;
  opened.m_name = JoinPath(opened.m_name, "#" + std::to_string(opened.m_ino));
}

}  // namespace

void SettleOpened(sinsp_evt& event, sinsp_fdinfo& opened) {
  if (event.get_type() == PPME_SYSCALL_OPENAT2_X) {
    SettleRoot(event, opened);
  }
  SettleNameless(opened);
}

}  // namespace sysflow
