// Runs programs that lie deep, each of which makes a folder: `deep_exec SELF FOLDER`, where SELF is
// this program, in the file system of FOLDER. Prints nothing: the test knows the names.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

static const char* self;
static int home;

// In as many folders of a name, made here, is the program.
static void go_down(const char* name, int levels) {
  for (int level = 0; level < levels; level++) {
    need(mkdir(name, 0700) == 0 && chdir(name) == 0, "go down");
  }
  need(linkat(AT_FDCWD, self, AT_FDCWD, "program", 0) == 0, "link the program");
}

static void go_home(void) { need(fchdir(home) == 0, "go home"); }

// `file` is a path, or a descriptor where that is empty.
static void run(int file, const char* path, const char* makes) {
  const pid_t child = fork();
  if (child == 0) {
    char* const words[] = {"program", "makes", (char*)path_of(makes), NULL};
    syscall(SYS_execveat, file, path, words, NULL, AT_EMPTY_PATH);
    _exit(99);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child && status == 0, makes);
}

int main(int argc, char** argv) {
  need(argc == 3, "deep_exec SELF FOLDER");
  if (strcmp(argv[1], "makes") == 0) {
    need(mkdir(argv[2], 0700) == 0, "mkdir");
    usleep(500000);  // /proc may be asked about the program
    return 0;
  }
  self = argv[1];
  work_in(argv[2]);
  home = open(argv[2], O_RDONLY | O_DIRECTORY);
  need(home >= 0, "open FOLDER");
  go_home();
  go_down("s", 60);
  run(AT_FDCWD, "program", "not-so-deep");
  go_home();
  go_down("d", 120);
  run(AT_FDCWD, "./program", "from-there");
  const int file = open("program", O_RDONLY);
  run(file, "", "by-descriptor");
  need(close(file) == 0, "close");
  go_home();
  static char path[512];
  for (int level = 0; level < 120; level++) {
    strcat(path, "d/");
  }
  strcat(path, "program");
  need(symlink(path, "short") == 0, "symlink");
  run(AT_FDCWD, "short", "by-link");
  char name[251];
  memset(name, 'n', 250);
  name[250] = 0;
  go_down(name, 20);
  run(AT_FDCWD, "program", "beyond-path-max");
  return 0;
}
