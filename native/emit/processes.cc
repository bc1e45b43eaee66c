// See processes.h.
#include "emit/processes.h"

#include <memory>
#include <string>
#include <vector>

#include "batch/byte_text.h"

namespace sysflow {
namespace {

constexpr u32 kSweepSeconds = 60;

// What a list becomes as text: `items` itself or `own`. The last item of one that was cut may end
// in the middle of a character, which is then left out.
const std::vector<std::string>& ListText(const std::vector<std::string>& items, bool is_cut,
                                         std::vector<std::string>& own) {
  const size_t broken = is_cut && !items.empty() ? BrokenTail(items.back()) : 0;
  if (broken == 0) {
    return ByteTexts(items, own);
  }
  std::vector<std::string> whole = items;
  whole.back().resize(whole.back().size() - broken);
  std::vector<std::string> scratch;
  own = ByteTexts(whole, scratch);
  return own;
}

}  // namespace

u32 Processes::Define(sinsp_threadinfo& thread, sinsp_threadinfo& leader, uint64_t ts,
                      size_t depth) {
  const u32 parent = ParentFor(leader, ts, depth);
  if (handles_.Find(TidOf(leader)).handle != 0) {
    Release(TidOf(leader));  // the pid has a new owner
  }
  if (handles_.full()) {
    Release(handles_.Victim(parent));
    Add(counters_.processes_evicted);
  }
  const u32 handle = handles_.Add(TidOf(leader), CreationOf(leader));
  AppendRecord(handle, parent, thread, leader, ts);
  return handle;
}

u32 Processes::ParentFor(sinsp_threadinfo& leader, uint64_t ts, size_t depth) {
  sinsp_threadinfo* parent = ParentThreadOf(leader);
  if (parent == nullptr) {
    // libsinsp has forgotten it, but it may be known here from before it left.
    const int64_t pid = ParentPidOf(leader);
    const ProcessEntry entry = pid > 0 ? handles_.Find(pid) : ProcessEntry{};
    // A pid that was taken again since is no parent: parents are older.
    const bool is_parent = pid != TidOf(leader) && entry.create_ts <= CreationOf(leader);
    return is_parent ? entry.handle : 0;
  }
  sinsp_threadinfo& parent_leader = LeaderOf(*parent);
  const bool is_kernel = PidOf(parent_leader) == 0 && CreationOf(parent_leader) == 0;
  if (&parent_leader == &leader || is_kernel || depth >= kAncestorsMax) {
    return 0;
  }
  const u32 handle = Find(parent_leader);
  return handle != 0 ? handle : Define(parent_leader, parent_leader, ts, depth + 1);
}

void Processes::AppendRecord(u32 handle, u32 parent, const sinsp_threadinfo& thread,
                             sinsp_threadinfo& leader, uint64_t ts) {
  // The acting thread's cgroup, not the leader's: it is the one that the event just refreshed.
  const u32 container = containers_.For(thread);
  const std::string cwd = WorkingFolderOf(leader);
  const std::string& called = CalledNameOf(leader);
  const std::vector<std::string>& args = ArgumentsOf(leader);
  const std::vector<std::string>& env = EnvironmentOf(leader);
  const TextOwner owner{handle, PidOf(leader), called};
  const CutTexts cut = CutTextsOf(called.size(), ListBytes(args), ListBytes(env));
  std::vector<std::string> own_args;
  std::vector<std::string> own_env;
  u32 arg_count = 0;
  u32 env_count = 0;
  const bool args_whole = cut.args && long_texts_.AppendWhole(owner, kTextArgs, args, &arg_count);
  const bool env_whole = cut.env && long_texts_.AppendWhole(owner, kTextEnv, env, &env_count);
  const bool is_called_cut = cut.args && RestOfExeFollows(called.size()) && !args.empty();
  std::vector<std::string> without_called;
  if (is_called_cut) {
    without_called.assign(args.begin() + 1, args.end());
  }
  const std::vector<std::string>& args_text =
      ListText(is_called_cut ? without_called : args, cut.args, own_args);
  const std::vector<std::string>& env_text = ListText(env, cut.env, own_env);
  const bool args_apart =
      args_whole || long_texts_.AppendLong(owner, kTextArgs, args_text, &arg_count);
  const bool env_apart = env_whole || long_texts_.AppendLong(owner, kTextEnv, env_text, &env_count);
  objects_.CountCut(cwd);
  const std::string user = library_.names().User(leader, UidOf(leader));
  const std::string group = library_.names().Group(leader, GidOf(leader));
  auto* record = output_.Append<ProcessRecord>();
  record->flags = static_cast<u16>(
      (HasTerminal(leader) ? kProcessTty : 0) | (IsFirstOfItsPids(leader) ? kProcessEntry : 0) |
      (args_apart ? kProcessArgsApart : 0) | (env_apart ? kProcessEnvApart : 0));
  SetTime(record, ts);
  record->process = handle;
  record->parent = parent;
  record->createLo = static_cast<u32>(CreationOf(leader));
  record->createHi = static_cast<u32>(CreationOf(leader) >> 32);
  record->pid = static_cast<i32>(PidOf(leader));
  record->uid = static_cast<i32>(UidOf(leader));
  record->gid = static_cast<i32>(GidOf(leader));
  record->loginuid = static_cast<i32>(LoginUidOf(leader));
  record->container = container;
  record->exe = output_.AppendName(record, ExecutableOf(leader));
  record->argCount = arg_count;
  if (!args_apart) {
    record->args = output_.AppendTextList(record, args_text, &record->argCount);
  }
  record->user = output_.AppendName(record, user);
  record->group = output_.AppendName(record, group);
  record->cwd = output_.AppendName(record, cwd);
  record->envCount = env_count;
  if (!env_apart) {
    record->env = output_.AppendTextList(record, env_text, &record->envCount);
  }
}

bool Processes::Refresh(sinsp_threadinfo& thread, uint64_t ts) {
  output_.slots().SealProcess(PidOf(thread));
  sinsp_threadinfo& leader = LeaderOf(thread);
  // The parent first: where it must be defined, that can cost this process its handle.
  const u32 parent = ParentFor(leader, ts, 0);
  const u32 handle = Find(leader);
  if (handle == 0) {
    return false;
  }
  AppendRecord(handle, parent, thread, leader, ts);
  return true;
}

void Processes::MarkExited(sinsp_threadinfo& thread) {
  const sinsp_threadinfo& leader = LeaderOf(thread);
  if (IsLeader(thread) || ThreadsLeft(thread) == 0) {
    handles_.MarkExited(TidOf(leader), CreationOf(leader), time_.second);
  }
}

void Processes::Release(int64_t pid) {
  output_.slots().SealProcess(pid);
  auto* record = output_.Append<ProcessGoneRecord>();
  record->process = handles_.Find(pid).handle;
  handles_.Release(pid);
}

void Processes::Sweep() {
  const auto release_unknown = [this](int64_t pid, uint64_t create_ts) {
    const std::shared_ptr<sinsp_threadinfo> thread = library_.FindThread(pid);
    // The id may be another's by now, also that of another process's thread.
    if (thread == nullptr || CreationOf(*thread) != create_ts) {
      Release(pid);
    }
  };
  handles_.SweepExited(time_.second, release_unknown);
  if (is_sweeping_ || time_.second >= sweep_second_) {
    // Exits can be lost with dropped events; libsinsp then purges the thread in its own time.
    if (!is_sweeping_) {
      sweep_second_ = time_.second + kSweepSeconds;
    }
    is_sweeping_ = !handles_.SweepSlice(kSweepProcesses, release_unknown);
  }
  threads_.Sweep(library_, time_.second, time_.last_ts);
}

}  // namespace sysflow
