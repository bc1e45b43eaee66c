// What the programs of test/workload and test/syscalls say about themselves. See workload.h.
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

static const char* folder;
static const char* call = NULL;
static const char* call_outcome;

void work_in(const char* path) { folder = path; }

void facts_of(const char* name, const char* outcome) {
  call = name;
  call_outcome = outcome;
}

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
  if (call != NULL) {
    used += snprintf(line + used, sizeof line - (size_t)used,
                     "\"syscall\":\"%s\",\"outcome\":\"%s\",", call, call_outcome);
  }
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

const char* unnamed(int fd) {
  struct stat status;
  char* name = NULL;
  need(fstat(fd, &status) == 0, "fstat");
  need(asprintf(&name, "%s:[%lu]", S_ISFIFO(status.st_mode) ? "pipe" : "socket",
                (unsigned long)status.st_ino) > 0,
       "asprintf");
  return name;
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
