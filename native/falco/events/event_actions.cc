// See event_actions.h.
#include "falco/events/event_actions.h"

namespace sysflow {
namespace {

void Set(ActionTable& table, Action action, std::initializer_list<ppm_event_code> events) {
  for (const ppm_event_code event : events) {
    table[static_cast<size_t>(event)] = action;
  }
}

void SetIo(ActionTable& table) {
  Set(table, Action::kRead,
      {PPME_SYSCALL_READ_X, PPME_SYSCALL_PREAD_X, PPME_SYSCALL_READV_X, PPME_SYSCALL_PREADV_X,
       PPME_SOCKET_RECV_X, PPME_SOCKET_RECVFROM_X, PPME_SOCKET_RECVMSG_X, PPME_SOCKET_RECVMMSG_X});
  Set(table, Action::kWrite,
      {PPME_SYSCALL_WRITE_X, PPME_SYSCALL_PWRITE_X, PPME_SYSCALL_WRITEV_X, PPME_SYSCALL_PWRITEV_X,
       PPME_SOCKET_SEND_X, PPME_SOCKET_SENDTO_X, PPME_SOCKET_SENDMSG_X, PPME_SOCKET_SENDMMSG_X});
  Set(table, Action::kTransfer,
      {PPME_SYSCALL_SENDFILE_X, PPME_SYSCALL_SPLICE_X, PPME_SYSCALL_COPY_FILE_RANGE_X});
  Set(table, Action::kEnter,
      {PPME_SYSCALL_SENDFILE_E, PPME_SYSCALL_SPLICE_E, PPME_SYSCALL_COPY_FILE_RANGE_E});
}

void SetDescriptors(ActionTable& table) {
  Set(table, Action::kOpen,
      {PPME_SYSCALL_OPEN_X, PPME_SYSCALL_OPENAT_X, PPME_SYSCALL_OPENAT_2_X, PPME_SYSCALL_OPENAT2_X,
       PPME_SYSCALL_CREAT_X, PPME_SYSCALL_OPEN_BY_HANDLE_AT_X});
  Set(table, Action::kAccept,
      {PPME_SOCKET_ACCEPT_X, PPME_SOCKET_ACCEPT_5_X, PPME_SOCKET_ACCEPT4_X, PPME_SOCKET_ACCEPT4_5_X,
       PPME_SOCKET_ACCEPT4_6_X});
  Set(table, Action::kConnect, {PPME_SOCKET_CONNECT_X});
  Set(table, Action::kClose, {PPME_SYSCALL_CLOSE_X});
  Set(table, Action::kShutdown, {PPME_SOCKET_SHUTDOWN_X});
  Set(table, Action::kSetns, {PPME_SYSCALL_SETNS_X});
  Set(table, Action::kMmap, {PPME_SYSCALL_MMAP_E, PPME_SYSCALL_MMAP2_E});
  Set(table, Action::kSealPair,
      {PPME_SYSCALL_PIPE_X, PPME_SYSCALL_PIPE2_X, PPME_SOCKET_SOCKETPAIR_X});
}

void SetProcesses(ActionTable& table) {
  Set(table, Action::kClone,
      {PPME_SYSCALL_CLONE_11_X, PPME_SYSCALL_CLONE_16_X, PPME_SYSCALL_CLONE_17_X,
       PPME_SYSCALL_CLONE_20_X, PPME_SYSCALL_CLONE3_X, PPME_SYSCALL_FORK_X, PPME_SYSCALL_FORK_17_X,
       PPME_SYSCALL_FORK_20_X, PPME_SYSCALL_VFORK_X, PPME_SYSCALL_VFORK_17_X,
       PPME_SYSCALL_VFORK_20_X});
  Set(table, Action::kExec,
      {PPME_SYSCALL_EXECVE_8_X, PPME_SYSCALL_EXECVE_13_X, PPME_SYSCALL_EXECVE_14_X,
       PPME_SYSCALL_EXECVE_15_X, PPME_SYSCALL_EXECVE_16_X, PPME_SYSCALL_EXECVE_17_X,
       PPME_SYSCALL_EXECVE_18_X, PPME_SYSCALL_EXECVE_19_X, PPME_SYSCALL_EXECVEAT_X});
  Set(table, Action::kEnter,
      {PPME_SYSCALL_EXECVE_18_E, PPME_SYSCALL_EXECVE_19_E, PPME_SYSCALL_EXECVEAT_E});
  Set(table, Action::kExit, {PPME_PROCEXIT_E, PPME_PROCEXIT_1_E});
  Set(table, Action::kEnter,
      {PPME_SYSCALL_SETUID_E, PPME_SYSCALL_SETRESUID_E, PPME_SYSCALL_SETGID_E,
       PPME_SYSCALL_SETREGID_E, PPME_SYSCALL_SETRESGID_E});
  Set(table, Action::kSetuid,
      {PPME_SYSCALL_SETUID_X, PPME_SYSCALL_SETREUID_X, PPME_SYSCALL_SETRESUID_X});
  Set(table, Action::kSetgid,
      {PPME_SYSCALL_SETGID_X, PPME_SYSCALL_SETREGID_X, PPME_SYSCALL_SETRESGID_X});
}

void SetPaths(ActionTable& table) {
  Set(table, Action::kMkdir,
      {PPME_SYSCALL_MKDIR_X, PPME_SYSCALL_MKDIR_2_X, PPME_SYSCALL_MKDIRAT_X});
  Set(table, Action::kRmdir, {PPME_SYSCALL_RMDIR_X, PPME_SYSCALL_RMDIR_2_X});
  Set(table, Action::kUnlink,
      {PPME_SYSCALL_UNLINK_X, PPME_SYSCALL_UNLINK_2_X, PPME_SYSCALL_UNLINKAT_X,
       PPME_SYSCALL_UNLINKAT_2_X});
  Set(table, Action::kLink,
      {PPME_SYSCALL_LINK_X, PPME_SYSCALL_LINK_2_X, PPME_SYSCALL_LINKAT_X, PPME_SYSCALL_LINKAT_2_X});
  Set(table, Action::kSymlink, {PPME_SYSCALL_SYMLINK_X, PPME_SYSCALL_SYMLINKAT_X});
  Set(table, Action::kRename,
      {PPME_SYSCALL_RENAME_X, PPME_SYSCALL_RENAMEAT_X, PPME_SYSCALL_RENAMEAT2_X});
}

void SetAttributes(ActionTable& table) {
  Set(table, Action::kChmod,
      {PPME_SYSCALL_CHMOD_X, PPME_SYSCALL_FCHMOD_X, PPME_SYSCALL_FCHMODAT_X});
  Set(table, Action::kChown,
      {PPME_SYSCALL_CHOWN_X, PPME_SYSCALL_LCHOWN_X, PPME_SYSCALL_FCHOWN_X,
       PPME_SYSCALL_FCHOWNAT_X});
  Set(table, Action::kMount, {PPME_SYSCALL_MOUNT_X});
  Set(table, Action::kUmount,
      {PPME_SYSCALL_UMOUNT_X, PPME_SYSCALL_UMOUNT_1_X, PPME_SYSCALL_UMOUNT2_X});
  Set(table, Action::kMknod, {PPME_SYSCALL_MKNOD_X, PPME_SYSCALL_MKNODAT_X});
  Set(table, Action::kResize, {PPME_GENERIC_X});
  Set(table, Action::kEnter, {PPME_SYSCALL_MOUNT_E, PPME_SYSCALL_UMOUNT_E, PPME_SYSCALL_UMOUNT2_E});
}

ActionTable Build() {
  ActionTable table{};
  const ppm_event_info* infos = scap_get_event_info_table();
  // Whatever makes a descriptor and has no operation of its own still ends what went before on it.
  for (size_t i = 0; i < table.size(); i++) {
    const bool creates = (infos[i].flags & EF_CREATES_FD) != 0;
    if (PPME_IS_EXIT(i) && creates) {
      table[i] = Action::kSealResult;
    }
  }
  Set(table, Action::kSealResult, {PPME_SYSCALL_FCNTL_X});
  SetIo(table);
  SetDescriptors(table);
  SetProcesses(table);
  SetPaths(table);
  SetAttributes(table);
  Set(table, Action::kContainer,
      {PPME_CONTAINER_E, PPME_CONTAINER_JSON_E, PPME_CONTAINER_JSON_2_E});
  Set(table, Action::kNames,
      {PPME_USER_ADDED_E, PPME_USER_DELETED_E, PPME_GROUP_ADDED_E, PPME_GROUP_DELETED_E});
  return table;
}

}  // namespace

const ActionTable& Actions() {
  static const ActionTable table = Build();
  return table;
}

}  // namespace sysflow
