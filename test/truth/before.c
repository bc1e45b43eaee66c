// Descriptors from before the collector: before FOLDER. It opens them, removes some of their names,
// says so, and works with them once a line comes in.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../workload/workload.h"

struct opened {
  const char* path;
  int fd;
};

static struct opened open_file(const char* name, int is_gone) {
  struct opened file = {path_of(name), open(path_of(name), O_CREAT | O_RDWR, 0600)};
  need(file.fd >= 0, name);
  need(!is_gone || unlink(file.path) == 0, "unlink");
  return file;
}

static struct opened listening(const char* name, const char* text, size_t size) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct opened server = {text, socket(AF_UNIX, SOCK_STREAM, 0)};
  memcpy(address.sun_path, name, size);
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
  need(bind(server.fd, (struct sockaddr*)&address, length) == 0, "bind");
  need(listen(server.fd, 1) == 0, "listen");
  return server;
}

static void write_to(struct opened file) {
  need(write(file.fd, "12", 2) == 2, file.path);
  close(file.fd);
  fact_file_flow((struct file_flow){file.path, "WRITE_SEND CLOSE", file.fd, 0, 0, 1, 2});
}

static void close_it(struct opened file) {
  close(file.fd);
  fact_file_flow((struct file_flow){file.path, "CLOSE", file.fd, 0, 0, 0, 0});
}

int main(int argc, char** argv) {
  char line[8];
  need(argc == 2, "before FOLDER");
  work_in(argv[1]);
  struct opened files[] = {
      open_file("kept", 0),           open_file("gone", 1),  open_file("said (deleted)", 0),
      open_file("gone (deleted)", 1), open_file("again", 1), open_file("again", 0),
  };
  need(mkfifo(path_of("fifo"), 0600) == 0, "mkfifo");
  struct opened fifo = {path_of("fifo"), open(path_of("fifo"), O_RDWR)};
  need(unlink(fifo.path) == 0 && mkdir(path_of("folder"), 0700) == 0, "folder");
  struct opened folder = {path_of("folder"), open(path_of("folder"), O_RDONLY)};
  need(chdir(folder.path) == 0 && rmdir(folder.path) == 0, "leave it");
  int held = open(".", O_RDONLY | O_DIRECTORY);
  need(held >= 0, "a folder that is gone");
  const char* blanks = path_of("with two  blanks ");
  struct opened servers[] = {listening(blanks, blanks, strlen(blanks)),
                             listening("\0before it\tbegan", "@before it\\tbegan", 16)};
  int ends[2];
  need(pipe(ends) == 0, "pipe");

  need(write(STDERR_FILENO, "ready\n", 6) == 6 && read(STDIN_FILENO, line, sizeof line) > 0, "go");
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    write_to(files[i]);
  }
  write_to(fifo);
  write_to((struct opened){unnamed(ends[1]), ends[1]});
  close_it(folder);
  close_it((struct opened){folder.path, held});
  close_it(servers[0]);
  close_it(servers[1]);
  return 0;
}
