// A workload whose every operation is known: it does something, and then prints in one JSON line
// which record a collector must have made of it. Facts are named as SysFlow names them, but for
// `flags`, which are words (`OPEN WRITE CLOSE`), and for what follows from a record's references:
// `pid` and `parent` are host pids of the acting process and of its parent, `path` is the file's.
//
// A newcomer's trap: printing is a system call too, so a fact is never printed between the first
// and the last operation of a flow on the same descriptor number.
#ifndef SYSFLOW_TEST_WORKLOAD_H
#define SYSFLOW_TEST_WORKLOAD_H

#include <stddef.h>
#include <sys/types.h>

// Prints one line; `format` gives the inside of the JSON object after kind, pid, tid.
void fact(const char* kind, const char* format, ...) __attribute__((format(printf, 2, 3)));

// Ends the program with a message where `ok` is false: an expectation of the workload itself
// failed.
void need(int ok, const char* what);

// Which system call the next facts are about, and how it ended: "success", "failure" or "both".
void facts_of(const char* name, const char* outcome);

// The folder of path_of.
void work_in(const char* path);

// `folder/name`; the text lives until the end.
const char* path_of(const char* name);

// Waits for a child, and prints its EXIT.
void await_child(pid_t child);

// Prints the two CLONE records of a child, seen from the parent.
void fact_clone(pid_t child);

// Facts about one file flow of the caller.
struct file_flow {
  const char* path;
  const char* flags;
  int fd;
  long reads, read_bytes, writes, write_bytes;
};
void fact_file_flow(struct file_flow flow);

// What /proc calls a pipe or socket that has no name.
const char* unnamed(int fd);

pid_t own_tid(void);

extern char* self_path;

void do_files(void);
void do_processes(void);
void do_threads(void);
void do_network(void);
void do_ipv6(void);

#endif
