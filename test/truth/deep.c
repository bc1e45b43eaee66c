// Goes down LEVELS folders of 200 bytes, and in each makes, renames and removes a file by a
// relative name; where the whole path is short enough for one call, also by that: `deep FOLDER
// LEVELS`. Prints nothing: the test knows the names.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../workload/workload.h"

static void write_and_close(int fd, const char* what) {
  need(fd >= 0 && write(fd, "1", 1) == 1 && close(fd) == 0, what);
}

int main(int argc, char** argv) {
  need(argc == 3 && chdir(argv[1]) == 0, "deep FOLDER LEVELS");
  const int levels = atoi(argv[2]);
  char name[201];
  memset(name, 'n', 200);
  name[200] = 0;
  static char path[8192];
  snprintf(path, sizeof path, "%s", argv[1]);
  for (int level = 0; level < levels; level++) {
    need(mkdir(name, 0700) == 0 && chdir(name) == 0, "go down");
    write_and_close(open("here", O_CREAT | O_WRONLY, 0600), "open");
    need(rename("here", "there") == 0 && unlink("there") == 0, "rename");
    const size_t bytes = strlen(path);
    if (bytes + 1 + 200 + 6 < 4096) {
      snprintf(path + bytes, sizeof path - bytes, "/%s/whole", name);
      write_and_close(open(path, O_CREAT | O_WRONLY, 0600), "open the whole path");
      need(unlink(path) == 0, "unlink");
      path[bytes + 1 + 200] = 0;
    }
  }
  for (int level = 0; level < levels; level++) {
    need(chdir("..") == 0 && rmdir(name) == 0, "go up");
  }
  need(chdir(argv[1]) == 0, "go home");
  write_and_close(open("home", O_CREAT | O_WRONLY, 0600), "open");
  return 0;
}
