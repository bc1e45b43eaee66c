/* The load behind the benchmark's capture: four workers doing what servers do, nine tenths of it
 * reads, writes, sends and receives. usage: load FOLDER SYSCALLS — makes about that many calls. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kFiles = 200, kBlock = 512, kOpsPerOpen = 16 };

static void fail(const char* what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* Opens one of a few hundred files, reads and writes it, closes it; now and then renames one. */
static void file_worker(const char* folder, long calls) {
  char path[4096], other[4200], block[kBlock];
  memset(block, 'x', sizeof(block));
  for (long done = 0, round = 0; done < calls; round++) {
    snprintf(path, sizeof(path), "%s/data-%ld", folder, round % kFiles);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0) fail(path);
    for (int i = 0; i < kOpsPerOpen; i++) {
      if (pwrite(fd, block, sizeof(block), (off_t)i * kBlock) < 0) fail("pwrite");
      if (pread(fd, block, sizeof(block), (off_t)i * kBlock) < 0) fail("pread");
    }
    close(fd);
    done += 2 + 2 * kOpsPerOpen;
    if (round % 50 == 49) {
      snprintf(other, sizeof(other), "%s.old", path);
      rename(path, other);
      unlink(other);
      done += 2;
    }
  }
}

static void exchange(int fd, long calls) {
  char block[kBlock];
  memset(block, 'y', sizeof(block));
  for (long done = 0; done < calls; done += 2) {
    if (send(fd, block, sizeof(block), 0) < 0) fail("send");
    if (recv(fd, block, sizeof(block), MSG_WAITALL) <= 0) fail("recv");
  }
}

/* A client and a server on one TCP connection after another. */
static void network_worker(long calls) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof(address);
  if (bind(listener, (struct sockaddr*)&address, length) != 0) fail("bind");
  getsockname(listener, (struct sockaddr*)&address, &length);
  if (listen(listener, 16) != 0) fail("listen");
  enum { kCallsPerConnection = 400 };
  long connections = calls / 2 / kCallsPerConnection;
  pid_t server = fork();
  if (server == 0) {
    for (long i = 0; i < connections; i++) {
      int fd = accept(listener, NULL, NULL);
      if (fd < 0) fail("accept");
      exchange(fd, kCallsPerConnection);
      close(fd);
    }
    _exit(0);
  }
  for (long i = 0; i < connections; i++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr*)&address, length) != 0) fail("connect");
    exchange(fd, kCallsPerConnection);
    close(fd);
  }
  waitpid(server, NULL, 0);
}

/* Short-lived processes, each with the few dozen calls of a dynamic loader. */
static void process_worker(long calls) {
  enum { kCallsPerProcess = 40 };
  char* const argv[] = {"true", "one", "two", NULL};
  char* const env[] = {"PATH=/usr/bin:/bin", NULL};
  for (long done = 0; done < calls; done += kCallsPerProcess) {
    pid_t child;
    if (posix_spawn(&child, "/bin/true", NULL, NULL, argv, env) != 0) fail("posix_spawn");
    waitpid(child, NULL, 0);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fputs("usage: load FOLDER SYSCALLS\n", stderr);
    return 2;
  }
  long calls = atol(argv[2]);
  mkdir(argv[1], 0700);
  for (int worker = 0; worker < 4; worker++) {
    if (fork() != 0) continue;
    if (worker < 2) {
      file_worker(argv[1], calls * 3 / 10);
    } else if (worker == 2) {
      network_worker(calls * 38 / 100);
    } else {
      process_worker(calls * 2 / 100);
    }
    _exit(0);
  }
  int status, failed = 0;
  while (wait(&status) > 0) failed |= status;
  return failed != 0;
}
