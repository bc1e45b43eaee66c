// Batches: flat buffers that the capture thread fills and the reader copies out, and the bounded
// queue between the two. When every buffer is full the capture thread waits; live, the kernel's
// ring buffers then take up the slack and count what they drop.

#ifndef SYSFLOW_NATIVE_BATCH_BATCH_H_
#define SYSFLOW_NATIVE_BATCH_BATCH_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "layout/event_layout.h"

namespace sysflow {

// No single string is longer than this on the way to TypeScript; the kernel's own limits lie below.
inline constexpr size_t kStringBytesMax = 64 * 1024;
// Room that must be left for one more record of any kind: the largest holds six strings.
inline constexpr size_t kRecordBytesMax = 7 * kStringBytesMax;
inline constexpr size_t kBatchBytesMin = kRecordBytesMax + 4096;
// More brings nothing, and offsets into a batch are of 32 bits.
inline constexpr size_t kBatchBytesMax = 256 << 20;

// One buffer being filled. Records are appended and, for Io only, updated in place until the batch
// is handed over.
class Batch {
 public:
  explicit Batch(size_t bytes)
      : capacity_(bytes), memory_(std::make_unique<uint64_t[]>(bytes / 8)) {
    Clear();
  }

  void Clear() {
    used_ = sizeof(BatchHeader);
    *Header() = BatchHeader{};
  }

  // A zeroed record of type T, owned by the batch. The pointer dies with Clear().
  template <typename T>
  T* Append() {
    T* record = reinterpret_cast<T*>(bytes() + used_);
    std::memset(static_cast<void*>(record), 0, sizeof(T));
    record->kind = T::kKind;
    record->size = sizeof(T);
    used_ += sizeof(T);
    Header()->records++;
    return record;
  }

  // Appends text behind the newest record, which must be `record`. Cut at kStringBytesMax.
  template <typename T>
  Span AppendText(T* record, std::string_view text) {
    const Span span{static_cast<u32>(used_),
                    static_cast<u32>(std::min(text.size(), kStringBytesMax))};
    if (span.len > 0) {  // an empty view may point nowhere
      std::memcpy(bytes() + used_, text.data(), span.len);
    }
    Grow(record, span.len);
    return span;
  }

  // Appends the items, joined by NUL bytes, as many as kStringBytesMax holds; says how many.
  template <typename T>
  Span AppendList(T* record, const std::vector<std::string>& items, u32* count) {
    const size_t start = used_;
    size_t end = used_;
    *count = 0;
    for (const std::string& item : items) {
      if (kStringBytesMax - (end - start) < item.size() + 1) {
        break;
      }
      if (*count > 0) {
        bytes()[end++] = 0;
      }
      std::memcpy(bytes() + end, item.data(), item.size());
      end += item.size();
      ++*count;
    }
    const Span span{static_cast<u32>(start), static_cast<u32>(end - start)};
    Grow(record, span.len);
    return span;
  }

  // Fills the header; nothing is appended afterwards.
  void Seal(uint64_t last_ts, bool eof) {
    BatchHeader* header = Header();
    header->magic = kBatchMagic;
    header->bytes = static_cast<u32>(used_);
    header->eof = eof ? 1 : 0;
    header->lastTsLo = static_cast<u32>(last_ts);
    header->lastTsHi = static_cast<u32>(last_ts >> 32);
  }

  bool empty() const { return used_ == sizeof(BatchHeader); }
  bool HasRoom() const { return capacity_ - used_ >= kRecordBytesMax; }
  size_t used() const { return used_; }
  // As Seal() was told.
  uint64_t last_ts() const {
    return (static_cast<uint64_t>(Header()->lastTsHi) << 32) | Header()->lastTsLo;
  }
  u32 records() const { return Header()->records; }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(memory_.get()); }

 private:
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(memory_.get()); }
  BatchHeader* Header() const { return reinterpret_cast<BatchHeader*>(memory_.get()); }

  template <typename T>
  void Grow(T* record, size_t len) {
    const size_t padded = (used_ + len + 7) & ~size_t{7};
    std::memset(bytes() + used_ + len, 0, padded - used_ - len);
    record->size += static_cast<u32>(padded - used_);
    used_ = padded;
  }

  size_t capacity_;
  size_t used_ = 0;
  std::unique_ptr<uint64_t[]> memory_;  // 64-bit words, so that records are 8-aligned
};

// The bounded queue of full batches. One producer, one consumer; Stop() frees both.
//
// A consumer that found it empty is told once, by `ring` on the producer's thread, when there is a
// batch or nothing more will come. It is not told again before it has found the queue empty again.
class BatchQueue {
 public:
  // `ring_at`: the consumer is told once there are so many full batches, and of the end. More than
  // one where nobody waits for the first: being told costs some 30 µs on both sides.
  BatchQueue(
      size_t batches, size_t batch_bytes, std::function<void()> ring = [] {}, size_t ring_at = 1)
      : ring_(std::move(ring)), ring_at_(ring_at) {
    for (size_t i = 0; i < batches; i++) {
      free_.push_back(std::make_unique<Batch>(batch_bytes));
    }
  }

  // Producer: an empty batch, waiting for one if need be; null after Stop().
  std::unique_ptr<Batch> TakeFree() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [this] { return stopped_ || !free_.empty(); });
    if (stopped_) {
      return nullptr;
    }
    std::unique_ptr<Batch> batch = std::move(free_.back());
    free_.pop_back();
    return batch;
  }

  void PutFull(std::unique_ptr<Batch> batch) {
    Tell([&] { full_.push_back(std::move(batch)); });
  }

  // Producer: nothing more will come; wakes the consumer.
  void Finish() {
    Tell([&] { finished_ = true; });
  }

  // Consumer: the oldest full batch, or null after the timeout or when all is read. After a null it
  // is told when there is more; a timeout of 0 does not wait.
  std::unique_ptr<Batch> TakeFull(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    // A wait of no time would still ask the kernel for one.
    if (timeout.count() > 0) {
      filled_.wait_for(lock, timeout, [this] { return finished_ || !full_.empty(); });
    }
    if (full_.empty()) {
      untold_ = !finished_;
      return nullptr;
    }
    std::unique_ptr<Batch> batch = std::move(full_.front());
    full_.pop_front();
    return batch;
  }

  // Consumer: gives a batch back for reuse.
  void PutFree(std::unique_ptr<Batch> batch) {
    batch->Clear();
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(batch));
    }
    freed_.notify_one();
  }

  // True when the producer is done and everything it made has been taken.
  bool Drained() {
    const std::lock_guard lock(mutex_);
    return finished_ && full_.empty();
  }

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    freed_.notify_all();
    filled_.notify_all();
  }

 private:
  // Producer: makes the change and tells a consumer that waits for it, whichever way.
  template <typename Change>
  void Tell(Change change) {
    bool ring = false;
    {
      const std::lock_guard lock(mutex_);
      change();
      ring = untold_ && (finished_ || full_.size() >= ring_at_);
      untold_ = untold_ && !ring;
    }
    filled_.notify_one();
    if (ring) {
      ring_();
    }
  }

  const std::function<void()> ring_;
  const size_t ring_at_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::condition_variable filled_;
  std::deque<std::unique_ptr<Batch>> full_;
  std::vector<std::unique_ptr<Batch>> free_;
  bool stopped_ = false;
  bool finished_ = false;
  bool untold_ = false;  // the consumer has found nothing, and has not been told of anything since
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BATCH_BATCH_H_
