// Processes and threads: fork, vfork, posix_spawn, exec, ends of all kinds, setuid, setns.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

// The child's own side: it appears with its parent, and a CLONE whose result is 0.
static void fact_born(pid_t parent) {
  fact("ProcessEvent", "\"flags\":\"CLONE\",\"ret\":0,\"parent\":%d", parent);
}

static void fork_and(void (*child_does)(void)) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    fact_born(parent);
    child_does();
    _exit(0);
  }
  fact_clone(child);
  await_child(child);
}

static void exit_with_status(void) { exit(3); }

static void die_by_signal(void) { raise(SIGKILL); }

static void exec_with_arguments(void) {
  char* args[] = {self_path, "--child", "7", "two words", "-x", NULL};
  char* env[] = {"WORKLOAD=of exec", "PATH=/nowhere", NULL};
  execve(self_path, args, env);
  need(0, "execve");
}

static void exec_by_descriptor(void) {
  const int fd = open(self_path, O_RDONLY | O_CLOEXEC);
  char* args[] = {self_path, "--child", "0", "by descriptor", NULL};
  char* env[] = {"WORKLOAD=of execveat", NULL};
  syscall(SYS_execveat, fd, "", args, env, 0x1000 /* AT_EMPTY_PATH */);
  need(0, "execveat");
}

static void failed_exec(void) {
  const char* path = path_of("no-such-program");
  char* args[] = {(char*)path, "in vain", NULL};
  need(execve(path, args, NULL) == -1, "execve of nothing");
  fact("ProcessEvent", "\"flags\":\"EXEC\",\"ret\":%d,\"argument\":\"%s\"", -errno, path);
}

// Raw calls: glibc's setuid changes all threads by signals, and may add calls of its own.
static void change_user(void) {
  need(syscall(SYS_setresuid, 1, 1, 0) == 0, "setresuid");
  fact("ProcessEvent", "\"flags\":\"SETUID\",\"ret\":0,\"uid\":1,\"user\":1");
  need(syscall(SYS_setuid, 65534) == -1, "setuid that is not allowed");
  fact("ProcessEvent", "\"flags\":\"SETUID\",\"ret\":%d,\"uid\":1,\"user\":65534", -errno);
}

static void change_user_for_good(void) {
  need(syscall(SYS_setuid, 65534) == 0, "setuid");
  fact("ProcessEvent", "\"flags\":\"SETUID\",\"ret\":0,\"uid\":65534,\"user\":65534");
}

static void change_namespace(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/uts", getpid());
  const int fd = open(path, O_RDONLY);
  need(fd >= 0 && setns(fd, CLONE_NEWUTS) == 0, "setns");
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN SETNS CLOSE", fd, 0, 0, 0, 0});
}

// A file that the parent has open and the child writes to: a flow of the child without OPEN.
static void inherit(void) {
  const char* path = path_of("inherited");
  const int fd = open(path, O_CREAT | O_WRONLY, 0600);
  need(fd >= 0, path);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    fact_born(parent);
    need(write(fd, "child", 5) == 5, "write");
    fact_file_flow((struct file_flow){path, "WRITE_SEND TRUNCATE", fd, 0, 0, 1, 5});
    _exit(0);
  }
  await_child(child);
  need(write(fd, "parents", 7) == 7, "write");
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN WRITE_SEND CLOSE", fd, 0, 0, 1, 7});
  fact_clone(child);
  need(unlink(path) == 0, "unlink");
}

static void spawn_and_vfork(void) {
  char* args[] = {self_path, "--child", "5", "spawned", NULL};
  char* env[] = {"WORKLOAD=of posix_spawn", NULL};
  pid_t child = 0;
  need(posix_spawn(&child, self_path, NULL, NULL, args, env) == 0, "posix_spawn");
  fact_clone(child);
  await_child(child);
  char* vfork_args[] = {self_path, "--child", "6", "vforked", NULL};
  const pid_t second = vfork();
  if (second == 0) {
    execve(self_path, vfork_args, env);
    _exit(98);
  }
  fact_clone(second);
  await_child(second);
}

void do_processes(void) {
  fork_and(exit_with_status);
  fork_and(die_by_signal);
  fork_and(exec_with_arguments);
  fork_and(exec_by_descriptor);
  fork_and(failed_exec);
  fork_and(change_user);
  fork_and(change_user_for_good);
  fork_and(change_namespace);
  inherit();
  spawn_and_vfork();
}

struct thread_work {
  const char* path;
  int shared_fd;
  pid_t tid;
};

// A file of its own, and one write to the descriptor that all threads share.
static void* thread_main(void* argument) {
  struct thread_work* work = argument;
  const pid_t tid = own_tid();
  work->tid = tid;
  const int fd = open(work->path, O_CREAT | O_WRONLY, 0600);
  need(fd >= 0 && write(fd, "0123456789", 10) == 10, work->path);
  close(fd);
  need(write(work->shared_fd, "thread", 6) == 6, "write");
  fact("ProcessEvent", "\"flags\":\"CLONE\",\"ret\":0");
  fact_file_flow((struct file_flow){work->path, "OPEN WRITE_SEND CLOSE", fd, 0, 0, 1, 10});
  fact_file_flow(
      (struct file_flow){path_of("shared"), "WRITE_SEND TRUNCATE", work->shared_fd, 0, 0, 1, 6});
  fact("ThreadExit", "\"thread\":%d", tid);
  return NULL;
}

void do_threads(void) {
  const int shared = open(path_of("shared"), O_CREAT | O_WRONLY, 0600);
  need(shared >= 0, "open the shared file");
  // One after the other, so that their descriptors have the same numbers. A thread's end also ends
  // the flows that others have on its descriptors, so the first one cuts main's flow in two.
  for (int i = 0; i < 2; i++) {
    char name[16];
    snprintf(name, sizeof name, "thread-%d", i);
    struct thread_work work = {path_of(name), shared, 0};
    pthread_t thread;
    need(pthread_create(&thread, NULL, thread_main, &work) == 0, "pthread_create");
    need(pthread_join(thread, NULL) == 0, "pthread_join");
    // The kernel wakes whoever joins before it tells of the thread's end.
    while (syscall(SYS_tgkill, getpid(), work.tid, 0) == 0) sched_yield();
    need(unlink(work.path) == 0, "unlink");
  }
  need(write(shared, "main", 4) == 4, "write");
  close(shared);
  fact_file_flow((struct file_flow){path_of("shared"), "OPEN TRUNCATE", shared, 0, 0, 0, 0});
  fact_file_flow((struct file_flow){path_of("shared"), "WRITE_SEND CLOSE", shared, 0, 0, 1, 4});
  need(unlink(path_of("shared")) == 0, "unlink");
}
