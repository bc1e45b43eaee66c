// Descriptors that end, or come, without a close or an open of their own: ends FOLDER. By
// close_range, by dup2 and dup3 over them, by another thread; and what shares its table with
// another process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { kStack = 65536, kUnshare = 2, kCloseOnExec = 4 };

static int made(const char* name) {
  int fd = open(path_of(name), O_CREAT | O_WRONLY, 0600);
  need(fd >= 0 && write(fd, "1", 1) == 1, name);
  return fd;
}

static void put(int fd) { need(write(fd, "2", 1) == 1, "write"); }

static void close_range_of(int first, int last, int flags) {
  need(syscall(SYS_close_range, first, last, flags) == 0, "close_range");
}

static void wrote(const char* name, const char* flags, int fd, int writes) {
  fact_file_flow((struct file_flow){path_of(name), flags, fd, 0, 0, writes, writes});
}

static void by_range(void) {
  int first = made("range-first");
  int second = made("range-second");
  int other = made("range-other");
  close_range_of(first, second, 0);
  int again = made("range-again");
  need(again == first, "the number again");
  put(other);
  close_range_of(other, other, kCloseOnExec);
  put(other);
  close(again);
  close(other);
  wrote("range-first", "OPEN WRITE_SEND CLOSE", first, 1);
  wrote("range-second", "OPEN WRITE_SEND CLOSE", second, 1);
  wrote("range-again", "OPEN WRITE_SEND CLOSE", again, 1);
  wrote("range-other", "OPEN WRITE_SEND CLOSE", other, 3);
}

static void by_dup(const char* over, const char* from, int flags) {
  int target = made(over);
  int source = made(from);
  need((flags < 0 ? dup2(source, target) : dup3(source, target, flags)) == target, "dup");
  put(target);
  need(dup2(target, target) == target, "dup2 over itself");
  put(target);
  close(target);
  close(source);
  wrote(over, "OPEN WRITE_SEND CLOSE", target, 1);
  wrote(from, "WRITE_SEND CLOSE", target, 2);
  wrote(from, "OPEN WRITE_SEND CLOSE", source, 1);
}

static void* close_range_in_thread(void* descriptor) {
  close_range_of(*(int*)descriptor, *(int*)descriptor, 0);
  return NULL;
}

static void* unshare_in_thread(void* descriptor) {
  close_range_of(*(int*)descriptor, ~0U >> 1, kUnshare);
  return NULL;
}

static void by_threads(void) {
  pthread_t thread;
  int ended = made("ended-by-thread");
  need(pthread_create(&thread, NULL, close_range_in_thread, &ended) == 0, "pthread_create");
  pthread_join(thread, NULL);
  int kept = made("kept");
  need(pthread_create(&thread, NULL, unshare_in_thread, &kept) == 0, "pthread_create");
  pthread_join(thread, NULL);
  put(kept);
  close(kept);
  wrote("ended-by-thread", "OPEN WRITE_SEND TRUNCATE", ended, 1);
  wrote("kept", "OPEN WRITE_SEND CLOSE", kept, 2);
}

static int open_for_both(void* descriptor) {
  *(int*)descriptor = open(path_of("for-both"), O_CREAT | O_WRONLY, 0600);
  return 0;
}

static void by_processes(void) {
  static char stack[kStack] __attribute__((aligned(16)));
  static int fd = -1;
  int status = 0;
  pid_t child = clone(open_for_both, stack + kStack, CLONE_FILES | CLONE_VM | SIGCHLD, &fd);
  need(child > 0 && waitpid(child, &status, 0) == child && status == 0 && fd >= 0, "clone");
  put(fd);
  close(fd);
  wrote("for-both", "WRITE_SEND CLOSE", fd, 1);
}

int main(int count, char** args) {
  need(count == 2, "usage: ends FOLDER");
  work_in(args[1]);
  by_range();
  by_dup("dup2-over", "dup2-from", -1);
  by_dup("dup3-over", "dup3-from", O_CLOEXEC);
  by_threads();
  by_processes();
  return 0;
}
