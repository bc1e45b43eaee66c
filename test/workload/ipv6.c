// Sockets over IPv6 on this host: TCP and UDP, both ends, with and without a peer of their own, and
// an IPv6 socket that talks to an IPv4 one. Not among the parts that run unless named: schema 5 has
// no record for most of it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "workload.h"

static char data[4096];

struct flow6 {
  const char* flags;
  int proto, fd;
  unsigned sport, dport;
  long reads, read_bytes, writes, write_bytes;
};

static void fact_flow(const char* address, struct flow6 flow) {
  fact("NetworkFlow",
       "\"flags\":\"%s\",\"proto\":%d,\"fd\":%d,\"sip\":\"%s\",\"sport\":%u,\"dip\":\"%s\","
       "\"dport\":%u,\"reads\":%ld,\"readBytes\":%ld,\"writes\":%ld,\"writeBytes\":%ld",
       flow.flags, flow.proto, flow.fd, address, flow.sport, address, flow.dport, flow.reads,
       flow.read_bytes, flow.writes, flow.write_bytes);
}

static struct sockaddr_in6 end_of(struct in6_addr ip, unsigned port) {
  return (struct sockaddr_in6){
      .sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port), .sin6_addr = ip};
}

static unsigned port_of(int fd, int (*get)(int, struct sockaddr*, socklen_t*)) {
  struct sockaddr_in6 address;
  socklen_t size = sizeof address;
  need(get(fd, (struct sockaddr*)&address, &size) == 0, "port");
  return ntohs(address.sin6_port);
}

static int bound(int type, struct in6_addr ip) {
  const int fd = socket(AF_INET6, type, 0);
  struct sockaddr_in6 address = end_of(ip, 0);
  need(fd >= 0 && bind(fd, (struct sockaddr*)&address, sizeof address) == 0, "bind");
  return fd;
}

static int connected(int type, unsigned port) {
  const int fd = socket(AF_INET6, type, 0);
  struct sockaddr_in6 address = end_of(in6addr_loopback, port);
  need(connect(fd, (struct sockaddr*)&address, sizeof address) == 0, "connect");
  return fd;
}

static void tcp(void) {
  const int server = bound(SOCK_STREAM, in6addr_loopback);
  need(listen(server, 1) == 0, "listen");
  const unsigned port = port_of(server, getsockname);
  const int client = connected(SOCK_STREAM, port);
  const unsigned own = port_of(client, getsockname);
  const int fd = accept(server, NULL, NULL);
  need(fd >= 0, "accept");
  need(send(client, data, 250, 0) == 250 && write(client, data, 750) == 750, "send, write");
  need(recv(fd, data, 1000, MSG_WAITALL) == 1000, "recv");
  struct iovec part = {data, 1500};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  need(sendmsg(fd, &message, 0) == 1500, "sendmsg");
  need(recvmsg(client, &message, MSG_WAITALL) == 1500, "recvmsg");
  need(shutdown(client, SHUT_WR) == 0, "shutdown");
  close(client);
  close(fd);
  close(server);
  fact_flow("::1", (struct flow6){"CONNECT READ_RECV WRITE_SEND SHUTDOWN CLOSE", 6, client, own,
                                  port, 1, 1500, 2, 1000});
  fact_flow("::1", (struct flow6){"ACCEPT READ_RECV WRITE_SEND CLOSE", 6, fd, own, port, 1, 1000, 1,
                                  1500});
}

static void refused(void) {
  const int server = bound(SOCK_STREAM, in6addr_loopback);
  const unsigned port = port_of(server, getsockname);
  const int fd = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 address = end_of(in6addr_loopback, port);
  need(connect(fd, (struct sockaddr*)&address, sizeof address) == -1, "connect to nobody");
  need(errno == ECONNREFUSED, "connection refused");
  close(fd);
  close(server);
  fact("NetworkFlow",
       "\"flags\":\"CONNECT CLOSE\",\"proto\":6,\"fd\":%d,\"dip\":\"::1\",\"dport\":%u,"
       "\"reads\":0,\"writes\":0,\"readBytes\":0,\"writeBytes\":0",
       fd, port);
}

// The server has no peer of its own: each message tells it. `with_message` by recvmsg and sendmsg.
static void udp(int with_message) {
  const int server = bound(SOCK_DGRAM, in6addr_loopback);
  const unsigned port = port_of(server, getsockname);
  const int client = connected(SOCK_DGRAM, port);
  const unsigned own = port_of(client, getsockname);
  struct sockaddr_in6 from;
  struct iovec part = {data, 4096};
  struct msghdr message = {
      .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
  for (int i = 0; i < 3; i++) {
    socklen_t size = sizeof from;
    need(send(client, data, 50, 0) == 50, "send");
    const ssize_t got = with_message
                            ? recvmsg(server, &message, 0)
                            : recvfrom(server, data, 4096, 0, (struct sockaddr*)&from, &size);
    need(got == 50, "receive");
  }
  part.iov_len = 70;
  const ssize_t sent = with_message
                           ? sendmsg(server, &message, 0)
                           : sendto(server, data, 70, 0, (struct sockaddr*)&from, sizeof from);
  need(sent == 70 && recv(client, data, 4096, 0) == 70, "answer");
  close(client);
  close(server);
  fact_flow("::1", (struct flow6){"CONNECT READ_RECV WRITE_SEND CLOSE", 17, client, own, port, 1,
                                  70, 3, 150});
  fact_flow("::1",
            (struct flow6){"READ_RECV WRITE_SEND CLOSE", 17, server, own, port, 3, 150, 1, 70});
}

// A socket that speaks first is the source.
static void udp_sender(void) {
  const int receiver = bound(SOCK_DGRAM, in6addr_loopback);
  const unsigned port = port_of(receiver, getsockname);
  const int sender = bound(SOCK_DGRAM, in6addr_loopback);
  const unsigned own = port_of(sender, getsockname);
  struct sockaddr_in6 to = end_of(in6addr_loopback, port);
  need(sendto(sender, data, 30, 0, (struct sockaddr*)&to, sizeof to) == 30, "sendto");
  struct sockaddr_in6 from;
  socklen_t size = sizeof from;
  need(recvfrom(receiver, data, 4096, 0, (struct sockaddr*)&from, &size) == 30, "recvfrom");
  close(sender);
  close(receiver);
  fact_flow("::1", (struct flow6){"WRITE_SEND CLOSE", 17, sender, own, port, 0, 0, 1, 30});
  fact_flow("::1", (struct flow6){"READ_RECV CLOSE", 17, receiver, own, port, 1, 30, 0, 0});
}

// Twenty bytes between a client that has connected and the server, which all ends with.
static void exchange(int client, int server, unsigned port) {
  const int fd = accept(server, NULL, NULL);
  need(fd >= 0, "accept");
  const unsigned own = port_of(fd, getpeername);
  need(send(client, data, 20, 0) == 20 && recv(fd, data, 4096, 0) == 20, "send, recv");
  close(client);
  close(fd);
  close(server);
  fact_flow("127.0.0.1",
            (struct flow6){"CONNECT WRITE_SEND CLOSE", 6, client, own, port, 0, 0, 1, 20});
  fact_flow("127.0.0.1", (struct flow6){"ACCEPT READ_RECV CLOSE", 6, fd, own, port, 1, 20, 0, 0});
}

// An IPv6 socket that takes an IPv4 client: both ends are IPv4, in every schema.
static void mapped(void) {
  const int server = bound(SOCK_STREAM, in6addr_any);
  need(listen(server, 1) == 0, "listen");
  const unsigned port = port_of(server, getsockname);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  need(connect(client, (struct sockaddr*)&address, sizeof address) == 0, "connect");
  exchange(client, server, port);
}

// An IPv6 socket that goes to an IPv4 server.
static void mapped_client(void) {
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  need(bind(server, (struct sockaddr*)&address, sizeof address) == 0, "bind");
  need(listen(server, 1) == 0, "listen");
  const unsigned port = port_of(server, getsockname);
  struct sockaddr_in6 to = end_of(in6addr_any, port);
  need(inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr) == 1, "inet_pton");
  const int client = socket(AF_INET6, SOCK_STREAM, 0);
  need(connect(client, (struct sockaddr*)&to, sizeof to) == 0, "connect");
  exchange(client, server, port);
}

void do_ipv6(void) {
  tcp();
  refused();
  udp(0);
  udp(1);
  udp_sender();
  mapped();
  mapped_client();
}
