// Coalescing of reads and writes: which Io record of the batch being filled still takes operations.
//
// A slot belongs to one thread and one descriptor, and is found by both. It stays open until
// something changes what the descriptor means or when its flow ends: then it is sealed, and the
// next operation starts another. A close by one thread ends the others' flows too, so what is
// sealed is the descriptor of the process: a slot whose seal is not the descriptor's any more is
// closed. No chain is walked for an operation, since a program chooses how many threads use one
// descriptor.

#ifndef SYSFLOW_NATIVE_BATCH_IO_SLOTS_H_
#define SYSFLOW_NATIVE_BATCH_IO_SLOTS_H_

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "layout/event_layout.h"
#include "tables/keyed_hash.h"

namespace sysflow {

// What a descriptor must still be for a slot to go on. Compared at each operation, so kept small.
struct DescriptorIdentity {
  const void* fd_info;  // libsinsp's entry: another address, another descriptor
  uint64_t ends[2];     // an IPv4 socket's tuple; UDP sockets change theirs with each peer

  bool operator==(const DescriptorIdentity&) const = default;
};

class IoSlots {
 public:
  explicit IoSlots(const HashKey& key = HashKeyOfRun())
      : hash_(key), buckets_(kBuckets), entries_(kEntries) {
    slots_.reserve(kSlotsMax);
  }

  // All slots are gone: a new batch begins.
  void Clear() {
    epoch_++;
    slots_.clear();
  }

  bool full() const { return slots_.size() >= kSlotsMax; }

  // The open record of this thread and descriptor, or null.
  IoRecord* Find(int64_t pid, int64_t tid, int64_t fd, const DescriptorIdentity& identity) {
    const Entry& entry = EntryOf(pid, tid, fd);
    if (entry.epoch != epoch_) {
      return nullptr;
    }
    const Slot& slot = slots_[entry.slot];
    const bool open = slot.seal == buckets_[slot.bucket].seal;
    return open && slot.identity == identity ? slot.record : nullptr;
  }

  // Opens a slot for a record just appended; an older one of the same thread is sealed thereby.
  void Open(int64_t pid, int64_t tid, int64_t fd, const DescriptorIdentity& identity,
            IoRecord* record) {
    const auto index = static_cast<uint32_t>(slots_.size());
    Bucket& bucket = TakeBucket(DescriptorKey(pid, fd));
    uint32_t next_of_process = 0;
    if (bucket.head == 0) {
      Bucket& process = TakeBucket(ProcessKey(pid));
      next_of_process = std::exchange(process.head, index + 1);
      bucket.head = index + 1;
    }
    const auto place = static_cast<uint32_t>(&bucket - buckets_.data());
    slots_.push_back({pid, tid, fd, identity, record, place, bucket.seal, next_of_process});
    EntryOf(pid, tid, fd) = {epoch_, index};
  }

  // Seals the slots of all threads of the process on this descriptor.
  void SealDescriptor(int64_t pid, int64_t fd) {
    if (Bucket* bucket = FindBucket(DescriptorKey(pid, fd))) {
      bucket->head = 0;
      bucket->seal++;
    }
  }

  // Seals every slot of the process. The cost is paid once for each slot that was opened.
  void SealProcess(int64_t pid) {
    Bucket* process = FindBucket(ProcessKey(pid));
    if (process == nullptr) {
      return;
    }
    for (uint32_t index = process->head; index != 0; index = slots_[index - 1].next_of_process) {
      SealDescriptor(pid, slots_[index - 1].fd);
    }
    process->head = 0;
  }

  // How many buckets finding this descriptor looks at, for tests.
  size_t ProbesOf(int64_t pid, int64_t fd) {
    const Bucket* bucket = FindBucket(DescriptorKey(pid, fd));
    const size_t at = bucket == nullptr ? 0 : static_cast<size_t>(bucket - buckets_.data());
    return (at + kBuckets - Home(DescriptorKey(pid, fd))) % kBuckets + 1;
  }

  // How many entries finding this thread's slot looks at, for tests.
  size_t StepsOf(int64_t pid, int64_t tid, int64_t fd) {
    const auto at = static_cast<size_t>(&EntryOf(pid, tid, fd) - entries_.data());
    return (at + kEntries - EntryHome(pid, tid, fd)) % kEntries + 1;
  }

 private:
  static constexpr size_t kSlotsMax = 4096;
  static constexpr unsigned kBucketBits = 15;
  // Open addressing, at most a quarter full.
  static constexpr size_t kBuckets = size_t{1} << kBucketBits;
  static constexpr unsigned kEntryBits = 14;
  static constexpr size_t kEntries = size_t{1} << kEntryBits;

  struct Slot {
    int64_t pid;
    int64_t tid;
    int64_t fd;
    DescriptorIdentity identity;
    IoRecord* record;
    uint32_t bucket;           // of its descriptor
    uint32_t seal;             // that descriptor's when the slot was opened
    uint32_t next_of_process;  // index + 1, linked for the first slot of each descriptor
  };

  // Of a descriptor, or of a process.
  struct Bucket {
    uint64_t key = 0;
    uint32_t epoch = 0;
    uint32_t head = 0;  // index + 1 of the first open slot, 0 when sealed or unused
    uint32_t seal = 0;  // how often its slots were sealed
  };

  // Where a thread's slot on a descriptor is.
  struct Entry {
    uint32_t epoch = 0;
    uint32_t slot = 0;
  };

  // Pids have at most 22 bits, descriptors at most 31, and no descriptor is INT32_MIN: the
  // process's own entry. Pid -1, a thread whose process libsinsp does not know, has keys of its
  // own, too.
  static uint64_t DescriptorKey(int64_t pid, int64_t fd) {
    return (static_cast<uint64_t>(pid) << 32) ^ static_cast<uint32_t>(fd);
  }
  static uint64_t ProcessKey(int64_t pid) { return DescriptorKey(pid, INT32_MIN); }

  size_t Home(uint64_t key) const { return hash_.Top(key, kBucketBits); }

  // Distinct keys for all that one process can vary: threads have at most 22 bits, descriptors 31.
  size_t EntryHome(int64_t pid, int64_t tid, int64_t fd) const {
    constexpr uint64_t kSpread = 0x9e37'79b9'7f4a'7c15;
    return hash_.Top(DescriptorKey(pid, fd) + static_cast<uint64_t>(tid) * kSpread, kEntryBits);
  }

  // The entry of this thread and descriptor, or the free one that it would take.
  Entry& EntryOf(int64_t pid, int64_t tid, int64_t fd) {
    for (size_t i = EntryHome(pid, tid, fd);; i = (i + 1) % kEntries) {
      Entry& entry = entries_[i];
      if (entry.epoch != epoch_) {
        return entry;
      }
      const Slot& slot = slots_[entry.slot];
      if (slot.tid == tid && slot.fd == fd && slot.pid == pid) {
        return entry;
      }
    }
  }

  Bucket* FindBucket(uint64_t key) {
    for (size_t i = Home(key);; i = (i + 1) % kBuckets) {
      if (buckets_[i].epoch != epoch_) {
        return nullptr;
      }
      if (buckets_[i].key == key) {
        return &buckets_[i];
      }
    }
  }

  Bucket& TakeBucket(uint64_t key) {
    for (size_t i = Home(key);; i = (i + 1) % kBuckets) {
      if (buckets_[i].epoch != epoch_) {
        buckets_[i] = {key, epoch_, 0, 0};
        return buckets_[i];
      }
      if (buckets_[i].key == key) {
        return buckets_[i];
      }
    }
  }

  const NumberHash hash_;
  std::vector<Bucket> buckets_;
  std::vector<Entry> entries_;
  std::vector<Slot> slots_;
  uint32_t epoch_ = 1;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BATCH_IO_SLOTS_H_
