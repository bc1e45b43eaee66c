// See host_names.h.
#include "falco/state/host_names.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <cstdio>
#include <ctime>

#include "falco/engine.h"

namespace sysflow {
namespace {

// Of the host's files, which only root writes.
constexpr size_t kHostListBytesMax = 16 * 1024 * 1024;

}  // namespace

// Never destroyed: a capture thread may outlive main().
HostNames& HostNames::Of() {
  static HostNames* const names = new HostNames(HostRoot());
  return *names;
}

HostNames::HostNames(const std::string& root)
    : root_(open(root.empty() ? "/" : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      users_("etc/passwd", kHostListBytesMax),
      groups_("etc/group", kHostListBytesMax) {
  struct stat facts {};
  // Who may not look at init's root is in the same one, unless told where the host's is.
  has_root_ = stat((root + "/proc/1/root/").c_str(), &facts) == 0 ||
              (root.empty() && stat("/", &facts) == 0);
  device_ = facts.st_dev;
  inode_ = facts.st_ino;
}

void HostNames::Refresh() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_sec == looked_second_) {
    return;
  }
  looked_second_ = now.tv_sec;
  const bool has_users = users_.Refresh(root_);
  const bool has_groups = groups_.Refresh(root_);
  generation_ += has_users || has_groups ? 1 : 0;
}

std::optional<std::string> HostNames::User(uint32_t id) {
  const std::lock_guard lock(mutex_);
  Refresh();
  const auto name = users_.list().Find(id);
  return name.has_value() ? std::optional<std::string>(*name) : std::nullopt;
}

std::optional<std::string> HostNames::Group(uint32_t id) {
  const std::lock_guard lock(mutex_);
  Refresh();
  const auto name = groups_.list().Find(id);
  return name.has_value() ? std::optional<std::string>(*name) : std::nullopt;
}

uint64_t HostNames::Generation() {
  const std::lock_guard lock(mutex_);
  Refresh();
  return generation_;
}

}  // namespace sysflow

// In place of the C library's within this file of native code, and hidden: who loads it keeps his
// own. Home and shell are in no record, and are not told by the first two. The others list all that
// there are, for libsinsp's tables at the start, where no HOST_ROOT is set.
extern "C" {

#define SYSFLOW_HIDDEN __attribute__((visibility("hidden")))

namespace {

char nothing[] = "";
thread_local FILE* all_users = nullptr;
thread_local FILE* all_groups = nullptr;

void Close(FILE*& file) {
  if (file != nullptr) {
    std::fclose(file);
    file = nullptr;
  }
}

void Begin(FILE*& file, const char* name) {
  Close(file);
  file = std::fopen(name, "re");
}

}  // namespace

SYSFLOW_HIDDEN struct passwd* getpwuid(uid_t uid) {
  thread_local std::string name;
  thread_local struct passwd entry;
  const auto found = sysflow::HostNames::Of().User(uid);
  if (!found.has_value()) {
    return nullptr;
  }
  name = *found;
  entry = {};
  entry.pw_name = name.data();
  entry.pw_uid = uid;
  entry.pw_passwd = entry.pw_gecos = entry.pw_dir = entry.pw_shell = nothing;
  return &entry;
}

SYSFLOW_HIDDEN struct group* getgrgid(gid_t gid) {
  thread_local std::string name;
  thread_local struct group entry;
  const auto found = sysflow::HostNames::Of().Group(gid);
  if (!found.has_value()) {
    return nullptr;
  }
  name = *found;
  entry = {};
  entry.gr_name = name.data();
  entry.gr_gid = gid;
  entry.gr_passwd = nothing;
  return &entry;
}

SYSFLOW_HIDDEN void setpwent() { Begin(all_users, "/etc/passwd"); }
SYSFLOW_HIDDEN void endpwent() { Close(all_users); }
SYSFLOW_HIDDEN struct passwd* getpwent() {
  return all_users == nullptr ? nullptr : fgetpwent(all_users);
}

SYSFLOW_HIDDEN void setgrent() { Begin(all_groups, "/etc/group"); }
SYSFLOW_HIDDEN void endgrent() { Close(all_groups); }
SYSFLOW_HIDDEN struct group* getgrent() {
  return all_groups == nullptr ? nullptr : fgetgrent(all_groups);
}
}
