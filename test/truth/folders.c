// Whose folder a relative path is relative to: folders FOLDER. Threads of a process and
// processes made with CLONE_FS have one folder together, whoever changes it; a fork and whoever
// unshares it have their own. A new root leaves the folder where it is, another mount namespace
// does not; and a folder that is not known is not taken for the one of before.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { kStack = 65536 };

// Writes one byte to a file named relative to where the caller is, which is `place`.
static void write_here(const char* name, const char* place) {
  char path[256];
  snprintf(path, sizeof(path), "%s%s%s", place, *place == '\0' ? "" : "/", name);
  int fd = open(name, O_CREAT | O_WRONLY, 0600);
  need(fd >= 0, "open");
  need(write(fd, "1", 1) == 1, "write");
  close(fd);
  struct stat here, there;
  need(stat(name, &here) == 0 && stat(path_of(path), &there) == 0 && here.st_ino == there.st_ino,
       path);
  fact_file_flow((struct file_flow){path_of(path), "OPEN WRITE_SEND CLOSE", fd, 0, 0, 1, 1});
}

static void* run(void* (*body)(void*), void* argument) {
  pthread_t thread;
  void* result = NULL;
  need(pthread_create(&thread, NULL, body, argument) == 0, "pthread_create");
  pthread_join(thread, &result);
  return result;
}

static void clone_and_wait(int (*body)(void*), int flags) {
  static char stack[kStack] __attribute__((aligned(16)));
  int status = 0;
  pid_t child = clone(body, stack + kStack, flags | SIGCHLD, NULL);
  need(child > 0, "clone");
  need(waitpid(child, &status, 0) == child && status == 0, "the child");
}

static void go_home(void) { need(chdir(path_of("")) == 0, "chdir home"); }

static void* enter_a(void* unused) {
  need(chdir("a") == 0, "chdir a");
  return unused;
}

static void* enter_b_by_descriptor(void* unused) {
  int fd = open("b", O_RDONLY | O_DIRECTORY);
  need(fchdir(fd) == 0, "fchdir");
  close(fd);
  return unused;
}

static void* enter_a_and_leave(void* unused) {
  need(chdir("a/../b") == 0 && chdir("..") == 0 && chdir("./a") == 0, "chdir to and fro");
  write_here("to-and-fro", "a");
  return unused;
}

static void* enter_a_by_its_path(void* unused) {
  need(chdir(path_of("a")) == 0, "chdir a");
  return unused;
}

static void* write_in_thread(void* unused) {
  write_here("in-thread", "b");
  return unused;
}

static void by_threads(void) {
  go_home();
  run(enter_a, NULL);
  write_here("by-thread", "a");
  need(chdir("..") == 0, "chdir ..");
  write_here("up-again", "");
  run(enter_b_by_descriptor, NULL);
  write_here("by-fchdir", "b");
  run(write_in_thread, NULL);
  go_home();
  run(enter_a_and_leave, NULL);
  write_here("after-to-and-fro", "a");
  go_home();
  run(enter_a_by_its_path, NULL);
  write_here("by-whole-path", "a");
}

static int enter_a_as_process(void* unused) {
  (void)unused;
  need(chdir("a") == 0, "chdir a");
  return 0;
}

static void by_processes(void) {
  go_home();
  clone_and_wait(enter_a_as_process, CLONE_FS);
  write_here("by-clone-fs", "a");
  go_home();
  clone_and_wait(enter_a_as_process, 0);
  write_here("by-fork", "");
}

static void* unshare_and_enter_b(void* unused) {
  need(unshare(CLONE_FS) == 0, "unshare");
  need(chdir("b") == 0, "chdir b");
  write_here("apart", "b");
  return unused;
}

static pthread_barrier_t barrier;

static void* stay_while_leader_leaves(void* unused) {
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  write_here("left-behind", "");
  need(chdir("a") == 0, "chdir a");
  write_here("left-alone", "a");
  return unused;
}

static void unshared(void) {
  go_home();
  run(unshare_and_enter_b, NULL);
  write_here("not-in-b", "");
  pthread_t thread;
  pthread_barrier_init(&barrier, NULL, 2);
  need(pthread_create(&thread, NULL, stay_while_leader_leaves, NULL) == 0, "pthread_create");
  pthread_barrier_wait(&barrier);
  need(unshare(CLONE_FS) == 0 && chdir("b") == 0, "unshare and chdir");
  pthread_barrier_wait(&barrier);
  pthread_join(thread, NULL);
  write_here("gone-ahead", "b");
}

// Writes one byte to a file named relative to where the caller is: `path` is what is known of it.
static void write_to(const char* name, const char* path) {
  int fd = open(name, O_CREAT | O_WRONLY, 0600);
  need(fd >= 0, name);
  need(write(fd, "1", 1) == 1, "write");
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN WRITE_SEND CLOSE", fd, 0, 0, 1, 1});
}

static int change_root(void* unused) {
  (void)unused;
  need(chdir("a") == 0 && chroot(path_of("b")) == 0, "chroot");
  write_to("after-chroot", path_of("a/after-chroot"));
  need(chdir("..") == 0, "chdir ..");
  write_to("above-chroot", path_of("above-chroot"));
  return 0;
}

static void enter_namespace(const char* kind, int flags) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
  int fd = open(path, O_RDONLY);
  need(fd >= 0 && setns(fd, flags) == 0, path);
  close(fd);
}

static int enter_namespaces(void* unused) {
  (void)unused;
  need(chdir("a") == 0, "chdir a");
  enter_namespace("net", CLONE_NEWNET);
  write_to("same-net", path_of("a/same-net"));
  enter_namespace("uts", 0);
  write_to("same-uts", path_of("a/same-uts"));
  const char* named = path_of("by-name-of-kind");
  enter_namespace("mnt", CLONE_NEWNS);
  write_to(named + 1, named);
  go_home();
  const char* unnamed = path_of("by-descriptor-alone");
  enter_namespace("mnt", 0);
  write_to(unnamed + 1, unnamed);
  return 0;
}

// open_tree is not seen, so the descriptor is not known.
static int enter_unknown(void* unused) {
  (void)unused;
  int fd = (int)syscall(SYS_open_tree, AT_FDCWD, "b", 0);
  need(fd >= 0 && fchdir(fd) == 0, "fchdir");
  write_to("somewhere", "somewhere");
  need(chdir("..") == 0 && chdir("a") == 0, "chdir from there");
  write_to("somewhere-else", "somewhere-else");
  need(chdir(path_of("a")) == 0, "chdir a");
  write_to("known-again", path_of("a/known-again"));
  return 0;
}

static void by_other_calls(void) {
  go_home();
  clone_and_wait(change_root, 0);
  clone_and_wait(enter_namespaces, 0);
  clone_and_wait(enter_unknown, 0);
  write_here("all-the-while", "");
}

int main(int count, char** args) {
  need(count == 2, "usage: folders FOLDER");
  work_in(args[1]);
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  go_home();
  need(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0, "mkdir");
  by_threads();
  by_processes();
  unshared();
  by_other_calls();
  return 0;
}
