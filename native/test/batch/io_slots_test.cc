// Random operations on IoSlots against a model that is plainly right: a list of open slots.
#include "batch/io_slots.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

struct Open {
  int64_t pid;
  int64_t tid;
  int64_t fd;
  DescriptorIdentity identity;
  IoRecord* record;
};

class Model {
 public:
  void Clear() { open_.clear(); }

  // The newest slot of a thread and descriptor hides the older ones.
  IoRecord* Find(int64_t pid, int64_t tid, int64_t fd, const DescriptorIdentity& identity) const {
    const auto found = std::find_if(open_.rbegin(), open_.rend(), [&](const Open& slot) {
      return slot.pid == pid && slot.tid == tid && slot.fd == fd;
    });
    return found == open_.rend() || !(found->identity == identity) ? nullptr : found->record;
  }

  void Add(const Open& slot) { open_.push_back(slot); }

  void SealDescriptor(int64_t pid, int64_t fd) {
    std::erase_if(open_, [&](const Open& slot) { return slot.pid == pid && slot.fd == fd; });
  }

  void SealProcess(int64_t pid) {
    std::erase_if(open_, [&](const Open& slot) { return slot.pid == pid; });
  }

 private:
  std::vector<Open> open_;
};

// Few values, so that operations meet each other.
struct Values {
  std::vector<int64_t> pids;
  std::vector<int64_t> fds;
  bool exact;  // else only a damaged capture has them: slots may be sealed for nothing
};

const Values kReal = {{-1, 1, 2, 77, 4194303}, {0, 1, 2, 3, 1023, 1048575, -1, -100000}, true};
const Values kDamaged = {{-1, 0, int64_t{1} << 33, INT64_MIN}, {0, 1, -1, -100000}, false};

void Run(uint32_t seed, const Values& values) {
  std::mt19937 random(seed);
  const auto pick = [&](size_t count) { return static_cast<size_t>(random() % count); };
  const std::string context = "seed " + std::to_string(seed);
  IoSlots slots;
  Model model;
  std::vector<std::unique_ptr<IoRecord>> records;
  const int identities[3] = {};
  for (int step = 0; step < 3000; step++) {
    const int64_t pid = values.pids[pick(values.pids.size())];
    const int64_t tid = pid + static_cast<int64_t>(pick(3));
    const int64_t fd = values.fds[pick(values.fds.size())];
    const DescriptorIdentity identity{&identities[pick(2)], {pick(8) == 0 ? 1u : 0u, 0}};
    switch (pick(16)) {
      case 0:
        slots.SealProcess(pid);
        model.SealProcess(pid);
        break;
      case 1:
      case 2:
        slots.SealDescriptor(pid, fd);
        model.SealDescriptor(pid, fd);
        break;
      case 3:
        if (pick(20) == 0) {
          slots.Clear();
          model.Clear();
        }
        break;
      default: {
        IoRecord* found = slots.Find(pid, tid, fd, identity);
        const IoRecord* expected = model.Find(pid, tid, fd, identity);
        CHECK_THAT(found == expected || (found == nullptr && !values.exact), context);
        if (found == nullptr && !slots.full()) {
          records.push_back(std::make_unique<IoRecord>());
          slots.Open(pid, tid, fd, identity, records.back().get());
          model.Add({pid, tid, fd, identity, records.back().get()});
          CHECK_THAT(slots.Find(pid, tid, fd, identity) == records.back().get(), context);
        }
      }
    }
  }
}

// The table fills up, says so, and works again when it is cleared.
void FillUp() {
  IoSlots slots;
  IoRecord record;
  const DescriptorIdentity identity{&record, {0, 0}};
  for (int round = 0; round < 3; round++) {
    int64_t opened = 0;
    while (!slots.full() && opened < 100'000) {
      slots.Open(opened, opened, 3, identity, &record);
      opened++;
    }
    CHECK_EQUAL(opened, 4096, "slots of one batch");
    CHECK_THAT(slots.Find(opened - 1, opened - 1, 3, identity) == &record, "the last slot");
    CHECK_THAT(slots.Find(opened, opened, 3, identity) == nullptr, "one that was never opened");
    slots.Clear();
    CHECK_THAT(slots.Find(0, 0, 3, identity) == nullptr, "a cleared table");
  }
}

// As many threads on one descriptor as there are slots: none is found by walking past the others.
void ManyThreads() {
  IoSlots slots;
  IoRecord record;
  const DescriptorIdentity identity{&record, {0, 0}};
  for (int64_t tid = 1; !slots.full(); tid++) {
    slots.Open(1, tid, 7, identity, &record);
  }
  size_t most = 0;
  for (int64_t tid = 1; tid <= 4096; tid++) {
    CHECK_THAT(slots.Find(1, tid, 7, identity) == &record, "each thread's slot");
    most = std::max(most, slots.StepsOf(1, tid, 7));
  }
  CHECK_THAT(most <= 64, "steps to find a slot: " + std::to_string(most));
  slots.SealDescriptor(1, 7);
  for (int64_t tid = 1; tid <= 4096; tid++) {
    CHECK_THAT(slots.Find(1, tid, 7, identity) == nullptr, "sealed for all threads at once");
  }
}

int Main() {
  for (uint32_t seed = 0; seed < 50; seed++) {
    Run(seed, kReal);
    Run(seed, kDamaged);
  }
  FillUp();
  ManyThreads();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
