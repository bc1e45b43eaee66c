// Children that end at once, of a process with many descriptors, leave nothing behind: spawns
// FOLDER. A vfork ends in the caller after its child has ended, so what is made of it then is made
// too late.
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { kDescriptors = 500, kChildren = 700, kFiles = 20 };

// The program is not there: glibc's child tells so and ends.
static void spawn_nothing(void) {
  pid_t child = 0;
  char* args[] = {"nothing", NULL};
  need(posix_spawn(&child, "/nothing/is/here", NULL, NULL, args, NULL) != 0, "posix_spawn");
}

static void vfork_and_end(void) {
  const pid_t child = vfork();
  if (child == 0) {
    _exit(0);
  }
  need(child > 0 && waitpid(child, NULL, 0) == child, "vfork");
}

static void write_file(int number) {
  char name[32];
  snprintf(name, sizeof name, "file-%d", number);
  const char* path = path_of(name);
  const int fd = open(path, O_CREAT | O_WRONLY, 0600);
  need(fd >= 0 && write(fd, "1", 1) == 1, path);
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN WRITE_SEND CLOSE", fd, 0, 0, 1, 1});
}

int main(int count, char** args) {
  need(count == 2, "usage: spawns FOLDER");
  work_in(args[1]);
  for (int i = 0; i < kDescriptors; i++) {
    need(open("/dev/null", O_RDONLY) >= 0, "/dev/null");
  }
  for (int i = 0; i < kChildren; i++) {
    i % 2 == 0 ? spawn_nothing() : vfork_and_end();
  }
  for (int i = 0; i < kFiles; i++) {
    write_file(i);
  }
  return 0;
}
