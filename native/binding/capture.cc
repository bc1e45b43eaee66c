// See capture.h. libsinsp throws and has hard limits on who calls it: everything that touches the
// inspector is on the capture thread, and nothing leaves Run() but the stored error.
#include "binding/capture.h"

#include <libsinsp/events/sinsp_events.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <unordered_set>

#include "falco/container_id.h"
#include "falco/filter_check.h"
#include "falco/library_log.h"
#include "host/host_probe.h"
#include "host/savefile.h"
#include "layout/table_limits.h"

namespace sysflow {
namespace {

constexpr size_t kBatches = 16;
constexpr uint64_t kStatsPeriodNs = 200'000'000;
// Damaged captures can make libscap start over; a good one holds few appended captures.
constexpr unsigned kRestartsMax = 64;
// How long a clean end may take to empty the rings; it has two seconds in all.
constexpr uint64_t kDrainNs = 500'000'000;
// And how long it may then count what is left in them.
constexpr uint64_t kCountNs = 500'000'000;
constexpr int kCaptureThreadNice = -10;
// How often in a row the rings must be empty before nothing older can be in them: the first time
// the library only looks how far they are filled.
constexpr int kEmptyTwice = 2;

// Calls that may be by the thousand and change no table (recvmsg may bring descriptors, so it is
// not among them). They are not asked for before /proc is read: the rings must hold out until then.
constexpr const char* kOnlyData[] = {
    "read",     "readv",    "pread64",  "preadv", "preadv2",         "write", "writev",
    "pwrite64", "pwritev",  "pwritev2", "recv",   "recvfrom",        "send",  "sendto",
    "sendmsg",  "sendmmsg", "sendfile", "splice", "copy_file_range", "mmap",  "mmap2"};

// The library reads HOST_ROOT from the environment, once in a process: it cannot be given another
// one, and we do not write the environment, which others of the program may be reading.
void CheckHostRoot(const std::string& wanted) {
  std::string root = scap_get_host_root();
  root.erase(root.find_last_not_of('/') + 1);
  if (!wanted.empty() && wanted != root) {
    throw CaptureError("HostRootDiffers",
                       "cannot look for the host's files below " + wanted +
                           ": the capture library took HOST_ROOT=" + root +
                           " from the environment, and keeps it; set it when starting the program");
  }
}

uint64_t NowNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

Capture::Capture(CaptureOptions options)
    : options_(std::move(options)), queue_(kBatches, options_.batch_bytes) {
  if (options_.engine == Engine::kSavefile) {
    CheckSavefile(options_.path);
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
    inspector_ = std::make_unique<sinsp>();
    Configure();
    OpenEngine();
    sinsp_evt* first_event = CatchUp();
    if (recorder_ != nullptr) {
      recorder_->Attach(*inspector_);
    }
    const auto submit = [this](std::unique_ptr<Batch>& batch) {
      UpdateStats();
      queue_.PutFull(std::move(batch));
      batch = queue_.TakeFree();
      if (batch == nullptr) {
        batch = std::make_unique<Batch>(options_.batch_bytes);
        return false;
      }
      return true;
    };
    std::unique_ptr<Batch> first = queue_.TakeFree();
    if (first == nullptr) {
      first = std::make_unique<Batch>(options_.batch_bytes);  // closed while it was opening
    }
    EmitterOptions emitter_options = options_.emitter;
    if (live()) {
      emitter_options.proc_folder = std::string(scap_get_host_root()) + "/proc";
    }
    Emitter emitter(*inspector_, emitter_options, emitter_stats_, std::move(first), submit);
    state_.store(State::kRunning, std::memory_order_release);
    try {
      if (first_event == nullptr || emitter.OnEvent(*first_event, first_filtered_)) {
        Loop(emitter);
      }
    } catch (const CaptureError& error) {
      error_ = error;
    } catch (const std::exception& error) {
      // libsinsp's parsers throw where an event is not what its type says.
      error_ = ReadError(error.what());
    }
    emitter.Flush(true);
    UpdateStats();
    next_stats_ns_ = 0;
    UpdateStats();
    if (recorder_ != nullptr) {
      recorder_->Close();
      recorded_bytes_.store(recorder_->bytes_written(), std::memory_order_relaxed);
    }
    inspector_->close();
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
    inspector_.reset();
  } catch (...) {
    // A destructor of the library threw while the capture is over anyway.
  }
  kernel_stats_.cpu_ns.store(NowNs(CLOCK_THREAD_CPUTIME_ID), std::memory_order_relaxed);
  state_.store(State::kEnded, std::memory_order_release);
  queue_.Finish();
}

void Capture::Configure() {
  TakeLibraryLog(options_.library_log);
  inspector_->m_container_manager.m_id_of_thread = [this](const sinsp_threadinfo& thread) {
    if (first_thread_ns_ == 0) [[unlikely]] {
      first_thread_ns_ = NowNs(CLOCK_MONOTONIC);
    }
    return ContainerFromCgroups(thread.cgroups(), HasOwnPids(thread)).id;
  };
  inspector_->m_thread_manager->set_max_thread_table_size(kThreadsMax);
  inspector_->m_max_fdtable_size = kDescriptorsMax;
  inspector_->m_max_fd_count = kDescriptorsTotalMax;
  if (live()) {
    inspector_->set_snaplen(0);  // no payload is wanted: flows count bytes, they keep none
    // Its own purges walk the whole thread table at once; the emitter does so in slices. The first
    // of containers would find none: theirs are known by captures only.
    inspector_->set_auto_containers_purging(false);
    inspector_->set_auto_threads_purging_interval_s(UINT32_MAX);
  }
}

void Capture::OpenEngine() {
  switch (options_.engine) {
    case Engine::kSavefile:
      OpenSavefile();
      break;
    case Engine::kTest:
      test_input_ = std::make_unique<TestInput>(options_.script);
      inspector_->open_test_input(test_input_->data(), SINSP_MODE_TEST);
      break;
    case Engine::kModernBpf:
    case Engine::kKmod:
      OpenLive();
      break;
  }
  // Else it purges once thirty seconds after the start, whatever the interval.
  inspector_->m_thread_manager->set_last_flush_time_ns(1);
  if (!options_.filter.empty()) {
    if (const auto fault = FilterTooDeep(options_.filter)) {
      throw CaptureError("LibsError", "cannot use the filter: " + fault->reason);
    }
    inspector_->set_filter(options_.filter);
  }
}

// The programs are attached before /proc is read, so that nothing happens between the two unseen.
// What happened until it was read changes the tables only: a read of a descriptor that /proc tells
// of may have been of another one. Returns the first event that is younger, if there is one
// already.
sinsp_evt* Capture::CatchUp() {
  const uint64_t snapshot_end = inspector_->m_snapshot_end_ts;
  for (int empty = 0; snapshot_end != 0 && empty < kEmptyTwice;) {
    if (stop_.load(std::memory_order_relaxed)) {
      return nullptr;
    }
    sinsp_evt* event = nullptr;
    const int32_t outcome = inspector_->next(&event);
    if (outcome == SCAP_TIMEOUT) {
      empty++;
      continue;
    }
    if (outcome != SCAP_SUCCESS && outcome != SCAP_FILTERED_EVENT) {
      throw ReadError(inspector_->getlasterr());
    }
    empty = 0;
    if (event != nullptr && event->get_ts() >= snapshot_end) {
      first_filtered_ = outcome == SCAP_FILTERED_EVENT;
      return event;
    }
  }
  return nullptr;
}

void Capture::OpenLive() {
  auto wanted = libsinsp::events::sinsp_state_sc_set();
  if (options_.all_syscalls) {
    wanted = libsinsp::events::all_sc_set();
  } else {
    wanted = wanted.merge(
        libsinsp::events::sc_names_to_sc_set({options_.syscalls.begin(), options_.syscalls.end()}));
    wanted = libsinsp::events::sinsp_repair_state_sc_set(wanted);
  }
  // Both change the tables, but libsinsp's list does not know that.
  wanted.insert(PPM_SC_CLOSE_RANGE);
  wanted.insert(PPM_SC_UNSHARE);
  const uint64_t bytes =
      options_.buffer_bytes != 0 ? options_.buffer_bytes : DEFAULT_DRIVER_BUFFER_BYTES_DIM;
  inspector_->m_sc_before_snapshot = wanted.diff(
      libsinsp::events::sc_names_to_sc_set({std::begin(kOnlyData), std::end(kOnlyData)}));
  const uint64_t begin = NowNs(CLOCK_MONOTONIC);
  ClearLibraryReason();
  try {
    if (options_.engine == Engine::kModernBpf) {
      if (AreProgramsInterpreted()) {
        throw CaptureError("OperationNotSupported", "the kernel has no BPF JIT, or it is off");
      }
      inspector_->open_modern_bpf(bytes, static_cast<uint16_t>(options_.cpus_per_buffer), true,
                                  wanted);
    } else {
      inspector_->open_kmod(bytes, wanted);
    }
  } catch (const CaptureError&) {
    throw;
  } catch (const std::exception& error) {
    const std::string reason = LibraryReason();
    const std::string text = reason.empty() ? error.what() : error.what() + (": " + reason);
    throw CaptureError(CodeForMessage(text), text);
  }
  const uint64_t end = NowNs(CLOCK_MONOTONIC);
  // libsinsp opens the engine and then reads /proc, in one call. A host has at least one thread.
  const uint64_t between = first_thread_ns_ == 0 ? end : first_thread_ns_;
  const uint64_t attach = inspector_->m_start_duration_ns;
  open_times_.attach_ns.store(attach, std::memory_order_relaxed);
  open_times_.load_ns.store(between - begin - attach, std::memory_order_relaxed);
  open_times_.snapshot_ns.store(end - between, std::memory_order_relaxed);
  if (options_.drop_mode) {
    inspector_->start_dropping_mode(options_.sampling_ratio);
  }
}

void Capture::OpenSavefile() {
  try {
    inspector_->open_savefile(options_.path);
  } catch (const std::exception& error) {
    throw CaptureError("EventParsingError",
                       "cannot read capture " + options_.path +
                           ": damaged before the first event: " + error.what());
  }
}

void Capture::Loop(Emitter& emitter) {
  uint64_t drain_until = 0;  // set once the end was asked for
  for (;;) {
    if (stop_.load(std::memory_order_relaxed)) [[unlikely]] {
      if (!live()) {
        return;
      }
      if (drain_until != 0 && NowNs(CLOCK_MONOTONIC) >= drain_until) {
        return CountUnread();
      }
      if (drain_until == 0) {
        // What the kernel has put into the rings by now still belongs to the run.
        inspector_->stop_capture();
        drain_until = NowNs(CLOCK_MONOTONIC) + kDrainNs;
      }
    }
    sinsp_evt* event = nullptr;
    const int32_t outcome = inspector_->next(&event);
    switch (outcome) {
      case SCAP_SUCCESS:
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
      case SCAP_FILTERED_EVENT:
        if (event != nullptr && !emitter.OnEvent(*event, true)) {
          return;
        }
        break;
      case SCAP_TIMEOUT:
        if (drain_until != 0 || !OnNothing(emitter)) {
          return;
        }
        break;
      case SCAP_EOF:
        return;
      default:
        throw ReadError(inspector_->getlasterr());
    }
  }
}

// The rings are not empty and there is no time left to make records of what they hold. Counting it
// leaves libsinsp out, so that it takes a fraction of a second; what is beyond is not counted.
void Capture::CountUnread() {
  const uint64_t until = NowNs(CLOCK_MONOTONIC) + kCountNs;
  uint64_t unread = 0;
  for (;;) {
    scap_evt* event = nullptr;
    uint16_t cpu = 0;
    uint32_t flags = 0;
    if (scap_next(inspector_->get_scap_handle(), &event, &cpu, &flags) != SCAP_SUCCESS) {
      break;
    }
    unread++;
    if (unread % 4096 == 0 && NowNs(CLOCK_MONOTONIC) >= until) {
      break;
    }
  }
  kernel_stats_.unread.store(unread, std::memory_order_relaxed);
}

// No event came: false when none will.
bool Capture::OnNothing(Emitter& emitter) {
  if (options_.engine == Engine::kTest) {
    return test_input_->NextRound();
  }
  if (!live()) {
    // libsinsp met a block that ends a capture and begins the next one appended to it.
    restarts_++;
    if (restarts_ > kRestartsMax) {
      throw ReadError("more than " + std::to_string(kRestartsMax) + " captures in one file");
    }
    return true;
  }
  if (recorder_ != nullptr && recorder_->failed()) {
    return false;  // Close() tells why
  }
  return emitter.OnIdle(NowNs(CLOCK_REALTIME));
}

// Why a capture that was open cannot go on. What came before is delivered.
CaptureError Capture::ReadError(const std::string& cause) {
  if (live()) {
    return CaptureError(CodeForMessage(cause), "cannot read on from the kernel: " + cause);
  }
  if (options_.engine == Engine::kTest) {
    return CaptureError("EventParsingError", "cannot read on in the script: " + cause);
  }
  return CaptureError("EventParsingError", "cannot read on in " + options_.path + " at byte " +
                                               std::to_string(inspector_->get_bytes_read()) + ": " +
                                               cause);
}

// The inspector's own counters, at most every kStatsPeriodNs: reading them costs system calls.
void Capture::UpdateStats() {
  const uint64_t now = NowNs(CLOCK_MONOTONIC);
  if (now < next_stats_ns_) {
    return;
  }
  next_stats_ns_ = now + kStatsPeriodNs;
  const auto put = [](std::atomic<uint64_t>& target, uint64_t value) {
    target.store(value, std::memory_order_relaxed);
  };
  put(kernel_stats_.cpu_ns, NowNs(CLOCK_THREAD_CPUTIME_ID));
  if (options_.engine == Engine::kSavefile) {
    put(kernel_stats_.bytes_read, inspector_->get_bytes_read());
  }
  if (recorder_ != nullptr) {
    put(recorded_bytes_, recorder_->bytes_written());
  }
  if (!live()) {
    return;
  }
  scap_stats stats{};
  inspector_->get_capture_stats(&stats);
  put(kernel_stats_.events, stats.n_evts);
  put(kernel_stats_.drops, stats.n_drops);
  put(kernel_stats_.drops_buffer, stats.n_drops_buffer);
  put(kernel_stats_.drops_scratch_map, stats.n_drops_scratch_map);
  put(kernel_stats_.drops_page_fault, stats.n_drops_pf);
  put(kernel_stats_.drops_bug, stats.n_drops_bug);
  put(kernel_stats_.preemptions, stats.n_preemptions);
  const uint64_t newest = emitter_stats_.last_ts.load(std::memory_order_relaxed);
  const uint64_t wall = NowNs(CLOCK_REALTIME);
  put(kernel_stats_.behind_ns, newest != 0 && wall > newest ? wall - newest : 0);
}

}  // namespace sysflow
