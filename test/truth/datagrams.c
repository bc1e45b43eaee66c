// Datagram sockets whose messages go to, and come from, other addresses than
// the socket's own; and what looks like traffic and is none. Each socket's
// flows are told by both ends.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "../workload/workload.h"
#include "socket_end.h"

static char data[64];

static const char* name_of(const union end* end) {
  static char names[4][INET6_ADDRSTRLEN];
  static int next;
  char* name = names[next++ % 4];
  const void* ip = family == AF_INET ? (const void*)&end->v4.sin_addr : &end->v6.sin6_addr;
  need(inet_ntop(family, ip, name, INET6_ADDRSTRLEN) != NULL, "inet_ntop");
  return name;
}

static unsigned port_of(int fd) {
  union end end;
  socklen_t size = sizeof end;
  need(getsockname(fd, &end.any, &size) == 0, "getsockname");
  return ntohs(end.v4.sin_port);  // at the same place in both
}

static int new_socket(int type, int protocol) {
  const int fd = socket(family, type, protocol);
  need(fd >= 0, "socket");
  return fd;
}

static int bound(int type, int n) {
  const int fd = new_socket(type, 0);
  const union end end = end_at(n, 0);
  need(bind(fd, &end.any, size_of()) == 0, "bind");
  return fd;
}

struct flow {
  const char* flags;
  int proto, fd;
  unsigned sport, dport;
  long reads, read_bytes, writes, write_bytes;
};

static void fact_to(int n, struct flow flow) {
  const union end end = end_at(n, 0);
  fact("NetworkFlow",
       "\"flags\":\"%s\",\"proto\":%d,\"fd\":%d,\"sport\":%u,\"dip\":\"%s\","
       "\"dport\":%u,"
       "\"reads\":%ld,\"readBytes\":%ld,\"writes\":%ld,\"writeBytes\":%ld",
       flow.flags, flow.proto, flow.fd, flow.sport, name_of(&end), flow.dport, flow.reads,
       flow.read_bytes, flow.writes, flow.write_bytes);
}

// A connected socket: to its peer by send and write, elsewhere by sendto,
// sendmsg and sendmmsg.
static void elsewhere(void) {
  const int peer = bound(SOCK_DGRAM, 2), other = bound(SOCK_DGRAM, 3);
  const unsigned peer_port = port_of(peer), other_port = port_of(other);
  const int fd = new_socket(SOCK_DGRAM, 0);
  const union end to = end_at(2, peer_port);
  union end away = end_at(3, other_port);
  need(connect(fd, &to.any, size_of()) == 0, "connect");
  const unsigned own = port_of(fd);
  need(send(fd, data, 1, 0) == 1, "send");
  need(sendto(fd, data, 10, 0, &away.any, size_of()) == 10, "sendto");
  need(write(fd, data, 2) == 2, "write after sendto");
  struct iovec part = {data, 15};
  struct msghdr message = {
      .msg_name = &away, .msg_namelen = size_of(), .msg_iov = &part, .msg_iovlen = 1};
  need(sendmsg(fd, &message, 0) == 15, "sendmsg");
  struct mmsghdr many[2] = {{.msg_hdr = message}, {.msg_hdr = message}};
  need(sendmmsg(fd, many, 2, 0) == 2, "sendmmsg");
  need(send(fd, data, 4, 0) == 4, "send again");
  close(fd);
  close(peer);
  close(other);
  fact_to(2, (struct flow){"CONNECT WRITE_SEND CLOSE", 17, fd, own, peer_port, 0, 0, 3, 7});
  fact_to(3, (struct flow){"WRITE_SEND CLOSE", 17, fd, own, other_port, 0, 0, 4, 55});
}

// The first message of a socket gives it its port; the next socket on the
// number is another.
static void successive(void) {
  const int peer = bound(SOCK_DGRAM, 2);
  const unsigned port = port_of(peer);
  const union end to = end_at(2, port), away = end_at(3, port);
  for (int i = 0; i < 3; i++) {
    const int fd = new_socket(SOCK_DGRAM, 0);
    need(sendto(fd, data, 5, 0, &to.any, size_of()) == 5, "sendto");
    need(sendto(fd, data, 6, 0, &away.any, size_of()) == 6, "sendto another");
    const unsigned own = port_of(fd);
    close(fd);
    if (family == AF_INET) {
      fact_to(2, (struct flow){"WRITE_SEND CLOSE", 17, fd, own, port, 0, 0, 1, 5});
      fact_to(3, (struct flow){"WRITE_SEND CLOSE", 17, fd, own, port, 0, 0, 1, 6});
    } else {  // there is but one address, ::1
      fact_to(1, (struct flow){"WRITE_SEND CLOSE", 17, fd, own, port, 0, 0, 2, 11});
    }
  }
  close(peer);
}

// A look at a message, by each call that can, and then the message.
static void peeks(void) {
  const int peer = bound(SOCK_DGRAM, 2), fd = new_socket(SOCK_DGRAM, 0);
  const union end to = end_at(2, port_of(peer));
  need(connect(fd, &to.any, size_of()) == 0, "connect");
  const unsigned own = port_of(fd);
  const union end back = end_at(1, own);
  need(sendto(peer, data, 30, 0, &back.any, size_of()) == 30, "answer");
  need(recv(fd, data, 64, MSG_PEEK) == 30, "recv");
  struct iovec part = {data, 64};
  struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
  need(recvmsg(fd, &message.msg_hdr, MSG_PEEK) == 30, "recvmsg");
  need(recvmmsg(fd, &message, 1, MSG_PEEK, NULL) == 1, "recvmmsg");
  need(recv(fd, data, 64, 0) == 30, "recv");
  close(fd);
  const unsigned port = port_of(peer);
  close(peer);
  fact_to(2, (struct flow){"CONNECT READ_RECV CLOSE", 17, fd, own, port, 4, 30, 0, 0});
}

// Connects, disconnects, connects to another.
static void disconnects(void) {
  const int fd = new_socket(SOCK_DGRAM, 0);
  const union end first = end_at(2, 5301), second = end_at(3, 5302);
  const struct sockaddr none = {.sa_family = AF_UNSPEC};
  need(connect(fd, &first.any, size_of()) == 0, "connect");
  const unsigned own = port_of(fd);
  need(connect(fd, &none, sizeof none) == 0, "disconnect");
  need(connect(fd, &second.any, size_of()) == 0, "connect to another");
  const unsigned next = port_of(fd);
  close(fd);
  fact_to(2, (struct flow){"CONNECT CLOSE", 17, fd, own, 5301, 0, 0, 0, 0});
  fact_to(3, (struct flow){"CONNECT CLOSE", 17, fd, next, 5302, 0, 0, 0, 0});
}

// Sockets that do nothing, or whose only call fails before there is a peer.
static void nothing(void) {
  const int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int i = 0; i < 2; i++) {
    const int fd = new_socket(types[i], 0);
    shutdown(fd, SHUT_RDWR);
    close(fd);
  }
  fact("None", "\"of\":\"NetworkFlow\",\"dport\":0,\"sport\":0,\"proto\":6");
  fact("None", "\"of\":\"NetworkFlow\",\"dport\":0,\"sport\":0,\"proto\":17");
}

// Data with the first packet of a connection, by sendto and sendmsg.
static void fast_open(int with_message) {
  const int server = bound(SOCK_STREAM, 1), on = 5;
  setsockopt(server, IPPROTO_TCP, TCP_FASTOPEN, &on, sizeof on);
  need(listen(server, 5) == 0, "listen");
  const unsigned port = port_of(server);
  const int fd = new_socket(SOCK_STREAM, 0);
  union end to = end_at(1, port);
  struct iovec part = {data, 20};
  struct msghdr message = {
      .msg_name = &to, .msg_namelen = size_of(), .msg_iov = &part, .msg_iovlen = 1};
  const ssize_t sent = with_message ? sendmsg(fd, &message, MSG_FASTOPEN)
                                    : sendto(fd, data, 20, MSG_FASTOPEN, &to.any, size_of());
  need(sent == 20, "send with MSG_FASTOPEN");
  const unsigned own = port_of(fd);
  need(send(fd, data, 3, 0) == 3, "send");
  close(fd);
  close(server);
  fact_to(1, (struct flow){"CONNECT WRITE_SEND CLOSE", 6, fd, own, port, 0, 0, 2, 23});
}

// A datagram has no connection to open, whatever its flags.
static void fast_datagram(void) {
  const int sink = bound(SOCK_DGRAM, 2), fd = bound(SOCK_DGRAM, 1);
  const unsigned port = port_of(sink), own = port_of(fd);
  const union end to = end_at(2, port);
  need(sendto(fd, data, 6, MSG_FASTOPEN, &to.any, size_of()) == 6, "datagram with MSG_FASTOPEN");
  close(fd);
  close(sink);
  fact_to(2, (struct flow){"WRITE_SEND CLOSE", 17, fd, own, port, 0, 0, 1, 6});
}

// A connect that fails leaves a stream its peer, also one that was accepted.
static void refused_connects(void) {
  const int server = bound(SOCK_STREAM, 1);
  need(listen(server, 5) == 0, "listen");
  const unsigned port = port_of(server);
  const union end to = end_at(1, port), away = end_at(3, 443);
  const int fd = new_socket(SOCK_STREAM, 0);
  need(connect(fd, &to.any, size_of()) == 0, "connect");
  const unsigned own = port_of(fd);
  const int accepted = accept(server, NULL, NULL);
  need(accepted >= 0 && connect(accepted, &away.any, size_of()) != 0, "connect the accepted one");
  need(write(accepted, data, 7) == 7 && send(accepted, data, 1, 0) == 1, "write");
  need(connect(fd, &away.any, size_of()) != 0, "connect again");
  const struct sockaddr_un unix_end = {.sun_family = AF_UNIX, .sun_path = "/nowhere"};
  need(connect(fd, (const void*)&unix_end, sizeof unix_end) != 0, "connect to another family");
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(80), .sin6_addr = {{{1}}}};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {1}};
  const void* other = family == AF_INET ? (const void*)&six : (const void*)&four;
  need(connect(fd, other, family == AF_INET ? sizeof six : sizeof four) != 0, "the other family");
  need(send(fd, data, 5, 0) == 5 && write(fd, data, 6) == 6, "send");
  close(fd);
  close(accepted);
  close(server);
  fact_to(1, (struct flow){"CONNECT WRITE_SEND CLOSE", 6, fd, own, port, 0, 0, 2, 11});
  fact_to(1, (struct flow){"ACCEPT WRITE_SEND CLOSE", 6, accepted, own, port, 0, 0, 2, 8});
}

// An echo request, by a raw socket and by one of SOCK_DGRAM where the host
// allows them.
static void pings(int type) {
  const int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  const int fd = socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0 && (errno == EACCES || errno == EPERM)) {
    return;
  }
  need(fd >= 0, "socket");
  const char request[8] = {(char)(family == AF_INET ? ICMP_ECHO : 128)};
  const union end to = end_at(1, 0);
  need(sendto(fd, request, sizeof request, 0, &to.any, size_of()) == sizeof request, "ping");
  close(fd);
  fact("NetworkFlow",
       "\"flags\":\"WRITE_SEND "
       "CLOSE\",\"proto\":%d,\"fd\":%d,\"dip\":\"%s\",\"dport\":0,"
       "\"writes\":1,\"writeBytes\":8",
       protocol, fd, name_of(&to));
}

// The number of a socket that could not be bound is still that of its protocol.
static void failed_bind(void) {
  const int holder = bound(SOCK_DGRAM, 1), fd = new_socket(SOCK_DGRAM, 0);
  const unsigned port = port_of(holder);
  const union end taken = end_at(1, port), to = end_at(2, 5303);
  need(bind(fd, &taken.any, size_of()) == -1 && errno == EADDRINUSE, "bind what is taken");
  need(sendto(fd, data, 9, 0, &to.any, size_of()) == 9, "sendto");
  const unsigned own = port_of(fd);
  close(fd);
  close(holder);
  fact_to(2, (struct flow){"WRITE_SEND CLOSE", 17, fd, own, 5303, 0, 0, 1, 9});
}

int main(int argc, char** argv) {
  family = argc > 1 && strcmp(argv[1], "6") == 0 ? AF_INET6 : AF_INET;
  elsewhere();
  successive();
  peeks();
  disconnects();
  nothing();
  fast_open(0);
  fast_open(1);
  refused_connects();
  fast_datagram();
  pings(SOCK_RAW);
  pings(SOCK_DGRAM);
  failed_bind();
  return 0;
}
