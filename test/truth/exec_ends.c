// Descriptors that an exec ends, and those that go on: exec_ends FOLDER. What
// marks them is no matter (open, dup3, fcntl, ioctl, close_range), nor what has
// taken the mark away.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { kCloseOnExec = 4 };

char* self_path;

static int made(const char* name, int flags) {
  int fd = open(path_of(name), O_CREAT | O_WRONLY | flags, 0600);
  need(fd >= 0 && write(fd, "1", 1) == 1, name);
  return fd;
}

// Made in this order, on numbers that follow each other.
static const struct {
  const char* name;
  int is_ended;
} files[] = {
    {"by-open", 1},  {"by-fcntl", 1},         {"by-ioctl", 1},         {"by-range", 1},
    {"unmarked", 0}, {"by-fcntl-no-more", 0}, {"by-ioctl-no-more", 0}, {"failed-first", 1},
};
enum { kFiles = sizeof(files) / sizeof(files[0]) };

static void wrote(const char* name, const char* flags, int fd, int writes) {
  fact_file_flow((struct file_flow){path_of(name), flags, fd, 0, 0, writes, writes});
}

static int make_all(void) {
  need(syscall(SYS_close_range, 3, ~0U, 0) == 0, "close_range of what was inherited");
  int first = made("by-open", O_CLOEXEC);
  need(fcntl(made("by-fcntl", 0), F_SETFD, FD_CLOEXEC) == 0, "F_SETFD");
  need(ioctl(made("by-ioctl", 0), FIOCLEX) == 0, "FIOCLEX");
  int ranged = made("by-range", 0);
  need(syscall(SYS_close_range, ranged, ranged, kCloseOnExec) == 0, "close_range");
  made("unmarked", 0);
  need(fcntl(made("by-fcntl-no-more", O_CLOEXEC), F_SETFD, 0) == 0, "F_SETFD 0");
  need(ioctl(made("by-ioctl-no-more", O_CLOEXEC), FIONCLEX) == 0, "FIONCLEX");
  need(made("failed-first", O_CLOEXEC) == first + kFiles - 1, "numbers in order");
  return first;
}

// A failed exec ends nothing; dup takes no mark along, dup3 sets it on the copy
// alone.
static void begin(const char* folder) {
  int first = make_all();
  int copy = dup(first);
  int marked = dup3(first + 4, 50, O_CLOEXEC);
  need(copy >= 0 && marked == 50 && write(copy, "2", 1) == 1 && write(marked, "2", 1) == 1, "dup");
  char* nothing[] = {"nothing", NULL};
  need(execv(path_of("nothing"), nothing) < 0, "exec of nothing");
  need(write(first + kFiles - 1, "2", 1) == 1, "write after a failed exec");
  char number[16];
  char copied[16];
  snprintf(number, sizeof(number), "%d", first);
  snprintf(copied, sizeof(copied), "%d", copy);
  char* args[] = {self_path, (char*)folder, number, copied, NULL};
  execv(self_path, args);
  need(0, "execv");
}

static void go_on(int first, int copy) {
  for (int i = 0; i < kFiles; i++) {
    int is_open = write(first + i, "3", 1) == 1;
    need(is_open != files[i].is_ended, files[i].name);
  }
  need(write(copy, "3", 1) == 1 && write(50, "3", 1) < 0, "copies");
  for (int i = 0; i < kFiles; i++) {
    if (!files[i].is_ended) {
      close(first + i);
    }
  }
  close(copy);
  for (int i = 0; i < kFiles; i++) {
    int has_two = !files[i].is_ended || i == kFiles - 1;
    wrote(files[i].name, "OPEN WRITE_SEND CLOSE", first + i, has_two ? 2 : 1);
  }
  wrote("by-open", "WRITE_SEND CLOSE", copy, 2);
  wrote("unmarked", "WRITE_SEND CLOSE", 50, 1);
}

int main(int count, char** args) {
  need(count == 2 || count == 4, "usage: exec_ends FOLDER");
  self_path = args[0];
  work_in(args[1]);
  if (count == 2) {
    begin(args[1]);
  }
  int first = 0;
  int copy = 0;
  need(sscanf(args[2], "%d", &first) == 1 && sscanf(args[3], "%d", &copy) == 1, "numbers");
  go_on(first, copy);
  return 0;
}
