// What events may cost in reads of /proc and of files of the watched programs: one allowance for
// all of them in each second of event time. Without it a program decides how much work there is.
//
// A read that was granted may take longer than there is left. What it takes beyond is kept as a
// debt, and the seconds after pay for it.

#ifndef SYSFLOW_NATIVE_HOST_PROC_BUDGET_H_
#define SYSFLOW_NATIVE_HOST_PROC_BUDGET_H_

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace sysflow {

class ProcBudget {
 public:
  // Of each second of event time: a twentieth of one CPU. With a tenth, a storm of passed
  // descriptors cost 1.36 times what as many plain messages do.
  static constexpr uint64_t kNsPerSecond = 50'000'000;
  // What the shortest read is taken for: a link read costs some 5 µs, a file 15.
  static constexpr uint64_t kReadNs = 10'000;

  // Whether one more read is within the allowance of this second, which never goes back. Counts it,
  // or that it was refused.
  bool Take(uint64_t second) {
    if (second > second_) {
      const uint64_t seconds = std::min<uint64_t>(second - second_, kDebtSecondsMax);
      spent_ns_ -= std::min(spent_ns_, seconds * kNsPerSecond);
      second_ = second;
    }
    if (spent_ns_ >= kNsPerSecond) {
      refused_++;
      return false;
    }
    spent_ns_ += kReadNs;
    return true;
  }

  // The read that was granted took so long.
  void Spend(uint64_t ns) {
    const uint64_t most = kDebtSecondsMax * kNsPerSecond;
    spent_ns_ = std::min(spent_ns_ + (ns > kReadNs ? ns - kReadNs : 0), most);
  }

  uint64_t refused() const { return refused_; }

 private:
  static constexpr uint64_t kDebtSecondsMax = 60;

  uint64_t second_ = 0;
  uint64_t spent_ns_ = 0;
  uint64_t refused_ = 0;
};

// One read, for as long as this lives: asks for it and tells its time of CPU.
class ProcRead {
 public:
  ProcRead(ProcBudget& budget, uint64_t second)
      : budget_(budget), begin_ns_(budget.Take(second) ? CpuNs() : 0) {}
  ~ProcRead() {
    if (begin_ns_ != 0) {
      budget_.Spend(CpuNs() - begin_ns_);
    }
  }
  ProcRead(const ProcRead&) = delete;
  ProcRead& operator=(const ProcRead&) = delete;

  explicit operator bool() const { return begin_ns_ != 0; }

  static uint64_t CpuNs() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

 private:
  ProcBudget& budget_;
  const uint64_t begin_ns_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_HOST_PROC_BUDGET_H_
