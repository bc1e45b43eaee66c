// What processes do: clone, exec, exit, and calls that change their ids. See emitter.h.
#include <libsinsp/user.h>

#include <optional>
#include <string>

#include "emit/emitter.h"
#include "falco/events/event_params.h"
#include "falco/events/event_text.h"
#include "falco/paths.h"

namespace sysflow {
namespace {

constexpr u32 kNoUser = ~0u;  // as an argument: keep the id as it is
constexpr char kUnknown[] = "<NA>";

// The probe's word on the end of a thread (native/patches/0031).
constexpr u32 kGroupAlive = 1;   // its process has others
constexpr u32 kGroupEnding = 2;  // its process ends as a whole

// The probe's word on the path of an exec that fails (native/patches/0055).
constexpr size_t kTriedPath = 31;

// libsinsp's words for a user that no list names.
const char* UserName(const scap_userinfo* user, u32 uid) {
  if (user != nullptr) {
    return user->name;
  }
  return uid == 0 ? "root" : kUnknown;
}

i32 ResultOf(sinsp_evt& event) {
  if (event.get_num_params() == 0) {
    return -1;
  }
  return static_cast<i32>(event.get_param(0)->as<int64_t>());
}

// 0 where another probe or an older one made the event.
u32 GroupState(sinsp_evt& event) {
  const sinsp_evt_param* group = FindParam(event, "group");
  return group == nullptr ? 0 : group->as<uint8_t>();
}

// The program that an execve or execveat begins to call.
CalledProgram Called(sinsp_evt& enter) {
  sinsp_threadinfo& thread = *enter.get_thread_info();
  const sinsp_evt_param* dirfd = FindParam(enter, "dirfd");
  const sinsp_evt_param* name = FindParam(enter, dirfd == nullptr ? "filename" : "pathname");
  const sinsp_evt_param* flags = FindParam(enter, "flags");
  CalledProgram called;
  called.path = TextOf(enter, name);
  called.takes_empty = flags != nullptr && (flags->as<uint32_t>() & PPM_EXVAT_AT_EMPTY_PATH) != 0;
  const int64_t folder = dirfd == nullptr ? PPM_AT_FDCWD : dirfd->as<int64_t>();
  if (folder == PPM_AT_FDCWD) {
    called.folder = thread.get_cwd();
  } else if (const sinsp_fdinfo* descriptor = thread.get_fd(folder); descriptor != nullptr) {
    called.folder = descriptor->m_name == kUnknownPath ? std::string() : descriptor->m_name;
  }
  return called;
}

// What a failed exec tried. Its end tells the path, too, by when the kernel has read it.
std::string Tried(sinsp_evt& event, const CalledProgram& called) {
  std::optional<std::string_view> path = called.path;
  if (!path.has_value()) {
    path = TextBeyond(*event.get_scap_evt(), kTriedPath);
  }
  if (path.has_value() && path->empty() && called.takes_empty) {
    return called.folder.empty() ? std::string(kUnknownPath) : TidyPath(called.folder);
  }
  return PathOfCall(ResultOf(event), called.folder, path);
}

}  // namespace

ProcessOpRecord* Emitter::AppendProcessOp(sinsp_evt& event, u32 op, uint64_t ts) {
  const i32 result = ResultOf(event);
  const sinsp_evt_param* clone = op == kOpClone ? FindParam(event, "flags") : nullptr;
  const uint32_t clone_flags = clone == nullptr ? 0 : clone->as<uint32_t>();
  sinsp_threadinfo& thread = *event.get_thread_info();
  const u32 process = ProcessFor(thread, ts);
  auto* record = Append<ProcessOpRecord>();
  record->flags = static_cast<u16>((thread.is_main_thread() ? kMainThread : 0) |
                                   ((clone_flags & PPM_CL_CLONE_THREAD) != 0 ? kCloneThread : 0));
  record->tsLo = static_cast<u32>(ts);
  record->tsHi = static_cast<u32>(ts >> 32);
  record->process = process;
  record->tid = static_cast<i32>(thread.m_tid);
  record->op = op;
  record->ret = result;
  record->uid = -1;
  return record;
}

// libsinsp has taken over the new image's facts before this event is seen here.
void Emitter::OnExec(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  RefreshProcess(thread, ts);
  const bool failed = ResultOf(event) < 0;
  const auto called = called_programs_.extract(thread.m_tid);
  ProcessOpRecord* record = AppendProcessOp(event, kOpExec, ts);
  if (failed) {
    CalledProgram lost;  // the call's begin; execve counts from the working directory
    if (called.empty() && event.get_type() != PPME_SYSCALL_EXECVEAT_X) {
      lost.folder = thread.get_cwd();
    }
    const std::string tried = Tried(event, called.empty() ? lost : called.mapped());
    CountCut(tried);
    record->text = AppendName(record, tried);
  }
  if (!failed) {
    leaders_gone_.erase(thread.m_pid);  // the thread that called is the leader now
  }
}

void Emitter::OnExit(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  slots_.SealProcess(thread.m_pid);
  entered_.Forget(thread.m_tid);
  called_programs_.erase(thread.m_tid);
  const u32 group = GroupState(event);
  const bool goes_on = (group & kGroupAlive) != 0 && (group & kGroupEnding) == 0;
  if (thread.is_main_thread() && goes_on) {
    // On its own, or because another thread runs a new program and becomes the leader.
    if (leaders_gone_.size() >= kThreadsMax) {
      leaders_gone_.clear();  // ends of processes were lost
    }
    leaders_gone_[thread.m_pid] = ResultOf(event);
    return;
  }
  AppendProcessOp(event, kOpExit, ts);
  const auto leader = leaders_gone_.find(thread.m_pid);
  if (leader != leaders_gone_.end() && (group & kGroupAlive) == 0) {
    // Its last thread: here the process ends, with the leader's status if not with a common one.
    ProcessOpRecord* record = AppendProcessOp(event, kOpExit, ts);
    record->flags |= kMainThread;
    record->tid = static_cast<i32>(thread.m_pid);
    record->ret = (group & kGroupEnding) != 0 ? record->ret : leader->second;
    leaders_gone_.erase(leader);
  }
  MarkExited(thread);
}

// A process leaves with its leader and, should other threads go on, again with the last of them.
void Emitter::MarkExited(sinsp_threadinfo& thread) {
  const sinsp_threadinfo& leader = LeaderOf(thread);
  if (thread.is_main_thread() || thread.get_num_threads() == 0) {
    processes_.MarkExited(leader.m_tid, leader.m_clone_ts, second_);
  }
}

void Emitter::OnEnter(sinsp_evt& event) {
  const sinsp_threadinfo* thread = event.get_thread_info();
  if (thread == nullptr) {
    return;
  }
  const auto integer = [&event](uint32_t param) { return event.get_param(param)->as<int64_t>(); };
  const auto word = [&event](uint32_t param) {
    return static_cast<int64_t>(event.get_param(param)->as<uint32_t>());
  };
  switch (event.get_type()) {
    case PPME_SYSCALL_EXECVE_18_E:
    case PPME_SYSCALL_EXECVE_19_E:
    case PPME_SYSCALL_EXECVEAT_E:
      if (called_programs_.size() >= kCallsOfProgramsMax) {
        called_programs_.clear();  // ends of threads were lost
      }
      called_programs_[thread->m_tid] = Called(event);
      return;
    case PPME_SYSCALL_SENDFILE_E:  // what is written comes first
      return entered_.Put(thread->m_tid, event.get_type(), integer(1), integer(0));
    case PPME_SYSCALL_SPLICE_E:
      return entered_.Put(thread->m_tid, event.get_type(), integer(0), integer(1));
    case PPME_SYSCALL_COPY_FILE_RANGE_E:
      return entered_.Put(thread->m_tid, event.get_type(), integer(0), -1);
    case PPME_SYSCALL_SETRESUID_E:  // the effective id is the one that counts
      return entered_.Put(thread->m_tid, event.get_type(), word(1), 0);
    case PPME_SYSCALL_SETGID_E:
    case PPME_SYSCALL_SETREGID_E:
    case PPME_SYSCALL_SETRESGID_E:  // the group from before the call
      return entered_.Put(thread->m_tid, event.get_type(), thread->m_gid, 0);
    default:  // setuid's id, or the flags of mount and umount
      return entered_.Put(thread->m_tid, event.get_type(), word(0), 0);
  }
}

// What the call asked for counts in the caller's user namespace. Records have the host's ids: those
// that the thread has afterwards, where the event tells them.
void Emitter::OnSetuid(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  const std::optional<EnterFacts::Call> call = entered_.Take(thread.m_tid, event.get_type());
  std::optional<u32> asked;
  if (const sinsp_evt_param* param = FindParam(event, "euid")) {
    asked = param->as<uint32_t>();
  } else if (call.has_value()) {
    asked = static_cast<u32>(call->first);
  }
  const sinsp_evt_param* own = FindParam(event, "kuid");
  const sinsp_evt_param* user_namespace = FindParam(event, "userns");
  const bool is_nested = user_namespace != nullptr && user_namespace->as<uint32_t>() != 0;
  const bool changes = asked.has_value() && *asked != kNoUser;
  u32 uid = kNoUser;
  if (changes && own != nullptr && ResultOf(event) == 0) {
    uid = own->as<uint32_t>();
  } else if (changes && !is_nested) {
    uid = *asked;
  }
  const scap_userinfo* user = inspector_.m_usergroup_manager->get_user(thread.m_container_id, uid);
  // A call that leaves the id as it is holds no name.
  const std::string name = asked == kNoUser ? "" : UserName(user, uid);
  RefreshProcess(thread, ts);
  ProcessOpRecord* record = AppendProcessOp(event, kOpSetuid, ts);
  record->uid = static_cast<i32>(uid);
  record->text = AppendName(record, name);
}

// No operation has a flag for it, but the process's group is another now. Where only what was asked
// for is known, it is told with the next change of the process, as upstream does.
void Emitter::OnSetgid(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  const std::optional<EnterFacts::Call> call = entered_.Take(thread.m_tid, event.get_type());
  if (FindParam(event, "kgid") == nullptr) {
    return;
  }
  const bool changes =
      call.has_value() ? static_cast<u32>(call->first) != thread.m_gid : ResultOf(event) == 0;
  if (changes && thread.is_main_thread() && RefreshProcess(thread, ts)) {
    AppendProcessOp(event, kOpSetgid, ts);
  }
}

}  // namespace sysflow
