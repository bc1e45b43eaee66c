// Sockets whose ends are told otherwise than they are: addresses of no length over memory that
// looks like one, ends that nothing has bound, peers that another descriptor of the socket was
// given, and connections that were tried or given up. Each flow is told by both ends.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../workload/workload.h"
#include "socket_end.h"

static char data[64];

// What nobody here has: 203.0.113.9 or 2001:db8::9, port 4444.
static union end forged_end(void) {
  union end end = end_at(0, 4444);
  const char* text = family == AF_INET ? "203.0.113.9" : "2001:db8::9";
  void* ip = family == AF_INET ? (void*)&end.v4.sin_addr : &end.v6.sin6_addr;
  need(inet_pton(family, text, ip) == 1, "inet_pton");
  return end;
}

static union end own_end(int fd) {
  union end end;
  socklen_t size = sizeof end;
  memset(&end, 0, sizeof end);
  need(getsockname(fd, &end.any, &size) == 0, "getsockname");
  return end;
}

static unsigned port_of(int fd) { return ntohs(own_end(fd).v4.sin_port); }

static int new_socket(int type) {
  const int fd = socket(family, type, 0);
  need(fd >= 0, "socket");
  return fd;
}

static int bound(int type, int n) {
  const int fd = new_socket(type);
  const union end end = end_at(n, 0);
  need(bind(fd, &end.any, size_of()) == 0, "bind");
  return fd;
}

static int sender_to(const union end* to) {
  const int fd = bound(SOCK_DGRAM, 1);
  need(connect(fd, &to->any, size_of()) == 0, "connect");
  return fd;
}

struct flow {
  const char* flags;
  int proto, fd;
  union end from, to;
  long reads, read_bytes, writes, write_bytes;
};

static void tell(struct flow flow) {
  char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
  const int is_ipv4 = flow.from.any.sa_family == AF_INET;
  const void* source = is_ipv4 ? (void*)&flow.from.v4.sin_addr : &flow.from.v6.sin6_addr;
  const void* target = is_ipv4 ? (void*)&flow.to.v4.sin_addr : &flow.to.v6.sin6_addr;
  need(inet_ntop(flow.from.any.sa_family, source, from, sizeof from) != NULL, "inet_ntop");
  need(inet_ntop(flow.from.any.sa_family, target, to, sizeof to) != NULL, "inet_ntop");
  fact("NetworkFlow",
       "\"flags\":\"%s\",\"proto\":%d,\"fd\":%d,\"sip\":\"%s\",\"sport\":%u,\"dip\":\"%s\","
       "\"dport\":%u,\"reads\":%ld,\"readBytes\":%ld,\"writes\":%ld,\"writeBytes\":%ld",
       flow.flags, flow.proto, flow.fd, from, ntohs(flow.from.v4.sin_port), to,
       ntohs(flow.to.v4.sin_port), flow.reads, flow.read_bytes, flow.writes, flow.write_bytes);
}

// One message by each call that receives, into an address with this much room.
static void receive_all(int fd, int sender, socklen_t room) {
  union end name = forged_end();
  socklen_t size = room;
  need(write(sender, data, 7) == 7, "write");
  need(recvfrom(fd, data, 64, 0, &name.any, &size) == 7, "recvfrom");
  struct iovec part = {data, 64};
  struct mmsghdr many = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
  name = forged_end();
  many.msg_hdr.msg_name = &name;
  many.msg_hdr.msg_namelen = room;
  need(write(sender, data, 7) == 7, "write");
  need(recvmsg(fd, &many.msg_hdr, 0) == 7, "recvmsg");
  name = forged_end();
  many.msg_hdr.msg_namelen = room;
  need(write(sender, data, 7) == 7, "write");
  need(recvmmsg(fd, &many, 1, 0, NULL) == 1, "recvmmsg");
}

// The address is cut: it comes from somewhere, and not from where the memory says.
static void cut_senders(void) {
  const socklen_t rooms[] = {0, 2, 4, 7, 16};
  for (int i = 0; i < (family == AF_INET ? 4 : 5); i++) {
    const int fd = bound(SOCK_DGRAM, 1);
    const union end own = own_end(fd);
    const int sender = sender_to(&own);
    receive_all(fd, sender, rooms[i]);
    close(fd);
    close(sender);
    tell((struct flow){"READ_RECV CLOSE", 17, fd, end_at(0, 0), own, 3, 21, 0, 0});
  }
}

// With room enough, by one byte or many, and on a connected socket without any.
static void whole_senders(void) {
  const socklen_t least = family == AF_INET ? 8 : 24;
  const socklen_t rooms[] = {least, size_of(), sizeof(union end)};
  for (int i = 0; i < 3; i++) {
    const int fd = bound(SOCK_DGRAM, 1);
    const union end own = own_end(fd);
    const int sender = sender_to(&own);
    const union end from = own_end(sender);
    receive_all(fd, sender, rooms[i]);
    close(fd);
    close(sender);
    tell((struct flow){"READ_RECV CLOSE", 17, fd, from, own, 3, 21, 0, 0});
  }
  const int peer = bound(SOCK_DGRAM, 1), fd = new_socket(SOCK_DGRAM);
  const union end to = own_end(peer);
  need(connect(fd, &to.any, size_of()) == 0, "connect");
  const union end own = own_end(fd);
  need(connect(peer, &own.any, size_of()) == 0, "connect back");
  receive_all(fd, peer, 0);
  receive_all(fd, peer, 4);
  close(fd);
  close(peer);
  tell((struct flow){"CONNECT READ_RECV CLOSE", 17, fd, own, to, 6, 42, 0, 0});
}

// A message goes to the peer where its own address has no length.
static void unaddressed_sends(void) {
  const int peer = bound(SOCK_DGRAM, 1), fd = new_socket(SOCK_DGRAM);
  const union end to = own_end(peer);
  union end name = forged_end();
  need(connect(fd, &to.any, size_of()) == 0, "connect");
  const union end own = own_end(fd);
  struct iovec part = {data, 9};
  struct mmsghdr many[2] = {{.msg_hdr = {.msg_name = &name, .msg_iov = &part, .msg_iovlen = 1}}};
  many[1] = many[0];
  need(sendmsg(fd, &many[0].msg_hdr, 0) == 9, "sendmsg");
  need(sendmmsg(fd, many, 2, 0) == 2, "sendmmsg");
  many[0].msg_hdr.msg_namelen = 4;
  need(sendmsg(fd, &many[0].msg_hdr, 0) == -1, "sendmsg to a short address");
  need(sendto(fd, data, 9, 0, &name.any, 4) == -1, "sendto a short address");
  close(fd);
  close(peer);
  tell((struct flow){"CONNECT WRITE_SEND CLOSE", 17, fd, own, to, 0, 0, 5, 27});
}

// What is bound to no address has none, and what comes from nobody told is from nobody known.
static void unknown_ends(void) {
  const int any = bound(SOCK_DGRAM, 0), fd = new_socket(SOCK_DGRAM);
  const unsigned port = port_of(any);
  const union end to = end_at(1, port), own = end_at(0, port);
  need(sendto(fd, data, 5, 0, &to.any, size_of()) == 5, "sendto");
  const union end from = end_at(1, port_of(fd)), source = end_at(0, port_of(fd));
  need(sendto(fd, data, 5, 0, &to.any, size_of()) == 5, "sendto");
  need(sendto(fd, data, 6, 0, &to.any, size_of()) == 6, "sendto");
  need(sendto(fd, data, 6, 0, &to.any, size_of()) == 6, "sendto");
  union end name;
  socklen_t size = sizeof name;
  need(recvfrom(any, data, 64, 0, &name.any, &size) == 5, "recvfrom");
  need(recv(any, data, 64, 0) == 5, "recv");
  size = sizeof name;
  need(recvfrom(any, data, 64, 0, &name.any, &size) == 6, "recvfrom");
  need(read(any, data, 64) == 6, "read");
  close(any);
  close(fd);
  tell((struct flow){"WRITE_SEND CLOSE", 17, fd, source, to, 0, 0, 4, 22});
  tell((struct flow){"READ_RECV CLOSE", 17, any, from, own, 2, 11, 0, 0});
  tell((struct flow){"READ_RECV CLOSE", 17, any, end_at(0, 0), own, 2, 11, 0, 0});
}

// An IPv6 socket of both families, and an IPv4 sender.
static void mapped(void) {
  const int any = bound(SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
  const unsigned port = port_of(any);
  const struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons((in_port_t)port),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)}};
  need(fd >= 0 && connect(fd, (const void*)&to, sizeof to) == 0, "connect");
  const union end from = own_end(fd);
  union end own = {.v4 = to};
  own.v4.sin_addr.s_addr = 0;
  need(write(fd, data, 8) == 8, "write");
  union end name;
  socklen_t size = sizeof name;
  need(recvfrom(any, data, 64, 0, &name.any, &size) == 8, "recvfrom");
  close(any);
  close(fd);
  tell((struct flow){"READ_RECV CLOSE", 17, any, from, own, 1, 8, 0, 0});
}

static int listening(void) {
  const int fd = bound(SOCK_STREAM, 1);
  need(listen(fd, 5) == 0, "listen");
  return fd;
}

static int peer_of(int type) { return type == SOCK_STREAM ? listening() : bound(type, 1); }

// The peer that one descriptor of a socket is given is that of all of them.
static void shared(int type) {
  const int peer = peer_of(type), proto = type == SOCK_STREAM ? 6 : 17;
  const union end to = own_end(peer);
  const int fd = new_socket(type), twin = dup(fd);
  need(connect(twin, &to.any, size_of()) == 0, "connect the other");
  const union end own = own_end(fd);
  struct iovec part = {data, 3};
  need(write(fd, data, 2) == 2 && writev(fd, &part, 1) == 3, "write");
  close(fd);
  close(twin);
  tell((struct flow){"WRITE_SEND CLOSE", proto, fd, own, to, 0, 0, 2, 5});
  tell((struct flow){"CONNECT CLOSE", proto, twin, own, to, 0, 0, 0, 0});

  // A child connects, and its parent writes; and it was forked before.
  const int inherited = new_socket(type);
  const pid_t child = fork();
  need(child >= 0, "fork");
  if (child == 0) {
    _exit(connect(inherited, &to.any, size_of()) == 0 ? 0 : 1);
  }
  int status = 0;
  need(waitpid(child, &status, 0) == child && status == 0, "child");
  const union end mine = own_end(inherited);
  need(write(inherited, data, 11) == 11, "write after the child's connect");
  close(inherited);
  close(peer);
  tell((struct flow){"WRITE_SEND CLOSE", proto, inherited, mine, to, 0, 0, 1, 11});
}

// A socket of datagrams that goes from one peer to the next by its two descriptors in turn.
static void alternating(void) {
  const int first = bound(SOCK_DGRAM, 1), second = bound(SOCK_DGRAM, 1);
  const union end one = own_end(first), two = own_end(second);
  const int fd = new_socket(SOCK_DGRAM), twin = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  need(connect(fd, &one.any, size_of()) == 0, "connect");
  const union end own = own_end(fd);
  need(write(twin, data, 4) == 4, "write");
  need(connect(twin, &two.any, size_of()) == 0, "connect to the next");
  need(write(fd, data, 5) == 5, "write");
  close(fd);
  close(twin);
  close(first);
  close(second);
  tell((struct flow){"CONNECT CLOSE", 17, fd, own, one, 0, 0, 0, 0});
  tell((struct flow){"WRITE_SEND CLOSE", 17, fd, own, two, 0, 0, 1, 5});
  tell((struct flow){"WRITE_SEND CLOSE", 17, twin, own, one, 0, 0, 1, 4});
  tell((struct flow){"CONNECT CLOSE", 17, twin, own, two, 0, 0, 0, 0});
}

// A stream that was disconnected, by the descriptor that writes then or by another.
static void given_up(int by_twin) {
  const int server = listening(), fd = new_socket(SOCK_STREAM), twin = dup(fd);
  const union end to = own_end(server);
  const struct sockaddr none = {.sa_family = AF_UNSPEC};
  need(connect(fd, &to.any, size_of()) == 0, "connect");
  const union end own = own_end(fd);
  need(connect(by_twin ? twin : fd, &none, sizeof none) == 0, "disconnect");
  need(write(fd, data, 5) == -1 && send(fd, data, 5, 0) == -1, "write to nobody");
  need(sendto(fd, data, 5, 0, &to.any, size_of()) == -1, "a stream takes no address");
  close(fd);
  close(twin);
  close(server);
  tell((struct flow){"CONNECT CLOSE", 6, fd, own, to, 0, 0, 0, 0});
}

static void no_connects_to_port_0(void) {
  fact("None", "\"of\":\"NetworkFlow\",\"dport\":0,\"proto\":6");
}

// A connection that is refused though data goes with its first packet.
static void refused_fast_open(int with_message) {
  const int holder = bound(SOCK_STREAM, 1), fd = new_socket(SOCK_STREAM);
  union end to = own_end(holder);
  struct iovec part = {data, 20};
  struct msghdr message = {
      .msg_name = &to, .msg_namelen = size_of(), .msg_iov = &part, .msg_iovlen = 1};
  const ssize_t sent = with_message ? sendmsg(fd, &message, MSG_FASTOPEN)
                                    : sendto(fd, data, 20, MSG_FASTOPEN, &to.any, size_of());
  need(sent == -1 && errno == ECONNREFUSED, "send with MSG_FASTOPEN");
  close(fd);
  close(holder);
  const void* ip = family == AF_INET ? (void*)&to.v4.sin_addr : &to.v6.sin6_addr;
  char text[INET6_ADDRSTRLEN];
  need(inet_ntop(family, ip, text, sizeof text) != NULL, "inet_ntop");
  fact("NetworkFlow",
       "\"flags\":\"CONNECT WRITE_SEND CLOSE\",\"proto\":6,\"fd\":%d,\"dip\":\"%s\",\"dport\":%u,"
       "\"writes\":1,\"writeBytes\":0",
       fd, text, ntohs(to.v4.sin_port));
}

// Packets with a header of their own: the number is that of the socket.
static void raw(void) {
  const int fd = socket(family, SOCK_RAW, IPPROTO_RAW);
  const union end to = end_at(1, 0);
  need(fd >= 0, "raw socket");
  need(connect(fd, &to.any, size_of()) == 0, "connect");
  close(fd);
  fact("NetworkFlow", "\"flags\":\"CONNECT CLOSE\",\"proto\":255,\"fd\":%d,\"dport\":0", fd);
}

int main(int argc, char** argv) {
  family = argc > 1 && strcmp(argv[1], "6") == 0 ? AF_INET6 : AF_INET;
  signal(SIGPIPE, SIG_IGN);
  cut_senders();
  whole_senders();
  unaddressed_sends();
  unknown_ends();
  if (family == AF_INET6) {
    mapped();
  }
  shared(SOCK_DGRAM);
  shared(SOCK_STREAM);
  alternating();
  given_up(0);
  given_up(1);
  no_connects_to_port_0();
  refused_fast_open(0);
  refused_fast_open(1);
  raw();
  return 0;
}
