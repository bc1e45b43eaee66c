// A capture: an engine of libscap, libsinsp's state, and the one thread that owns both.
//
// State goes Opening → Running → Ended, on the capture thread; Close() may come at any time, twice,
// and from the constructor's thread only. The reader calls Next(), which never waits for the engine
// longer than its timeout.

#ifndef SYSFLOW_NATIVE_BINDING_CAPTURE_H_
#define SYSFLOW_NATIVE_BINDING_CAPTURE_H_

#include <libsinsp/sinsp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "batch/batch.h"
#include "emit/emitter.h"
#include "falco/errors.h"
#include "falco/recorder.h"
#include "testing/test_engine.h"

namespace sysflow {

enum class Engine { kModernBpf, kKmod, kSavefile, kTest };

struct CaptureOptions {
  Engine engine = Engine::kSavefile;
  std::string path;                   // savefile: what to read
  std::vector<std::string> syscalls;  // live: names wanted, beside those that keep the state right
  bool all_syscalls = false;
  std::string filter;            // Falco's filter language; empty: none
  uint64_t buffer_bytes = 0;     // live: of each ring buffer; 0: the library's default
  uint32_t cpus_per_buffer = 1;  // modern eBPF
  bool drop_mode = false;        // live: the kernel side leaves out what never matters
  uint32_t sampling_ratio = 1;
  std::string record_path;  // live: also write a capture here; empty: no
  bool record_compressed = false;
  bool library_log = false;  // libsinsp's own log on standard error
  std::string host_root;
  size_t batch_bytes = 1 << 20;
  EmitterOptions emitter;
  TestScript script;  // kTest
};

// Counters by the kernel's own causes; all are totals since the start.
struct KernelStats {
  std::atomic<uint64_t> events{0};
  std::atomic<uint64_t> drops{0};
  std::atomic<uint64_t> drops_buffer{0};
  std::atomic<uint64_t> drops_scratch_map{0};
  std::atomic<uint64_t> drops_page_fault{0};
  std::atomic<uint64_t> drops_bug{0};
  std::atomic<uint64_t> preemptions{0};
  std::atomic<uint64_t> unread{0};      // left in the rings when the end was due
  std::atomic<uint64_t> bytes_read{0};  // savefile
  std::atomic<uint64_t> behind_ns{0};   // live: age of the newest event when it was handed over
  std::atomic<uint64_t> cpu_ns{0};      // of the capture thread
};

// How long the parts of opening a live engine took, in ns; 0 until they are over.
struct OpenTimes {
  std::atomic<uint64_t> load_ns{0};      // maps and programs into the kernel, with its verifier
  std::atomic<uint64_t> snapshot_ns{0};  // /proc: the processes and descriptors there already
  std::atomic<uint64_t> attach_ns{0};    // programs to their tracepoints
};

class Capture {
 public:
  enum class State { kOpening, kRunning, kEnded };

  explicit Capture(CaptureOptions options);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // Copies the next batch to `buffer`, which must hold batch_bytes. Returns its size, 0 when none
  // came in time, -1 after the last one. Throws CaptureError once, in place of that -1, if the
  // capture ended by a failure.
  int64_t Next(uint8_t* buffer, size_t bytes, std::chrono::milliseconds timeout);

  // Asks the capture thread to end; batches on their way are still delivered.
  void Stop() { stop_.store(true, std::memory_order_relaxed); }

  // Ends everything and waits for the thread. Batches not taken are gone.
  void Close();

  State state() const { return state_.load(std::memory_order_acquire); }
  const EmitterStats& emitter_stats() const { return emitter_stats_; }
  const KernelStats& kernel_stats() const { return kernel_stats_; }
  const OpenTimes& open_times() const { return open_times_; }
  uint64_t recorded_bytes() const { return recorded_bytes_.load(std::memory_order_relaxed); }
  size_t batch_bytes() const { return options_.batch_bytes; }

 private:
  void Run() noexcept;
  void Configure();
  void OpenEngine();
  void OpenLive();
  void OpenSavefile();
  sinsp_evt* CatchUp();
  void Loop(Emitter& emitter);
  bool OnNothing(Emitter& emitter);
  void CountUnread();
  CaptureError ReadError(const std::string& cause);
  void UpdateStats();
  bool live() const {
    return options_.engine == Engine::kModernBpf || options_.engine == Engine::kKmod;
  }

  const CaptureOptions options_;
  BatchQueue queue_;
  EmitterStats emitter_stats_;
  KernelStats kernel_stats_;
  OpenTimes open_times_;
  std::atomic<uint64_t> recorded_bytes_{0};
  std::atomic<bool> stop_{false};
  std::atomic<State> state_{State::kOpening};
  std::optional<CaptureError> error_;  // written before the queue is finished, read after
  bool closed_ = false;

  // Owned by the capture thread. The recorder's dumper and the script's events are used by the
  // inspector until it is closed, so they are destroyed after it.
  std::unique_ptr<TestInput> test_input_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<sinsp> inspector_;
  uint64_t next_stats_ns_ = 0;
  uint64_t first_thread_ns_ = 0;  // when libsinsp first learned of a thread
  unsigned restarts_ = 0;
  bool first_filtered_ = false;  // of CatchUp()'s event: whether the filter turned it down

  std::thread thread_;
};

static_assert(!std::is_copy_constructible_v<Capture> && !std::is_move_constructible_v<Capture>);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BINDING_CAPTURE_H_
