// Users and groups of the host, by its own passwd and group files: one for the whole program, as
// the host is. Its files are looked at again at most once a second, however often they are asked.
// libsinsp asks getpwuid and its like. These ask whoever the C library's configuration or a daemon
// names, LDAP servers too; so all of them are answered from here (host_names.cc).
#ifndef SYSFLOW_NATIVE_FALCO_STATE_HOST_NAMES_H_
#define SYSFLOW_NATIVE_FALCO_STATE_HOST_NAMES_H_

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "host/name_list.h"

namespace sysflow {

class HostNames {
 public:
  static HostNames& Of();

  // On any thread. Nothing where no line has the id.
  std::optional<std::string> User(uint32_t id);
  std::optional<std::string> Group(uint32_t id);

  // Grows when a file was read that may differ.
  uint64_t Generation();

  // Whether this folder is the host's root.
  bool IsRoot(dev_t device, ino_t inode) const {
    return has_root_ && device == device_ && inode == inode_;
  }

 private:
  explicit HostNames(const std::string& root);
  void Refresh();

  std::mutex mutex_;
  const int root_;
  bool has_root_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  int64_t looked_second_ = -1;
  uint64_t generation_ = 0;
  NameFile users_;
  NameFile groups_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_HOST_NAMES_H_
