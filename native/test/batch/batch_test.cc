// Batches byte by byte: what is cut, what is aligned, and that nothing lies outside the buffer.
#include "batch/batch.h"

#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

std::string TextAt(const Batch& batch, const Span& span) {
  return {reinterpret_cast<const char*>(batch.data()) + span.off, span.len};
}

void CutTexts() {
  for (const size_t length : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{9},
                              kStringBytesMax - 1, kStringBytesMax, kStringBytesMax + 1}) {
    const std::string context = std::to_string(length) + " bytes";
    Batch batch(kBatchBytesMin);
    auto* record = batch.Append<PathRecord>();
    const std::string text(length, 'x');
    record->path = batch.AppendText(record, text);
    const size_t kept = std::min(length, kStringBytesMax);
    CHECK_EQUAL(record->path.len, kept, context);
    CHECK_THAT(TextAt(batch, record->path) == text.substr(0, kept), context);
    CHECK_EQUAL(record->size % 8, 0u, context);
    CHECK_EQUAL(batch.used(), sizeof(BatchHeader) + record->size, context);
  }
  Batch batch(kBatchBytesMin);
  auto* record = batch.Append<PathRecord>();
  CHECK_EQUAL(batch.AppendText(record, std::string_view{}).len, 0u, "a view of nothing");
}

struct ListCase {
  std::vector<std::string> items;
  u32 count;
  std::string bytes;
};

void Lists() {
  const std::string most(kStringBytesMax - 1, 'x');
  const std::string whole(kStringBytesMax, 'x');
  const ListCase cases[] = {
      {{}, 0, ""},
      {{""}, 1, ""},
      {{"", ""}, 2, std::string(1, '\0')},
      {{"a", "", "b"}, 3, std::string("a\0\0b", 4)},
      {{most}, 1, most},
      {{most, "b"}, 1, most},
      {{whole, "b"}, 0, ""},
      {{"a", whole}, 1, "a"},
  };
  for (const ListCase& example : cases) {
    const std::string context = std::to_string(example.items.size()) + " items";
    Batch batch(kBatchBytesMin);
    auto* record = batch.Append<ProcessRecord>();
    record->args = batch.AppendList(record, example.items, &record->argCount);
    CHECK_EQUAL(record->argCount, example.count, context);
    CHECK_THAT(TextAt(batch, record->args) == example.bytes, context);
    CHECK_EQUAL(record->size % 8, 0u, context);
  }
}

// The largest record that there is fits whenever there is room.
void LargestRecordFits() {
  const std::string text(kStringBytesMax * 2, 'x');
  const std::vector<std::string> list(kStringBytesMax, "");
  Batch batch(kBatchBytesMin);
  CHECK_THAT(batch.HasRoom(), "an empty batch");
  auto* record = batch.Append<ProcessRecord>();
  record->exe = batch.AppendText(record, text);
  record->args = batch.AppendList(record, list, &record->argCount);
  record->user = batch.AppendText(record, text);
  record->group = batch.AppendText(record, text);
  record->cwd = batch.AppendText(record, text);
  record->env = batch.AppendList(record, list, &record->envCount);
  CHECK_THAT(record->size <= kRecordBytesMax, "the largest process");
  CHECK_THAT(batch.used() <= kBatchBytesMin, "the largest process");
  CHECK_THAT(!batch.HasRoom(), "a full batch");
}

// Memory that was used before holds nothing of it: padding and records are zero.
void ReusedBatchIsClean() {
  Batch batch(kBatchBytesMin);
  auto* record = batch.Append<PathRecord>();
  batch.AppendText(record, std::string(200, 'x'));
  batch.Seal(1, true);
  batch.Clear();
  CHECK_THAT(batch.empty(), "a cleared batch");
  CHECK_EQUAL(batch.records(), 0u, "a cleared batch");
  record = batch.Append<PathRecord>();
  record->path = batch.AppendText(record, "abc");
  for (size_t i = record->path.off + 3; i < batch.used(); i++) {
    CHECK_EQUAL(static_cast<int>(batch.data()[i]), 0, "padding");
  }
  const auto* io = batch.Append<IoRecord>();
  CHECK_THAT(io->readOps == 0 && io->readBytes == 0 && io->lastTsHi == 0, "a new record");
}

void SealedHeader() {
  Batch batch(kBatchBytesMin);
  batch.Append<TickRecord>();
  batch.Seal((uint64_t{7} << 32) | 9, true);
  const auto* header = reinterpret_cast<const BatchHeader*>(batch.data());
  CHECK_EQUAL(header->magic, kBatchMagic, "the header");
  CHECK_EQUAL(header->bytes, batch.used(), "the header");
  CHECK_EQUAL(header->records, 1u, "the header");
  CHECK_EQUAL(header->eof, 1u, "the header");
  CHECK_EQUAL(header->lastTsLo, 9u, "the header");
  CHECK_EQUAL(header->lastTsHi, 7u, "the header");
}

// Everything arrives, in order, through fewer buffers than batches; and a stop wakes the producer.
void QueueKeepsOrder() {
  constexpr u32 kBatchCount = 500;
  BatchQueue queue(3, kBatchBytesMin);
  std::thread producer([&queue] {
    for (u32 i = 0; i < kBatchCount; i++) {
      std::unique_ptr<Batch> batch = queue.TakeFree();
      batch->Append<TickRecord>()->second = i;
      queue.PutFull(std::move(batch));
    }
    queue.Finish();
  });
  u32 taken = 0;
  while (!queue.Drained()) {
    std::unique_ptr<Batch> batch = queue.TakeFull(std::chrono::milliseconds(1000));
    if (batch == nullptr) {
      continue;
    }
    const auto* tick = reinterpret_cast<const TickRecord*>(batch->data() + sizeof(BatchHeader));
    CHECK_EQUAL(tick->second, taken, "the order of batches");
    taken++;
    queue.PutFree(std::move(batch));
  }
  producer.join();
  CHECK_EQUAL(taken, kBatchCount, "batches taken");
  CHECK_THAT(queue.TakeFull(std::chrono::milliseconds(0)) == nullptr, "a drained queue");
}

void StopFreesProducer() {
  BatchQueue queue(1, kBatchBytesMin);
  std::unique_ptr<Batch> only = queue.TakeFree();
  bool freed = false;
  std::thread producer([&] { freed = queue.TakeFree() == nullptr; });
  queue.Stop();
  producer.join();
  CHECK_THAT(freed, "a producer that waits");
  CHECK_THAT(queue.TakeFree() == nullptr, "a stopped queue");
}

std::unique_ptr<Batch> TakeNow(BatchQueue& queue) {
  return queue.TakeFull(std::chrono::milliseconds(0));
}

// Told once after each time that nothing was there, and of the end too.
void RingsOnce() {
  int rings = 0;
  BatchQueue queue(3, kBatchBytesMin, [&rings] { rings++; });
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 0, "a batch that nobody has asked for");
  queue.PutFree(TakeNow(queue));
  CHECK_EQUAL(rings, 0, "a batch taken");
  CHECK_THAT(TakeNow(queue) == nullptr, "an empty queue");
  CHECK_THAT(TakeNow(queue) == nullptr, "an empty queue, asked again");
  CHECK_EQUAL(rings, 0, "nothing to tell yet");
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 1, "the first batch after that");
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 1, "the second, of which the first told");
  queue.PutFree(TakeNow(queue));
  queue.PutFree(TakeNow(queue));
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 1, "a batch before the queue was found empty again");
  queue.PutFree(TakeNow(queue));
  CHECK_THAT(TakeNow(queue) == nullptr, "an empty queue, before the end");
  queue.Finish();
  CHECK_EQUAL(rings, 2, "the end");
  CHECK_THAT(TakeNow(queue) == nullptr, "the end");
  queue.Finish();
  CHECK_EQUAL(rings, 2, "nothing follows the end");
}

// Where it is told of two at a time: of the second, and of the end after any number.
void RingsForTwo() {
  int rings = 0;
  BatchQueue queue(
      3, kBatchBytesMin, [&rings] { rings++; }, 2);
  CHECK_THAT(TakeNow(queue) == nullptr, "an empty queue");
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 0, "one batch");
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 1, "two");
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 1, "three, of which the second told");
  for (int i = 0; i < 3; i++) {
    queue.PutFree(TakeNow(queue));
  }
  CHECK_THAT(TakeNow(queue) == nullptr, "an empty queue again");
  queue.PutFull(queue.TakeFree());
  CHECK_EQUAL(rings, 1, "one batch again");
  queue.Finish();
  CHECK_EQUAL(rings, 2, "the end, with one batch before it");
  queue.PutFree(TakeNow(queue));
  CHECK_THAT(TakeNow(queue) == nullptr, "the end");
}

// A consumer that sleeps until it is told, and never looks by itself, misses nothing.
void NoRingIsMissed() {
  constexpr u32 kBatchCount = 20'000;
  std::counting_semaphore<> bell(0);
  BatchQueue queue(3, kBatchBytesMin, [&bell] { bell.release(); });
  std::thread producer([&queue] {
    for (u32 i = 0; i < kBatchCount; i++) {
      queue.PutFull(queue.TakeFree());
    }
    queue.Finish();
  });
  u32 taken = 0;
  while (!queue.Drained()) {
    std::unique_ptr<Batch> batch = TakeNow(queue);
    if (batch != nullptr) {
      taken++;
      queue.PutFree(std::move(batch));
    } else if (!queue.Drained()) {
      bell.acquire();
    }
  }
  producer.join();
  CHECK_EQUAL(taken, kBatchCount, "batches taken");
}

int Main() {
  CutTexts();
  Lists();
  LargestRecordFits();
  ReusedBatchIsClean();
  SealedHeader();
  QueueKeepsOrder();
  StopFreesProducer();
  RingsOnce();
  RingsForTwo();
  NoRingIsMissed();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
