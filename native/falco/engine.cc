// See engine.h.
#include "falco/engine.h"

#include <libsinsp/events/sinsp_events.h>

#include <iterator>
#include <optional>

#include "falco/errors.h"
#include "falco/filter_check.h"
#include "falco/library_log.h"
#include "falco/state/threads.h"
#include "host/host_probe.h"
#include "layout/limits.h"

namespace sysflow {
namespace {

// How long a clean end may count what is left in the rings.
constexpr uint64_t kCountNs = 500'000'000;
// How often in a row the rings must be empty before nothing older can be in them: the first time
// the library only looks how far they are filled.
constexpr int kEmptyTwice = 2;

// Calls that may be by the thousand and change no table (recvmsg may bring descriptors, so it is
// not among them). They are not asked for before /proc is read: the rings must hold out until then.
constexpr const char* kOnlyData[] = {
    "read",     "readv",    "pread64",  "preadv", "preadv2",         "write", "writev",
    "pwrite64", "pwritev",  "pwritev2", "recv",   "recvfrom",        "send",  "sendto",
    "sendmsg",  "sendmmsg", "sendfile", "splice", "copy_file_range", "mmap",  "mmap2"};

}  // namespace

uint64_t NowNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

std::string HostRoot() { return scap_get_host_root(); }

OpenEngine::OpenEngine(const EngineOptions& options, Counters& counters)
    : options_(options), counters_(counters), inspector_(std::make_unique<sinsp>()) {}

OpenEngine::~OpenEngine() = default;

void OpenEngine::Open(scap_test_input_data* script) {
  Configure();
  switch (options_.kind) {
    case Engine::kSavefile:
      OpenSavefile();
      break;
    case Engine::kTest:
      inspector_->open_test_input(script, SINSP_MODE_TEST);
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

void OpenEngine::Configure() {
  TakeLibraryLog(options_.library_log);
  inspector_->m_container_manager.m_id_of_thread = [this](const sinsp_threadinfo& thread) {
    if (first_thread_ns_ == 0) [[unlikely]] {
      first_thread_ns_ = NowNs(CLOCK_MONOTONIC);
    }
    return ContainerOf(thread).id;
  };
  inspector_->m_thread_manager->set_max_thread_table_size(kThreadsMax);
  inspector_->m_max_fdtable_size = kDescriptorsMax;
  inspector_->m_max_fd_count = kDescriptorsTotalMax;
  if (options_.is_live()) {
    inspector_->set_snaplen(0);  // no payload is wanted: flows count bytes, they keep none
    // Its own purges walk the whole thread table at once; the emitter does so in slices. The first
    // of containers would find none: theirs are known by captures only.
    inspector_->set_auto_containers_purging(false);
    inspector_->set_auto_threads_purging_interval_s(UINT32_MAX);
  }
}

void OpenEngine::OpenLive() {
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
    if (options_.kind == Engine::kModernBpf) {
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
    std::string text = reason.empty() ? error.what() : error.what() + (": " + reason);
    if (text.empty()) {
      text = "the capture library gave no reason";
    }
    throw CaptureError(CodeForMessage(text), text);
  }
  const uint64_t end = NowNs(CLOCK_MONOTONIC);
  // libsinsp opens the engine and then reads /proc, in one call. A host has at least one thread.
  const uint64_t between = first_thread_ns_ == 0 ? end : first_thread_ns_;
  const uint64_t attach = inspector_->m_start_duration_ns;
  Put(counters_.open_attach_ns, attach);
  Put(counters_.open_load_ns, between - begin - attach);
  Put(counters_.open_snapshot_ns, end - between);
  if (options_.drop_mode) {
    inspector_->start_dropping_mode(options_.sampling_ratio);
  }
}

void OpenEngine::OpenSavefile() {
  try {
    inspector_->open_savefile(options_.path);
  } catch (const std::exception& error) {
    throw CaptureError("EventParsingError",
                       "cannot read capture " + options_.path +
                           ": damaged before the first event: " + error.what());
  }
}

OpenEngine::Outcome OpenEngine::CatchUp(const std::atomic<bool>& stop, sinsp_evt** event) {
  const uint64_t snapshot_end = inspector_->m_snapshot_end_ts;
  for (int empty = 0; snapshot_end != 0 && empty < kEmptyTwice;) {
    *event = nullptr;
    if (stop.load(std::memory_order_relaxed)) {
      return Outcome::kNothing;
    }
    const Outcome outcome = Next(event);
    if (outcome == Outcome::kNothing) {
      empty++;
      continue;
    }
    if (outcome == Outcome::kEnd) {
      throw ReadError(inspector_->getlasterr());
    }
    empty = 0;
    if (*event != nullptr && (*event)->get_ts() >= snapshot_end) {
      return outcome;
    }
  }
  *event = nullptr;
  return Outcome::kNothing;
}

OpenEngine::Outcome OpenEngine::OtherOutcome(int32_t outcome) const {
  switch (outcome) {
    case SCAP_FILTERED_EVENT:
      return Outcome::kFilteredEvent;
    case SCAP_TIMEOUT:
      return Outcome::kNothing;
    case SCAP_EOF:
      return Outcome::kEnd;
    default:
      throw ReadError(inspector_->getlasterr());
  }
}

void OpenEngine::CountUnread() {
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
  Put(counters_.events_unread, unread);
}

void OpenEngine::UpdateCounters(uint64_t newest_ts) {
  if (options_.kind == Engine::kSavefile) {
    Put(counters_.bytes_read, inspector_->get_bytes_read());
  }
  if (!options_.is_live()) {
    return;
  }
  scap_stats stats{};
  inspector_->get_capture_stats(&stats);
  Put(counters_.kernel_events, stats.n_evts);
  Put(counters_.kernel_drops, stats.n_drops);
  Put(counters_.kernel_drops_buffer, stats.n_drops_buffer);
  Put(counters_.kernel_drops_scratch_map, stats.n_drops_scratch_map);
  Put(counters_.kernel_drops_page_fault, stats.n_drops_pf);
  Put(counters_.kernel_drops_bug, stats.n_drops_bug);
  Put(counters_.preemptions, stats.n_preemptions);
  const uint64_t wall = NowNs(CLOCK_REALTIME);
  Put(counters_.behind_ns, newest_ts != 0 && wall > newest_ts ? wall - newest_ts : 0);
}

CaptureError OpenEngine::ReadError(const std::string& cause) const {
  if (options_.is_live()) {
    return CaptureError(CodeForMessage(cause), "cannot read on from the kernel: " + cause);
  }
  if (options_.kind == Engine::kTest) {
    return CaptureError("EventParsingError", "cannot read on in the script: " + cause);
  }
  return CaptureError("EventParsingError", "cannot read on in " + options_.path + " at byte " +
                                               std::to_string(inspector_->get_bytes_read()) + ": " +
                                               cause);
}

}  // namespace sysflow
