// One function for each system call that can make a record: it makes that very call, by its number,
// with success and with failure, and prints the facts (../workload/workload.h) that must come out.
#ifndef SYSFLOW_TEST_SYSCALLS_H
#define SYSFLOW_TEST_SYSCALLS_H

#include <stddef.h>

#include "../workload/workload.h"

struct call {
  const char* name;  // the kernel's
  void (*make)(void);
};

// The calls of each file, up to one without a name. Those that this architecture lacks are not
// there.
extern const struct call io_calls[];
extern const struct call descriptor_calls[];
extern const struct call socket_calls[];
extern const struct call process_calls[];
extern const struct call path_calls[];

// The name of the call under way.
extern const char* call_name;

// What follows is about the call under way.
void succeeded(void);
void failed(void);
void did_both(void);

// `CALL-suffix` in the folder.
const char* path_for(const char* suffix);

// Runs it in a child process, and waits for that to end.
void in_child(void (*work)(void));

// A file of its own with that many bytes, closed.
const char* filled(const char* suffix, size_t bytes);
int opened(const char* path, int flags);

// An address at which nothing is.
#define NOWHERE ((void*)1)

#endif
