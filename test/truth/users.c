// Becomes a user of a container and runs itself there: `users CGROUP ROOT USER [namespace]`, where
// a copy of this program is ROOT/users. With the last word that user is root in a user namespace.
// Prints nothing: the test knows the names.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../workload/workload.h"

static void write_file(const char* name, const char* text) {
  const int fd = open(name, O_WRONLY);
  need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0, name);
}

int main(int argc, char** argv) {
  if (argc == 2) {
    usleep(2000000);  // its root is looked at meanwhile
    (void)mkdir("/no/such/folder", 0700);
    return 0;
  }
  const int user = atoi(argv[3]);
  char text[64];
  snprintf(text, sizeof text, "%d", getpid());
  write_file(argv[1], text);
  const int is_nested = argc == 5;
  // Who is in another root may make no user namespace.
  need(is_nested || (chroot(argv[2]) == 0 && chdir("/") == 0), "chroot");
  need(setgid((gid_t)user) == 0 && setuid((uid_t)user) == 0, "setuid");
  if (is_nested) {
    // Else /proc/self is root's, after a change of ids.
    need(prctl(PR_SET_DUMPABLE, 1) == 0 && unshare(CLONE_NEWUSER) == 0, "unshare");
    snprintf(text, sizeof text, "0 %d 1", user);
    write_file("/proc/self/uid_map", text);
    need(chroot(argv[2]) == 0 && chdir("/") == 0, "chroot in a user namespace");
  }
  char* const words[] = {"users", "act", NULL};
  execv("/users", words);
  need(0, "execv");
}
