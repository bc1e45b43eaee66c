// Entry point: `syscalls FOLDER [CALL]…`, every call where none is named; as root. Works in FOLDER,
// which must exist and be empty, and leaves files there. See syscalls.h.
#define _GNU_SOURCE
#include "syscalls.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char* self_path;
const char* call_name;

void succeeded(void) { facts_of(call_name, "success"); }
void failed(void) { facts_of(call_name, "failure"); }
void did_both(void) { facts_of(call_name, "both"); }

const char* path_for(const char* suffix) {
  char name[128];
  snprintf(name, sizeof name, "%s-%s", call_name, suffix);
  return path_of(name);
}

const char* filled(const char* suffix, size_t bytes) {
  static const char data[4096] = "content";
  const char* path = path_for(suffix);
  const int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);
  need(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes, path);
  close(fd);
  return path;
}

int opened(const char* path, int flags) {
  const int fd = open(path, flags, 0600);
  need(fd >= 0, path);
  return fd;
}

void in_child(void (*work)(void)) {
  const pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child && status == 0, call_name);
}

static void make(const struct call* call, int argc, char** argv) {
  int wanted = argc == 2;
  for (int at = 2; at < argc; at++) {
    wanted |= strcmp(argv[at], call->name) == 0;
  }
  if (wanted) {
    call_name = call->name;
    call->make();
  }
}

// What the program does when a call of exec has begun it: `syscalls --child CALL`.
static int be_child(const char* name) {
  call_name = name;
  succeeded();
  fact("ProcessEvent", "\"flags\":\"EXEC\",\"ret\":0,\"exe\":\"%s\",\"args\":\"--child %s\"",
       self_path, name);
  return 0;
}

int main(int argc, char** argv) {
  static char self[512];
  need(readlink("/proc/self/exe", self, sizeof self - 1) > 0, "/proc/self/exe");
  self_path = self;
  if (argc == 3 && strcmp(argv[1], "--child") == 0) {
    return be_child(argv[2]);
  }
  if (argc < 2 || argv[1][0] != '/') {
    fprintf(stderr, "usage: syscalls /FOLDER [CALL]...\n");
    return 2;
  }
  work_in(argv[1]);
  const struct call* const files[] = {io_calls, descriptor_calls, socket_calls, process_calls,
                                      path_calls};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    for (const struct call* call = files[i]; call->name != NULL; call++) {
      make(call, argc, argv);
    }
  }
  return 0;
}
