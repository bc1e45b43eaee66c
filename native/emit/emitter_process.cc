// Processes and containers as records: see emitter.h. An identity is defined before its first use,
// its ancestors before it, and again when an exec or setuid changed its facts.
#include <libsinsp/user.h>

#include <iterator>
#include <string>
#include <vector>

#include "emit/emitter.h"
#include "falco/container_id.h"

namespace sysflow {
namespace {

// Longer chains are cut: no host forks that deep, and a damaged capture may hold a loop.
constexpr int kAncestorsMax = 256;
constexpr u32 kSweepSeconds = 60;
constexpr u32 kThreadSweepSeconds = 300;

// libsinsp says "<NA>" where a page fault hid the path of an execve; argv[0] then stands in.
const std::string& ExecutableOf(const sinsp_threadinfo& leader) {
  return leader.m_exepath.empty() || leader.m_exepath == "<NA>" ? leader.m_exe : leader.m_exepath;
}

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

std::string Joined(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) {
    joined.append(&item == &items.front() ? 0 : 1, '\0').append(item);
  }
  return joined;
}

}  // namespace

u32 Emitter::ProcessFor(sinsp_threadinfo& thread, uint64_t ts) {
  sinsp_threadinfo& leader = LeaderOf(thread);
  const ProcessEntry entry = processes_.Find(leader.m_tid);
  if (entry.handle != 0 && entry.create_ts == leader.m_clone_ts) [[likely]] {
    return entry.handle;
  }
  return DefineProcess(thread, leader, ts, 0);
}

u32 Emitter::DefineProcess(sinsp_threadinfo& thread, sinsp_threadinfo& leader, uint64_t ts,
                           int depth) {
  const u32 parent = ParentOf(leader, ts, depth);
  if (processes_.Find(leader.m_tid).handle != 0) {
    ReleaseProcess(leader.m_tid);  // the pid has a new owner
  }
  if (processes_.full()) {
    ReleaseProcess(processes_.Victim(parent));
    stats_.processes_evicted.fetch_add(1, std::memory_order_relaxed);
  }
  const u32 handle = processes_.Add(leader.m_tid, leader.m_clone_ts);
  AppendProcess(handle, parent, thread, leader, ts);
  return handle;
}

u32 Emitter::ParentOf(sinsp_threadinfo& leader, uint64_t ts, int depth) {
  sinsp_threadinfo* parent = leader.get_parent_thread();
  if (parent == nullptr) {
    // libsinsp has forgotten it, but it may be known here from before it left.
    const ProcessEntry entry = leader.m_ptid > 0 ? processes_.Find(leader.m_ptid) : ProcessEntry{};
    // A pid that was taken again since is no parent: parents are older.
    const bool is_parent = leader.m_ptid != leader.m_tid && entry.create_ts <= leader.m_clone_ts;
    return is_parent ? entry.handle : 0;
  }
  sinsp_threadinfo& parent_leader = LeaderOf(*parent);
  const bool kernel = parent_leader.m_pid == 0 && parent_leader.m_clone_ts == 0;
  if (&parent_leader == &leader || kernel || depth >= kAncestorsMax) {
    return 0;
  }
  const ProcessEntry entry = processes_.Find(parent_leader.m_tid);
  if (entry.handle != 0 && entry.create_ts == parent_leader.m_clone_ts) {
    return entry.handle;
  }
  return DefineProcess(parent_leader, parent_leader, ts, depth + 1);
}

void Emitter::AppendProcess(u32 handle, u32 parent, const sinsp_threadinfo& thread,
                            sinsp_threadinfo& leader, uint64_t ts) {
  // The acting thread's cgroup, not the leader's: it is the one that the event just refreshed.
  const u32 container = ContainerFor(thread);
  const std::string cwd = leader.get_cwd();
  const std::vector<std::string>& args = leader.m_args;
  const std::vector<std::string>& env = leader.get_env();
  const CutTexts cut = CutTextsOf(leader.m_exe.size(), ListBytes(args), ListBytes(env));
  std::vector<std::string> own_args;
  std::vector<std::string> own_env;
  u32 arg_count = 0;
  u32 env_count = 0;
  const bool args_whole = cut.args && AppendWholeText(handle, kTextArgs, leader, args, &arg_count);
  const bool env_whole = cut.env && AppendWholeText(handle, kTextEnv, leader, env, &env_count);
  const bool is_exe_cut = cut.args && RestOfExeFollows(leader.m_exe.size()) && !args.empty();
  std::vector<std::string> without_exe;
  if (is_exe_cut) {
    without_exe.assign(args.begin() + 1, args.end());
  }
  const std::vector<std::string>& args_text =
      ListText(is_exe_cut ? without_exe : args, cut.args, own_args);
  const std::vector<std::string>& env_text = ListText(env, cut.env, own_env);
  const bool args_apart = args_whole || AppendLongList(handle, kTextArgs, args_text, &arg_count);
  const bool env_apart = env_whole || AppendLongList(handle, kTextEnv, env_text, &env_count);
  CountCut(cwd);
  auto* record = Append<ProcessRecord>();
  record->flags = static_cast<u16>(
      (leader.m_tty != 0 ? kProcessTty : 0) | (leader.m_vpid == 1 ? kProcessEntry : 0) |
      (args_apart ? kProcessArgsApart : 0) | (env_apart ? kProcessEnvApart : 0));
  record->tsLo = static_cast<u32>(ts);
  record->tsHi = static_cast<u32>(ts >> 32);
  record->process = handle;
  record->parent = parent;
  record->createLo = static_cast<u32>(leader.m_clone_ts);
  record->createHi = static_cast<u32>(leader.m_clone_ts >> 32);
  record->pid = static_cast<i32>(leader.m_pid);
  record->uid = static_cast<i32>(leader.m_uid);
  record->gid = static_cast<i32>(leader.m_gid);
  record->container = container;
  record->exe = AppendName(record, ExecutableOf(leader));
  record->argCount = arg_count;
  if (!args_apart) {
    record->args = batch_->AppendList(record, args_text, &record->argCount);
  }
  record->user = AppendName(record, leader.get_user()->name);
  record->group = AppendName(record, leader.get_group()->name);
  record->cwd = AppendName(record, cwd);
  record->envCount = env_count;
  if (!env_apart) {
    record->env = batch_->AppendList(record, env_text, &record->envCount);
  }
}

bool Emitter::AppendWholeText(u32 handle, u16 part, const sinsp_threadinfo& leader,
                              const std::vector<std::string>& known, u32* count) {
  if (options_.proc_folder.empty()) {
    stats_.texts_cut_capture.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const ProcRead read(proc_budget_, second_);
  const ProcText::Outcome outcome =
      !read               ? ProcText::Outcome::kTooMuch
      : part == kTextArgs ? proc_text_.ReadArguments(leader.m_pid, leader.m_exe, known, second_)
                          : proc_text_.ReadEnvironment(leader.m_pid, known, second_);
  if (outcome != ProcText::Outcome::kWhole) {
    const bool gone = outcome == ProcText::Outcome::kGone;
    (gone ? stats_.texts_cut_gone : stats_.texts_cut_limit).fetch_add(1, std::memory_order_relaxed);
    if (outcome != ProcText::Outcome::kTooLong) {
      return false;
    }
  }
  *count = proc_text_.count();
  AppendPieces(handle, part, JoinedByteTexts(proc_text_.text(), text_));
  return true;
}

bool Emitter::AppendLongList(u32 handle, u16 part, const std::vector<std::string>& items,
                             u32* count) {
  if (ListBytes(items) <= kStringBytesMax) {
    return false;
  }
  *count = static_cast<u32>(items.size());
  AppendPieces(handle, part, Joined(items));
  return true;
}

void Emitter::AppendPieces(u32 handle, u16 part, std::string_view text) {
  while (!text.empty()) {
    auto* record = Append<ProcessTextRecord>();
    record->flags = part;
    record->process = handle;
    record->piece = batch_->AppendText(record, text);
    text.remove_prefix(record->piece.len);
  }
}

bool Emitter::RefreshProcess(sinsp_threadinfo& thread, uint64_t ts) {
  slots_.SealProcess(thread.m_pid);
  sinsp_threadinfo& leader = LeaderOf(thread);
  // The parent first: where it must be defined, that can cost this process its handle.
  const u32 parent = ParentOf(leader, ts, 0);
  const ProcessEntry entry = processes_.Find(leader.m_tid);
  if (entry.handle == 0 || entry.create_ts != leader.m_clone_ts) {
    return false;
  }
  AppendProcess(entry.handle, parent, thread, leader, ts);
  return true;
}

u32 Emitter::ContainerFor(const sinsp_threadinfo& thread) {
  const std::string& id = thread.m_container_id;
  if (id.empty()) {
    return 0;
  }
  const ContainerEntry* known = containers_.Find(id);
  if (known != nullptr) {
    return known->handle;
  }
  const unsigned type_guess = ContainerFromCgroups(thread.cgroups(), HasOwnPids(thread)).type;
  ContainerEntry& added = containers_.Add(id, type_guess, [this](const std::string& evicted) {
    // libsinsp keeps its own facts of each container for ever where it is not told.
    inspector_.m_container_manager.get_containers()->erase(evicted);
    inspector_.m_usergroup_manager->delete_container(evicted);
    stats_.containers_evicted.fetch_add(1, std::memory_order_relaxed);
  });
  AppendContainer(added);
  return added.handle;
}

void Emitter::AppendContainer(ContainerEntry& container) {
  const auto info = inspector_.m_container_manager.get_container(container.id);
  auto* record = Append<ContainerRecord>();
  record->container = container.handle;
  record->type = info ? static_cast<u32>(info->m_type) : container.type_guess;
  record->id = AppendName(record, container.id);
  if (info != nullptr && info->is_successful()) {
    record->flags =
        static_cast<u16>(kContainerKnown | (info->m_privileged ? kContainerPrivileged : 0));
    record->name = AppendName(record, info->m_name);
    record->image = AppendName(record, info->m_image);
    record->imageTag = AppendName(record, info->m_imagetag);
    record->imageId = AppendName(record, info->m_imageid);
    // Where this was all that the runtime told, more may follow.
    container.known = !info->m_name.empty() || !info->m_image.empty();
  }
}

// A capture brings container metadata as events of its own, sometimes after the first use.
void Emitter::OnContainer() {
  ContainerEntry* container = containers_.Find(container_told_);
  if (container != nullptr && !container->known) {
    AppendContainer(*container);
  }
  // Those that no process of ours is in come here and never leave.
  auto told = inspector_.m_container_manager.get_containers();
  if (container == nullptr && told->size() > 2 * kContainersMax) {
    told->erase(told->begin()->first == container_told_ ? std::next(told->begin()) : told->begin());
  }
  container_told_.clear();
}

void Emitter::ReleaseProcess(int64_t pid) {
  slots_.SealProcess(pid);
  auto* record = Append<ProcessGoneRecord>();
  record->process = processes_.Find(pid).handle;
  processes_.Release(pid);
}

void Emitter::SweepProcesses() {
  const auto release_unknown = [this](int64_t pid, uint64_t create_ts) {
    const auto thread = inspector_.m_thread_manager->find_thread(pid, true);
    // The id may be another's by now, also that of another process's thread.
    if (thread == nullptr || thread->m_clone_ts != create_ts) {
      ReleaseProcess(pid);
    }
  };
  processes_.SweepExited(second_, release_unknown);
  if (!is_sweeping_ && second_ < sweep_second_) {
    return;
  }
  // Exits can be lost with dropped events; libsinsp then purges the thread in its own time.
  if (!is_sweeping_) {
    sweep_second_ = second_ + kSweepSeconds;
  }
  is_sweeping_ = !processes_.SweepSlice(kSweepProcesses, release_unknown);
}

// What libsinsp's remove_inactive_threads() does to its whole table at once, every 20 minutes, here
// slice by slice: threads whose exit was never seen, and stand-ins for those that /proc did not
// tell of. Live only, as there: a capture's /proc is not this one.
void Emitter::SweepThreads() {
  if (!inspector_.is_live() || second_ < thread_sweep_second_) {
    return;
  }
  struct Access : threadinfo_map_t {
    using threadinfo_map_t::m_threads;
  };
  sinsp_thread_manager& manager = *inspector_.m_thread_manager;
  const auto& table = manager.get_threads()->*(&Access::m_threads);
  std::vector<int64_t> gone;
  size_t looked_up = 0;
  size_t seen = 0;
  for (; thread_bucket_ < table.bucket_count() && seen < kSweepThreads &&
         looked_up < kSweepProcLookups;
       thread_bucket_++, seen++) {
    for (auto at = table.begin(thread_bucket_); at != table.end(thread_bucket_); ++at) {
      const sinsp_threadinfo& thread = *at->second;
      seen++;
      if (thread.m_lastaccess_ts >= inspector_.get_lastevent_ts()) {
        continue;  // the event at hand is its own, and points to it
      }
      if (thread.is_invalid()) {
        gone.push_back(thread.m_tid);
      } else if (last_ts_ > thread.m_lastaccess_ts + inspector_.m_thread_timeout_ns) {
        looked_up++;
        if (!scap_is_thread_alive(inspector_.get_scap_platform(), thread.m_pid, thread.m_tid,
                                  thread.m_comm.c_str())) {
          gone.push_back(thread.m_tid);
        }
      }
    }
  }
  if (thread_bucket_ >= table.bucket_count()) {
    thread_bucket_ = 0;
    thread_sweep_second_ = second_ + kThreadSweepSeconds;
  }
  for (const int64_t tid : gone) {
    inspector_.remove_thread(tid);
  }
}

}  // namespace sysflow
