// Walks batches as the reader in TypeScript does, and distrusts all of it: sizes, alignment,
// strings inside their record, lists with as many items as they say, and each handle defined before
// its use.
#ifndef SYSFLOW_NATIVE_TEST_CAPTURES_BATCH_WALK_H_
#define SYSFLOW_NATIVE_TEST_CAPTURES_BATCH_WALK_H_

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "batch/batch.h"
#include "binding/capture.h"
#include "test/support/check.h"

namespace sysflow::test {

class BatchWalk {
 public:
  explicit BatchWalk(std::string context) : context_(std::move(context)) {}

  void Batch(const uint8_t* data, size_t bytes) {
    data_ = data;
    const auto* header = At<BatchHeader>(0);
    Require(!eof_, "no batch follows the last one");
    if (!Require(bytes >= sizeof(BatchHeader) && header->magic == kBatchMagic, "magic") ||
        !Require(header->bytes == bytes, "the header's size is the batch's")) {
      return;
    }
    eof_ = header->eof != 0;
    u32 records = 0;
    for (size_t at = sizeof(BatchHeader); at < bytes; records++) {
      const auto* head = At<RecordHead>(at);
      const bool sound = bytes - at >= sizeof(RecordHead) && head->size >= sizeof(RecordHead) &&
                         head->size % 8 == 0 && head->size <= bytes - at;
      if (!Require(sound, "a record's size") || !Dispatch(at, *head)) {
        return;
      }
      at += head->size;
    }
    Require(records == header->records, "the header's count of records");
    records_ += records;
  }

  bool eof() const { return eof_; }
  uint64_t records() const { return records_; }

  bool Require(bool holds, const char* what) {
    // Successes are counted once for each batch record at most: there are millions.
    return holds || Check(false, __FILE__, __LINE__, context_ + ": " + what);
  }

 private:
  template <typename T>
  const T* At(size_t offset) const {
    return reinterpret_cast<const T*>(data_ + offset);
  }

  bool Dispatch(size_t at, const RecordHead& head) {
    switch (head.kind) {
#define SYSFLOW_WALK(number, name, FIELDS)                                                      \
  case number: {                                                                                \
    if (!Require(head.size >= sizeof(name##Record), "a " #name " is as large as its fields")) { \
      return false;                                                                             \
    }                                                                                           \
    text_begin_ = at + sizeof(name##Record);                                                    \
    text_end_ = at + head.size;                                                                 \
    Visit(*At<name##Record>(at));                                                               \
    return true;                                                                                \
  }
      SYSFLOW_RECORDS(SYSFLOW_WALK)
#undef SYSFLOW_WALK
      default:
        return Require(false, "a known kind of record");
    }
  }

  void Text(const Span& span) {
    if (span.len > 0) {
      Require(span.off >= text_begin_ && span.off <= text_end_ && span.len <= text_end_ - span.off,
              "a string lies behind the fields of its own record");
    }
  }

  void List(const Span& span, u32 count) {
    Text(span);
    const auto* begin = data_ + span.off;
    const auto separators = std::count(begin, begin + span.len, 0);
    Require(count == 0 ? span.len == 0 : separators + 1 == static_cast<int64_t>(count),
            "a list has as many items as it says");
  }

  void Process(u32 handle) { Require(processes_.contains(handle), "a process handle in use"); }
  void Object(u32 handle) { Require(objects_.contains(handle), "an object handle in use"); }

  void Visit(const ProcessRecord& record) {
    Require(record.process != 0, "a process handle is not 0");
    Require(record.parent == 0 || processes_.contains(record.parent), "a parent's handle in use");
    Require(record.container == 0 || containers_.contains(record.container),
            "a container's handle");
    processes_.insert(record.process);
    Text(record.exe);
    Require((pieces_ & ~record.flags) == 0, "pieces come before a record that says so");
    pieces_ = 0;
    if ((record.flags & kProcessArgsApart) == 0) {
      List(record.args, record.argCount);
    }
    Text(record.user);
    Text(record.group);
    Text(record.cwd);
    if ((record.flags & kProcessEnvApart) == 0) {
      List(record.env, record.envCount);
    }
  }

  void Visit(const ProcessTextRecord& record) {
    Require(record.flags == kTextArgs || record.flags == kTextEnv, "a piece of a known text");
    pieces_ |= record.flags == kTextArgs ? kProcessArgsApart : kProcessEnvApart;
    Text(record.piece);
  }

  void Visit(const ProcessGoneRecord& record) {
    Require(processes_.erase(record.process) == 1, "only a known process goes");
  }

  void Visit(const ContainerRecord& record) {
    Require(record.container != 0, "a container handle is not 0");
    containers_.insert(record.container);
    Require(record.id.len > 0, "a container has an id");
    for (const Span& span :
         {record.id, record.name, record.image, record.imageTag, record.imageId}) {
      Text(span);
    }
  }

  void Visit(const PathRecord& record) {
    Define(record.object);
    Text(record.path);
  }

  void Visit(const SocketRecord& record) {
    Define(record.object);
    Require(record.family == 4 || record.family == 6, "a socket's family");
  }

  void Define(u32 object) {
    Require(object != 0 && objects_.insert(object).second, "an object is defined once");
    Require(objects_.size() <= kObjectsMax, "the bound of the object table");
  }

  void Visit(const ObjectResetRecord&) { objects_.clear(); }

  void Visit(const TickRecord& record) {
    const uint64_t ts = (uint64_t{record.tsHi} << 32) | record.tsLo;
    Require(record.second == static_cast<u32>(ts / 1'000'000'000), "a tick's second");
  }

  void Visit(const ProcessOpRecord& record) {
    Process(record.process);
    Require(IsOf("ProcessOp", record.op), "a process operation");
    Text(record.text);
  }

  void Visit(const DescriptorOpRecord& record) {
    Process(record.process);
    Object(record.object);
    Require(IsOf("DescriptorOp", record.op) || record.op == kOpEnded, "a descriptor operation");
    Type(record.type);
  }

  void Visit(const IoRecord& record) {
    Process(record.process);
    Object(record.object);
    Require(record.readOps + record.writeOps > 0, "an Io record holds operations");
    Require(record.readBytes >= 0 && record.writeBytes >= 0, "bytes are not negative");
    Type(record.type);
  }

  void Visit(const PathOpRecord& record) {
    Process(record.process);
    Object(record.object);
    Require(IsOf("PathOp", record.op), "a path operation");
    List(record.args, record.argCount);
    if (record.object2 != 0) {
      Object(record.object2);
    }
  }

  // Whether operations.h has an operation of this number that makes such a record.
  static bool IsOf(std::string_view record, u32 op) {
#define SYSFLOW_RECORD_OF(handler, made) constexpr std::string_view handler = #made;
    SYSFLOW_HANDLERS(SYSFLOW_RECORD_OF)
#undef SYSFLOW_RECORD_OF
#define SYSFLOW_IS_OF(name, number, handler, ...) || (op == number && record == handler)
    return op != 0 && (false SYSFLOW_OPERATIONS(SYSFLOW_IS_OF, SYSFLOW_IS_OF));
#undef SYSFLOW_IS_OF
  }

  void Type(u32 type) {
    Require(type != 0 && std::strchr("fdup46", static_cast<char>(type)) != nullptr,
            "a descriptor's type");
  }

  const std::string context_;
  const uint8_t* data_ = nullptr;
  size_t text_begin_ = 0;
  size_t text_end_ = 0;
  bool eof_ = false;
  uint64_t records_ = 0;
  u32 pieces_ = 0;  // the texts of which pieces came and their record not yet
  std::unordered_set<u32> processes_;
  std::unordered_set<u32> containers_;
  std::unordered_set<u32> objects_;
};

struct Replayed {
  uint64_t records = 0;
  uint64_t events = 0;
  std::optional<CaptureError> error;
};

// Reads a capture to its end through Capture, walking each batch.
inline Replayed Replay(CaptureOptions options, const std::string& context) {
  Replayed replayed;
  BatchWalk walk(context);
  try {
    Capture capture(std::move(options));
    std::vector<uint64_t> buffer(capture.batch_bytes() / 8);
    auto* bytes = reinterpret_cast<uint8_t*>(buffer.data());
    for (;;) {
      const int64_t used =
          capture.Next(bytes, capture.batch_bytes(), std::chrono::milliseconds(1000));
      if (used < 0) {
        break;
      }
      if (used > 0) {
        walk.Batch(bytes, static_cast<size_t>(used));
      }
      replayed.records = walk.records();
      replayed.events = capture.counters().events.load();
    }
    walk.Require(walk.eof(), "the last batch says so");
  } catch (const CaptureError& error) {
    replayed.error = error;
    const std::string message = error.what();
    walk.Require(message.find('\n') == std::string::npos, "an error is one line");
  }
  return replayed;
}

}  // namespace sysflow::test

#endif  // SYSFLOW_NATIVE_TEST_CAPTURES_BATCH_WALK_H_
