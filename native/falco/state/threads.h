// Facts that libsinsp keeps of a thread and its process, by the names of this program.
#ifndef SYSFLOW_NATIVE_FALCO_STATE_THREADS_H_
#define SYSFLOW_NATIVE_FALCO_STATE_THREADS_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <string>
#include <vector>

#include "falco/state/container_id.h"

namespace sysflow {

// As the host numbers them.
inline int64_t TidOf(const sinsp_threadinfo& thread) { return thread.m_tid; }
inline int64_t PidOf(const sinsp_threadinfo& thread) { return thread.m_pid; }
inline int64_t ParentPidOf(const sinsp_threadinfo& thread) { return thread.m_ptid; }

// In ns since the epoch: with the pid, what identifies a process.
inline uint64_t CreationOf(const sinsp_threadinfo& thread) { return thread.m_clone_ts; }

inline bool IsLeader(const sinsp_threadinfo& thread) { return thread.is_main_thread(); }

// The first thread of its process; the thread itself where that one is not known.
inline sinsp_threadinfo& LeaderOf(sinsp_threadinfo& thread) {
  sinsp_threadinfo* leader = thread.get_main_thread();
  return leader == nullptr ? thread : *leader;
}

// The same, null where it is not known.
inline sinsp_threadinfo* KnownLeaderOf(sinsp_threadinfo& thread) {
  return thread.get_main_thread();
}

// Null where libsinsp has forgotten it.
inline sinsp_threadinfo* ParentThreadOf(sinsp_threadinfo& leader) {
  return leader.get_parent_thread();
}

// Of a process that is marked as ended, too: 0 once the last one has.
inline uint64_t ThreadsLeft(const sinsp_threadinfo& thread) { return thread.get_num_threads(); }

// Whether the thread has another number than the host's: it is in a pid namespace.
inline bool HasOwnPids(const sinsp_threadinfo& thread) {
  return thread.m_vtid > 0 && thread.m_vtid != thread.m_tid;
}

inline bool IsFirstOfItsPids(const sinsp_threadinfo& leader) { return leader.m_vpid == 1; }
inline bool HasTerminal(const sinsp_threadinfo& leader) { return leader.m_tty != 0; }

inline uint32_t UidOf(const sinsp_threadinfo& leader) { return leader.m_uid; }
inline uint32_t GidOf(const sinsp_threadinfo& leader) { return leader.m_gid; }
// As of its last clone or exec: the library does not see it set. All bits where unset or not known.
inline uint32_t LoginUidOf(const sinsp_threadinfo& leader) { return leader.m_loginuid; }

// Empty where it is in none.
inline const std::string& ContainerIdOf(const sinsp_threadinfo& thread) {
  return thread.m_container_id;
}

// Which container its cgroups name.
inline ContainerGuess ContainerOf(const sinsp_threadinfo& thread) {
  return ContainerFromCgroups(thread.cgroups(), HasOwnPids(thread));
}

// The working directory; empty where it is not known.
inline std::string WorkingFolderOf(sinsp_threadinfo& thread) { return thread.get_cwd(); }

// The program's path. libsinsp says "<NA>" where a page fault hid the path of an execve; argv[0]
// then stands in.
inline const std::string& ExecutableOf(const sinsp_threadinfo& leader) {
  return leader.m_exepath.empty() || leader.m_exepath == "<NA>" ? leader.m_exe : leader.m_exepath;
}

// argv[0], and the arguments after it.
inline const std::string& CalledNameOf(const sinsp_threadinfo& leader) { return leader.m_exe; }
inline const std::vector<std::string>& ArgumentsOf(const sinsp_threadinfo& leader) {
  return leader.m_args;
}
inline const std::vector<std::string>& EnvironmentOf(sinsp_threadinfo& leader) {
  return leader.get_env();
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_THREADS_H_
