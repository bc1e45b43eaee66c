/* A steady load: so many system calls a second, spread over each millisecond, nine tenths of them
 * reads and writes. usage: paced FOLDER CALLS-PER-SECOND — until it is killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kFiles = 200, kBlock = 512, kOpsPerOpen = 9, kCallsPerOpen = 2 + 2 * kOpsPerOpen };

static void fail(const char* what) {
  fprintf(stderr, "paced: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* kCallsPerOpen calls on one of a few hundred files. */
static void use_file(const char* folder, long round) {
  char path[4096], block[kBlock];
  memset(block, 'x', sizeof(block));
  snprintf(path, sizeof(path), "%s/data-%ld", folder, round % kFiles);
  int fd = open(path, O_RDWR | O_CREAT, 0600);
  if (fd < 0) fail(path);
  for (int i = 0; i < kOpsPerOpen; i++) {
    if (pwrite(fd, block, sizeof(block), (off_t)i * kBlock) < 0) fail("pwrite");
    if (pread(fd, block, sizeof(block), (off_t)i * kBlock) < 0) fail("pread");
  }
  close(fd);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: paced FOLDER CALLS-PER-SECOND\n");
    return 2;
  }
  const double per_ms = atof(argv[2]) / 1000;
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  double owed = 0;
  for (long round = 0;;) {
    for (owed += per_ms; owed >= kCallsPerOpen; owed -= kCallsPerOpen) use_file(argv[1], round++);
    next.tv_nsec += 1000000;
    if (next.tv_nsec >= 1000000000) {
      next.tv_nsec -= 1000000000;
      next.tv_sec++;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR) {
    }
  }
}
