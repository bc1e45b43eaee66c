// The batch that is being filled, and the slots of reads and writes that point into it. Whoever
// makes records appends them here; a full batch is handed over and the next one begins.
#ifndef SYSFLOW_NATIVE_EMIT_OUTPUT_H_
#define SYSFLOW_NATIVE_EMIT_OUTPUT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "batch/batch.h"
#include "batch/byte_text.h"
#include "batch/io_slots.h"
#include "layout/counters.h"

namespace sysflow {

inline constexpr uint64_t kSecondNs = 1'000'000'000;

// The whole second that a time in ns lies in.
constexpr uint64_t SecondOf(uint64_t ts) { return ts / kSecondNs; }

// Where event time is. The emitter moves it on, all its parts read it.
struct EventTime {
  uint64_t last_ts = 0;  // of the newest event, in ns since the epoch
  u32 second = 0;        // that the newest tick began
};

// The time fields of a record.
template <typename T>
void SetTime(T* record, uint64_t ts) {
  record->tsLo = static_cast<u32>(ts);
  record->tsHi = static_cast<u32>(ts >> 32);
}

template <typename T>
void SetLastTime(T* record, uint64_t ts) {
  record->lastTsLo = static_cast<u32>(ts);
  record->lastTsHi = static_cast<u32>(ts >> 32);
}

class Output {
 public:
  // Takes the full batch and puts an empty one in its place. False when the reader has stopped; the
  // batch is then only cleared.
  using Submit = std::function<bool(std::unique_ptr<Batch>&)>;

  // `before_submit` brings the counters up to date.
  Output(std::unique_ptr<Batch> first, Submit submit, std::function<void()> before_submit,
         const EventTime& time, Counters& counters)
      : batch_(std::move(first)),
        submit_(std::move(submit)),
        before_submit_(std::move(before_submit)),
        time_(time),
        counters_(counters) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // The next record. It may begin a new batch, so no pointer into the batch outlives this call.
  template <typename T>
  T* Append() {
    if (!batch_->HasRoom()) {
      Next(false);
    }
    return batch_->Append<T>();
  }

  // These put text behind the newest record, which must be `record`. Names become text first; of
  // the items of a list as many as there is room for, which `count` tells.
  template <typename T>
  Span AppendText(T* record, std::string_view text) {
    return batch_->AppendText(record, text);
  }
  template <typename T>
  Span AppendName(T* record, std::string_view bytes) {
    return batch_->AppendText(record, ByteText(bytes, text_));
  }
  template <typename T>
  Span AppendTextList(T* record, const std::vector<std::string>& items, u32* count) {
    return batch_->AppendList(record, items, count);
  }
  template <typename T>
  Span AppendNameList(T* record, const std::vector<std::string>& items, u32* count) {
    return batch_->AppendList(record, ByteTexts(items, lists_), count);
  }

  // Hands over what there is. False when the reader has stopped.
  bool Next(bool eof) {
    slots_.Clear();
    before_submit_();
    Add(counters_.records, batch_->records());
    Add(counters_.batches);
    Add(counters_.batch_bytes, batch_->used());
    batch_->Seal(time_.last_ts, eof);
    if (!submit_(batch_)) {
      stopped_ = true;
    }
    return !stopped_;
  }

  bool stopped() const { return stopped_; }
  bool empty() const { return batch_->empty(); }
  u32 records() const { return batch_->records(); }

  // Open as long as the batch is.
  IoSlots& slots() { return slots_; }

 private:
  std::unique_ptr<Batch> batch_;
  IoSlots slots_;
  const Submit submit_;
  const std::function<void()> before_submit_;
  const EventTime& time_;
  Counters& counters_;
  std::string text_;                // what a name becomes, until the next one
  std::vector<std::string> lists_;  // the same for a list
  bool stopped_ = false;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_OUTPUT_H_
