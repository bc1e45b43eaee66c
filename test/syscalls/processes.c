// Processes: new ones, other programs, ends, changes of the user. What changes the process itself
// happens in children.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscalls.h"

static const int nobody = 65534;

static void fact_result(const char* flags, long ret) {
  fact("ProcessEvent", "\"flags\":\"%s\",\"ret\":%ld", flags, ret < 0 ? -errno : ret);
}

// In the child it says its own side, and ends.
static void born(long child) {
  need(child >= 0, call_name);
  succeeded();
  if (child == 0) {
    fact("ProcessEvent", "\"flags\":\"CLONE\",\"ret\":0");
    _exit(0);
  }
  fact_clone((pid_t)child);
  await_child((pid_t)child);
}

static void fact_not_born(long child, int error) {
  need(child == -1 && errno == error, call_name);
  failed();
  fact_result("CLONE", child);
}

// With no right to have another process.
static void become_limited(void) {
  const struct rlimit none = {0, 0};
  need(syscall(SYS_setresuid, nobody, nobody, nobody) == 0, "setresuid");
  need(setrlimit(RLIMIT_NPROC, &none) == 0, "setrlimit");
}

#ifdef SYS_fork
static void fail_to_fork(void) {
  become_limited();
  fact_not_born(syscall(SYS_fork), EAGAIN);
}

static void make_fork(void) {
  born(syscall(SYS_fork));
  in_child(fail_to_fork);
}
#endif

#ifdef SYS_vfork
static void fail_to_vfork(void) {
  become_limited();
  const pid_t child = vfork();
  if (child == 0) {
    _exit(0);
  }
  fact_not_born(child, EAGAIN);
}

// The library's function: the child borrows the stack, so that the call must not be wrapped. The
// child says nothing, because the parent's memory is its own.
static void make_vfork(void) {
  const pid_t child = vfork();
  if (child == 0) {
    _exit(0);
  }
  need(child > 0, "vfork");
  succeeded();
  fact_clone(child);
  await_child(child);
  in_child(fail_to_vfork);
}
#endif

#ifdef __s390x__
#define CLONE(flags) syscall(SYS_clone, 0L, (long)(flags), NULL, NULL, 0L)
#else
#define CLONE(flags) syscall(SYS_clone, (long)(flags), 0L, NULL, NULL, 0L)
#endif

static void make_clone(void) {
  born(CLONE(SIGCHLD));
  fact_not_born(CLONE(CLONE_SIGHAND), EINVAL);
}

static void make_clone3(void) {
  struct clone_args args = {.exit_signal = SIGCHLD};
  born(syscall(SYS_clone3, &args, sizeof args));
  args.flags = CLONE_SIGHAND;
  fact_not_born(syscall(SYS_clone3, &args, sizeof args), EINVAL);
}

static char* const no_env[] = {NULL};

static void exec_self(void) {
  char* const args[] = {self_path, "--child", (char*)call_name, NULL};
  if (strcmp(call_name, "execve") == 0) {
    syscall(SYS_execve, self_path, args, no_env);
  } else {
    const int fd = opened(self_path, O_RDONLY | O_CLOEXEC);
    syscall(SYS_execveat, fd, "", args, no_env, AT_EMPTY_PATH);
  }
  need(0, call_name);
}

static void make_execve(void) {
  in_child(exec_self);
  char* const args[] = {"missing", NULL};
  const long ret = syscall(SYS_execve, path_for("missing"), args, no_env);
  need(ret == -1 && errno == ENOENT, "execve of nothing");
  failed();
  fact_result("EXEC", ret);
}

static void make_execveat(void) {
  in_child(exec_self);
  char* const args[] = {"missing", NULL};
  const long ret = syscall(SYS_execveat, AT_FDCWD, path_for("missing"), args, no_env, 0);
  need(ret == -1 && errno == ENOENT, "execveat of nothing");
  failed();
  fact_result("EXEC", ret);
}

// There is no failure: what ends a process is no matter of the call.
static void end(int (*how)(void)) {
  const pid_t child = fork();
  if (child == 0) {
    how();
  }
  await_child(child);
}

static int exit_by_number(void) { return (int)syscall(SYS_exit, 3); }
static int exit_as_group(void) { return (int)syscall(SYS_exit_group, 4); }
static int die_by_signal(void) { return raise(SIGKILL); }

static void make_exit(void) {
  succeeded();
  end(exit_by_number);
  end(exit_as_group);
  end(die_by_signal);
}

// `user`: the effective one that was asked for, -1 for none; `uid`: the process's own after the
// call.
static void fact_user(long ret, int user, int uid) {
  const int error = errno;
  facts_of(call_name, ret == 0 ? "success" : "failure");
  fact("ProcessEvent", "\"flags\":\"SETUID\",\"ret\":%d,\"user\":%d,\"uid\":%d",
       ret == 0 ? 0 : -error, user, uid);
}

static void change_by_setuid(void) {
  fact_user(syscall(SYS_setuid, nobody), nobody, nobody);
  fact_user(syscall(SYS_setuid, 1), 1, nobody);
}

// -1 keeps an id; the real one, which is first, does not count.
static void change_by_setreuid(void) {
  fact_user(syscall(SYS_setreuid, 1, nobody), nobody, nobody);
  fact_user(syscall(SYS_setreuid, 0, 0), 0, nobody);
  fact_user(syscall(SYS_setreuid, nobody, -1), -1, nobody);
}

static void change_by_setresuid(void) {
  fact_user(syscall(SYS_setresuid, -1, 1, -1), 1, 1);
  fact_user(syscall(SYS_setresuid, nobody, nobody, nobody), nobody, 1);
}

static void make_setuid(void) { in_child(change_by_setuid); }
static void make_setreuid(void) { in_child(change_by_setreuid); }
static void make_setresuid(void) { in_child(change_by_setresuid); }

const struct call process_calls[] = {
#ifdef SYS_fork
    {"fork", make_fork},
#endif
#ifdef SYS_vfork
    {"vfork", make_vfork},
#endif
    {"clone", make_clone},       {"clone3", make_clone3},       {"execve", make_execve},
    {"execveat", make_execveat}, {"exit", make_exit},           {"setuid", make_setuid},
    {"setreuid", make_setreuid}, {"setresuid", make_setresuid}, {NULL, NULL},
};
