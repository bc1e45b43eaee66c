// A program that plays others: copied to a file of any name, and run with any arguments, it does
// what the variable DEED says, in one verb with words behind it, and nothing without it. With
// DEED_TTY it first takes a terminal of its own and starts again, since records have terminals as
// of the last exec. Rules on names and command lines can so be tried without the programs that they
// are about.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char* word[64];
static int words;

static void need(int ok, const char* what) {
  if (!ok) {
    perror(what);
    _exit(1);
  }
}

static int number(int index) { return index < words ? atoi(word[index]) : 0; }

// The words from `first` on become the program.
static void become(int first) {
  char* const path = word[first];
  word[words] = NULL;
  char* const slash = strrchr(path, '/');
  word[first] = slash != NULL ? slash + 1 : path;
  execv(path, &word[first]);
  need(0, path);
}

static int run(int first) {
  const pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    become(first);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child, "waitpid");
  return WEXITSTATUS(status);
}

static struct sockaddr_in address_of(const char* host, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  need(inet_pton(AF_INET, host, &address.sin_addr) == 1, host);
  return address;
}

// Where nobody listens the call fails, and is a deed all the same.
static int connected(int type) {
  const struct sockaddr_in address = address_of(word[1], number(2));
  const int fd = socket(AF_INET, type, 0);
  need(fd >= 0, "socket");
  (void)connect(fd, (const struct sockaddr*)&address, sizeof address);
  return fd;
}

static int listening(int port) {
  const struct sockaddr_in address = address_of("0.0.0.0", port);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  need(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0, "setsockopt");
  need(bind(fd, (const struct sockaddr*)&address, sizeof address) == 0, "bind");
  need(listen(fd, 16) == 0, "listen");
  return fd;
}

static void drain(int fd) {
  char text[512];
  while (read(fd, text, sizeof text) > 0) {
  }
  close(fd);
}

// `serve PORT…`: tells whoever connects to exit, which ends a shell, and reads what comes.
static void serve(void) {
  struct pollfd ports[16];
  const int count = words - 1;
  for (int i = 0; i < count; i++) {
    ports[i] = (struct pollfd){.fd = listening(number(i + 1)), .events = POLLIN};
  }
  for (;;) {
    need(poll(ports, (nfds_t)count, -1) > 0, "poll");
    for (int i = 0; i < count; i++) {
      if (ports[i].revents != 0) {
        const int fd = accept(ports[i].fd, NULL, NULL);
        need(fd >= 0 && write(fd, "exit\n", 5) == 5, "accept");
        drain(fd);
      }
    }
  }
}

// `accept PORT`: takes one connection to it and reads that to its end.
static void accept_one(void) {
  const int fd = accept(listening(number(1)), NULL, NULL);
  need(fd >= 0, "accept");
  drain(fd);
}

// `connect HOST PORT [TEXT]`
static void connect_once(int type) {
  const int fd = connected(type);
  if (words > 3) {
    need(write(fd, word[3], strlen(word[3])) > 0, "write");
    shutdown(fd, SHUT_WR);
    drain(fd);
  }
  close(fd);
}

// `on HOST PORT FDS PROGRAM…`: runs a program that has a connection for these descriptors (`012`).
static void run_on_connection(void) {
  const int fd = connected(SOCK_STREAM);
  for (const char* digit = word[3]; *digit != '\0'; digit++) {
    need(dup2(fd, *digit - '0') >= 0, "dup2");
  }
  close(fd);
  become(4);
}

static void copy_of_self(int to) {
  const int from = open("/proc/self/exe", O_RDONLY);
  need(from >= 0, "open");
  char block[65536];
  for (ssize_t got; (got = read(from, block, sizeof block)) > 0;) {
    need(write(to, block, (size_t)got) == got, "write");
  }
  close(from);
}

static void run_descriptor(int fd) {
  char* const arguments[] = {"actor", NULL};
  char* const environment[] = {NULL};
  fexecve(fd, arguments, environment);
  need(0, "fexecve");
}

// `gone PATH`: runs a copy of itself whose file has been removed.
static void run_removed(void) {
  const int to = open(word[1], O_WRONLY | O_CREAT | O_TRUNC, 0700);
  need(to >= 0, word[1]);
  copy_of_self(to);
  close(to);
  const int fd = open(word[1], O_RDONLY);
  need(fd >= 0 && unlink(word[1]) == 0, word[1]);
  run_descriptor(fd);
}

static void open_file(int flags, const char* text) {
  const int fd = open(word[1], flags, 0600);
  need(fd >= 0, word[1]);
  if (text != NULL) {
    need(write(fd, text, strlen(text)) > 0, word[1]);
  } else if ((flags & O_ACCMODE) == O_RDONLY) {
    char byte;
    (void)!read(fd, &byte, 1);
  }
  close(fd);
}

static void take_terminal(char** arguments) {
  (void)setsid();
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  need(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "a terminal");
  const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  need(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0, "a terminal");
  unsetenv("DEED_TTY");
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  need(length > 0, "readlink");
  self[length] = '\0';
  execv(self, arguments);
  need(0, self);
}

static int act(void) {
  const char* const verb = word[0];
  if (strcmp(verb, "run") == 0) return run(1);
  if (strcmp(verb, "become") == 0) become(1);
  if (strcmp(verb, "serve") == 0) serve();
  if (strcmp(verb, "accept") == 0) accept_one();
  if (strcmp(verb, "connect") == 0) connect_once(SOCK_STREAM);
  if (strcmp(verb, "connect-udp") == 0) connect_once(SOCK_DGRAM);
  if (strcmp(verb, "on") == 0) run_on_connection();
  if (strcmp(verb, "gone") == 0) run_removed();
  if (strcmp(verb, "read") == 0) open_file(O_RDONLY, NULL);
  if (strcmp(verb, "open-to-write") == 0) open_file(O_WRONLY, NULL);
  if (strcmp(verb, "write") == 0) open_file(O_WRONLY | O_CREAT, "deed\n");
  if (strcmp(verb, "rewrite") == 0) open_file(O_WRONLY | O_CREAT | O_TRUNC, "deed\n");
  if (strcmp(verb, "append") == 0) open_file(O_WRONLY | O_CREAT | O_APPEND, "deed\n");
  if (strcmp(verb, "read-later") == 0) {
    sleep((unsigned)number(2));
    open_file(O_RDONLY, NULL);
  }
  if (strcmp(verb, "memory") == 0) {
    const int fd = memfd_create(words > 1 ? word[1] : "deed", 0);
    need(fd >= 0, "memfd_create");
    copy_of_self(fd);
    run_descriptor(fd);
  }
  if (strcmp(verb, "setns") == 0) {
    const int fd = open(word[1], O_RDONLY);
    need(fd >= 0 && setns(fd, 0) == 0, word[1]);
  }
  if (strcmp(verb, "setuid") == 0) need(setuid((uid_t)number(1)) == 0, "setuid");
  return 0;
}

int main(int count, char** arguments) {
  const char* const deed = getenv("DEED");
  if (count > 0 && getenv("DEED_TTY") != NULL) take_terminal(arguments);
  if (deed == NULL || *deed == '\0') return 0;
  static char text[4096];
  need(strlen(deed) < sizeof text, "DEED");
  for (char* at = strtok(strcpy(text, deed), " "); at != NULL && words < 63;
       at = strtok(NULL, " ")) {
    word[words++] = at;
  }
  // What it starts does deeds of its own, or none.
  unsetenv("DEED");
  return act();
}
