// Containers as records: a handle for each id, and its metadata when a capture brings it.
#ifndef SYSFLOW_NATIVE_EMIT_CONTAINERS_H_
#define SYSFLOW_NATIVE_EMIT_CONTAINERS_H_

#include <string>

#include "emit/output.h"
#include "falco/state/library.h"
#include "tables/container_handles.h"

namespace sysflow {

class Containers {
 public:
  Containers(Library& library, Output& output, Counters& counters)
      : library_(library), output_(output), counters_(counters) {}

  // The handle of the container that the thread is in, 0 for none.
  u32 For(const sinsp_threadinfo& thread);

  // libsinsp has learned the metadata of this one from the event at hand.
  void NoteTold(const std::string& id) { told_ = id; }

  // A capture brings container metadata as events of its own, sometimes after the first use.
  void OnEvent();

 private:
  void AppendRecord(ContainerEntry& container);

  Library& library_;
  Output& output_;
  Counters& counters_;
  ContainerHandles handles_;
  std::string told_;  // whose metadata the event at hand brought
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_CONTAINERS_H_
