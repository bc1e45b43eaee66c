// See names.h.
#include "falco/state/names.h"

#include <fcntl.h>
#include <libsinsp/user.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "falco/engine.h"
#include "falco/state/host_names.h"
#include "host/owned_fd.h"
#include "layout/limits.h"

namespace sysflow {
namespace {

// A map has at most 340 lines.
constexpr size_t kMapBytesMax = 340 * 33;
constexpr uint64_t kSecondNs = 1'000'000'000;

std::string ReadMap(const std::string& path) {
  std::string text(kMapBytesMax, '\0');
  const OwnedFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t got = file.is_open() ? read(file.get(), text.data(), text.size()) : -1;
  text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return text;
}

// The number of a namespace; 0 where its process has gone.
ino_t NamespaceOf(const std::string& proc) {
  struct stat facts {};
  return stat((proc + "/ns/user").c_str(), &facts) == 0 ? facts.st_ino : 0;
}

}  // namespace

std::string Names::User(const sinsp_threadinfo& thread, uint32_t id) {
  if (auto name = Find(thread, id, false)) {
    return *std::move(name);
  }
  return id == 0 ? "root" : "<NA>";
}

std::string Names::Group(const sinsp_threadinfo& thread, uint32_t id) {
  if (auto name = Find(thread, id, true)) {
    return *std::move(name);
  }
  return id == 0 ? "root" : "<NA>";
}

std::optional<std::string> Names::Find(const sinsp_threadinfo& thread, uint32_t id, bool is_group) {
  const std::string& container = thread.m_container_id;
  if (inspector_.is_live()) {
    if (!container.empty()) {
      return FindInContainer(thread, id, is_group);
    }
    return is_group ? HostNames::Of().Group(id) : HostNames::Of().User(id);
  }
  if (const auto told = told_.find(container); told != told_.end()) {
    const auto& names = is_group ? told->second.groups : told->second.users;
    if (const auto name = names.find(id); name != names.end()) {
      return name->second;
    }
  }
  sinsp_usergroup_manager& known = *inspector_.m_usergroup_manager;
  if (is_group) {
    const scap_groupinfo* group = known.get_group(container, id);
    return group == nullptr ? std::nullopt : std::optional<std::string>(group->name);
  }
  const scap_userinfo* user = known.get_user(container, id);
  return user == nullptr ? std::nullopt : std::optional<std::string>(user->name);
}

std::optional<std::string> Names::FindInContainer(const sinsp_threadinfo& thread, uint32_t id,
                                                  bool is_group) {
  Container& container = ContainerOf(thread.m_container_id);
  const uint64_t ts = inspector_.get_lastevent_ts();
  if ((container.tid != thread.m_tid || container.ts != ts) && allowance_.begin()) {
    container.tid = thread.m_tid;
    container.ts = ts;
    Look(container, thread.m_tid);
    allowance_.end();
  }
  if (container.is_in_host_root) {
    return is_group ? HostNames::Of().Group(id) : HostNames::Of().User(id);
  }
  uint32_t inside = id;
  if (container.ids.has_value()) {
    const IdMap& map = is_group ? container.ids->groups : container.ids->users;
    const std::optional<uint32_t> mapped = map.Inside(id);
    if (!mapped.has_value()) {
      return std::nullopt;
    }
    inside = *mapped;
  }
  const auto name = (is_group ? container.groups : container.users).list().Find(inside);
  return name.has_value() ? std::optional<std::string>(*name) : std::nullopt;
}

// It, or a new one; what was used longest ago then makes room.
Names::Container& Names::ContainerOf(const std::string& id) {
  const auto found = containers_.find(id);
  if (found != containers_.end()) {
    found->second.used = ++uses_;
    return found->second;
  }
  size_t bytes = 0;
  for (const auto& [_, container] : containers_) {
    bytes += container.bytes();
  }
  while (!containers_.empty() &&
         (containers_.size() >= kContainersMax || bytes + 2 * kListBytesMax > kNameListBytesMax)) {
    const auto oldest = std::min_element(
        containers_.begin(), containers_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    bytes -= oldest->second.bytes();
    containers_.erase(oldest);
  }
  Container fresh;
  fresh.used = ++uses_;
  return containers_.emplace(id, std::move(fresh)).first->second;
}

void Names::Look(Container& container, int64_t tid) {
  const std::string proc = HostRoot() + "/proc/" + std::to_string(tid);
  struct stat facts {};
  if (stat((proc + "/root/").c_str(), &facts) != 0) {
    return;  // it has gone: what is known of its container stays
  }
  container.is_in_host_root = HostNames::Of().IsRoot(facts.st_dev, facts.st_ino);
  if (container.is_in_host_root) {
    return;
  }
  const uint64_t second = inspector_.get_lastevent_ts() / kSecondNs;
  const bool is_same =
      container.is_known && container.device == facts.st_dev && container.root == facts.st_ino;
  if (!is_same || second != container.looked_second) {
    container.device = facts.st_dev;
    container.root = facts.st_ino;
    container.looked_second = second;
    LookAtFiles(container, proc);
  }
  LookAtNamespace(container, proc);
}

void Names::LookAtFiles(Container& container, const std::string& proc) {
  const OwnedFd root(open((proc + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root.is_open()) {
    container.users.Refresh(root.get());
    container.groups.Refresh(root.get());
    container.is_known = true;
  }
}

// Events have the ids of this program's own user namespace, which is the host's.
void Names::LookAtNamespace(Container& container, const std::string& proc) {
  const ino_t user_namespace = NamespaceOf(proc);
  if (user_namespace == 0 || user_namespace == container.user_namespace) {
    return;
  }
  container.ids.reset();
  if (user_namespace != NamespaceOf("/proc/self")) {
    const std::string users = ReadMap(proc + "/uid_map");
    container.ids = Ids{IdMap(users), IdMap(ReadMap(proc + "/gid_map"))};
    if (users.empty()) {
      return;  // not written yet: it is read again
    }
  }
  container.user_namespace = user_namespace;
}

void Names::Refresh() {
  if (!inspector_.is_live()) {
    return;
  }
  const uint64_t generation = HostNames::Of().Generation();
  if (generation == generation_) {
    return;
  }
  generation_ = generation;
  sinsp_usergroup_manager& known = *inspector_.m_usergroup_manager;
  std::vector<uint32_t> ids;
  if (const auto* users = known.get_userlist("")) {
    std::for_each(users->begin(), users->end(),
                  [&ids](const auto& user) { ids.push_back(user.first); });
  }
  for (const uint32_t id : ids) {
    if (const auto name = HostNames::Of().User(id)) {
      const scap_userinfo& user = *known.get_user("", id);
      known.add_user("", -1, id, user.gid, *name, user.homedir, user.shell);
    } else if (id != 0) {
      known.rm_user("", id);
    }
  }
  ids.clear();
  if (const auto* groups = known.get_grouplist("")) {
    std::for_each(groups->begin(), groups->end(),
                  [&ids](const auto& group) { ids.push_back(group.first); });
  }
  for (const uint32_t id : ids) {
    if (const auto name = HostNames::Of().Group(id)) {
      known.add_group("", -1, id, *name);
    } else if (id != 0) {
      known.rm_group("", id);
    }
  }
}

void Names::ForgetContainer(const std::string& id) {
  containers_.erase(id);
  if (const auto told = told_.find(id); told != told_.end()) {
    told_count_ -= told->second.users.size() + told->second.groups.size();
    told_.erase(told);
  }
}

// libsinsp takes those of the host from a capture, but for those of containers it asks the machine
// that replays, which does not have them.
void Names::OnTold(sinsp_evt& event) {
  const uint16_t type = event.get_type();
  const bool is_group = type == PPME_GROUP_ADDED_E || type == PPME_GROUP_DELETED_E;
  const bool is_new = type == PPME_USER_ADDED_E || type == PPME_GROUP_ADDED_E;
  const auto container = event.get_param(is_group ? 2 : 5)->as<std::string_view>();
  if (inspector_.is_live() || container.empty()) {
    return;
  }
  const uint32_t id = event.get_param(0)->as<uint32_t>();
  if (is_new && told_count_ >= kNamesToldMax) {
    return;
  }
  NamesOfCapture& told = told_[std::string(container)];
  auto& names = is_group ? told.groups : told.users;
  const size_t before = names.size();
  if (is_new) {
    names[id] = event.get_param(is_group ? 1 : 2)->as<std::string_view>();
  } else {
    names.erase(id);
  }
  told_count_ += names.size() - before;
}

}  // namespace sysflow
