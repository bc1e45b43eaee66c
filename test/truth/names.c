// Makes every call that takes a path with each name of a list, in a folder for
// each: `names SELF FOLDER LIST HANDLES`, where SELF is this program, in the file
// system of FOLDER, LIST is a file of names, each ended by a NUL byte, and
// HANDLES is 1 where files there have handles, else 0.
// Prints nothing: a name may be any bytes, so that the test itself knows what
// must be found (../support/truth/name-calls.ts, in this order).
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

#define AT AT_FDCWD

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const char* self;
static int handles;  // whether the file system has them

static void write_and_close(int fd, const char* what) {
  need(fd >= 0 && write(fd, "12345", 5) == 5 && close(fd) == 0, what);
}

static void open_in_every_way(int dir, const char* path, const char* name) {
  write_and_close(open(path, O_CREAT | O_WRONLY, 0600), "open");
  write_and_close(creat(path, 0600), "creat");
  write_and_close(openat(dir, name, O_WRONLY), "openat");
  struct open_how how = {.flags = O_WRONLY};
  write_and_close((int)syscall(SYS_openat2, dir, name, &how, sizeof how), "openat2");
  // Only the kernel knows what name a handle has.
  static union {
    struct file_handle handle;
    char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
  } file;
  file.handle.handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (handles) {
    need(name_to_handle_at(dir, name, &file.handle, &mount, 0) == 0, "name_to_handle_at");
    write_and_close(open_by_handle_at(dir, &file.handle, O_WRONLY), "open_by_handle_at");
  }
}

static void change(int dir, const char* path, const char* name, const char* name2) {
  need(chmod(path, 0640) == 0, "chmod");
  need(fchmodat(dir, name, 0600, 0) == 0, "fchmodat");
  need(chown(path, 0, 0) == 0, "chown");
  need(lchown(path, 0, 0) == 0, "lchown");
  need(fchownat(dir, name, 0, 0, 0) == 0, "fchownat");
  need(truncate(path, 3) == 0, "truncate");
  const int fd = open(path, O_WRONLY);
  need(fchmod(fd, 0600) == 0 && fchown(fd, 0, 0) == 0 && ftruncate(fd, 1) == 0, "by descriptor");
  need(fchownat(fd, "", 0, 0, AT_EMPTY_PATH) == 0, "fchownat of a descriptor");
  need(linkat(fd, "", dir, name2, AT_EMPTY_PATH) == 0, "linkat of a descriptor");
  need(unlinkat(dir, name2, 0) == 0, "unlinkat");
  // Older kernels do not have it, and say so.
  (void)syscall(SYS_fchmodat2, dir, name, 0600, 0);
  close(fd);
}

// Of each pair of names one has a letter more, so that both take what the other
// left.
static void give_other_names(int dir, const char* path, const char* name, const char* name2) {
  char* path2;
  need(asprintf(&path2, "%s2", path) > 0, "asprintf");
  need(link(path, path2) == 0, "link");
  need(unlink(path) == 0, "unlink");
  need(linkat(dir, name2, dir, name, 0) == 0, "linkat");
  need(unlinkat(dir, name2, 0) == 0, "unlinkat");
  need(rename(path, path2) == 0, "rename");
  need(renameat(dir, name2, dir, name) == 0, "renameat");
  need(renameat2(dir, name, dir, name2, 0) == 0, "renameat2");
  need(symlink(name, path) == 0, "symlink");
  need(unlink(path) == 0, "unlink");
  need(symlinkat(name2, dir, name) == 0, "symlinkat");
  need(unlink(path) == 0 && unlink(path2) == 0, "unlink");
  free(path2);
}

static void make_nodes(int dir, const char* path, const char* name) {
  need(mknod(path, S_IFIFO | 0600, 0) == 0 && unlink(path) == 0, "mknod");
  need(mknodat(dir, name, S_IFIFO | 0600, 0) == 0 && unlink(path) == 0, "mknodat");
  // There is no such folder: both fail, and are told of.
  need(mount("none", path, "tmpfs", 0, NULL) != 0, "mount");
  need(umount2(path, 0) != 0, "umount2");
}

static void run_at(int dir, const char* name, int flags) {
  const pid_t child = fork();
  if (child == 0) {
    char* const words[] = {"program", "end", NULL};
    syscall(SYS_execveat, dir, name, words, NULL, flags);
    _exit(99);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child && status == 0, "a program");
}

// The name as a folder, entered by its name and by a descriptor, and as a
// program with an argument.
static void enter_and_run(int dir, const char* path, const char* name) {
  need(mkdirat(dir, name, 0700) == 0, "mkdirat");
  need(unlinkat(dir, name, AT_REMOVEDIR) == 0, "unlinkat");
  need(mkdir(path, 0700) == 0 && chdir(path) == 0, "chdir");
  write_and_close(open("by-chdir", O_CREAT | O_WRONLY, 0600), "open in a folder");
  need(unlink("by-chdir") == 0 && chdir("/") == 0, "unlink");
  const int folder = open(path, O_RDONLY | O_DIRECTORY);
  need(folder >= 0 && fchdir(folder) == 0 && close(folder) == 0, "fchdir");
  write_and_close(open("by-fchdir", O_CREAT | O_WRONLY, 0600), "open in a folder");
  need(unlink("by-fchdir") == 0, "unlink");
  need(linkat(AT, self, AT, "program", 0) == 0, "link a program");
  const pid_t child = fork();
  if (child == 0) {
    execl("program", "program", name, "end", NULL);
    _exit(99);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child && status == 0, "a program");
  need(unlink("program") == 0 && chdir("/") == 0 && rmdir(path) == 0, "rmdir");
  need(linkat(AT, self, dir, name, 0) == 0, "link a program");
  const pid_t second = fork();
  if (second == 0) {
    execl(path, name, "end", NULL);
    _exit(99);
  }
  need(waitpid(second, &status, 0) == second && status == 0, "a program");
  const int file = open(path, O_RDONLY);
  run_at(dir, name, 0);
  run_at(file, "", AT_EMPTY_PATH);
  need(close(file) == 0 && unlink(path) == 0, "unlink");
}

static void do_all(const char* folder, int index, const char* name) {
  char *parent, *path, *name2;
  need(asprintf(&parent, "%s/%d", folder, index) > 0, "asprintf");
  need(asprintf(&name2, "%s2", name) > 0, "asprintf");
  need(asprintf(&path, "%s/%s", parent, name) > 0, "asprintf");
  need(mkdir(parent, 0700) == 0, "mkdir");
  const int dir = open(parent, O_RDONLY | O_DIRECTORY);
  // Every second name is opened as descriptor 0.
  if (index % 2 == 1) {
    need(close(0) == 0, "close");
  }
  open_in_every_way(dir, path, name);
  change(dir, path, name, name2);
  give_other_names(dir, path, name, name2);
  make_nodes(dir, path, name);
  enter_and_run(dir, path, name);
  if (index % 2 == 1) {
    need(open("/dev/null", O_RDONLY) == 0, "open");
  }
  close(dir);
  need(rmdir(parent) == 0, "rmdir");
  free(parent);
  free(path);
  free(name2);
}

int main(int argc, char** argv) {
  if (strcmp(argv[argc - 1], "end") == 0) {
    return 0;
  }
  need(argc == 5, "names SELF FOLDER LIST HANDLES");
  handles = atoi(argv[4]);
  self = argv[1];
  static char list[1 << 20];
  const int fd = open(argv[3], O_RDONLY);
  const ssize_t bytes = read(fd, list, sizeof list);
  need(fd >= 0 && bytes > 0 && bytes < (ssize_t)sizeof list && close(fd) == 0, "read the list");
  int index = 0;
  for (const char* name = list; name < list + bytes; name += strlen(name) + 1) {
    do_all(argv[2], index++, name);
  }
  return 0;
}
