// A capture: an engine of libscap with libsinsp's state, and the one thread that owns both.
//
// State goes Opening → Running → Ended, on the capture thread; Close() may come at any time, twice,
// and from the constructor's thread only. The reader calls Next(), which never waits for the engine
// longer than its timeout.

#ifndef SYSFLOW_NATIVE_BINDING_CAPTURE_H_
#define SYSFLOW_NATIVE_BINDING_CAPTURE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>

#include "batch/batch.h"
#include "emit/emitter.h"
#include "falco/engine.h"
#include "falco/recorder.h"
#include "host/capture_error.h"
#include "layout/counters.h"
#include "layout/open_options.h"
#include "testing/test_engine.h"

namespace sysflow {

struct CaptureOptions {
  EngineOptions engine;
  SYSFLOW_CAPTURE_OPTIONS(SYSFLOW_OPTION_MEMBER)
  size_t batch_bytes = 1 << 20;
  EmitterOptions emitter;
  TestScript script;  // of Engine::kTest
};

class Capture {
 public:
  enum class State { kOpening, kRunning, kEnded };

  // `ring` is called on the capture thread, once after each Next() that returned 0, when the next
  // one has something to give: a batch, the end or a failure. Never after Close().
  explicit Capture(
      CaptureOptions options, std::function<void()> ring = [] {});
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
  const Counters& counters() const { return counters_; }
  size_t batch_bytes() const { return options_.batch_bytes; }

 private:
  void Run() noexcept;
  std::unique_ptr<Batch> FirstBatch();
  bool Submit(std::unique_ptr<Batch>& batch);
  void Loop(Emitter& emitter);
  bool OnNothing(Emitter& emitter);
  void UpdateCounters();
  bool live() const { return options_.engine.is_live(); }

  const CaptureOptions options_;
  BatchQueue queue_;
  Counters counters_;
  std::atomic<bool> stop_{false};
  std::atomic<State> state_{State::kOpening};
  std::optional<CaptureError> error_;  // written before the queue is finished, read after
  bool closed_ = false;

  // Owned by the capture thread. The recorder's dumper and the script's events are used by the
  // engine until it is closed, so they are destroyed after it.
  std::unique_ptr<TestInput> test_input_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<OpenEngine> engine_;
  uint64_t newest_ts_ = 0;  // of the newest event handed over
  uint64_t next_update_ns_ = 0;
  unsigned restarts_ = 0;

  std::thread thread_;
};

static_assert(!std::is_copy_constructible_v<Capture> && !std::is_move_constructible_v<Capture>);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_BINDING_CAPTURE_H_
