// See process_ops.h.
#include "emit/process_ops.h"

#include <optional>
#include <string>

#include "falco/events/event.h"
#include "falco/state/threads.h"

namespace sysflow {
namespace {

std::optional<int64_t> FirstOf(const std::optional<EnterFacts::Call>& call) {
  return call.has_value() ? std::optional(call->first) : std::nullopt;
}

}  // namespace

ProcessOpRecord* ProcessOps::AppendRecord(sinsp_evt& event, u32 op, uint64_t ts) {
  const i32 result = ProcessResult(event);
  const bool is_of_thread = op == kOpClone && AsksForThread(event);
  sinsp_threadinfo& thread = *ThreadOf(event);
  const u32 process = processes_.For(thread, ts);
  auto* record = output_.Append<ProcessOpRecord>();
  record->flags =
      static_cast<u16>((IsLeader(thread) ? kMainThread : 0) | (is_of_thread ? kCloneThread : 0));
  SetTime(record, ts);
  record->process = process;
  record->tid = static_cast<i32>(TidOf(thread));
  record->op = op;
  record->ret = result;
  record->uid = -1;
  return record;
}

void ProcessOps::OnEnter(sinsp_evt& event) {
  const sinsp_threadinfo* thread = ThreadOf(event);
  if (thread == nullptr) {
    return;
  }
  if (CallsProgram(event)) {
    if (called_programs_.size() >= kCallsOfProgramsMax) {
      called_programs_.clear();  // ends of threads were lost
    }
    called_programs_[TidOf(*thread)] = Called(event);
    return;
  }
  const auto [first, second] = EnteredFacts(event);
  entered_.Put(TidOf(*thread), TypeOf(event), first, second);
}

// libsinsp has taken over the new image's facts before this event is seen here.
void ProcessOps::OnExec(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *ThreadOf(event);
  processes_.Refresh(thread, ts);
  const bool has_failed = ProcessResult(event) < 0;
  const auto called = called_programs_.extract(TidOf(thread));
  ProcessOpRecord* record = AppendRecord(event, kOpExec, ts);
  if (has_failed) {
    const std::string tried = TriedPath(event, called.empty() ? nullptr : &called.mapped());
    objects_.CountCut(tried);
    record->text = output_.AppendName(record, tried);
  } else {
    leaders_gone_.erase(PidOf(thread));  // the thread that called is the leader now
  }
}

void ProcessOps::OnExit(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *ThreadOf(event);
  output_.slots().SealProcess(PidOf(thread));
  entered_.Forget(TidOf(thread));
  called_programs_.erase(TidOf(thread));
  const ThreadEnd end = ThreadEndOf(event);
  if (IsLeader(thread) && end.leaves_others && !end.is_of_the_process) {
    // On its own, or because another thread runs a new program and becomes the leader.
    if (leaders_gone_.size() >= kThreadsMax) {
      leaders_gone_.clear();  // ends of processes were lost
    }
    leaders_gone_[PidOf(thread)] = ProcessResult(event);
    return;
  }
  AppendRecord(event, kOpExit, ts);
  const auto leader = leaders_gone_.find(PidOf(thread));
  if (leader != leaders_gone_.end() && !end.leaves_others) {
    // Its last thread: here the process ends, with the leader's status if not with a common one.
    ProcessOpRecord* record = AppendRecord(event, kOpExit, ts);
    record->flags |= kMainThread;
    record->tid = static_cast<i32>(PidOf(thread));
    record->ret = end.is_of_the_process ? record->ret : leader->second;
    leaders_gone_.erase(leader);
  }
  processes_.MarkExited(thread);
}

void ProcessOps::OnFilteredExit(sinsp_threadinfo& thread) {
  output_.slots().SealProcess(PidOf(thread));
  entered_.Forget(TidOf(thread));
  processes_.MarkExited(thread);
}

void ProcessOps::OnSetuid(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *ThreadOf(event);
  const std::optional<EnterFacts::Call> call = entered_.Take(TidOf(thread), TypeOf(event));
  const UidChange change = ReadUidChange(event, FirstOf(call));
  const std::string user = library_.names().User(thread, change.uid);
  const std::string name = change.has_name ? user : "";
  processes_.Refresh(thread, ts);
  ProcessOpRecord* record = AppendRecord(event, kOpSetuid, ts);
  record->uid = static_cast<i32>(change.uid);
  record->text = output_.AppendName(record, name);
}

// No operation has a flag for it, but the process's group is another now. Where only what was asked
// for is known, it is told with the next change of the process, as upstream does.
void ProcessOps::OnSetgid(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *ThreadOf(event);
  const std::optional<EnterFacts::Call> call = entered_.Take(TidOf(thread), TypeOf(event));
  if (!TellsGroup(event)) {
    return;
  }
  const bool changes = ChangesGroup(event, FirstOf(call));
  if (changes && IsLeader(thread) && processes_.Refresh(thread, ts)) {
    AppendRecord(event, kOpSetgid, ts);
  }
}

}  // namespace sysflow
