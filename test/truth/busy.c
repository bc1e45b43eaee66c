// Starts a busy process every MS_BETWEEN, ends the oldest where there are more than COUNT of them,
// and all once its standard input ends: busy FOLDER COUNT MS_BETWEEN. Process N uses descriptors of
// every kind, and again and again closes them and opens others under their numbers.
// The only files that it and its children touch are FOLDER/file-N and, by a relative path,
// FOLDER/folder-N/inside-N.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

// The pauses are for a collector that has little of the CPU: it is not to lose events.
enum { kRounds = 40, kBlock = 64, kPauseUs = 200000 };

static void udp_pair(int pair[2]) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof(address);
  pair[0] = socket(AF_INET, SOCK_DGRAM, 0);
  need(bind(pair[0], (struct sockaddr*)&address, length) == 0, "bind");
  need(getsockname(pair[0], (struct sockaddr*)&address, &length) == 0, "getsockname");
  pair[1] = socket(AF_INET, SOCK_DGRAM, 0);
  need(connect(pair[1], (struct sockaddr*)&address, length) == 0, "connect");
}

static void exchange(int to, int from) {
  char block[kBlock] = {0};
  need(write(to, block, sizeof(block)) == sizeof(block), "write");
  need(read(from, block, sizeof(block)) == sizeof(block), "read");
}

// What a child inherits is known as well.
static void let_child_write(int fd) {
  pid_t child = fork();
  if (child == 0) {
    need(pwrite(fd, "child", 5, 0) == 5, "a child's pwrite");
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

// Where the folder changed by a relative path is forgotten, or changed twice, the file is another.
static void work_inside(const char* folder, const char* name) {
  need(chdir(folder) == 0, "chdir");
  int inside = open(name, O_CREAT | O_WRONLY, 0600);
  need(write(inside, "inside", 6) == 6, "write");
  close(inside);
  need(chdir("..") == 0, "chdir ..");
}

static void be_busy(int number) {
  char name[32], below[32], inside[32];
  snprintf(name, sizeof(name), "file-%d", number);
  snprintf(below, sizeof(below), "folder-%d", number);
  snprintf(inside, sizeof(inside), "inside-%d", number);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  need(chdir(path_of("")) == 0 && mkdir(below, 0700) == 0, "mkdir");
  for (;;) {
    work_inside(below, inside);
    int zero = open("/dev/zero", O_RDONLY);
    int file = open(path_of(name), O_CREAT | O_RDWR | O_TRUNC, 0600);
    int copy = fcntl(file, F_DUPFD, 50);
    let_child_write(copy);
    int ends[2], pair[2], datagrams[2];
    need(pipe(ends) == 0, "pipe");
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    udp_pair(datagrams);
    for (int i = 0; i < kRounds; i++) {
      char block[kBlock];
      need(read(zero, block, sizeof(block)) == sizeof(block), "read");
      need(pwrite(i % 2 ? file : copy, block, sizeof(block), 0) == sizeof(block), "pwrite");
      exchange(ends[1], ends[0]);
      exchange(pair[0], pair[1]);
      exchange(datagrams[1], datagrams[0]);
    }
    for (int fd = 3; fd < 12; fd++) {
      close(fd);
    }
    close(copy);
    usleep(kPauseUs);
  }
}

static void stop(pid_t child) {
  if (child != 0) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
}

int main(int count, char** args) {
  need(count == 4, "usage: busy FOLDER COUNT MS_BETWEEN");
  work_in(args[1]);
  const int processes = atoi(args[2]);
  pid_t* children = calloc(processes, sizeof(*children));
  struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
  for (int i = 0; poll(&end, 1, atoi(args[3])) == 0; i++) {
    pid_t* child = &children[i % processes];
    stop(*child);
    *child = fork();
    if (*child == 0) {
      be_busy(i);
    }
  }
  for (int i = 0; i < processes; i++) {
    stop(children[i]);
  }
  return 0;
}
