// See containers.h.
#include "emit/containers.h"

#include <optional>

#include "falco/state/threads.h"

namespace sysflow {

u32 Containers::For(const sinsp_threadinfo& thread) {
  const std::string& id = ContainerIdOf(thread);
  if (id.empty()) {
    return 0;
  }
  const ContainerEntry* known = handles_.Find(id);
  if (known != nullptr) {
    return known->handle;
  }
  ContainerEntry& added =
      handles_.Add(id, ContainerOf(thread).type, [this](const std::string& evicted) {
        library_.ForgetContainer(evicted);
        Add(counters_.containers_evicted);
      });
  AppendRecord(added);
  return added.handle;
}

void Containers::AppendRecord(ContainerEntry& container) {
  const std::optional<ContainerFacts> facts = library_.FindContainer(container.id);
  auto* record = output_.Append<ContainerRecord>();
  record->container = container.handle;
  record->type = facts.has_value() ? facts->type : container.type_guess;
  record->id = output_.AppendName(record, container.id);
  if (facts.has_value() && facts->is_told) {
    record->flags =
        static_cast<u16>(kContainerKnown | (facts->is_privileged ? kContainerPrivileged : 0));
    record->name = output_.AppendName(record, facts->name);
    record->image = output_.AppendName(record, facts->image);
    record->imageTag = output_.AppendName(record, facts->image_tag);
    record->imageId = output_.AppendName(record, facts->image_id);
    // Where this was all that the runtime told, more may follow.
    container.known = !facts->name.empty() || !facts->image.empty();
  }
}

void Containers::OnEvent() {
  ContainerEntry* container = handles_.Find(told_);
  if (container != nullptr && !container->known) {
    AppendRecord(*container);
  }
  // Those that no process of ours is in come here and never leave.
  if (container == nullptr) {
    library_.BoundContainers(2 * kContainersMax, told_);
  }
  told_.clear();
}

}  // namespace sysflow
