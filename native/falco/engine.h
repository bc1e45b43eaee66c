// One inspector of libsinsp with the engine of libscap that it reads. libsinsp throws and has hard
// limits on who calls it: all of this is for the capture thread only.
#ifndef SYSFLOW_NATIVE_FALCO_ENGINE_H_
#define SYSFLOW_NATIVE_FALCO_ENGINE_H_

#include <libsinsp/sinsp.h>

#include <atomic>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "host/capture_error.h"
#include "layout/counters.h"
#include "layout/open_options.h"

struct scap_test_input_data;

namespace sysflow {

enum class Engine { kModernBpf, kKmod, kSavefile, kTest };

struct EngineOptions {
  Engine kind = Engine::kSavefile;
  std::vector<std::string> syscalls;  // live: names wanted, beside those that keep the state right
  SYSFLOW_ENGINE_OPTIONS(SYSFLOW_OPTION_MEMBER)

  bool is_live() const { return kind == Engine::kModernBpf || kind == Engine::kKmod; }
};

// Of a clock of the system, in ns.
uint64_t NowNs(clockid_t clock);

// The folder that the host's file system is mounted at; empty where that is this program's own.
// libscap takes it from the environment, once.
std::string HostRoot();

class OpenEngine {
 public:
  enum class Outcome { kEvent, kFilteredEvent, kNothing, kEnd };

  // Opens nothing yet.
  OpenEngine(const EngineOptions& options, Counters& counters);
  ~OpenEngine();
  OpenEngine(const OpenEngine&) = delete;
  OpenEngine& operator=(const OpenEngine&) = delete;

  // `script`: what a scripted capture reads, which must live until this is closed; else null.
  // Throws CaptureError.
  void Open(scap_test_input_data* script);

  // The programs are attached before /proc is read, so that nothing happens between the two unseen.
  // What happened until it was read changes the tables only: a read of a descriptor that /proc
  // tells of may have been of another one. Puts the first event that is younger into `event` and
  // says whether there was one already; else null, and kNothing.
  Outcome CatchUp(const std::atomic<bool>& stop, sinsp_evt** event);

  // The next event; kNothing where none has come in libscap's time, or where one capture of a file
  // ends and the next begins. Throws CaptureError where it cannot go on.
  Outcome Next(sinsp_evt** event) {
    const int32_t outcome = inspector_->next(event);
    return outcome == SCAP_SUCCESS ? Outcome::kEvent : OtherOutcome(outcome);
  }

  // Live: the kernel tells of no more events; what is in the rings still comes.
  void StopKernel() { inspector_->stop_capture(); }

  // The rings are not empty and there is no time left to make records of what they hold. Counting
  // it leaves libsinsp out, so that it takes a fraction of a second; what is beyond is not counted.
  void CountUnread();

  // The engine's own counters: reading them costs system calls. `newest_ts`: of the newest event
  // handed over, 0 before the first.
  void UpdateCounters(uint64_t newest_ts);

  // Why a capture that was open cannot go on. What came before is delivered.
  CaptureError ReadError(const std::string& cause) const;

  void Close() { inspector_->close(); }

  sinsp& inspector() { return *inspector_; }

 private:
  void Configure();
  void OpenLive();
  void OpenSavefile();
  Outcome OtherOutcome(int32_t outcome) const;

  const EngineOptions options_;
  Counters& counters_;
  std::unique_ptr<sinsp> inspector_;
  uint64_t first_thread_ns_ = 0;  // when libsinsp first learned of a thread
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_ENGINE_H_
