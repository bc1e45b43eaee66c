// See capture.h. Everything that touches the engine is on the capture thread, and nothing leaves
// Run() but the stored error.
#include "binding/capture.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "falco/errors.h"
#include "host/savefile.h"

namespace sysflow {
namespace {

constexpr size_t kBatches = 16;
// A replay is told of so many at a time; a live run of each, which comes when its time is over.
constexpr size_t kRingAtReplay = 4;
constexpr uint64_t kUpdatePeriodNs = 200'000'000;
// Damaged captures can make libscap start over; a good one holds few appended captures.
constexpr unsigned kRestartsMax = 64;
// How long a clean end may take to empty the rings; it has two seconds in all.
constexpr uint64_t kDrainNs = 500'000'000;
constexpr int kCaptureThreadNice = -10;

// The library reads HOST_ROOT from the environment, once in a process: it cannot be given another
// one, and we do not write the environment, which others of the program may be reading.
void CheckHostRoot(const std::string& wanted) {
  std::string root = HostRoot();
  root.erase(root.find_last_not_of('/') + 1);
  if (!wanted.empty() && wanted != root) {
    throw CaptureError("HostRootDiffers",
                       "cannot look for the host's files below " + wanted +
                           ": the capture library took HOST_ROOT=" + root +
                           " from the environment, and keeps it; set it when starting the program");
  }
}

}  // namespace

Capture::Capture(CaptureOptions options, std::function<void()> ring)
    : options_(std::move(options)),
      queue_(kBatches, options_.batch_bytes, std::move(ring),
             options_.engine.kind == Engine::kSavefile ? kRingAtReplay : 1) {
  if (options_.engine.kind == Engine::kSavefile) {
    CheckSavefile(options_.engine.path);
  }
  CheckHostRoot(options_.host_root);
  if (!options_.record_path.empty()) {
    recorder_ = std::make_unique<Recorder>(options_.record_path, options_.record_compressed);
  }
  thread_ = std::thread([this] { Run(); });
}

Capture::~Capture() { Close(); }

void Capture::Close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  Stop();
  queue_.Stop();
  thread_.join();
}

int64_t Capture::Next(uint8_t* buffer, size_t bytes, std::chrono::milliseconds timeout) {
  if (closed_) {
    throw CaptureError("CaptureClosed", "cannot read on: the capture is closed");
  }
  if (bytes < options_.batch_bytes) {
    throw CaptureError("LibsError", "cannot hand over batches of up to " +
                                        std::to_string(options_.batch_bytes) +
                                        " bytes: the buffer holds " + std::to_string(bytes));
  }
  std::unique_ptr<Batch> batch = queue_.TakeFull(timeout);
  if (batch == nullptr) {
    if (!queue_.Drained()) {
      return 0;
    }
    if (error_.has_value()) {
      const CaptureError error = *error_;
      error_.reset();
      throw error;
    }
    return -1;
  }
  const size_t used = batch->used();
  std::memcpy(buffer, batch->data(), used);
  queue_.PutFree(std::move(batch));
  return static_cast<int64_t>(used);
}

void Capture::Run() noexcept {
  pthread_setname_np(pthread_self(), "sysflow-capture");
  try {
    if (live()) {
      // Best effort: only root may, and a starved reader is what makes the kernel drop.
      setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kCaptureThreadNice);
    }
    engine_ = std::make_unique<OpenEngine>(options_.engine, counters_);
    if (options_.engine.kind == Engine::kTest) {
      test_input_ = std::make_unique<TestInput>(options_.script);
    }
    engine_->Open(test_input_ == nullptr ? nullptr : test_input_->data());
    sinsp_evt* event = nullptr;
    const OpenEngine::Outcome outcome = engine_->CatchUp(stop_, &event);
    if (recorder_ != nullptr) {
      recorder_->Attach(engine_->inspector());
    }
    EmitterOptions emitter_options = options_.emitter;
    if (live()) {
      emitter_options.proc_folder = HostRoot() + "/proc";
    }
    const auto submit = [this](std::unique_ptr<Batch>& batch) { return Submit(batch); };
    std::unique_ptr<Batch> first = FirstBatch();
    Emitter emitter(*engine_, emitter_options, counters_, std::move(first), submit);
    state_.store(State::kRunning, std::memory_order_release);
    try {
      const bool is_filtered = outcome == OpenEngine::Outcome::kFilteredEvent;
      if (event == nullptr || emitter.OnEvent(*event, is_filtered)) {
        Loop(emitter);
      }
    } catch (const CaptureError& error) {
      error_ = error;
    } catch (const std::exception& error) {
      // libsinsp's parsers throw where an event is not what its type says.
      error_ = engine_->ReadError(error.what());
    }
    emitter.Flush(true);
    UpdateCounters();
    next_update_ns_ = 0;
    UpdateCounters();
    if (recorder_ != nullptr) {
      recorder_->Close();
      Put(counters_.recorded_bytes, recorder_->bytes_written());
    }
    engine_->Close();
  } catch (const CaptureError& error) {
    if (!error_.has_value()) {
      error_ = error;
    }
  } catch (const std::exception& error) {
    if (!error_.has_value()) {
      error_.emplace(CodeForMessage(error.what()), error.what());
    }
  } catch (...) {
    error_.emplace("LibsError", "the capture ended by an exception without a text");
  }
  try {
    engine_.reset();
  } catch (...) {
    // A destructor of the library threw while the capture is over anyway.
  }
  Put(counters_.capture_cpu_ns, NowNs(CLOCK_THREAD_CPUTIME_ID));
  state_.store(State::kEnded, std::memory_order_release);
  queue_.Finish();
}

std::unique_ptr<Batch> Capture::FirstBatch() {
  std::unique_ptr<Batch> first = queue_.TakeFree();
  if (first == nullptr) {
    first = std::make_unique<Batch>(options_.batch_bytes);  // closed while it was opening
  }
  return first;
}

bool Capture::Submit(std::unique_ptr<Batch>& batch) {
  newest_ts_ = batch->last_ts();
  UpdateCounters();
  queue_.PutFull(std::move(batch));
  batch = queue_.TakeFree();
  if (batch != nullptr) {
    return true;
  }
  batch = std::make_unique<Batch>(options_.batch_bytes);
  return false;
}

void Capture::Loop(Emitter& emitter) {
  uint64_t drain_until = 0;  // set once the end was asked for
  for (;;) {
    if (stop_.load(std::memory_order_relaxed)) [[unlikely]] {
      if (!live()) {
        return;
      }
      if (drain_until != 0 && NowNs(CLOCK_MONOTONIC) >= drain_until) {
        return engine_->CountUnread();
      }
      if (drain_until == 0) {
        // What the kernel has put into the rings by now still belongs to the run.
        engine_->StopKernel();
        drain_until = NowNs(CLOCK_MONOTONIC) + kDrainNs;
      }
    }
    sinsp_evt* event = nullptr;
    switch (engine_->Next(&event)) {
      case OpenEngine::Outcome::kEvent:
        if (recorder_ != nullptr) [[unlikely]] {
          recorder_->OnEvent(*event);
          if (recorder_->failed()) {
            return;  // Close() tells why
          }
        }
        if (!emitter.OnEvent(*event, false)) {
          return;
        }
        break;
      case OpenEngine::Outcome::kFilteredEvent:
        if (event != nullptr && !emitter.OnEvent(*event, true)) {
          return;
        }
        break;
      case OpenEngine::Outcome::kNothing:
        if (drain_until != 0 || !OnNothing(emitter)) {
          return;
        }
        break;
      case OpenEngine::Outcome::kEnd:
        return;
    }
  }
}

// No event came: false when none will.
bool Capture::OnNothing(Emitter& emitter) {
  if (test_input_ != nullptr) {
    return test_input_->NextRound();
  }
  if (!live()) {
    // libsinsp met a block that ends a capture and begins the next one appended to it.
    restarts_++;
    if (restarts_ > kRestartsMax) {
      throw engine_->ReadError("more than " + std::to_string(kRestartsMax) +
                               " captures in one file");
    }
    return true;
  }
  if (recorder_ != nullptr && recorder_->failed()) {
    return false;  // Close() tells why
  }
  return emitter.OnIdle(NowNs(CLOCK_REALTIME));
}

// What is read from the system, at most every kUpdatePeriodNs.
void Capture::UpdateCounters() {
  const uint64_t now = NowNs(CLOCK_MONOTONIC);
  if (now < next_update_ns_) {
    return;
  }
  next_update_ns_ = now + kUpdatePeriodNs;
  Put(counters_.capture_cpu_ns, NowNs(CLOCK_THREAD_CPUTIME_ID));
  if (recorder_ != nullptr) {
    Put(counters_.recorded_bytes, recorder_->bytes_written());
  }
  engine_->UpdateCounters(newest_ts_);
}

}  // namespace sysflow
