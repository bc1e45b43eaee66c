// Descriptors that end, or come, without a close or an open of their own: ends FOLDER. By
// close_range, by dup2 and dup3 over them, by another thread; and what shares its table with
// another process.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
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

// What one of two processes with the same table closes is closed for both.
static int close_for_both(void* descriptors) {
  const int* fds = descriptors;
  int own = made("of-child");
  close(fds[0]);
  need(dup2(fds[3], fds[1]) == fds[1], "dup2");
  close_range_of(fds[2], fds[2], 0);
  need(dup2(own, fds[4]) == fds[4], "dup2");
  put(fds[4]);
  wrote("of-child", "OPEN WRITE_SEND TRUNCATE", own, 1);
  wrote("of-child", "WRITE_SEND TRUNCATE", fds[4], 1);
  pause();
  return 0;
}

static void by_other_process(void) {
  static char stack[kStack] __attribute__((aligned(16)));
  static int fds[5];
  const char* names[] = {"closed-by-child", "put-over-by-child", "ranged-by-child"};
  for (int i = 0; i < 3; i++) {
    fds[i] = made(names[i]);
  }
  fds[3] = open("/dev/null", O_WRONLY);
  fds[4] = open("/dev/null", O_WRONLY);
  pid_t child = clone(close_for_both, stack + kStack, CLONE_FILES | CLONE_VM | SIGCHLD, fds);
  need(child > 0, "clone");
  for (int i = 0; i < 1000 && fcntl(fds[2], F_GETFD) >= 0; i++) {
    usleep(1000);
  }
  usleep(100000);
  const int numbers[] = {fds[0], -1, fds[2]};
  for (int i = 0; i < 3; i += 2) {
    need(made(names[i]) == numbers[i], "the number again");
  }
  close(fds[0]);
  close(fds[2]);
  need(dup2(fds[4], fds[1]) == fds[1], "dup2");
  close_range_of(fds[1], fds[1], 0);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  for (int i = 0; i < 3; i++) {
    wrote(names[i], "OPEN WRITE_SEND TRUNCATE", fds[i], 1);
    if (numbers[i] >= 0) {
      wrote(names[i], "OPEN WRITE_SEND CLOSE", fds[i], 1);
    }
  }
}

// A thread that has a table of its own closes for itself alone.
static void* close_own(void* descriptors) {
  const int* fds = descriptors;
  need(unshare(CLONE_FILES) == 0, "unshare");
  put(fds[1]);
  close(fds[0]);
  close(fds[1]);
  need(dup2(fds[3], fds[2]) == fds[2], "dup2");
  wrote("of-both-threads", "WRITE_SEND CLOSE", fds[1], 1);
  return NULL;
}

static void by_own_table(void) {
  pthread_t thread;
  const char* names[] = {"of-first-thread", "of-both-threads", "put-over-by-thread", "put-there"};
  int fds[4];
  for (int i = 0; i < 4; i++) {
    fds[i] = made(names[i]);
  }
  need(pthread_create(&thread, NULL, close_own, fds) == 0, "pthread_create");
  pthread_join(thread, NULL);
  for (int i = 0; i < 4; i++) {
    put(fds[i]);
    close(fds[i]);
    wrote(names[i], "OPEN WRITE_SEND CLOSE", fds[i], 2);
  }
}

// A number that close_range has closed is opened by another thread while the call still goes on.
// Nothing is said where that has not come about, as with one CPU.
enum { kMany = 8000, kRounds = 20, kFirst = 10 };
static volatile int is_closing;
static volatile int is_over;

static void* close_many(void* unused) {
  is_closing = 1;
  close_range_of(kFirst, kFirst + kMany, 0);
  is_over = 1;
  return unused;
}

static void behind_close_range(void) {
  const struct rlimit many = {kMany + 100, kMany + 100};
  need(setrlimit(RLIMIT_NOFILE, &many) == 0, "setrlimit");
  int seen = 0;
  for (int round = 0; round < kRounds && seen == 0; round++) {
    pthread_t thread;
    int source = open("/dev/null", O_WRONLY);
    while (source < kFirst) {
      source = dup(source);
    }
    while (dup(source) < kFirst + kMany) {
    }
    is_closing = is_over = 0;
    need(pthread_create(&thread, NULL, close_many, NULL) == 0, "pthread_create");
    while (!is_closing || fcntl(kFirst, F_GETFD) >= 0) {
    }
    char name[32];
    snprintf(name, sizeof(name), "behind-%d", round);
    int fd = open(path_of(name), O_CREAT | O_WRONLY, 0600);
    const int is_behind = !is_over;
    pthread_join(thread, NULL);
    need(fd == kFirst, "the lowest number");
    put(fd);
    close(fd);
    if (is_behind) {
      wrote(name, "OPEN WRITE_SEND CLOSE", fd, 1);
      seen = 1;
    }
  }
}

int main(int count, char** args) {
  need(count == 2, "usage: ends FOLDER");
  work_in(args[1]);
  by_range();
  by_dup("dup2-over", "dup2-from", -1);
  by_dup("dup3-over", "dup3-from", O_CLOEXEC);
  by_threads();
  by_processes();
  by_other_process();
  by_own_table();
  behind_close_range();
  return 0;
}
