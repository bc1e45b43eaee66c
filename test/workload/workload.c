// Entry point: `workload FOLDER [files|processes|threads|network]…`, all where none is named. Works
// in FOLDER, which must exist and be empty, and leaves it empty. See workload.h.
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

char* self_path;
static const char* folder;

pid_t own_tid(void) { return (pid_t)syscall(SYS_gettid); }

void need(int ok, const char* what) {
  if (!ok) {
    perror(what);
    _exit(99);
  }
}

void fact(const char* kind, const char* format, ...) {
  char line[4096];
  int used = snprintf(line, sizeof line, "{\"kind\":\"%s\",\"pid\":%d,\"tid\":%d,", kind, getpid(),
                      own_tid());
  va_list args;
  va_start(args, format);
  used += vsnprintf(line + used, sizeof line - (size_t)used, format, args);
  va_end(args);
  used += snprintf(line + used, sizeof line - (size_t)used, "}\n");
  // One write: lines of several processes share the pipe.
  need(write(STDOUT_FILENO, line, (size_t)used) == used, "write a fact");
}

const char* path_of(const char* name) {
  char* path = NULL;
  need(asprintf(&path, "%s/%s", folder, name) > 0, "asprintf");
  return path;
}

void fact_clone(pid_t child) { fact("ProcessEvent", "\"flags\":\"CLONE\",\"ret\":%d", child); }

void await_child(pid_t child) {
  int status = 0;
  need(waitpid(child, &status, 0) == child, "waitpid");
  fact("Exit", "\"child\":%d,\"ret\":%d", child, status);
}

void fact_file_flow(struct file_flow flow) {
  fact("FileFlow",
       "\"path\":\"%s\",\"flags\":\"%s\",\"fd\":%d,\"reads\":%ld,\"readBytes\":%ld,"
       "\"writes\":%ld,\"writeBytes\":%ld",
       flow.path, flow.flags, flow.fd, flow.reads, flow.read_bytes, flow.writes, flow.write_bytes);
}

// What the program does when it has executed itself: `workload --child STATUS ARGUMENT…`.
static int be_child(int argc, char** argv) {
  char args[1024] = "";
  for (int i = 1; i < argc; i++) {
    strcat(args, i > 1 ? " " : "");
    strcat(args, argv[i]);
  }
  const char* variable = getenv("WORKLOAD");
  fact("ProcessEvent",
       "\"flags\":\"EXEC\",\"ret\":0,\"parent\":%d,\"exe\":\"%s\",\"args\":\"%s\","
       "\"env\":\"WORKLOAD=%s\"",
       getppid(), self_path, args, variable == NULL ? "" : variable);
  return atoi(argv[2]);
}

int main(int argc, char** argv) {
  static char self[512];
  need(readlink("/proc/self/exe", self, sizeof self - 1) > 0, "/proc/self/exe");
  self_path = self;
  if (argc > 2 && strcmp(argv[1], "--child") == 0) {
    return be_child(argc, argv);
  }
  if (argc < 2 || argv[1][0] != '/') {
    fprintf(stderr, "usage: workload /FOLDER [files|processes|threads|network|ipv6]...\n");
    return 2;
  }
  folder = argv[1];
  static const struct {
    const char* name;
    void (*run)(void);
    int only_if_named;
  } parts[] = {{"files", do_files, 0},
               {"processes", do_processes, 0},
               {"threads", do_threads, 0},
               {"network", do_network, 0},
               {"ipv6", do_ipv6, 1}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    int wanted = argc == 2 && !parts[i].only_if_named;
    for (int at = 2; at < argc; at++) {
      wanted |= strcmp(argv[at], parts[i].name) == 0;
    }
    if (wanted) {
      parts[i].run();
    }
  }
  return 0;
}
