// Handles for containers by id. When the table is full, the container whose use is longest ago
// gives up its handle; a process that uses it again has it defined again, under another.

#ifndef SYSFLOW_NATIVE_TABLES_CONTAINER_HANDLES_H_
#define SYSFLOW_NATIVE_TABLES_CONTAINER_HANDLES_H_

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "layout/limits.h"
#include "tables/keyed_hash.h"

namespace sysflow {

struct ContainerEntry {
  std::string id;
  uint32_t handle;
  unsigned type_guess;
  bool known;  // its metadata has crossed
};

class ContainerHandles {
 public:
  explicit ContainerHandles(size_t max = kContainersMax, const HashKey& key = HashKeyOfRun())
      : max_(max), by_id_(0, TextHash(key)) {}

  // Null for an unknown one. Valid until it is evicted. Counts as use.
  ContainerEntry* Find(std::string_view id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) {
      return nullptr;
    }
    by_use_.splice(by_use_.end(), by_use_, found->second);
    return &*found->second;
  }

  // A new id. Calls evicted(id) for the one that makes room, if one must.
  template <typename Evicted>
  ContainerEntry& Add(std::string_view id, unsigned type_guess, Evicted evicted) {
    uint32_t handle = static_cast<uint32_t>(by_id_.size()) + 1;
    if (by_id_.size() >= max_) {
      const ContainerEntry& oldest = by_use_.front();
      handle = oldest.handle;
      evicted(oldest.id);
      by_id_.erase(oldest.id);
      by_use_.pop_front();
    }
    by_use_.push_back({std::string(id), handle, type_guess, false});
    const auto added = std::prev(by_use_.end());
    by_id_.emplace(added->id, added);
    return *added;
  }

  size_t size() const { return by_id_.size(); }
  // What finding a container costs at most, for tests.
  size_t LargestBucket() const { return sysflow::LargestBucket(by_id_); }

 private:
  const size_t max_;
  std::list<ContainerEntry> by_use_;  // the one whose use is longest ago first
  std::unordered_map<std::string_view, std::list<ContainerEntry>::iterator, TextHash> by_id_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_TABLES_CONTAINER_HANDLES_H_
