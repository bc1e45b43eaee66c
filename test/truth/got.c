// Descriptors that a process has from another one by pidfd_getfd: got FOLDER [unseen]. The pidfd is
// one of a call that the collector sees, or of one that it does not tell the pidfd of (clone3);
// what is got by the latter can only be looked up while it is open.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { kFile = 50, kPipe, kSocket, kPipeReader, kPeer, kPauseUs = 1000000 };

static int port;

static void put(int fd, int bytes) { need(write(fd, "12345678", bytes) == bytes, "write"); }

static void at(int fd, int number) {
  need(dup2(fd, number) == number, "dup2");
  close(fd);
}

static void open_all(const char* file) {
  at(open(file, O_CREAT | O_WRONLY, 0600), kFile);
  int ends[2];
  need(pipe(ends) == 0, "pipe");
  at(ends[1], kPipe);
  at(ends[0], kPipeReader);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof(address);
  int server = socket(AF_INET, SOCK_STREAM, 0);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  need(bind(server, (struct sockaddr*)&address, length) == 0 && listen(server, 1) == 0, "listen");
  need(getsockname(server, (struct sockaddr*)&address, &length) == 0, "getsockname");
  need(connect(client, (struct sockaddr*)&address, length) == 0, "connect");
  at(accept(server, NULL, NULL), kPeer);
  at(client, kSocket);
  close(server);
  need(write(kPipe, &address.sin_port, sizeof(address.sin_port)) == 2, "tell the port");
}

// A process that has them open until it is killed. Returns its pidfd, where it was asked for one.
static pid_t start_owner(const char* file, int* pidfd) {
  int ready[2];
  need(pipe(ready) == 0, "pipe");
  struct clone_args args = {.flags = pidfd == NULL ? 0 : CLONE_PIDFD,
                            .pidfd = (uint64_t)(uintptr_t)pidfd,
                            .exit_signal = SIGCHLD};
  pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
  need(child >= 0, "clone3");
  if (child == 0) {
    open_all(file);
    put(ready[1], 1);
    pause();
    _exit(0);
  }
  char byte;
  need(read(ready[0], &byte, 1) == 1, "read");
  close(ready[0]);
  close(ready[1]);
  return child;
}

static int get(int pidfd, int number) { return (int)syscall(SYS_pidfd_getfd, pidfd, number, 0); }

static void end(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void learn_port(int pidfd) {
  int reader = get(pidfd, kPipeReader);
  in_port_t told;
  need(read(reader, &told, sizeof(told)) == sizeof(told), "read the port");
  port = ntohs(told);
  close(reader);
}

// As the host has it: /proc is the host's.
static int host_pid(void) {
  char pid[16] = {0};
  need(readlink("/proc/self", pid, sizeof(pid) - 1) > 0, "readlink");
  return atoi(pid);
}

// The last of two pids in a line counts.
static void facts_of_all(const char* file, const int got[3]) {
  const int pid = host_pid();
  fact("FileFlow",
       "\"path\":\"%s\",\"flags\":\"WRITE_SEND CLOSE\",\"fd\":%d,\"writes\":2,"
       "\"writeBytes\":5,\"pid\":%d,\"tid\":%d",
       file, got[0], pid, pid);
  fact("FileFlow",
       "\"flags\":\"WRITE_SEND CLOSE\",\"fd\":%d,\"writes\":2,"
       "\"writeBytes\":7,\"pid\":%d,\"tid\":%d",
       got[1], pid, pid);
  fact("NetworkFlow",
       "\"flags\":\"WRITE_SEND CLOSE\",\"proto\":6,\"fd\":%d,\"dport\":%d,\"writes\":2,"
       "\"writeBytes\":9,\"pid\":%d,\"tid\":%d",
       got[2], port, pid, pid);
}

// Gets all of them, uses them twice, and closes them.
static void use(int pidfd, const char* file, int pause_us) {
  learn_port(pidfd);
  need(get(pidfd, 1000) < 0, "what is not open");
  const int got[3] = {get(pidfd, kFile), get(pidfd, kPipe), get(pidfd, kSocket)};
  for (int i = 0; i < 3; i++) {
    need(got[i] >= 0, "pidfd_getfd");
    put(got[i], 2 + i);
  }
  usleep(pause_us);
  for (int i = 0; i < 3; i++) {
    put(got[i], 3 + i);
  }
  for (int i = 0; i < 3; i++) {
    close(got[i]);
  }
  facts_of_all(file, got);
}

static void by_known_pidfd(void) {
  const char* file = path_of("known");
  pid_t owner = start_owner(file, NULL);
  int pidfd = (int)syscall(SYS_pidfd_open, owner, 0);
  need(pidfd >= 0, "pidfd_open");
  use(pidfd, file, 0);
  close(pidfd);
  end(owner);
}

static void by_unseen_pidfd(void) {
  const char* file = path_of("unseen");
  int pidfd = -1;
  pid_t owner = start_owner(file, &pidfd);
  use(pidfd, file, kPauseUs);
  close(pidfd);
  end(owner);
}

// The pid of the owner is another process's outside of this namespace.
static int in_namespace(void* unused) {
  (void)unused;
  const char* file = path_of("namespace");
  pid_t owner = start_owner(file, NULL);
  int pidfd = (int)syscall(SYS_pidfd_open, owner, 0);
  need(pidfd >= 0, "pidfd_open");
  use(pidfd, file, kPauseUs);
  end(owner);
  return 0;
}

static void by_pidfd_of_namespace(void) {
  static char stack[1 << 20] __attribute__((aligned(16)));
  int status = 0;
  pid_t child = clone(in_namespace, stack + sizeof(stack), CLONE_NEWPID | SIGCHLD, NULL);
  need(child > 0 && waitpid(child, &status, 0) == child && status == 0, "in a pid namespace");
}

// Numbers that are another file's by the time that they are looked up.
static void taken_anew(void) {
  int pidfd = -1;
  pid_t owner = start_owner(path_of("gone"), &pidfd);
  int closed = get(pidfd, kFile);
  int replaced = get(pidfd, kFile);
  int ranged = get(pidfd, kFile);
  put(closed, 8);
  put(replaced, 8);
  put(ranged, 8);
  close(closed);
  int again = open(path_of("opened-anew"), O_CREAT | O_WRONLY, 0600);
  need(again == closed, "the number again");
  int source = open(path_of("put-over"), O_CREAT | O_WRONLY, 0600);
  need(dup2(source, replaced) == replaced, "dup2");
  need(syscall(SYS_close_range, ranged, ranged, 0) == 0, "close_range");
  int third = open(path_of("after-range"), O_CREAT | O_WRONLY, 0600);
  need(third == ranged, "the number again");
  put(again, 1);
  put(replaced, 1);
  put(third, 1);
  usleep(kPauseUs);
  put(again, 1);
  put(replaced, 1);
  put(third, 1);
  close(again);
  close(replaced);
  close(third);
  close(source);
  end(owner);
  fact_file_flow(
      (struct file_flow){path_of("opened-anew"), "OPEN WRITE_SEND CLOSE", again, 0, 0, 2, 2});
  fact_file_flow((struct file_flow){path_of("put-over"), "WRITE_SEND CLOSE", replaced, 0, 0, 2, 2});
  fact_file_flow(
      (struct file_flow){path_of("after-range"), "OPEN WRITE_SEND CLOSE", third, 0, 0, 2, 2});
}

int main(int count, char** args) {
  need(count == 2 || (count == 3 && strcmp(args[2], "unseen") == 0), "usage: got FOLDER [unseen]");
  work_in(args[1]);
  by_known_pidfd();
  taken_anew();
  if (count == 3) {
    by_unseen_pidfd();
    by_pidfd_of_namespace();
  }
  return 0;
}
