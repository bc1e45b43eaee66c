// Names of users and groups for records. Live: the host's list, or that of the container as its
// processes see it, by the ids that its user namespace has. Replayed: what the capture tells.
// Filters go by libsinsp's own lists, which are kept in step with the host's.
#ifndef SYSFLOW_NATIVE_FALCO_STATE_NAMES_H_
#define SYSFLOW_NATIVE_FALCO_STATE_NAMES_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "host/name_list.h"
#include "tables/keyed_hash.h"

namespace sysflow {

class Names {
 public:
  // Whether a read of /proc is within the allowance, and that it is over.
  struct Allowance {
    std::function<bool()> begin;
    std::function<void()> end;
  };

  // The inspector outlives this.
  Names(sinsp& inspector, Allowance allowance)
      : inspector_(inspector), allowance_(std::move(allowance)) {}

  // Of a user or group of the thread; libsinsp's words where no list has it: "root", "<NA>".
  std::string User(const sinsp_threadinfo& thread, uint32_t id);
  std::string Group(const sinsp_threadinfo& thread, uint32_t id);

  // Once a second where live: libsinsp's list of the host's users, after the host's files.
  void Refresh();
  void ForgetContainer(const std::string& id);
  // An event by which a capture tells of a user or group, new or gone.
  void OnTold(sinsp_evt& event);

 private:
  // Of one file of a container. As much as libsinsp reads of it.
  static constexpr size_t kListBytesMax = 256 * 1024;

  struct NamesOfCapture {
    std::unordered_map<uint32_t, std::string> users;
    std::unordered_map<uint32_t, std::string> groups;
  };
  struct Ids {
    IdMap users;
    IdMap groups;
  };
  // As the process that was looked at last has it; what is known of one that has gone.
  struct Container {
    NameFile users{"etc/passwd", kListBytesMax};
    NameFile groups{"etc/group", kListBytesMax};
    dev_t device = 0;  // of its root
    ino_t root = 0;
    uint64_t looked_second = 0;  // when the files were
    ino_t user_namespace = 0;
    std::optional<Ids> ids;  // none: they are the host's
    bool is_known = false;
    bool is_in_host_root = false;
    int64_t tid = 0;  // of the thread that it was looked at for,
    uint64_t ts = 0;  // at this event
    uint64_t used = 0;
    size_t bytes() const { return users.list().bytes() + groups.list().bytes(); }
  };

  std::optional<std::string> Find(const sinsp_threadinfo& thread, uint32_t id, bool is_group);
  std::optional<std::string> FindInContainer(const sinsp_threadinfo& thread, uint32_t id,
                                             bool is_group);
  Container& ContainerOf(const std::string& id);
  void Look(Container& container, int64_t tid);
  void LookAtFiles(Container& container, const std::string& proc);
  void LookAtNamespace(Container& container, const std::string& proc);

  sinsp& inspector_;
  const Allowance allowance_;
  uint64_t generation_ = 0;
  uint64_t uses_ = 0;
  std::unordered_map<std::string, Container, TextHash> containers_;
  std::unordered_map<std::string, NamesOfCapture, TextHash> told_;  // by container
  size_t told_count_ = 0;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_NAMES_H_
