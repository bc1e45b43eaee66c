// What the enter event of a call told that its exit event lacks, kept from one to the other. A
// thread is in one call at a time, so there is one entry for each; it stays for the thread's next
// such call, since making one anew for each call would cost an allocation.

#ifndef SYSFLOW_NATIVE_TABLES_ENTER_FACTS_H_
#define SYSFLOW_NATIVE_TABLES_ENTER_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "layout/limits.h"
#include "tables/keyed_hash.h"

namespace sysflow {

class EnterFacts {
 public:
  explicit EnterFacts(const HashKey& key = HashKeyOfRun()) : by_tid_(0, NumberHash(key)) {}

  // What the two mean depends on the type: descriptors read and written, an id, flags.
  struct Call {
    int64_t first;
    int64_t second;
  };

  // `type`: of the enter event.
  void Put(int64_t tid, uint16_t type, int64_t first, int64_t second) {
    if (by_tid_.size() >= kThreadsMax) {
      by_tid_.clear();  // ends of threads were lost; calls under way become unknown ones
    }
    by_tid_[tid] = {{first, second}, type};
  }

  // Of the call that this exit event ends, once; nothing where its enter event was not seen.
  std::optional<Call> Take(int64_t tid, uint16_t exit_type) {
    const auto found = by_tid_.find(tid);
    if (found == by_tid_.end() || found->second.enter_type + 1 != exit_type) {
      return std::nullopt;
    }
    found->second.enter_type = kNone;
    return found->second.call;
  }

  // The thread has ended.
  void Forget(int64_t tid) { by_tid_.erase(tid); }

  size_t size() const { return by_tid_.size(); }
  // What finding a call costs at most, for tests.
  size_t LargestBucket() const { return sysflow::LargestBucket(by_tid_); }

 private:
  static constexpr uint16_t kNone = UINT16_MAX;  // no type: exit types are never 0

  struct Entry {
    Call call;
    uint16_t enter_type;
  };

  std::unordered_map<int64_t, Entry, NumberHash> by_tid_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_TABLES_ENTER_FACTS_H_
