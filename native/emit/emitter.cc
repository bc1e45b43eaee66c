// See emitter.h.
#include "emit/emitter.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "falco/events/descriptor_call.h"
#include "falco/events/event.h"
#include "falco/state/threads.h"

namespace sysflow {
namespace {

constexpr uint64_t kBatchNs = 100'000'000;

}  // namespace

Emitter::Emitter(OpenEngine& engine, const EmitterOptions& options, Counters& counters,
                 std::unique_ptr<Batch> first, Output::Submit submit)
    : batch_records_max_(options.batch_records_max),
      counters_(counters),
      actions_(Actions()),
      library_(engine.inspector(), Hooks()),
      output_(
          std::move(first), std::move(submit), [this] { PublishCounters(); }, time_, counters),
      objects_(output_, counters),
      containers_(library_, output_, counters),
      long_texts_(options.proc_folder, budget_, time_, output_, counters),
      processes_(library_, output_, objects_, containers_, long_texts_, time_, counters),
      unknown_(library_, counters),
      process_ops_(library_, output_, processes_, objects_, entered_),
      path_ops_(output_, processes_, objects_, entered_, unknown_),
      descriptor_ops_(library_, output_, processes_, objects_, unknown_),
      io_({library_, output_, processes_, objects_, descriptor_ops_, entered_, unknown_, budget_,
           time_, counters}) {}

LibraryHooks Emitter::Hooks() {
  LibraryHooks hooks;
  hooks.container_told = [this](const std::string& id) { containers_.NoteTold(id); };
  hooks.descriptor_ended = [this](sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                                  uint64_t ts) { OnDescriptorEnd(thread, fd, fd_info, ts); };
  hooks.lookup_settled = [this](sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                                const DescriptorLookup& lookup) {
    io_.OnLookupSettled(thread, fd, fd_info, lookup);
  };
  hooks.lookup_lost = [this](const DescriptorLookup& lookup) { io_.OnLookupLost(lookup); };
  hooks.may_look_up = [this] { return MayLookUp(); };
  hooks.has_looked_up = [this] { library_read_.reset(); };
  return hooks;
}

// The library looks up before the event is seen here.
bool Emitter::MayLookUp() {
  if (library_read_.has_value()) {
    return true;  // part of one that has begun
  }
  library_read_.emplace(budget_, SecondOf(library_.LastEventNs()));
  const bool may = static_cast<bool>(*library_read_);
  if (!may) {
    library_read_.reset();
  }
  return may;
}

bool Emitter::OnEvent(sinsp_evt& event, bool filtered) {
  const uint64_t ts = TimeOf(event);
  events_++;
  if (ts >= deadline_ts_) [[unlikely]] {
    Tick(ts);
  }
  time_.last_ts = ts;
  const Action action = ActionOf(actions_, event);
  if (action == Action::kIgnore) {
    return !output_.stopped();
  }
  try {
    if (action == Action::kEnter) [[unlikely]] {
      // Also where the filter leaves it out: it may let the call's end through.
      Add(counters_.filtered, filtered ? 1 : 0);
      process_ops_.OnEnter(event);
      return !output_.stopped();
    }
    if (action == Action::kNames) [[unlikely]] {
      library_.names().OnTold(event);
      return !output_.stopped();
    }
    if (filtered) [[unlikely]] {
      Add(counters_.filtered);
      EndOnly(event, action);
      return !output_.stopped();
    }
    if (action == Action::kRead || action == Action::kWrite) [[likely]] {
      io_.OnEvent(event, action == Action::kWrite, ts);
    } else {
      Dispatch(event, action, ts);
    }
  } catch (const std::exception&) {
    // A parameter is missing or of another length, as in a damaged capture or one of a library that
    // laid this event out otherwise. Nothing was made of it: each record reads its event first.
    Add(counters_.malformed);
  }
  if (batch_records_max_ != 0 && output_.records() >= batch_records_max_) {
    output_.Next(false);
  }
  return !output_.stopped();
}

bool Emitter::OnIdle(uint64_t now) {
  if (now >= next_tick_ts_ && next_tick_ts_ != 0) {
    Tick(now);
    time_.last_ts = now;
  }
  // libscap reports an empty ring buffer every half millisecond; a batch waits for its full time.
  const bool is_due = now >= batch_end_ts_ && !output_.empty();
  return is_due ? output_.Next(false) : !output_.stopped();
}

bool Emitter::Flush(bool eof) {
  if (eof) {
    // The library empties its tables when it is closed: these are counted here.
    library_.StopTellingOfLost();
    io_.CountAllHeld();
  }
  return output_.Next(eof);
}

// Event time reached the end of the batch, of the second, or both.
void Emitter::Tick(uint64_t ts) {
  if (ts >= batch_end_ts_) {
    if (!output_.empty()) {
      output_.Next(false);
    }
    batch_end_ts_ = ts + kBatchNs;
  }
  if (ts >= next_tick_ts_) {
    time_.second = static_cast<u32>(SecondOf(ts));
    next_tick_ts_ = (static_cast<uint64_t>(time_.second) + 1) * kSecondNs;
    output_.slots().Clear();
    auto* tick = output_.Append<TickRecord>();
    SetTime(tick, ts);
    tick->second = time_.second;
    library_.names().Refresh();
    processes_.Sweep();
    io_.SettleLookups(ts);
  }
  deadline_ts_ = std::min(batch_end_ts_, next_tick_ts_);
}

void Emitter::PublishCounters() {
  Put(counters_.events, events_);
  Put(counters_.io_events, io_.events());
  Put(counters_.proc_reads_refused, budget_.refused());
  Put(counters_.processes, processes_.size());
  Put(counters_.objects, objects_.size());
  Put(counters_.descriptors, library_.descriptor_count());
  Put(counters_.threads, library_.thread_count());
}

void Emitter::Dispatch(sinsp_evt& event, Action action, uint64_t ts) {
  if (action == Action::kContainer) {
    return containers_.OnEvent();
  }
  if (ThreadOf(event) == nullptr) {
    return unknown_.CountThread();
  }
  const Operation& operation = OperationOf(action);
  const u32 op = operation.number;
  switch (operation.handler) {
    case Handler::kClone:
      return process_ops_.OnClone(event, ts);
    case Handler::kExec:
      return process_ops_.OnExec(event, ts);
    case Handler::kExit:
      return process_ops_.OnExit(event, ts);
    case Handler::kSetuid:
      return process_ops_.OnSetuid(event, ts);
    case Handler::kSetgid:
      return process_ops_.OnSetgid(event, ts);
    case Handler::kDescriptor:
      return descriptor_ops_.On(event, op, ts);
    case Handler::kConnect:
      return descriptor_ops_.OnConnect(event, ts);
    case Handler::kMmap:
      return descriptor_ops_.OnMmap(event, ts);
    case Handler::kIo:
      return io_.OnEvent(event, action == Action::kWrite, ts);
    case Handler::kTransfer:
      return io_.OnTransfer(event, ts);
    case Handler::kPaths:
      return path_ops_.OnPath(event, op, ts);
    case Handler::kAttributes:
      return path_ops_.OnAttributes(event, op, ts);
    case Handler::kMount:
      return path_ops_.OnMount(event, op, ts);
    case Handler::kResize:
      return path_ops_.OnResize(event, ts);
    case Handler::kNone:
      return EndOnly(event, action);
  }
}

// An event that makes no record may still end what its descriptor meant.
void Emitter::EndOnly(sinsp_evt& event, Action action) {
  sinsp_threadinfo* thread = ThreadOf(event);
  if (thread == nullptr) {
    return;
  }
  IoSlots& slots = output_.slots();
  switch (OperationOf(action).handler) {
    case Handler::kIo:
      return descriptor_ops_.SettleSocketOf(
          event, action == Action::kWrite ? SocketUse::kWrite : SocketUse::kRead);
    case Handler::kConnect:
      descriptor_ops_.OnFilteredConnect(event);
      [[fallthrough]];
    case Handler::kDescriptor:
      return slots.SealDescriptor(PidOf(*thread), UsedDescriptor(*thread));
    case Handler::kExec:
    case Handler::kSetuid:
    case Handler::kSetgid:
      return slots.SealProcess(PidOf(*thread));
    case Handler::kExit:
      return process_ops_.OnFilteredExit(*thread);
    case Handler::kNone:
      return EndResults(event, action, PidOf(*thread));
    default:
      return;
  }
}

// The descriptors that a call has returned, one or a pair, mean something new.
void Emitter::EndResults(sinsp_evt& event, Action action, int64_t pid) {
  IoSlots& slots = output_.slots();
  if (action == Action::kSealPair) {
    for (const uint32_t param : {1u, 2u}) {
      if (const std::optional<int64_t> fd = DescriptorParam(event, param)) {
        slots.SealDescriptor(pid, *fd);
      }
    }
  } else if (action == Action::kSealResult && HasResult(event)) {
    slots.SealDescriptor(pid, ResultOf(event));
  }
}

// Called by libsinsp while it works on an event, which is then not seen here yet.
void Emitter::OnDescriptorEnd(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                              uint64_t ts) {
  if (!descriptor_ops_.Seal(thread, fd, fd_info)) {
    return;
  }
  if (ts >= deadline_ts_) {
    Tick(ts);
  }
  descriptor_ops_.AppendEnd(thread, fd, fd_info, ts);
}

}  // namespace sysflow
