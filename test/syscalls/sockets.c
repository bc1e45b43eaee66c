// Sockets on the loopback interface: connections of TCP, datagrams of UDP.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscalls.h"

static char data[4096];

static struct sockaddr_in address_of(int fd, int (*get)(int, struct sockaddr*, socklen_t*)) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  need(get(fd, (struct sockaddr*)&address, &size) == 0, "address");
  return address;
}

static unsigned port_of(int fd) { return ntohs(address_of(fd, getsockname).sin_port); }

static int bound(int type) {
  const int fd = socket(AF_INET, type, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  need(fd >= 0 && bind(fd, (struct sockaddr*)&address, sizeof address) == 0, "bind");
  return fd;
}

static int listening(void) {
  const int fd = bound(SOCK_STREAM);
  need(listen(fd, 4) == 0, "listen");
  return fd;
}

// Raw, since `connect` itself is one of the calls.
static long connect_to(int fd, int server) {
  const struct sockaddr_in address = address_of(server, getsockname);
  return syscall(SYS_connect, fd, &address, sizeof address);
}

static int client_of(int server) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  need(fd >= 0 && connect_to(fd, server) == 0, "connect");
  return fd;
}

struct traffic {
  long reads, read_bytes, writes, write_bytes;
};

static void fact_flow(const char* flags, int proto, int fd, unsigned sport, unsigned dport,
                      struct traffic sum) {
  fact("NetworkFlow",
       "\"flags\":\"%s\",\"proto\":%d,\"fd\":%d,\"sip\":\"127.0.0.1\",\"sport\":%u,"
       "\"dip\":\"127.0.0.1\",\"dport\":%u,\"reads\":%ld,\"readBytes\":%ld,\"writes\":%ld,"
       "\"writeBytes\":%ld",
       flags, proto, fd, sport, dport, sum.reads, sum.read_bytes, sum.writes, sum.write_bytes);
}

static const struct traffic no_traffic = {0, 0, 0, 0};

// The second call finds nobody waiting.
static void accept_two(long number) {
  const int low = listening();
  // A number of its own: nothing may be found on it.
  const int server = fcntl(low, F_DUPFD, 900);
  need(fcntl(server, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
  close(low);
  const unsigned port = port_of(server);
  const int client = client_of(server);
  const unsigned own = port_of(client);
  const int fd = (int)syscall(number, server, NULL, NULL, 0);
  need(fd >= 0, call_name);
  need(syscall(number, server, NULL, NULL, 0) == -1 && errno == EAGAIN, call_name);
  close(fd);
  close(client);
  close(server);
  succeeded();
  fact_flow("ACCEPT CLOSE", 6, fd, own, port, no_traffic);
  failed();
  fact("None", "\"of\":\"NetworkFlow\",\"fd\":%d,\"flags\":\"ACCEPT CLOSE\"", server);
}

#ifdef SYS_accept
static void make_accept(void) { accept_two(SYS_accept); }
#endif
static void make_accept4(void) { accept_two(SYS_accept4); }

static void make_connect(void) {
  const int server = listening();
  const unsigned port = port_of(server);
  const int fd = client_of(server);
  const unsigned own = port_of(fd);
  close(fd);
  close(server);
  succeeded();
  fact_flow("CONNECT CLOSE", 6, fd, own, port, no_traffic);
  const int nobody = bound(SOCK_STREAM);
  const unsigned dead_port = port_of(nobody);
  const int refused = socket(AF_INET, SOCK_STREAM, 0);
  need(connect_to(refused, nobody) == -1 && errno == ECONNREFUSED, "connect to nobody");
  close(refused);
  close(nobody);
  failed();
  fact("NetworkFlow", "\"flags\":\"CONNECT CLOSE\",\"proto\":6,\"fd\":%d,\"dport\":%u", refused,
       dead_port);
}

static void shut_down(int how, int is_good) {
  const int server = listening();
  const unsigned port = port_of(server);
  const int fd = client_of(server);
  const unsigned own = port_of(fd);
  need((syscall(SYS_shutdown, fd, how) == 0) == is_good, "shutdown");
  close(fd);
  close(server);
  fact_flow("CONNECT SHUTDOWN CLOSE", 6, fd, own, port, no_traffic);
}

static void make_shutdown(void) {
  succeeded();
  shut_down(SHUT_WR, 1);
  failed();
  shut_down(99, 0);
}

struct pair {
  int from, to;
  unsigned from_port, to_port;
};

static struct pair datagrams(void) {
  struct pair pair = {.to = bound(SOCK_DGRAM), .from = socket(AF_INET, SOCK_DGRAM, 0)};
  need(connect_to(pair.from, pair.to) == 0, "connect");
  pair.from_port = port_of(pair.from);
  pair.to_port = port_of(pair.to);
  return pair;
}

static void close_pair(struct pair pair) {
  close(pair.from);
  close(pair.to);
  did_both();
}

static void fact_sent(struct pair pair, long ops, long bytes) {
  close_pair(pair);
  fact_flow("CONNECT WRITE_SEND CLOSE", 17, pair.from, pair.from_port, pair.to_port,
            (struct traffic){0, 0, ops, bytes});
}

static void fact_received(struct pair pair, long ops, long bytes) {
  close_pair(pair);
  fact_flow("READ_RECV CLOSE", 17, pair.to, pair.from_port, pair.to_port,
            (struct traffic){ops, bytes, 0, 0});
}

static void send_50(struct pair pair, int times) {
  for (int i = 0; i < times; i++) {
    need(send(pair.from, data, 50, 0) == 50, "send");
  }
}

static struct iovec part = {data, 50};

static struct mmsghdr message(void) {
  return (struct mmsghdr){.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
}

static void make_sendto(void) {
  const struct pair pair = datagrams();
  need(syscall(SYS_sendto, pair.from, data, 50, 0, NULL, 0) == 50, "sendto");
  need(syscall(SYS_sendto, pair.from, NOWHERE, 50, 0, NULL, 0) == -1, "sendto");
  fact_sent(pair, 2, 50);
}

static void make_sendmsg(void) {
  const struct pair pair = datagrams();
  const struct mmsghdr one = message();
  need(syscall(SYS_sendmsg, pair.from, &one.msg_hdr, 0) == 50, "sendmsg");
  need(syscall(SYS_sendmsg, pair.from, NOWHERE, 0) == -1, "sendmsg");
  fact_sent(pair, 2, 50);
}

// Each message is an operation, and so is a call with none.
static void make_sendmmsg(void) {
  const struct pair pair = datagrams();
  struct mmsghdr messages[2] = {message(), message()};
  need(syscall(SYS_sendmmsg, pair.from, messages, 2, 0) == 2, "sendmmsg");
  need(syscall(SYS_sendmmsg, pair.from, messages, 0, 0) == 0, "sendmmsg of nothing");
  need(syscall(SYS_sendmmsg, pair.from, NOWHERE, 2, 0) == -1, "sendmmsg");
  fact_sent(pair, 4, 100);
}

static void make_recvfrom(void) {
  const struct pair pair = datagrams();
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  send_50(pair, 1);
  need(syscall(SYS_recvfrom, pair.to, data, 100, 0, &from, &size) == 50, "recvfrom");
  need(syscall(SYS_recvfrom, pair.to, data, 100, MSG_DONTWAIT, &from, &size) == -1, "recvfrom");
  fact_received(pair, 2, 50);
}

static void make_recvmsg(void) {
  const struct pair pair = datagrams();
  struct sockaddr_in from;
  struct mmsghdr one = message();
  one.msg_hdr.msg_name = &from;
  one.msg_hdr.msg_namelen = sizeof from;
  send_50(pair, 1);
  need(syscall(SYS_recvmsg, pair.to, &one.msg_hdr, 0) == 50, "recvmsg");
  need(syscall(SYS_recvmsg, pair.to, &one.msg_hdr, MSG_DONTWAIT) == -1, "recvmsg");
  fact_received(pair, 2, 50);
}

static void make_recvmmsg(void) {
  const struct pair pair = datagrams();
  struct sockaddr_in from[2];
  struct mmsghdr messages[2] = {message(), message()};
  for (int i = 0; i < 2; i++) {
    messages[i].msg_hdr.msg_name = &from[i];
    messages[i].msg_hdr.msg_namelen = sizeof *from;
  }
  send_50(pair, 2);
  need(syscall(SYS_recvmmsg, pair.to, messages, 2, 0, NULL) == 2, "recvmmsg");
  need(syscall(SYS_recvmmsg, pair.to, messages, 2, MSG_DONTWAIT, NULL) == -1, "recvmmsg");
  need(syscall(SYS_recvmmsg, pair.to, messages, 0, 0, NULL) == 0, "recvmmsg of nothing");
  fact_received(pair, 4, 100);
}

const struct call socket_calls[] = {
#ifdef SYS_accept
    {"accept", make_accept},
#endif
    {"accept4", make_accept4},   {"connect", make_connect},
    {"shutdown", make_shutdown}, {"sendto", make_sendto},
    {"sendmsg", make_sendmsg},   {"sendmmsg", make_sendmmsg},
    {"recvfrom", make_recvfrom}, {"recvmsg", make_recvmsg},
    {"recvmmsg", make_recvmmsg}, {NULL, NULL},
};
