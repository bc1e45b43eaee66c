// Names that count from elsewhere than the working directory, or are none: `places FOLDER`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../workload/workload.h"

static void flow_of(const char* path, const char* flags, int fd, long bytes) {
  fact_file_flow((struct file_flow){path, flags, fd, 0, 0, bytes > 0 ? 1 : 0, bytes});
}

static void in_root(int dir, const char* name, const char* path, uint64_t resolve) {
  struct open_how how = {.flags = O_WRONLY | O_CREAT, .mode = 0600, .resolve = resolve};
  const int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
  need(fd >= 0 && write(fd, "12", 2) == 2 && close(fd) == 0, name);
  flow_of(path_of(path), "OPEN WRITE_SEND CLOSE", fd, 2);
}

// Made in a folder, written, and linked to a name where there is one.
static void nameless(const char* folder, int access, const char* link_to) {
  const int fd = open(folder, O_TMPFILE | access, 0600);
  struct stat status;
  need(fd >= 0 && fstat(fd, &status) == 0 && write(fd, "12345", 5) == 5, "O_TMPFILE");
  char name[64];
  snprintf(name, sizeof name, "#%llu", (unsigned long long)status.st_ino);
  if (link_to != NULL) {
    need(linkat(fd, "", AT_FDCWD, path_of(link_to), AT_EMPTY_PATH) == 0, "linkat");
  }
  close(fd);
  flow_of(path_of(name), "OPEN WRITE_SEND CLOSE", fd, 5);
  if (link_to != NULL) {
    fact("FileEvent", "\"flags\":\"LINK\",\"ret\":0,\"path\":\"%s\",\"newPath\":\"%s\"",
         path_of(name), path_of(link_to));
  }
}

static void link_text(const char* target, const char* link, const char* meant) {
  need(symlink(target, link) == 0, "symlink");
  fact("FileEvent", "\"flags\":\"SYMLINK\",\"ret\":0,\"path\":\"%s\",\"newPath\":\"%s\"", meant,
       path_of(link));
}

int main(int argc, char** argv) {
  need(argc == 2 && chdir(argv[1]) == 0, "places FOLDER");
  work_in(argv[1]);
  need(mkdir("root", 0700) == 0 && mkdir("root/in", 0700) == 0, "mkdir");
  const int root = open("root", O_RDONLY | O_DIRECTORY);
  in_root(root, "/absolute", "root/absolute", RESOLVE_IN_ROOT);
  in_root(root, "/in/deep", "root/in/deep", RESOLVE_IN_ROOT);
  in_root(root, "../../above", "root/above", RESOLVE_IN_ROOT);
  in_root(root, "in/../../../beside", "root/beside", RESOLVE_IN_ROOT);
  in_root(AT_FDCWD, "/by-cwd", "by-cwd", RESOLVE_IN_ROOT);
  in_root(root, "in/../beneath", "root/beneath", RESOLVE_BENEATH);
  in_root(root, "plain", "root/plain", 0);
  close(root);

  nameless(argv[1], O_WRONLY, "linked");
  nameless(argv[1], O_RDWR, "linked-too");
  nameless(".", O_RDWR, NULL);

  const int file = open("linked", O_RDONLY);
  need(fchownat(file, "", 0, 0, AT_EMPTY_PATH) == 0, "fchownat");
  fact("FileEvent", "\"flags\":\"CHOWN\",\"ret\":0,\"path\":\"%s\"", path_of("linked"));
  need(linkat(file, "", AT_FDCWD, "linked-again", AT_EMPTY_PATH) == 0, "linkat");
  fact("FileEvent", "\"flags\":\"LINK\",\"ret\":0,\"path\":\"%s\",\"newPath\":\"%s\"",
       path_of("linked"), path_of("linked-again"));
  close(file);

  link_text("beside", "root/in/link", path_of("root/in/beside"));
  link_text("../up", "root/in/link2", path_of("root/up"));
  link_text("/elsewhere", "root/link3", "/elsewhere");
  link_text("here", "link4", path_of("here"));
  return 0;
}
