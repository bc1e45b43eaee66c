// Handles for processes: which identity (pid and creation time) has which handle, and since when it
// is leaving. An identity keeps its handle until at least one whole second after its exit, so that
// late events still find it, unless the table is full: then the one that left first goes at once.
// Every step costs the same however many processes there are.

#ifndef SYSFLOW_NATIVE_TABLES_PROCESS_HANDLES_H_
#define SYSFLOW_NATIVE_TABLES_PROCESS_HANDLES_H_

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "layout/limits.h"
#include "tables/keyed_hash.h"

namespace sysflow {

struct ProcessEntry {
  uint32_t handle = 0;     // 0: unknown
  uint64_t create_ts = 0;  // ns since the epoch
};

class ProcessHandles {
 public:
  explicit ProcessHandles(size_t max = kProcessesMax, const HashKey& key = HashKeyOfRun())
      : max_(max), by_pid_(0, NumberHash(key)) {
    slots_.emplace_back();  // handle 0 is no process, and the lists' end
  }

  // The entry of this pid, whichever identity it has now; handle 0 if there is none. Counts as use.
  ProcessEntry Find(int64_t pid) {
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end()) {
      return {};
    }
    const uint32_t handle = found->second;
    if (used_.last != handle) {
      Unlink(used_, &Slot::used, handle);
      Append(used_, &Slot::used, handle);
    }
    return {handle, slots_[handle].create_ts};
  }

  bool full() const { return by_pid_.size() >= max_; }

  // The pid to release when full: the one that left first, else the one whose use is longest ago;
  // never that of `kept`, which is in use right now.
  int64_t Victim(uint32_t kept) const {
    uint32_t handle = leaving_.first;
    if (handle == kept) {
      handle = slots_[handle].leaving.next;
    }
    if (handle == 0) {
      handle = used_.first == kept ? slots_[kept].used.next : used_.first;
    }
    return slots_[handle].pid;
  }

  // A new identity. One that has the pid already must have been released, and there must be room.
  uint32_t Add(int64_t pid, uint64_t create_ts) {
    uint32_t handle;
    if (free_.empty()) {
      handle = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      handle = free_.back();
      free_.pop_back();
    }
    Slot& slot = slots_[handle];
    slot.pid = pid;
    slot.create_ts = create_ts;
    slot.is_known = true;
    Append(used_, &Slot::used, handle);
    by_pid_[pid] = handle;
    return handle;
  }

  // Frees the handle; the reader must have been told before it is used again.
  void Release(int64_t pid) {
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end()) {
      return;
    }
    const uint32_t handle = found->second;
    by_pid_.erase(found);
    Unlink(used_, &Slot::used, handle);
    StopLeaving(handle);
    slots_[handle] = {};
    free_.push_back(handle);
  }

  void MarkExited(int64_t pid, uint64_t create_ts, uint32_t second) {
    const auto found = by_pid_.find(pid);
    if (found == by_pid_.end() || slots_[found->second].create_ts != create_ts) {
      return;
    }
    StopLeaving(found->second);
    Slot& slot = slots_[found->second];
    slot.is_leaving = true;
    slot.exit_second = second;
    Append(leaving_, &Slot::leaving, found->second);
  }

  // Calls gone(pid, create_ts) for each process that left long enough before `second`. gone()
  // either releases it or leaves it: one whose other threads still run is marked again when the
  // last of them exits.
  template <typename Gone>
  void SweepExited(uint32_t second, Gone gone) {
    constexpr uint32_t kGraceSeconds = 2;  // whole seconds: at least one has passed in full
    while (leaving_.first != 0 && slots_[leaving_.first].exit_second + kGraceSeconds <= second) {
      const uint32_t handle = leaving_.first;
      StopLeaving(handle);
      gone(slots_[handle].pid, slots_[handle].create_ts);
    }
  }

  // Calls check(pid, create_ts) for the next so many handles, but those that are leaving; check()
  // may release it. For the rare process whose exit was never seen. True where that was the last of
  // the table.
  template <typename Check>
  bool SweepSlice(size_t count, Check check) {
    const size_t end = std::min(slots_.size(), sweep_at_ + count);
    for (; sweep_at_ < end; sweep_at_++) {
      if (slots_[sweep_at_].is_known && !slots_[sweep_at_].is_leaving) {
        check(slots_[sweep_at_].pid, slots_[sweep_at_].create_ts);
      }
    }
    if (sweep_at_ < slots_.size()) {
      return false;
    }
    sweep_at_ = 1;
    return true;
  }

  size_t size() const { return by_pid_.size(); }
  // What finding a process costs at most, for tests.
  size_t LargestBucket() const { return sysflow::LargestBucket(by_pid_); }

 private:
  struct Links {
    uint32_t previous = 0;
    uint32_t next = 0;
  };

  struct Slot {
    int64_t pid = 0;
    uint64_t create_ts = 0;
    Links used;
    Links leaving;
    uint32_t exit_second = 0;
    bool is_known = false;
    bool is_leaving = false;
  };

  struct List {
    uint32_t first = 0;
    uint32_t last = 0;
  };

  void StopLeaving(uint32_t handle) {
    if (slots_[handle].is_leaving) {
      slots_[handle].is_leaving = false;
      Unlink(leaving_, &Slot::leaving, handle);
    }
  }

  void Append(List& list, Links Slot::*links, uint32_t handle) {
    (slots_[handle].*links) = {list.last, 0};
    if (list.last == 0) {
      list.first = handle;
    } else {
      (slots_[list.last].*links).next = handle;
    }
    list.last = handle;
  }

  void Unlink(List& list, Links Slot::*links, uint32_t handle) {
    const Links own = slots_[handle].*links;
    if (own.previous == 0) {
      list.first = own.next;
    } else {
      (slots_[own.previous].*links).next = own.next;
    }
    if (own.next == 0) {
      list.last = own.previous;
    } else {
      (slots_[own.next].*links).previous = own.previous;
    }
  }

  const size_t max_;
  std::unordered_map<int64_t, uint32_t, NumberHash> by_pid_;
  std::vector<Slot> slots_;     // by handle
  std::vector<uint32_t> free_;  // handles
  List used_;                   // all, the one whose use is longest ago first
  List leaving_;                // the one that left first first
  size_t sweep_at_ = 1;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_TABLES_PROCESS_HANDLES_H_
