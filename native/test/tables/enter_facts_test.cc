// What is kept from a call's start to its end: found once, by the right call, and never without
// bound.
#include "tables/enter_facts.h"

#include <algorithm>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

constexpr uint16_t kEnter = 188;
constexpr uint16_t kExit = 189;

void FoundOnce() {
  EnterFacts facts;
  facts.Put(7, kEnter, 3, 4);
  CHECK_THAT(!facts.Take(8, kExit).has_value(), "another thread's call");
  CHECK_THAT(!facts.Take(7, kExit + 2).has_value(), "another call's end");
  const auto call = facts.Take(7, kExit);
  CHECK_THAT(call.has_value() && call->first == 3 && call->second == 4, "the call");
  CHECK_THAT(!facts.Take(7, kExit).has_value(), "the same start again");
}

void LastStartCounts() {
  EnterFacts facts;
  facts.Put(7, kEnter, 1, 2);
  facts.Put(7, kEnter, 3, 4);
  CHECK_THAT(facts.Take(7, kExit)->first == 3, "a start whose end was lost");
  CHECK_THAT(facts.size() == 1, "one entry for each thread");
}

void EndsWithTheThread() {
  EnterFacts facts;
  facts.Put(7, kEnter, 1, 2);
  facts.Forget(7);
  CHECK_THAT(!facts.Take(7, kExit).has_value() && facts.size() == 0, "a thread that has ended");
}

void HasABound() {
  EnterFacts facts;
  size_t most = 0;
  for (int64_t tid = 0; tid < 500'000; tid++) {
    facts.Put(tid, kEnter, tid, 0);
    most = std::max(most, facts.size());
  }
  CHECK_THAT(most <= 131'072, "as many as libsinsp has threads");
  CHECK_THAT(facts.Take(499'999, kExit)->first == 499'999, "the newest is there");
}

int Main() {
  FoundOnce();
  LastStartCounts();
  EndsWithTheThread();
  HasABound();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
