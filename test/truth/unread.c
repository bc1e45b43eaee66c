// Names that are no names: empty, or where no memory is; and programs whose path was not in memory
// when the call began: `unread FOLDER`.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"

#define AT AT_FDCWD

static const char unknown[] = "<NA>";
static const char* work_folder;
static int dir;

static void event(const char* flags, long ret, int error, const char* path, const char* new_path) {
  need(ret == -1 && errno == error, flags);
  if (new_path == NULL) {
    fact("FileEvent", "\"flags\":\"%s\",\"ret\":%d,\"path\":\"%s\"", flags, -error, path);
  } else {
    fact("FileEvent", "\"flags\":\"%s\",\"ret\":%d,\"path\":\"%s\",\"newPath\":\"%s\"", flags,
         -error, path, new_path);
  }
}

// Every call with `bad`, which its records show as `text`.
static void call_all(const char* bad, int error, const char* text) {
  event("MKDIR", mkdir(bad, 0700), error, text, NULL);
  event("MKDIR", mkdirat(dir, bad, 0700), error, text, NULL);
  event("RMDIR", rmdir(bad), error, text, NULL);
  event("UNLINK", unlink(bad), error, text, NULL);
  event("UNLINK", unlinkat(dir, bad, 0), error, text, NULL);
  event("UNLINK", unlinkat(dir, bad, AT_REMOVEDIR), error, text, NULL);
  event("RENAME", rename(bad, "to"), error, text, path_of("to"));
  event("RENAME", rename("file", bad), error, path_of("file"), text);
  event("RENAME", renameat(dir, bad, dir, "to"), error, text, path_of("dir/to"));
  event("RENAME", (long)renameat2(AT, "file", dir, bad, 0), error, path_of("file"), text);
  event("LINK", link(bad, "to"), error, text, path_of("to"));
  event("LINK", link("file", bad), error, path_of("file"), text);
  event("LINK", linkat(dir, bad, AT, "to", 0), error, text, path_of("to"));
  event("LINK", linkat(AT, "file", dir, bad, 0), error, path_of("file"), text);
  event("SYMLINK", symlink(bad, "dir/link"), error, text, path_of("dir/link"));
  event("SYMLINK", symlink("target", bad), error, "target", text);
  event("SYMLINK", symlinkat(bad, dir, "link"), error, text, path_of("dir/link"));
  event("SYMLINK", symlinkat("target", dir, bad), error, "target", text);
  event("CHMOD", chmod(bad, 0600), error, text, NULL);
  event("CHMOD", syscall(SYS_fchmodat, dir, bad, 0600), error, text, NULL);
  event("CHOWN", chown(bad, 0, 0), error, text, NULL);
  event("CHOWN", lchown(bad, 0, 0), error, text, NULL);
  event("CHOWN", fchownat(dir, bad, 0, 0, 0), error, text, NULL);
  event("MKNOD", mknod(bad, S_IFIFO | 0600, 0), error, text, NULL);
  event("MKNOD", mknodat(dir, bad, S_IFIFO | 0600, 0), error, text, NULL);
  event("RESIZE", truncate(bad, 1), error, text, NULL);
  event("MOUNT", mount("source", bad, "tmpfs", 0, NULL), error, "source", text);
  event("MOUNT", mount("file", bad, "", MS_BIND, NULL), error, path_of("file"), text);
  event("UMOUNT", umount2(bad, 0), error, text, NULL);
}

static char* const some[] = {"some", "words", NULL};

// Longer than any call takes: what an event has of it is no path of its own, least of all the
// folder.
static void call_too_long(void) {
  static char path[6001];
  for (int at = 0; at < 6000; at += 2) {
    memcpy(path + at, "./", 2);
  }
  char* cut;
  need(asprintf(&cut, "%s\\\\x00", work_folder) > 0, "asprintf");
  event("MKDIR", mkdir(path, 0700), ENAMETOOLONG, cut, NULL);
  event("UNLINK", unlink(path), ENAMETOOLONG, cut, NULL);
  event("RENAME", rename("file", path), ENAMETOOLONG, path_of("file"), cut);
  event("SYMLINK", symlink(path, "link"), ENAMETOOLONG, cut, path_of("link"));
  event("CHMOD", chmod(path, 0700), ENAMETOOLONG, cut, NULL);
  event("RESIZE", truncate(path, 1), ENAMETOOLONG, cut, NULL);
  need(execve(path, some, NULL) == -1 && errno == ENAMETOOLONG, "execve");
  fact("ProcessEvent", "\"flags\":\"EXEC\",\"ret\":%d,\"argument\":\"%s\"", -ENAMETOOLONG, cut);
}

static void tried(long ret, int error, const char* path) {
  need(ret == -1 && errno == error, path);
  fact("ProcessEvent", "\"flags\":\"EXEC\",\"ret\":%d,\"argument\":\"%s\"", -error, path);
}

static long exec_at(int folder, const char* path, int flags) {
  return syscall(SYS_execveat, folder, path, some, NULL, flags);
}

static void make(const char* name, const char* text, int mode) {
  const int fd = open(name, O_CREAT | O_WRONLY, mode);
  need(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0, name);
}

// The text, in a page that is in memory only once it has been read.
static const char* not_yet_there(const char* text) {
  char name[] = "text-XXXXXX";
  const int fd = mkstemp(name);
  const ssize_t bytes = (ssize_t)strlen(text) + 1;
  need(fd >= 0 && write(fd, text, (size_t)bytes) == bytes, "make a text");
  const char* at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  need(at != MAP_FAILED && close(fd) == 0 && unlink(name) == 0, "map a text");
  return at;
}

static void fail_to_run(const char* const* bad) {
  make("data", "no program", 0600);
  make("text", "no program", 0700);
  make("script", "#!/no/such/interpreter\n", 0700);
  make("dir/own", "no program", 0600);
  const int own = open("dir/own", O_RDONLY);
  for (; *bad != NULL; bad++) {
    tried(execve(*bad, some, NULL), EFAULT, unknown);
    tried(exec_at(dir, *bad, 0), EFAULT, unknown);
  }
  tried(execve("missing", some, NULL), ENOENT, path_of("missing"));
  tried(execve("./data", some, NULL), EACCES, path_of("data"));
  tried(execve(path_of("text"), some, NULL), ENOEXEC, path_of("text"));
  tried(execve("dir/../script", some, NULL), ENOENT, path_of("script"));
  tried(execve("data/below", some, NULL), ENOTDIR, path_of("data/below"));
  tried(execve("<NA>", some, NULL), ENOENT, path_of("<NA>"));
  tried(execve("(NULL)", some, NULL), ENOENT, path_of("(NULL)"));
  tried(execve("caf\xe9", some, NULL), ENOENT, path_of("caf\\\\xe9"));
  static char long_word[200000];
  memset(long_word, 'w', sizeof long_word - 1);
  char* const words[] = {long_word, NULL};
  tried(execve(path_of("text"), words, NULL), E2BIG, path_of("text"));
  tried(exec_at(dir, "missing", 0), ENOENT, path_of("dir/missing"));
  tried(exec_at(dir, "../missing", 0), ENOENT, path_of("missing"));
  tried(exec_at(AT, "missing-too", 0), ENOENT, path_of("missing-too"));
  tried(exec_at(own, "", AT_EMPTY_PATH), EACCES, path_of("dir/own"));
  tried(exec_at(999, "relative", 0), EBADF, "relative");
  tried(execve(not_yet_there("late"), some, NULL), ENOENT, path_of("late"));
  tried(execve(not_yet_there("/late/absolute"), some, NULL), ENOENT, "/late/absolute");
  tried(exec_at(dir, not_yet_there("late"), 0), ENOENT, path_of("dir/late"));
  tried(exec_at(AT, not_yet_there("late-too"), 0), ENOENT, path_of("late-too"));
  tried(exec_at(own, not_yet_there(""), AT_EMPTY_PATH), EACCES, path_of("dir/own"));
  // Nothing was named: no argument, above all not the folder.
  need(execve("", some, NULL) == -1 && errno == ENOENT, "exec nothing");
  need(exec_at(dir, "", 0) == -1 && errno == ENOENT, "exec nothing");
  fact("None", "\"of\":\"ProcessEvent\",\"flags\":\"EXEC\",\"argument\":\"%s\"", path_of("dir"));
  need(close(own) == 0, "close");
}

static const char* path_in_memory;

static void* open_other_end(void* ignored) {
  (void)ignored;
  usleep(300000);
  need(munmap((void*)path_in_memory, 4096) == 0, "munmap");
  const int fd = open("fifo", O_RDONLY);
  char text[8];
  need(fd >= 0 && read(fd, text, sizeof text) == 5 && close(fd) == 0, "the other end");
  return NULL;
}

// While the open waits for the other end its name goes away: the call goes well, and nothing that
// was there when it began or when it ended could be read.
static void open_unread(void) {
  need(mkfifo("fifo", 0600) == 0, "mkfifo");
  path_in_memory = not_yet_there("fifo");
  pthread_t thread;
  need(pthread_create(&thread, NULL, open_other_end, NULL) == 0, "pthread_create");
  const int fd = open(path_in_memory, O_WRONLY);
  need(fd >= 0 && write(fd, "12345", 5) == 5 && close(fd) == 0, "open a name that goes away");
  need(pthread_join(thread, NULL) == 0, "pthread_join");
  fact_file_flow((struct file_flow){unknown, "OPEN WRITE_SEND CLOSE", fd, 0, 0, 1, 5});
}

// A file may be called what others say of one whose name they do not know.
static void really_called(const char* name) {
  make(name, "1", 0600);
  need(link(name, "copy") == 0 && unlink(name) == 0 && rename("copy", name) == 0, name);
  fact("FileEvent", "\"flags\":\"LINK\",\"ret\":0,\"path\":\"%s\",\"newPath\":\"%s\"",
       path_of(name), path_of("copy"));
  fact("FileEvent", "\"flags\":\"RENAME\",\"ret\":0,\"path\":\"%s\",\"newPath\":\"%s\"",
       path_of("copy"), path_of(name));
  need(symlink(name, "dir/link") == 0 && unlink("dir/link") == 0, "symlink");
  char in_dir[64];
  snprintf(in_dir, sizeof in_dir, "dir/%s", name);
  fact("FileEvent", "\"flags\":\"SYMLINK\",\"ret\":0,\"path\":\"%s\",\"newPath\":\"%s\"",
       path_of(in_dir), path_of("dir/link"));
}

// Half of the name lies where memory is.
static const char* broken_off(void) {
  char* at = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  need(at != MAP_FAILED && munmap(at + 4096, 4096) == 0, "mmap");
  return memcpy(at + 4096 - 4, "half", 4);
}

int main(int argc, char** argv) {
  need(argc == 2 && chdir(argv[1]) == 0, "unread FOLDER");
  work_in(argv[1]);
  work_folder = argv[1];
  make("file", "", 0600);
  need(mkdir("dir", 0700) == 0, "mkdir");
  dir = open("dir", O_RDONLY | O_DIRECTORY);
  const char* const bad[] = {(const char*)1, (const char*)-4096, broken_off(), NULL};
  for (const char* const* each = bad; *each != NULL; each++) {
    call_all(*each, EFAULT, unknown);
  }
  call_all("", ENOENT, "");
  event("CHOWN", fchownat(dir, "", 0, 0, 0), ENOENT, "", NULL);
  event("LINK", linkat(dir, "", dir, "to", AT_EMPTY_PATH), EPERM, path_of("dir"),
        path_of("dir/to"));
  call_too_long();
  fail_to_run(bad);
  open_unread();
  really_called(unknown);
  really_called("(NULL)");
  need(close(dir) == 0, "close");
  return 0;
}
