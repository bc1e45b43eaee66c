// Opens, closes, mappings, namespaces. A failed open has no descriptor, and leaves nothing.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscalls.h"

static void fact_opened(const char* path, long fd) {
  need(fd >= 0, path);
  close((int)fd);
  succeeded();
  fact_file_flow((struct file_flow){path, "OPEN CLOSE", (int)fd, 0, 0, 0, 0});
}

static void fact_not_opened(const char* path, long fd, int error) {
  need(fd == -1 && errno == error, path);
  failed();
  fact("None", "\"of\":\"FileFlow\",\"path\":\"%s\"", path);
}

#ifdef SYS_open
static void make_open(void) {
  const char* path = path_for("file");
  fact_opened(path, syscall(SYS_open, path, O_CREAT | O_WRONLY, 0600));
  path = path_for("missing");
  fact_not_opened(path, syscall(SYS_open, path, O_RDONLY), ENOENT);
}
#endif

#ifdef SYS_creat
static void make_creat(void) {
  const char* path = path_for("file");
  fact_opened(path, syscall(SYS_creat, path, 0600));
  path = path_for("missing/file");
  fact_not_opened(path, syscall(SYS_creat, path, 0600), ENOENT);
}
#endif

static int folder(void) { return opened(path_of(""), O_RDONLY | O_DIRECTORY); }

static void make_openat(void) {
  const int dir = folder();
  const char* path = path_for("file");
  fact_opened(path, syscall(SYS_openat, dir, "openat-file", O_CREAT | O_WRONLY, 0600));
  path = path_for("missing");
  fact_not_opened(path, syscall(SYS_openat, dir, "openat-missing", O_RDONLY), ENOENT);
  close(dir);
}

static void make_openat2(void) {
  const int dir = folder();
  struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0600};
  const char* path = path_for("file");
  fact_opened(path, syscall(SYS_openat2, dir, "openat2-file", &how, sizeof how));
  how = (struct open_how){.flags = O_RDONLY};
  path = path_for("missing");
  fact_not_opened(path, syscall(SYS_openat2, dir, "openat2-missing", &how, sizeof how), ENOENT);
  close(dir);
}

// The file is made without being opened, so that all its flows are the call's.
static struct file_handle* handle_of(const char* path) {
  struct file_handle* handle = malloc(sizeof *handle + MAX_HANDLE_SZ);
  int mount = 0;
  need(mknod(path, S_IFREG | 0600, 0) == 0, path);
  handle->handle_bytes = MAX_HANDLE_SZ;
  need(name_to_handle_at(AT_FDCWD, path, handle, &mount, 0) == 0, "name_to_handle_at");
  return handle;
}

static void make_open_by_handle_at(void) {
  const int dir = folder();
  const char* path = path_for("file");
  struct file_handle* handle = handle_of(path);
  fact_opened(path, syscall(SYS_open_by_handle_at, dir, handle, O_RDONLY));
  path = path_for("missing");
  handle = handle_of(path);
  need(unlink(path) == 0, path);
  fact_not_opened(path, syscall(SYS_open_by_handle_at, dir, handle, O_RDONLY), ESTALE);
  close(dir);
}

static void make_close(void) {
  const char* path = path_for("file");
  const int fd = opened(path, O_CREAT | O_WRONLY);
  need(syscall(SYS_close, fd) == 0, "close");
  succeeded();
  fact_file_flow((struct file_flow){path, "OPEN CLOSE", fd, 0, 0, 0, 0});
  need(syscall(SYS_close, 987) == -1 && errno == EBADF, "close of nothing");
  failed();
  fact("None", "\"of\":\"FileFlow\",\"fd\":987");
}

#ifdef __s390x__
#define MMAP(...) syscall(SYS_mmap, (unsigned long[]){__VA_ARGS__})
#else
#define MMAP(...) syscall(SYS_mmap, __VA_ARGS__)
#endif

static void map(const char* path, unsigned long bytes, int is_good) {
  const int fd = opened(path, O_RDONLY);
  const long address = MMAP(0UL, bytes, (unsigned long)PROT_READ, (unsigned long)MAP_PRIVATE,
                            (unsigned long)fd, 0UL);
  need((address != -1) == is_good, "mmap");
  close(fd);
  fact_file_flow((struct file_flow){path, "OPEN MMAP CLOSE", fd, 0, 0, 0, 0});
}

static void make_mmap(void) {
  const char* good = filled("good", 100);
  const char* bad = filled("bad", 100);
  succeeded();
  map(good, 4096, 1);
  failed();
  map(bad, 0, 0);
}

static void make_setns(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/uts", getpid());
  int fd = opened(path, O_RDONLY);
  need(syscall(SYS_setns, fd, CLONE_NEWUTS) == 0, "setns");
  close(fd);
  succeeded();
  fact_file_flow((struct file_flow){path, "OPEN SETNS CLOSE", fd, 0, 0, 0, 0});
  const char* file = filled("file", 10);
  fd = opened(file, O_RDONLY);
  need(syscall(SYS_setns, fd, CLONE_NEWUTS) == -1 && errno == EINVAL, "setns to a file");
  close(fd);
  failed();
  fact_file_flow((struct file_flow){file, "OPEN SETNS CLOSE", fd, 0, 0, 0, 0});
}

const struct call descriptor_calls[] = {
#ifdef SYS_open
    {"open", make_open},
#endif
#ifdef SYS_creat
    {"creat", make_creat},
#endif
    {"openat", make_openat},
    {"openat2", make_openat2},
    {"open_by_handle_at", make_open_by_handle_at},
    {"close", make_close},
    {"mmap", make_mmap},
    {"setns", make_setns},
    {NULL, NULL},
};
