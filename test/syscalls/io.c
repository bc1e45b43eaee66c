// Reads, writes and transfers of files. A failed call counts as an operation without bytes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "syscalls.h"

static char data[4096];

// One call that reads 100 bytes, one that fails.
static void fact_read(const char* path, int fd) {
  close(fd);
  did_both();
  fact_file_flow((struct file_flow){path, "OPEN READ_RECV CLOSE", fd, 2, 100, 0, 0});
}

static void fact_written(const char* path, int fd) {
  close(fd);
  did_both();
  fact_file_flow((struct file_flow){path, "OPEN WRITE_SEND CLOSE", fd, 0, 0, 2, 100});
}

// The call that fails comes first, while there still is something to read: as arguments of a
// function each compiler would make the two in an order of its own.
#define CHECK(good, bad, error)                       \
  do {                                                \
    need((bad) == -1 && errno == (error), call_name); \
    need((good) == 100, call_name);                   \
  } while (0)

static void plain(int is_write, long number) {
  const char* path = is_write ? path_for("file") : filled("file", 100);
  const int fd = opened(path, is_write ? O_CREAT | O_WRONLY : O_RDONLY);
  CHECK(syscall(number, fd, data, 100), syscall(number, fd, NOWHERE, 10), EFAULT);
  (is_write ? fact_written : fact_read)(path, fd);
}

static void with_offset(int is_write, long number) {
  const char* path = is_write ? path_for("file") : filled("file", 200);
  const int fd = opened(path, is_write ? O_CREAT | O_WRONLY : O_RDONLY);
  CHECK(syscall(number, fd, data, 100, 50L), syscall(number, fd, data, 10, -1L), EINVAL);
  (is_write ? fact_written : fact_read)(path, fd);
}

// The last three are the offset and flags of preadv and its kin; readv and writev ignore them.
static void vector(int is_write, long number) {
  const char* path = is_write ? path_for("file") : filled("file", 200);
  const int fd = opened(path, is_write ? O_CREAT | O_WRONLY : O_RDONLY);
  const struct iovec parts[2] = {{data, 60}, {data + 60, 40}};
  CHECK(syscall(number, fd, parts, 2L, 0L, 0L, 0L), syscall(number, fd, NOWHERE, 2L, 0L, 0L, 0L),
        EFAULT);
  (is_write ? fact_written : fact_read)(path, fd);
}

static void make_read(void) { plain(0, SYS_read); }
static void make_write(void) { plain(1, SYS_write); }
static void make_pread64(void) { with_offset(0, SYS_pread64); }
static void make_pwrite64(void) { with_offset(1, SYS_pwrite64); }
static void make_readv(void) { vector(0, SYS_readv); }
static void make_writev(void) { vector(1, SYS_writev); }
static void make_preadv(void) { vector(0, SYS_preadv); }
static void make_pwritev(void) { vector(1, SYS_pwritev); }
static void make_preadv2(void) { vector(0, SYS_preadv2); }
static void make_pwritev2(void) { vector(1, SYS_pwritev2); }

struct two_files {
  const char *from, *to;
  int in, out;
};

static struct two_files two_files(void) {
  struct two_files files = {.from = filled("from", 200), .to = path_for("to")};
  files.in = opened(files.from, O_RDONLY);
  files.out = opened(files.to, O_CREAT | O_WRONLY);
  return files;
}

static void fact_transfer(struct two_files files) {
  close(files.in);
  close(files.out);
  did_both();
  fact_file_flow((struct file_flow){files.from, "OPEN READ_RECV CLOSE", files.in, 2, 100, 0, 0});
  fact_file_flow((struct file_flow){files.to, "OPEN WRITE_SEND CLOSE", files.out, 0, 0, 2, 100});
}

static void make_sendfile(void) {
  struct two_files files = two_files();
  CHECK(syscall(SYS_sendfile, files.out, files.in, NULL, 100L),
        syscall(SYS_sendfile, files.out, files.in, NOWHERE, 10L), EFAULT);
  fact_transfer(files);
}

static void make_copy_file_range(void) {
  struct two_files files = two_files();
  CHECK(syscall(SYS_copy_file_range, files.in, NULL, files.out, NULL, 100L, 0L),
        syscall(SYS_copy_file_range, files.in, NULL, files.out, NULL, 10L, 1L), EINVAL);
  fact_transfer(files);
}

// One side must be a pipe: the call between two files fails.
static void make_splice(void) {
  struct two_files files = two_files();
  int ends[2];
  need(pipe(ends) == 0 && write(ends[1], data, 100) == 100, "pipe");
  const char* name = unnamed(ends[0]);
  CHECK(syscall(SYS_splice, ends[0], NULL, files.out, NULL, 100L, 0L),
        syscall(SYS_splice, files.in, NULL, files.out, NULL, 10L, 0L), EINVAL);
  close(files.in);
  close(files.out);
  close(ends[0]);
  close(ends[1]);
  did_both();
  fact_file_flow((struct file_flow){files.from, "OPEN READ_RECV CLOSE", files.in, 1, 0, 0, 0});
  fact_file_flow((struct file_flow){files.to, "OPEN WRITE_SEND CLOSE", files.out, 0, 0, 2, 100});
  fact_file_flow((struct file_flow){name, "READ_RECV CLOSE", ends[0], 1, 100, 0, 0});
}

const struct call io_calls[] = {
    {"read", make_read},         {"write", make_write},
    {"pread64", make_pread64},   {"pwrite64", make_pwrite64},
    {"readv", make_readv},       {"writev", make_writev},
    {"preadv", make_preadv},     {"pwritev", make_pwritev},
    {"preadv2", make_preadv2},   {"pwritev2", make_pwritev2},
    {"sendfile", make_sendfile}, {"copy_file_range", make_copy_file_range},
    {"splice", make_splice},     {NULL, NULL},
};
