// Coalescing of reads and writes: which Io record of the batch being filled still takes operations.
//
// A slot belongs to one thread and one descriptor. It stays open until something changes what the
// descriptor means or when its flow ends: then it is sealed, and the next operation starts another.
// Slots are found by (process, descriptor), because a close by one thread ends the others' flows
// too.

#ifndef SYSFLOW_NATIVE_IO_SLOTS_H_
#define SYSFLOW_NATIVE_IO_SLOTS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "event_layout.h"
#include "keyed_hash.h"

namespace sysflow {

// What a descriptor must still be for a slot to go on. Compared at each operation, so kept small.
struct DescriptorIdentity {
  const void* fd_info;  // libsinsp's entry: another address, another descriptor
  uint64_t ends[2];     // an IPv4 socket's tuple; UDP sockets change theirs with each peer

  bool operator==(const DescriptorIdentity&) const = default;
};

class IoSlots {
 public:
  explicit IoSlots(const HashKey& key = HashKeyOfRun()) : hash_(key), buckets_(kBuckets) {
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
    Bucket* bucket = FindBucket(DescriptorKey(pid, fd));
    if (bucket == nullptr) {
      return nullptr;
    }
    for (uint32_t index = bucket->head; index != 0; index = slots_[index - 1].next) {
      Slot& slot = slots_[index - 1];
      if (slot.tid == tid) {
        return slot.identity == identity ? slot.record : nullptr;
      }
    }
    return nullptr;
  }

  // Opens a slot for a record just appended; an older one of the same thread is sealed thereby.
  void Open(int64_t pid, int64_t tid, int64_t fd, const DescriptorIdentity& identity,
            IoRecord* record) {
    Bucket& bucket = TakeBucket(DescriptorKey(pid, fd));
    if (bucket.head == 0) {
      Bucket& process = TakeBucket(ProcessKey(pid));
      slots_.push_back({tid, fd, identity, record, bucket.head, process.head});
      process.head = static_cast<uint32_t>(slots_.size());
    } else {
      slots_.push_back({tid, fd, identity, record, bucket.head, 0});
    }
    bucket.head = static_cast<uint32_t>(slots_.size());
  }

  // Seals the slots of all threads of the process on this descriptor.
  void SealDescriptor(int64_t pid, int64_t fd) {
    if (Bucket* bucket = FindBucket(DescriptorKey(pid, fd))) {
      bucket->head = 0;
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

 private:
  static constexpr size_t kSlotsMax = 4096;
  static constexpr unsigned kBucketBits = 15;
  // Open addressing, at most a quarter full.
  static constexpr size_t kBuckets = size_t{1} << kBucketBits;

  struct Slot {
    int64_t tid;
    int64_t fd;
    DescriptorIdentity identity;
    IoRecord* record;
    uint32_t next;             // index + 1 of the next slot on this descriptor
    uint32_t next_of_process;  // index + 1, linked for the first slot of each descriptor
  };

  struct Bucket {
    uint64_t key = 0;
    uint32_t epoch = 0;
    uint32_t head = 0;  // index + 1 into slots_, 0 when sealed or unused
  };

  // Pids have at most 22 bits, descriptors at most 31, and no descriptor is INT32_MIN: the
  // process's own entry. Pid -1, a thread whose process libsinsp does not know, has keys of its
  // own, too.
  static uint64_t DescriptorKey(int64_t pid, int64_t fd) {
    return (static_cast<uint64_t>(pid) << 32) ^ static_cast<uint32_t>(fd);
  }
  static uint64_t ProcessKey(int64_t pid) { return DescriptorKey(pid, INT32_MIN); }

  size_t Home(uint64_t key) const { return hash_.Top(key, kBucketBits); }

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
        buckets_[i] = {key, epoch_, 0};
        return buckets_[i];
      }
      if (buckets_[i].key == key) {
        return buckets_[i];
      }
    }
  }

  const NumberHash hash_;
  std::vector<Bucket> buckets_;
  std::vector<Slot> slots_;
  uint32_t epoch_ = 1;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_IO_SLOTS_H_
