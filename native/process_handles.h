// Handles for processes: which identity (pid and creation time) has which handle, and since when it
// is leaving. An identity keeps its handle until at least one whole second after its exit, so that
// late events still find it.

#ifndef SYSFLOW_NATIVE_PROCESS_HANDLES_H_
#define SYSFLOW_NATIVE_PROCESS_HANDLES_H_

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

namespace sysflow {

struct ProcessEntry {
  uint32_t handle;
  uint64_t create_ts;  // ns since the epoch
};

class ProcessHandles {
 public:
  // The entry of this pid, whichever identity it has now, or null. Valid until the next change.
  ProcessEntry* Find(int64_t pid) {
    const auto found = by_pid_.find(pid);
    return found == by_pid_.end() ? nullptr : &found->second;
  }

  // A new identity. One that has the pid already must have been released.
  uint32_t Add(int64_t pid, uint64_t create_ts) {
    uint32_t handle;
    if (free_.empty()) {
      handle = ++newest_;
    } else {
      handle = free_.back();
      free_.pop_back();
    }
    by_pid_[pid] = {handle, create_ts};
    return handle;
  }

  // Frees the handle; the reader must have been told before it is used again.
  void Release(int64_t pid) {
    const auto found = by_pid_.find(pid);
    if (found != by_pid_.end()) {
      free_.push_back(found->second.handle);
      by_pid_.erase(found);
    }
  }

  void MarkExited(int64_t pid, uint64_t create_ts, uint32_t second) {
    leaving_.push_back({pid, create_ts, second});
  }

  // Calls gone(pid) for each process that left long enough before `second`. gone() says whether it
  // may go; one whose other threads still run is asked about again later.
  template <typename Gone>
  void Sweep(uint32_t second, Gone gone) {
    constexpr uint32_t kGraceSeconds = 2;  // whole seconds: at least one has passed in full
    size_t pending = leaving_.size();
    while (pending-- > 0 && leaving_.front().second + kGraceSeconds <= second) {
      const Leaving leaving = leaving_.front();
      leaving_.pop_front();
      const ProcessEntry* entry = Find(leaving.pid);
      if (entry == nullptr || entry->create_ts != leaving.create_ts) {
        continue;
      }
      if (!gone(leaving.pid)) {
        leaving_.push_back({leaving.pid, leaving.create_ts, second});
      }
    }
  }

  size_t size() const { return by_pid_.size(); }

  // Pids known now, for the rare check of processes whose exit was never seen.
  std::vector<int64_t> Pids() const {
    std::vector<int64_t> pids;
    pids.reserve(by_pid_.size());
    for (const auto& [pid, entry] : by_pid_) {
      pids.push_back(pid);
    }
    return pids;
  }

 private:
  struct Leaving {
    int64_t pid;
    uint64_t create_ts;
    uint32_t second;
  };

  std::unordered_map<int64_t, ProcessEntry> by_pid_;
  std::vector<uint32_t> free_;
  std::deque<Leaving> leaving_;
  uint32_t newest_ = 0;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_PROCESS_HANDLES_H_
