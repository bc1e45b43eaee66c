// Who a process is after calls that change its ids, in the host's user
// namespace and in its own. FOLDER can be written by all.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { nobody = 65534 };

char* self_path;
static char* folder;

// `user`: of which the argument is the name; -1 for none.
static void changed(long ret, int user, int uid, int gid) {
  fact("ProcessEvent", "\"flags\":\"SETUID\",\"ret\":%d,\"user\":%d,\"uid\":%d,\"gid\":%d",
       ret == 0 ? 0 : -errno, user, uid, gid);
}

// Any operation shows the ids that its process has.
static void act_as(const char* name, int uid, int gid) {
  const char* path = path_of(name);
  need(mkdir(path, 0700) == 0, path);
  fact("FileEvent", "\"flags\":\"MKDIR\",\"ret\":0,\"path\":\"%s\",\"uid\":%d,\"gid\":%d", path,
       uid, gid);
}

static void in_child(void (*does)(void)) {
  const pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    does();
    _exit(0);
  }
  await_child(child);
}

static void write_file(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0, path);
}

static void become_nobody(void) {
  need(syscall(SYS_setresgid, nobody, nobody, nobody) == 0, "setresgid");
  need(syscall(SYS_setresuid, nobody, nobody, nobody) == 0, "setresuid");
  changed(0, nobody, nobody, nobody);
}

// 0 inside is the caller's own id outside.
static void enter_user_namespace(int uid, int gid) {
  char map[64];
  // Else /proc/self is root's, after a change of ids.
  need(prctl(PR_SET_DUMPABLE, 1) == 0, "prctl");
  need(unshare(CLONE_NEWUSER) == 0, "unshare");
  snprintf(map, sizeof map, "0 %d 1", uid);
  write_file("/proc/self/uid_map", map);
  write_file("/proc/self/setgroups", "deny");
  snprintf(map, sizeof map, "0 %d 1", gid);
  write_file("/proc/self/gid_map", map);
}

static void act_nested(void) {
  act_as("forked-in-namespace", nobody, nobody);
  enter_user_namespace(0, 0);
  changed(syscall(SYS_setuid, 0), nobody, nobody, nobody);
  act_as("in-nested-namespace", nobody, nobody);
}

static void in_user_namespace(void) {
  become_nobody();
  enter_user_namespace(nobody, nobody);
  act_as("unshared", nobody, nobody);
  changed(syscall(SYS_setuid, 0), nobody, nobody, nobody);
  act_as("after-setuid", nobody, nobody);
  changed(syscall(SYS_setreuid, 0, 0), nobody, nobody, nobody);
  changed(syscall(SYS_setresuid, 0, 0, 0), nobody, nobody, nobody);
  changed(syscall(SYS_setresuid, -1, -1, -1), -1, nobody, nobody);
  changed(syscall(SYS_setreuid, 0, -1), -1, nobody, nobody);
  need(syscall(SYS_setgid, 0) == 0 && syscall(SYS_setresgid, 0, 0, -1) == 0, "setgid");
  act_as("after-setgid", nobody, nobody);
  // 7 is not mapped: which user of the host was meant cannot be said.
  const long ret = syscall(SYS_setuid, 7);
  fact("ProcessEvent", "\"flags\":\"SETUID\",\"ret\":%d,\"argument\":\"<NA>\",\"uid\":%d", -errno,
       nobody);
  need(ret == -1, "setuid of an id that is not mapped");
  in_child(act_nested);
  char* args[] = {self_path, "--acts-as-nobody", folder, NULL};
  execv(self_path, args);
  need(0, "execv");
}

static void groups(void) {
  act_as("group-0", 0, 0);
  need(syscall(SYS_setgid, 1) == 0, "setgid");
  act_as("group-1", 0, 1);
  need(syscall(SYS_setregid, 2, 3) == 0, "setregid");
  act_as("group-3", 0, 3);
  need(syscall(SYS_setregid, 4, -1) == 0, "setregid");
  act_as("group-3-still", 0, 3);
  need(syscall(SYS_setresgid, 5, 6, 7) == 0, "setresgid");
  act_as("group-6", 0, 6);
  need(syscall(SYS_setresgid, -1, -1, 8) == 0, "setresgid");
  act_as("group-6-still", 0, 6);
}

static void users(void) {
  changed(syscall(SYS_setresuid, 1, -1, -1), -1, 0, 0);
  changed(syscall(SYS_setresuid, -1, 2, -1), 2, 2, 0);
  changed(syscall(SYS_setresuid, -1, -1, -1), -1, 2, 0);
  changed(syscall(SYS_setreuid, -1, 0), 0, 0, 0);
  changed(syscall(SYS_setreuid, 1, -1), -1, 0, 0);
  changed(syscall(SYS_setresuid, 2, 2, 2), 2, 2, 0);
  changed(syscall(SYS_setuid, 3), 3, 2, 0);
  act_as("user-2", 2, 0);
}

static void of_a_setuid_program(void) {
  become_nobody();
  char* args[] = {(char*)path_of("setuid-program"), "--acts-as-root", folder, NULL};
  execv(args[0], args);
  need(0, "execv of a setuid program");
}

static void make_setuid_program(void) {
  const int from = open(self_path, O_RDONLY);
  const int to = open(path_of("setuid-program"), O_WRONLY | O_CREAT, 0755);
  struct stat status;
  need(from >= 0 && to >= 0 && fstat(from, &status) == 0, "open");
  need(syscall(SYS_copy_file_range, from, NULL, to, NULL, status.st_size, 0) == status.st_size,
       "copy");
  need(fchmod(to, 04755) == 0 && close(to) == 0 && close(from) == 0, "fchmod");
}

int main(int count, char** args) {
  umask(0);
  self_path = args[0];
  if (count == 3) {
    work_in(args[2]);
    const int is_root = strcmp(args[1], "--acts-as-root") == 0;
    act_as(is_root ? "run-setuid" : "run-in-namespace", is_root ? 0 : nobody, nobody);
    return 0;
  }
  folder = args[1];
  work_in(folder);
  make_setuid_program();
  in_child(users);
  in_child(groups);
  in_child(in_user_namespace);
  in_child(of_a_setuid_program);
  return 0;
}
