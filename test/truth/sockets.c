// Unix sockets by every kind of name, and pipes and sockets without one: sockets FOLDER. Names are
// told as the records have them: bytes that are no text as \xNN, abstract names behind an @.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { kFamily = offsetof(struct sockaddr_un, sun_path), kNameMax = 108, kConnections = 20 };

struct address {
  struct sockaddr_un un;
  socklen_t size;
};

// The first `size` bytes of a name, and behind them some that are none of it.
static struct address named(const char* name, size_t size) {
  struct address address;
  memset(&address, '#', sizeof address);
  address.un.sun_family = AF_UNIX;
  memcpy(address.un.sun_path, name, size);
  address.size = (socklen_t)(kFamily + size);
  return address;
}

static struct address at_path(const char* path) { return named(path, strlen(path)); }

static int new_socket(int type) {
  int fd = socket(AF_UNIX, type, 0);
  need(fd >= 0, "socket");
  return fd;
}

static int bound(int type, struct address address) {
  int fd = new_socket(type);
  need(bind(fd, (struct sockaddr*)&address.un, address.size) == 0, "bind");
  return fd;
}

// One connection: what the client calls the socket, and what the server does.
static void connect_once(int server, struct address to, const char* client, const char* name) {
  char byte;
  int fd = new_socket(SOCK_STREAM);
  need(connect(fd, (struct sockaddr*)&to.un, to.size) == 0, client);
  int accepted = accept(server, NULL, NULL);
  need(accepted >= 0, "accept");
  need(write(fd, "1", 1) == 1 && read(accepted, &byte, 1) == 1, "a byte");
  close(fd);
  close(accepted);
  fact_file_flow((struct file_flow){client, "CONNECT WRITE_SEND CLOSE", fd, 0, 0, 1, 1});
  fact_file_flow((struct file_flow){name, "ACCEPT READ_RECV CLOSE", accepted, 1, 1, 0, 0});
}

static void serve(struct address address, const char* name, int connections) {
  int server = bound(SOCK_STREAM, address);
  need(listen(server, connections) == 0, "listen");
  for (int i = 0; i < connections; i++) {
    connect_once(server, address, name, name);
  }
  close(server);
}

static void abstract_names(void) {
  char name[kNameMax + 2] = "@";
  struct address full;
  serve(named("\0my-socket", 10), "@my-socket", kConnections);
  serve(named("\0a\0b\0", 5), "@a\\\\x00b\\\\x00", 2);
  serve(named("\0\xff caf\xe9 \xd1\x84", 10), "@\\\\xff caf\\\\xe9 ф", 2);
  serve(named("\0/not/a/path", 12), "@/not/a/path", 1);
  serve(named("\0\\x00", 5), "@\\\\x5cx00", 1);
  memset(name + 1, 'n', kNameMax - 1);
  full = named(name, kNameMax);
  full.un.sun_path[0] = '\0';
  serve(full, name, 2);
}

static void paths(void) {
  char name[kNameMax + 1] = "";
  serve(at_path(path_of("plain")), path_of("plain"), 2);
  serve(at_path(path_of("two  blanks ")), path_of("two  blanks "), 1);
  serve(at_path(path_of("./a/..//dots")), path_of("dots"), 1);
  // The bytes behind are there, and are none of the name.
  struct address shorter = at_path(path_of("shorter-than-that"));
  shorter.size -= (socklen_t)strlen("-than-that");
  serve(shorter, path_of("shorter"), 1);
  memset(name, 'f', kNameMax);
  serve(named(name, kNameMax), path_of(name), 1);
}

// Bound below one folder, and reached from another and through a link.
static void relative(void) {
  need(chdir(path_of("a")) == 0, "chdir a");
  int server = bound(SOCK_STREAM, at_path("here"));
  need(listen(server, 4) == 0, "listen");
  need(chdir(path_of("b")) == 0, "chdir b");
  connect_once(server, at_path("../a/here"), path_of("a/here"), path_of("a/here"));
  connect_once(server, at_path("link"), path_of("b/link"), path_of("a/here"));
  need(chdir(path_of("")) == 0, "chdir");
  connect_once(server, at_path("a/here"), path_of("a/here"), path_of("a/here"));
  close(server);
}

// A socket that the kernel names: whoever reaches it knows how, but its own call does not say.
static void autobound(void) {
  struct address address = named("", 0);
  int server = bound(SOCK_STREAM, address);
  char name[kNameMax + 1] = "@";
  address.size = sizeof address.un;
  need(listen(server, 1) == 0, "listen");
  need(getsockname(server, (struct sockaddr*)&address.un, &address.size) == 0, "getsockname");
  memcpy(name + 1, address.un.sun_path + 1, (size_t)address.size - kFamily - 1);
  connect_once(server, address, name, name);
  const char* own = unnamed(server);
  close(server);
  fact_file_flow((struct file_flow){own, "CLOSE", server, 0, 0, 0, 0});
}

static void send_message(int fd, struct address* to) {
  struct iovec data = {.iov_base = "12345", .iov_len = 5};
  struct msghdr message = {
      .msg_name = &to->un, .msg_namelen = to->size, .msg_iov = &data, .msg_iovlen = 1};
  need(sendmsg(fd, &message, 0) == 5, "sendmsg");
}

static void send_messages(int fd, struct address* to) {
  struct iovec data = {.iov_base = "1234567", .iov_len = 7};
  struct mmsghdr message = {
      .msg_hdr = {.msg_name = &to->un, .msg_namelen = to->size, .msg_iov = &data, .msg_iovlen = 1}};
  need(sendmmsg(fd, &message, 1, 0) == 1, "sendmmsg");
}

// Three that receive; what each gets goes by its own name, whoever sent it.
static void datagrams(void) {
  struct address near = at_path(path_of("near"));
  struct address far = at_path("far");
  struct address hidden = named("\0hid\0den", 8);
  struct address nobody = at_path(path_of("nobody"));
  char byte;
  int receivers[] = {bound(SOCK_DGRAM, near), bound(SOCK_DGRAM, far), bound(SOCK_DGRAM, hidden)};
  int fd = new_socket(SOCK_DGRAM);
  need(sendto(fd, "1", 1, 0, (struct sockaddr*)&far.un, far.size) == 1, "sendto");
  send_message(fd, &hidden);
  close(fd);
  fact_file_flow((struct file_flow){path_of("far"), "WRITE_SEND CLOSE", fd, 0, 0, 1, 1});
  fact_file_flow((struct file_flow){"@hid\\\\x00den", "WRITE_SEND CLOSE", fd, 0, 0, 1, 5});

  fd = new_socket(SOCK_DGRAM);
  need(connect(fd, (struct sockaddr*)&near.un, near.size) == 0, "connect");
  need(send(fd, "12", 2, 0) == 2, "send");
  need(sendto(fd, "123", 3, 0, (struct sockaddr*)&far.un, far.size) == 3, "sendto");
  send_messages(fd, &far);
  send_message(fd, &hidden);
  need(write(fd, "1", 1) == 1, "write");
  need(connect(fd, (struct sockaddr*)&nobody.un, nobody.size) == -1, "connect to nobody");
  need(send(fd, "12", 2, 0) == 2, "send");
  close(fd);
  fact_file_flow((struct file_flow){path_of("nobody"), "CONNECT CLOSE", fd, 0, 0, 0, 0});
  fact_file_flow((struct file_flow){path_of("near"), "CONNECT WRITE_SEND CLOSE", fd, 0, 0, 3, 5});
  fact_file_flow((struct file_flow){path_of("far"), "WRITE_SEND CLOSE", fd, 0, 0, 2, 10});
  fact_file_flow((struct file_flow){"@hid\\\\x00den", "WRITE_SEND CLOSE", fd, 0, 0, 1, 5});

  for (int i = 0; i < 3; i++) {
    struct sockaddr_un from;
    socklen_t size = sizeof from;
    need(recvfrom(receivers[i], &byte, 1, 0, (struct sockaddr*)&from, &size) == 1, "recvfrom");
    close(receivers[i]);
  }
  fact_file_flow((struct file_flow){path_of("near"), "READ_RECV CLOSE", receivers[0], 1, 1, 0, 0});
  fact_file_flow((struct file_flow){path_of("far"), "READ_RECV CLOSE", receivers[1], 1, 1, 0, 0});
  fact_file_flow((struct file_flow){"@hid\\\\x00den", "READ_RECV CLOSE", receivers[2], 1, 1, 0, 0});
}

static void pair_once(int ends[2]) {
  char byte;
  const char* names[] = {unnamed(ends[0]), unnamed(ends[1])};
  need(write(ends[1], "1", 1) == 1 && read(ends[0], &byte, 1) == 1, "a byte");
  close(ends[0]);
  close(ends[1]);
  fact_file_flow((struct file_flow){names[0], "READ_RECV CLOSE", ends[0], 1, 1, 0, 0});
  fact_file_flow((struct file_flow){names[1], "WRITE_SEND CLOSE", ends[1], 0, 0, 1, 1});
}

static void without_names(void) {
  int ends[2];
  for (int i = 0; i < 2; i++) {
    need(pipe(ends) == 0, "pipe");
    pair_once(ends);
    need(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
    pair_once(ends);
    need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
    pair_once(ends);
    need(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0, "socketpair");
    pair_once(ends);
  }
  int fd = new_socket(SOCK_STREAM);
  const char* name = unnamed(fd);
  close(fd);
  fact_file_flow((struct file_flow){name, "CLOSE", fd, 0, 0, 0, 0});
}

int main(int argc, char** argv) {
  need(argc == 2, "sockets FOLDER");
  work_in(argv[1]);
  need(chdir(argv[1]) == 0 && mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0, "folders");
  need(symlink("../a/here", "b/link") == 0, "symlink");
  abstract_names();
  paths();
  relative();
  autobound();
  datagrams();
  without_names();
  return 0;
}
