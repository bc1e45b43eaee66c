// What events may spend on reads of /proc: so much a second, by number and by time, debts included.
#include "host/proc_budget.h"

#include "test/support/check.h"

namespace sysflow::test {
namespace {

constexpr uint64_t kReads = ProcBudget::kNsPerSecond / ProcBudget::kReadNs;

void ByNumber() {
  ProcBudget budget;
  for (uint64_t i = 0; i < kReads; i++) {
    CHECK_THAT(budget.Take(100), "within the second");
  }
  CHECK_THAT(!budget.Take(100) && !budget.Take(100), "the second's are used up");
  CHECK_EQUAL(budget.refused(), 2u, "refused ones are counted");
  CHECK_THAT(budget.Take(101), "the next second");
  CHECK_EQUAL(budget.refused(), 2u, "granted ones are not");
}

void ByTime() {
  ProcBudget budget;
  CHECK_THAT(budget.Take(1), "the first");
  budget.Spend(ProcBudget::kReadNs / 2);
  CHECK_THAT(budget.Take(1), "a short one costs no more than it is taken for");
  budget.Spend(3 * ProcBudget::kNsPerSecond);
  CHECK_THAT(!budget.Take(1), "a long one uses the second up");
  CHECK_THAT(!budget.Take(3), "and the next ones too");
  CHECK_THAT(budget.Take(5), "until they have paid for it");
}

void NothingIsSaved() {
  ProcBudget budget;
  CHECK_THAT(budget.Take(1), "the first");
  uint64_t granted = 0;
  for (uint64_t i = 0; i < 3 * kReads; i++) {
    granted += budget.Take(1000) ? 1 : 0;
  }
  CHECK_EQUAL(granted, kReads, "quiet seconds leave nothing over");
}

void TimeGoesOnlyForward() {
  ProcBudget budget;
  while (budget.Take(10)) {
  }
  CHECK_THAT(!budget.Take(9), "an event of the second before");
  CHECK_THAT(!budget.Take(10), "and again one of this");
}

void DebtsHaveAnEnd() {
  ProcBudget budget;
  CHECK_THAT(budget.Take(1), "the first");
  budget.Spend(UINT64_MAX / 2);
  CHECK_THAT(!budget.Take(2), "a debt");
  CHECK_THAT(budget.Take(3600), "is forgiven within the hour");
}

void ReadsTellTheirTime() {
  ProcBudget budget;
  {
    const ProcRead read(budget, 1);
    CHECK_THAT(static_cast<bool>(read), "granted");
    const uint64_t begin = ProcRead::CpuNs();
    while (ProcRead::CpuNs() - begin < ProcBudget::kNsPerSecond) {
    }
  }
  const ProcRead next(budget, 1);
  CHECK_THAT(!next, "the first took all of the second");
}

int Main() {
  ByNumber();
  ByTime();
  NothingIsSaved();
  TimeGoesOnlyForward();
  DebtsHaveAnEnd();
  ReadsTellTheirTime();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
