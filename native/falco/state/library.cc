// See library.h.
#include "falco/state/library.h"

#include <libsinsp/user.h>

#include <iterator>
#include <utility>

namespace sysflow {

Library::Library(sinsp& inspector, LibraryHooks hooks)
    : inspector_(inspector), names_(inspector, {hooks.may_look_up, hooks.has_looked_up}) {
  inspector_.m_container_manager.subscribe_on_new_container(
      [told = std::move(hooks.container_told)](const sinsp_container_info& info,
                                               sinsp_threadinfo*) { told(info.m_id); });
  inspector_.m_on_descriptor_end = std::move(hooks.descriptor_ended);
  inspector_.m_on_lookup_settled = std::move(hooks.lookup_settled);
  inspector_.m_on_lookup_lost = std::move(hooks.lookup_lost);
  inspector_.m_may_look_up = std::move(hooks.may_look_up);
  inspector_.m_has_looked_up = std::move(hooks.has_looked_up);
}

Library::~Library() {
  inspector_.m_on_descriptor_end = nullptr;
  inspector_.m_on_lookup_settled = nullptr;
  inspector_.m_on_lookup_lost = nullptr;
  inspector_.m_may_look_up = nullptr;
  inspector_.m_has_looked_up = nullptr;
}

uint64_t Library::KernelDrops() const {
  scap_stats stats{};
  inspector_.get_capture_stats(&stats);
  return stats.n_drops;
}

std::shared_ptr<sinsp_threadinfo> Library::FindThread(int64_t tid) const {
  return inspector_.m_thread_manager->find_thread(tid, true);
}

void Library::SettleLookup(int64_t tid, int64_t fd, uint64_t ts) {
  if (const auto thread = FindThread(tid)) {
    thread->get_or_settle_fd(fd, ts);
  }
}

bool Library::IsThreadTableFull() const {
  const sinsp_thread_manager& threads = *inspector_.m_thread_manager;
  return threads.entries_count() >= threads.get_max_thread_table_size();
}

bool Library::AreDescriptorsFull(sinsp_threadinfo& thread) const {
  const sinsp_fdtable* descriptors = thread.get_fd_table();
  return inspector_.m_fd_count >= inspector_.m_max_fd_count ||
         (descriptors != nullptr &&
          (descriptors->is_cut() || descriptors->size() >= inspector_.m_max_fdtable_size));
}

std::optional<ContainerFacts> Library::FindContainer(const std::string& id) const {
  const auto info = inspector_.m_container_manager.get_container(id);
  if (info == nullptr) {
    return std::nullopt;
  }
  ContainerFacts facts;
  facts.type = static_cast<unsigned>(info->m_type);
  facts.is_told = info->is_successful();
  if (facts.is_told) {
    facts.is_privileged = info->m_privileged;
    facts.name = info->m_name;
    facts.image = info->m_image;
    facts.image_tag = info->m_imagetag;
    facts.image_id = info->m_imageid;
  }
  return facts;
}

void Library::ForgetContainer(const std::string& id) {
  inspector_.m_container_manager.get_containers()->erase(id);
  inspector_.m_usergroup_manager->delete_container(id);
  names_.ForgetContainer(id);
}

void Library::BoundContainers(size_t max, const std::string& kept) {
  auto told = inspector_.m_container_manager.get_containers();
  if (told->size() > max) {
    told->erase(told->begin()->first == kept ? std::next(told->begin()) : told->begin());
  }
}

}  // namespace sysflow
