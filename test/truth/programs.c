// What a process runs: programs that cannot be run, programs run by another
// thread than the first, long names for them, and programs whose file is gone.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

char* self_path;
static const char* folder;

static void in_child(void (*does)(void)) {
  const pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    does();
    _exit(0);
  }
  await_child(child);
}

static void tried(long ret, const char* path) {
  need(ret == -1, path);
  fact("ProcessEvent", "\"flags\":\"EXEC\",\"ret\":%d,\"arguments\":\"%s\"", -errno, path);
}

static void fail_to_run(void) {
  char* args[] = {"name", "argument", NULL};
  need(chdir(folder) == 0, "chdir");
  // On the heap: of a page that is not in memory yet, the probe cannot read at
  // the call's start.
  char* nowhere = strdup("/nowhere/program");
  tried(execve(nowhere, args, NULL), nowhere);
  tried(execve("relative", args, NULL), path_of("relative"));
  tried(execve("./up/../over", args, NULL), path_of("over"));
  const int directory = open("/etc", O_RDONLY | O_DIRECTORY);
  tried(syscall(SYS_execveat, directory, "passwd", args, NULL, 0), "/etc/passwd");
  tried(syscall(SYS_execveat, AT_FDCWD, "by-number", args, NULL, 0), path_of("by-number"));
  const int file = open("/etc/passwd", O_RDONLY);
  tried(syscall(SYS_execveat, file, "", args, NULL, AT_EMPTY_PATH), "/etc/passwd");
  tried(syscall(SYS_execveat, directory, "/absolute", args, NULL, 0), "/absolute");
  need(mkdir(path_of("folder"), 0700) == 0, "mkdir");
  tried(execve(path_of("folder"), args, NULL), path_of("folder"));
}

// The new program says who it is: see main().
static void run_again(const char* path, char* name, const char* mode) {
  char* args[] = {name, (char*)mode, (char*)folder, "second", "third", NULL};
  char* env[] = {"SMALL=1", NULL};
  execve(path, args, env);
  need(0, "execve");
}

static void* run_in_thread(void* unused) {
  run_again(self_path, self_path, "--by-thread");
  return unused;
}

static void* wait_for_ever(void* unused) {
  for (;;) {
    pause();
  }
  return unused;
}

static void start(void* (*does)(void*), void* argument) {
  pthread_t thread;
  need(pthread_create(&thread, NULL, does, argument) == 0, "pthread_create");
}

static void run_by_second(void) {
  start(run_in_thread, NULL);
  wait_for_ever(NULL);
}

static void run_by_second_of_many(void) {
  for (int i = 0; i < 3; i++) {
    start(wait_for_ever, NULL);
  }
  start(run_in_thread, NULL);
  wait_for_ever(NULL);
}

// A zombie leader of which the thread group has others: state Z in /proc.
static void await_leader_gone(void) {
  char path[64];
  char text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", getpid());
  for (;;) {
    const int fd = open(path, O_RDONLY);
    const ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    need(size > 0, "read of stat");
    text[size] = 0;
    if (strstr(text, ") Z ") != NULL) {
      return;
    }
    sched_yield();
  }
}

static void* run_alone(void* unused) {
  await_leader_gone();
  return run_in_thread(unused);
}

static void run_without_leader(void) {
  start(wait_for_ever, NULL);
  start(run_alone, NULL);
  syscall(SYS_exit, 5);
}

static void* act_alone(void* status) {
  await_leader_gone();
  const char* path = path_of(status == NULL ? "alone" : "alone-in-group");
  need(mkdir(path, 0700) == 0, "mkdir");
  fact("FileEvent", "\"flags\":\"MKDIR\",\"ret\":0,\"path\":\"%s\"", path);
  if (status != NULL) {
    _exit(6);
  }
  syscall(SYS_exit, 7);
  return NULL;
}

// The process has the status of its first thread.
static void leave_first(void) {
  start(act_alone, NULL);
  syscall(SYS_exit, 5);
}

// The process has the status that exit_group() gives.
static void leave_first_and_exit(void) {
  start(act_alone, "exit_group");
  syscall(SYS_exit, 5);
}

static size_t name_bytes;

static void run_by_long_name(void) {
  char* name = malloc(name_bytes + 1);
  memset(name, 'L', name_bytes);
  name[name_bytes] = 0;
  run_again(self_path, name, "--by-long-name");
}

static void run_by_long_names(void) {
  const size_t lengths[] = {1022,  1023,  1024,  4093,  4094,  4095,   4096,  4097,
                            8188,  8189,  8190,  8191,  20000, 24575,  24576, 30000,
                            47000, 60000, 65535, 65536, 70000, 120000, 131071};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    name_bytes = lengths[i];
    in_child(run_by_long_name);
  }
}

static int copy_to(int to) {
  const int from = open(self_path, O_RDONLY);
  struct stat status;
  need(from >= 0 && to >= 0 && fstat(from, &status) == 0, "open");
  for (off_t done = 0; done < status.st_size;) {
    char bytes[65536];
    const ssize_t size = read(from, bytes, sizeof bytes);
    need(size > 0 && write(to, bytes, (size_t)size) == size, "copy");
    done += size;
  }
  need(fchmod(to, 0755) == 0 && close(from) == 0, "fchmod");
  return to;
}

static void run_descriptor(int fd) {
  char* args[] = {self_path, "--gone", (char*)folder, "second", "third", NULL};
  syscall(SYS_execveat, fd, "", args, NULL, AT_EMPTY_PATH);
  need(0, "execveat");
}

static int readable_copy(const char* path) {
  close(copy_to(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755)));
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  need(fd >= 0, "open of the copy");
  return fd;
}

static void run_unlinked(void) {
  const int fd = readable_copy(path_of("unlinked"));
  need(unlink(path_of("unlinked")) == 0, "unlink");
  run_descriptor(fd);
}

static void run_replaced(void) {
  const int fd = readable_copy(path_of("replaced"));
  close(readable_copy(path_of("newer")));
  need(rename(path_of("newer"), path_of("replaced")) == 0, "rename");
  run_descriptor(fd);
}

static void run_memfd(void) {
  const int fd = copy_to((int)syscall(SYS_memfd_create, "in-memory", 0));
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const int readable = open(path, O_RDONLY | O_CLOEXEC);
  close(fd);
  run_descriptor(readable);
}

static void run_so_named(void) { run_descriptor(readable_copy(path_of("kept (deleted)"))); }

// Which program it is, as the kernel has it in /proc/self/exe.
static void say_program(const char* arguments) {
  char exe[4096];
  const ssize_t size = readlink("/proc/self/exe", exe, sizeof exe - 1);
  need(size > 0, "readlink");
  exe[size] = 0;
  fact("ProcessEvent", "\"flags\":\"EXEC\",\"ret\":0,\"exe\":\"%s\",\"args\":\"%s\"", exe,
       arguments);
}

static void say_birth(void) {
  fact("ProcessEvent",
       "\"flags\":\"CLONE\",\"ret\":0,\"parent\":%d,\"args\":\"--by-long-name "
       "%s second third\"",
       getppid(), folder);
}

static void run_as(int count, char** args) {
  char arguments[4096];
  need(count == 5, "five arguments");
  snprintf(arguments, sizeof arguments, "%s %s %s %s", args[1], args[2], args[3], args[4]);
  folder = args[2];
  work_in(folder);
  say_program(arguments);
  if (strcmp(args[1], "--by-thread") == 0) {
    char name[32];
    snprintf(name, sizeof name, "by-thread-%d", getpid());
    const char* path = path_of(name);
    need(mkdir(path, 0700) == 0, "mkdir");
    fact("FileEvent", "\"flags\":\"MKDIR\",\"ret\":0,\"path\":\"%s\",\"exe\":\"%s\"", path,
         args[0]);
  } else if (strcmp(args[1], "--by-long-name") == 0) {
    in_child(say_birth);
  }
}

// Says that it is there, and acts for each byte that it is told.
static void* act_on_word(void* unused) {
  const char* path = path_of("on-word");
  char byte = '.';
  need(write(STDERR_FILENO, &byte, 1) == 1, "say that it is there");
  while (read(STDIN_FILENO, &byte, 1) == 1) {
    need(mkdir(path, 0700) == 0 && rmdir(path) == 0, "mkdir");
    char exe[4096];
    const ssize_t size = readlink("/proc/self/exe", exe, sizeof exe - 1);
    need(size > 0, "readlink");
    exe[size] = 0;
    fact("FileEvent", "\"flags\":\"MKDIR\",\"ret\":0,\"path\":\"%s\",\"exe\":\"%s\"", path, exe);
  }
  _exit(0);
  return unused;
}

int main(int count, char** args) {
  if (count > 2 && strncmp(args[1], "--", 2) == 0) {
    self_path = args[0];
    run_as(count, args);
    return 0;
  }
  self_path = realpath("/proc/self/exe", NULL);
  folder = args[1];
  work_in(folder);
  const char* what = args[2];
  if (strcmp(what, "failures") == 0) {
    in_child(fail_to_run);
  } else if (strcmp(what, "threads") == 0) {
    in_child(run_by_second);
    in_child(run_by_second_of_many);
    in_child(run_without_leader);
    in_child(leave_first);
    in_child(leave_first_and_exit);
  } else if (strcmp(what, "names") == 0) {
    run_by_long_names();
  } else if (strcmp(what, "gone") == 0) {
    in_child(run_unlinked);
    in_child(run_replaced);
    in_child(run_memfd);
    in_child(run_so_named);
  } else if (strcmp(what, "word") == 0) {
    act_on_word(NULL);
  } else {
    start(act_on_word, NULL);
    wait_for_ever(NULL);
  }
  return 0;
}
