// Files, folders and links, with calls that fail among them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "workload.h"

static char data[8192];

static void event(const char* flags, const char* path, int ret) {
  fact("FileEvent", "\"flags\":\"%s\",\"path\":\"%s\",\"ret\":%d", flags, path,
       ret < 0 ? -errno : ret);
}

static void event2(const char* flags, const char* path, const char* new_path, int ret) {
  fact("FileEvent", "\"flags\":\"%s\",\"path\":\"%s\",\"newPath\":\"%s\",\"ret\":%d", flags, path,
       new_path, ret < 0 ? -errno : ret);
}

static void read_and_write(const char* path) {
  int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0640);
  need(fd >= 0, path);
  need(write(fd, data, 1000) == 1000 && write(fd, data, 24) == 24, "write");
  struct iovec parts[2] = {{data, 300}, {data, 200}};
  need(writev(fd, parts, 2) == 500 && pwrite(fd, data, 76, 1524) == 76, "writev, pwrite");
  need(lseek(fd, 0, SEEK_SET) == 0, "lseek");
  need(read(fd, data, 600) == 600 && readv(fd, parts, 2) == 500, "read, readv");
  need(pread(fd, data, 4000, 600) == 1000 && pread(fd, data, 10, 5000) == 0, "pread");
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN READ_RECV WRITE_SEND CLOSE", fd, 4, 2100, 4, 1600});
}

// At a position, and at -1, which is the current one; the last call fails.
static void vectors(const char* path) {
  int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
  need(fd >= 0, path);
  struct iovec parts[2] = {{data, 300}, {data, 200}};
  need(pwritev(fd, parts, 1, 0) == 300, "pwritev");
  need(pwritev2(fd, parts, 2, -1, 0) == 500 && pwritev2(fd, parts, 2, 500, 0) == 500, "pwritev2");
  need(preadv(fd, parts, 1, 0) == 300, "preadv");
  need(preadv2(fd, parts, 2, -1, 0) == 500 && preadv2(fd, parts, 2, 900, 0) == 100, "preadv2");
  need(preadv2(fd, parts, 2, 0, 1 << 30) == -1 && errno == EOPNOTSUPP, "preadv2 of unknown flags");
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN READ_RECV WRITE_SEND CLOSE", fd, 4, 900, 3, 1300});
}

// A failed read counts as a call without bytes, on a descriptor that only writes.
static void failed_read(const char* path) {
  int fd = creat(path, 0600);
  need(fd >= 0, path);
  need(read(fd, data, 10) == -1 && errno == EBADF, "read from a write-only file");
  need(write(fd, data, 7) == 7, "write");
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN READ_RECV WRITE_SEND CLOSE", fd, 1, 0, 1, 7});
}

static void other_opens(const char* inner) {
  int dir = open(path_of("dir"), O_RDONLY | O_DIRECTORY);
  need(dir >= 0, "open a folder");
  int fd = openat(dir, "inner", O_CREAT | O_WRONLY | O_APPEND, 0600);
  need(fd >= 0 && write(fd, data, 5000) == 5000, inner);
  close(fd);
  fact_file_flow((struct file_flow){inner, "OPEN WRITE_SEND CLOSE", fd, 0, 0, 1, 5000});
  struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};
  int fd2 = (int)syscall(SYS_openat2, dir, "inner", &how, sizeof how);
  need(fd2 >= 0 && read(fd2, data, 64) == 64, "openat2");
  close(fd2);
  fact_file_flow((struct file_flow){inner, "OPEN READ_RECV CLOSE", fd2, 1, 64, 0, 0});
  int fd3 = openat(dir, "../dir/./inner", O_RDONLY);
  need(fd3 >= 0, "openat up and down");
  void* map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd3, 0);
  need(map != MAP_FAILED, "mmap");
  munmap(map, 4096);
  close(fd3);
  fact_file_flow((struct file_flow){inner, "OPEN MMAP CLOSE", fd3, 0, 0, 0, 0});
  close(dir);
  fact_file_flow((struct file_flow){path_of("dir"), "OPEN CLOSE", dir, 0, 0, 0, 0});
}

static void links(const char* from, const char* to) {
  event2("RENAME", from, to, rename(from, to));
  event2("RENAME", from, to, rename(from, to));
  event2("LINK", to, path_of("hard"), link(to, path_of("hard")));
  event2("LINK", to, path_of("hard"), link(to, path_of("hard")));
  event2("SYMLINK", to, path_of("soft"), symlink(to, path_of("soft")));
  int dir = open(path_of("dir"), O_RDONLY | O_DIRECTORY | O_PATH);
  event2("RENAME", to, path_of("dir/moved"), renameat(AT_FDCWD, to, dir, "moved"));
  int exchanged = (int)syscall(SYS_renameat2, dir, "moved", dir, "inner", 2);
  event2("RENAME", path_of("dir/moved"), path_of("dir/inner"), exchanged);
  event("UNLINK", path_of("dir/moved"), unlinkat(dir, "moved", 0));
  close(dir);
  fact_file_flow((struct file_flow){path_of("dir"), "OPEN CLOSE", dir, 0, 0, 0, 0});
  event("UNLINK", path_of("dir/inner"), unlink(path_of("dir/inner")));
  event("UNLINK", path_of("hard"), unlink(path_of("hard")));
  event("UNLINK", path_of("soft"), unlink(path_of("soft")));
  event("UNLINK", path_of("soft"), unlink(path_of("soft")));
}

void do_files(void) {
  memset(data, 'x', sizeof data);
  event("MKDIR", path_of("dir"), mkdir(path_of("dir"), 0755));
  event("MKDIR", path_of("dir"), mkdir(path_of("dir"), 0755));
  const char* file = path_of("file");
  read_and_write(file);
  vectors(path_of("vectors"));
  failed_read(path_of("created"));
  need(open(path_of("missing"), O_RDONLY) == -1, "open what is not there");
  fact("NoFlow", "\"path\":\"%s\"", path_of("missing"));
  other_opens(path_of("dir/inner"));
  event("RMDIR", path_of("dir"), rmdir(path_of("dir")));
  links(file, path_of("renamed"));
  event("UNLINK", path_of("created"), unlink(path_of("created")));
  need(chdir(path_of("dir")) == 0, "chdir");
  event("MKDIR", path_of("dir/below"), mkdir("below", 0700));
  event("RMDIR", path_of("dir/below"), rmdir("../dir/below"));
  need(chdir("/") == 0, "chdir");
  event("RMDIR", path_of("dir"), rmdir(path_of("dir")));
}
