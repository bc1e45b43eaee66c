// The tables that have a limit, against models that are plainly right: who has which handle, who
// goes when there is no room, and that handles are used again.
#include <algorithm>
#include <list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tables/container_handles.h"
#include "tables/object_table.h"
#include "tables/process_handles.h"
#include "test/support/check.h"

namespace sysflow::test {
namespace {

struct Known {
  int64_t pid;
  uint64_t create_ts;
  uint32_t handle;
  uint32_t exit_second;  // 0: has not exited
};

// In the order of use, the longest ago first; those that exit keep their order of exit apart.
class ProcessModel {
 public:
  Known* Find(int64_t pid) {
    const auto found = At(pid);
    if (found == known_.end()) {
      return nullptr;
    }
    known_.splice(known_.end(), known_, found);
    return &known_.back();
  }

  int64_t Victim(uint32_t kept) const {
    for (const int64_t pid : exits_) {
      const auto found =
          std::find_if(known_.begin(), known_.end(), [&](auto& k) { return k.pid == pid; });
      if (found->handle != kept) {
        return pid;
      }
    }
    const bool first_kept = known_.front().handle == kept;
    return first_kept ? std::next(known_.begin())->pid : known_.front().pid;
  }

  void Add(const Known& known) { known_.push_back(known); }

  void Release(int64_t pid) {
    known_.erase(At(pid));
    exits_.remove(pid);
  }

  void Exit(int64_t pid, uint64_t create_ts, uint32_t second) {
    const auto found = At(pid);
    if (found != known_.end() && found->create_ts == create_ts) {
      found->exit_second = second;
      exits_.remove(pid);
      exits_.push_back(pid);
    }
  }

  std::vector<int64_t> Due(uint32_t second) {
    std::vector<int64_t> due;
    while (!exits_.empty() && At(exits_.front())->exit_second + 2 <= second) {
      due.push_back(exits_.front());
      At(exits_.front())->exit_second = 0;
      exits_.pop_front();
    }
    return due;
  }

  std::set<int64_t> Staying() const {
    std::set<int64_t> pids;
    for (const Known& known : known_) {
      if (known.exit_second == 0) {
        pids.insert(known.pid);
      }
    }
    return pids;
  }

  std::list<Known>::iterator At(int64_t pid) {
    return std::find_if(known_.begin(), known_.end(), [&](auto& k) { return k.pid == pid; });
  }

  std::list<Known> known_;
  std::list<int64_t> exits_;
};

class ProcessRun {
 public:
  ProcessRun(uint32_t seed, size_t max)
      : random_(seed), max_(max), handles_(max), context_("seed " + std::to_string(seed)) {}

  void Step() {
    const int64_t pid = static_cast<int64_t>(random_() % 40);
    switch (random_() % 8) {
      case 0:
        second_++;
        Sweep();
        break;
      case 1:
        Exit(pid);
        break;
      case 2:
        CheckSlices();
        break;
      case 3:
        Release(pid);
        break;
      default:
        Use(pid);
        break;
    }
    CHECK_EQUAL(handles_.size(), model_.known_.size(), context_);
    CHECK_THAT(handles_.size() <= max_, context_);
  }

 private:
  void Use(int64_t pid) {
    const Known* known = model_.Find(pid);
    const ProcessEntry entry = handles_.Find(pid);
    CHECK_EQUAL(entry.handle, known == nullptr ? 0u : known->handle, context_);
    if (known != nullptr) {
      CHECK_EQUAL(entry.create_ts, known->create_ts, context_);
      return;
    }
    CHECK_EQUAL(handles_.full(), model_.known_.size() == max_, context_);
    if (handles_.full()) {
      // Now and then one must stay, as a parent must.
      const uint32_t kept = random_() % 2 == 0 ? 0 : model_.known_.back().handle;
      const int64_t victim = handles_.Victim(kept);
      CHECK_EQUAL(victim, model_.Victim(kept), context_);
      handles_.Release(victim);
      model_.Release(victim);
    }
    const uint64_t create_ts = random_() % 3;
    const uint32_t handle = handles_.Add(pid, create_ts);
    const bool taken = std::any_of(model_.known_.begin(), model_.known_.end(),
                                   [&](auto& k) { return k.handle == handle; });
    CHECK_THAT(!taken && handle > 0 && handle <= max_, context_);
    model_.Add({pid, create_ts, handle, 0});
  }

  void Exit(int64_t pid) {
    const uint64_t create_ts = random_() % 3;
    handles_.MarkExited(pid, create_ts, second_);
    model_.Exit(pid, create_ts, second_);
  }

  void Release(int64_t pid) {
    handles_.Release(pid);
    if (model_.At(pid) != model_.known_.end()) {
      model_.Release(pid);
    }
  }

  void Sweep() {
    std::vector<int64_t> gone;
    handles_.SweepExited(second_, [&](int64_t pid, uint64_t create_ts) {
      CHECK_EQUAL(create_ts, model_.At(pid)->create_ts, context_);
      gone.push_back(pid);
      if (pid % 2 == 0) {
        handles_.Release(pid);  // of the others some threads still run
      }
    });
    CHECK_THAT(gone == model_.Due(second_), context_);
    for (const int64_t pid : gone) {
      if (pid % 2 == 0) {
        model_.Release(pid);
      }
    }
  }

  // Slice by slice the whole table is seen, each once, and no slice is longer than it may.
  void CheckSlices() {
    std::set<int64_t> seen;
    size_t slices = 0;
    bool ended = false;
    while (!ended) {
      size_t in_slice = 0;
      ended = handles_.SweepSlice(7, [&](int64_t pid, uint64_t create_ts) {
        CHECK_EQUAL(create_ts, model_.At(pid)->create_ts, context_);
        CHECK_THAT(seen.insert(pid).second, context_);
        in_slice++;
      });
      CHECK_THAT(in_slice <= 7 && ++slices <= max_ / 7 + 1, context_);
    }
    CHECK_THAT(seen == model_.Staying(), context_);
  }

  std::mt19937 random_;
  const size_t max_;
  ProcessHandles handles_;
  ProcessModel model_;
  uint32_t second_ = 1;
  const std::string context_;
};

void Processes() {
  for (uint32_t seed = 1; seed <= 30; seed++) {
    ProcessRun run(seed, 2 + seed % 20);
    for (int i = 0; i < 2000; i++) {
      run.Step();
    }
  }
}

void Containers() {
  ContainerHandles containers(3);
  std::vector<std::string> evicted;
  const auto add = [&](const std::string& id) {
    return containers.Add(id, 1, [&](const std::string& gone) { evicted.push_back(gone); }).handle;
  };
  const uint32_t handle_a = add("a");
  const uint32_t handle_b = add("b");
  const uint32_t handle_c = add("c");
  CHECK_THAT((std::set{handle_a, handle_b, handle_c} == std::set<uint32_t>{1, 2, 3}), "three ids");
  CHECK_EQUAL(containers.Find("a")->handle, handle_a, "a use");
  containers.Find("a")->known = true;
  CHECK_EQUAL(add("d"), handle_b, "the handle of the one used longest ago");
  CHECK_THAT(evicted == std::vector<std::string>{"b"}, "the one used longest ago");
  CHECK_THAT(containers.Find("b") == nullptr, "the one that went");
  CHECK_THAT(containers.Find("a")->known, "what is known of the one that stayed");
  CHECK_EQUAL(add("b"), handle_c, "the next one's");
  CHECK_EQUAL(containers.size(), 3u, "the limit");
  for (int i = 0; i < 1000; i++) {
    CHECK_THAT(add("x" + std::to_string(i)) <= 3, "a thousand more");
  }
  CHECK_EQUAL(evicted.size(), 1002u, "one for each that came");
}

void Objects() {
  ObjectTable by_count(4, 1000);
  CHECK_THAT(!by_count.full(), "nothing");
  CHECK_THAT(by_count.Intern("/a").added && by_count.Intern("/b").added, "two");
  CHECK_THAT(!by_count.Intern("/a").added && !by_count.full(), "room for two more");
  by_count.Intern("/c");
  CHECK_THAT(by_count.full(), "one record may name two");
  by_count.Clear();
  CHECK_THAT(!by_count.full() && by_count.size() == 0, "a new start");
  CHECK_EQUAL(by_count.Intern("/z").handle, 1u, "handles begin anew");

  ObjectTable by_bytes(100, 10);
  by_bytes.Intern("/12345678");
  CHECK_THAT(!by_bytes.full(), "nine bytes");
  by_bytes.Intern("/12345678");
  CHECK_THAT(!by_bytes.full(), "the same nine");
  by_bytes.Intern("/");
  CHECK_THAT(by_bytes.full(), "ten");
  by_bytes.Clear();
  CHECK_THAT(!by_bytes.full(), "a new start");
}

}  // namespace
}  // namespace sysflow::test

int main() {
  sysflow::test::Processes();
  sysflow::test::Containers();
  sysflow::test::Objects();
  return sysflow::test::Finish();
}
