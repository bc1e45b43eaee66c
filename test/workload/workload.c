// Entry point: `workload FOLDER [files|processes|threads|network]…`, all where none is named. Works
// in FOLDER, which must exist and be empty, and leaves it empty. See workload.h.
#define _GNU_SOURCE
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char* self_path;

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
  work_in(argv[1]);
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
