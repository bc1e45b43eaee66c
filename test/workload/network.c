// Sockets and pipes on this host: TCP, UDP, Unix, connections that fail.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "workload.h"

static char data[4096];

struct net_flow {
  const char* flags;
  int proto, fd;
  unsigned sport, dport;
  long reads, read_bytes, writes, write_bytes;
};

static void fact_net_flow(struct net_flow flow) {
  fact("NetworkFlow",
       "\"flags\":\"%s\",\"proto\":%d,\"fd\":%d,\"sip\":\"127.0.0.1\",\"sport\":%u,"
       "\"dip\":\"127.0.0.1\",\"dport\":%u,\"reads\":%ld,\"readBytes\":%ld,\"writes\":%ld,"
       "\"writeBytes\":%ld",
       flow.flags, flow.proto, flow.fd, flow.sport, flow.dport, flow.reads, flow.read_bytes,
       flow.writes, flow.write_bytes);
}

static struct sockaddr_in loopback(unsigned port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static unsigned port_of(int fd, int (*get)(int, struct sockaddr*, socklen_t*)) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  need(get(fd, (struct sockaddr*)&address, &size) == 0, "port");
  return ntohs(address.sin_port);
}

static int bound(int type) {
  const int fd = socket(AF_INET, type, 0);
  struct sockaddr_in address = loopback(0);
  need(fd >= 0 && bind(fd, (struct sockaddr*)&address, sizeof address) == 0, "bind");
  return fd;
}

static void tcp_client(unsigned port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(port);
  need(connect(fd, (struct sockaddr*)&address, sizeof address) == 0, "connect");
  const unsigned own = port_of(fd, getsockname);
  for (int i = 0; i < 4; i++) {
    need(send(fd, data, 250, 0) == 250, "send");
  }
  need(shutdown(fd, SHUT_WR) == 0, "shutdown");
  need(recv(fd, data, 2000, MSG_WAITALL) == 2000, "recv");
  close(fd);
  fact_net_flow((struct net_flow){"CONNECT READ_RECV WRITE_SEND SHUTDOWN CLOSE", 6, fd, own, port,
                                  1, 2000, 4, 1000});
}

// One connection: the parent serves, a child is the client.
static void tcp(int use_accept4) {
  const int server = bound(SOCK_STREAM);
  need(listen(server, 1) == 0, "listen");
  const unsigned port = port_of(server, getsockname);
  const pid_t child = fork();
  if (child == 0) {
    close(server);
    tcp_client(port);
    _exit(0);
  }
  const int fd =
      use_accept4 ? accept4(server, NULL, NULL, SOCK_CLOEXEC) : accept(server, NULL, NULL);
  need(fd >= 0, "accept");
  const unsigned peer = port_of(fd, getpeername);
  need(recv(fd, data, 1000, MSG_WAITALL) == 1000, "recv");
  need(read(fd, data, 10) == 0, "read the end");
  struct iovec part = {data, 1500};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  need(sendmsg(fd, &message, 0) == 1500 && write(fd, data, 500) == 500, "sendmsg, write");
  close(fd);
  fact_net_flow(
      (struct net_flow){"ACCEPT READ_RECV WRITE_SEND CLOSE", 6, fd, peer, port, 2, 1000, 2, 2000});
  close(server);
  fact_clone(child);
  await_child(child);
}

static void refused(void) {
  const int server = bound(SOCK_STREAM);
  const unsigned port = port_of(server, getsockname);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(port);
  need(connect(fd, (struct sockaddr*)&address, sizeof address) == -1, "connect to nobody");
  need(errno == ECONNREFUSED, "connection refused");
  close(fd);
  fact("NetworkFlow",
       "\"flags\":\"CONNECT CLOSE\",\"proto\":6,\"fd\":%d,\"dip\":\"127.0.0.1\","
       "\"dport\":%u,\"reads\":0,\"writes\":0,\"readBytes\":0,\"writeBytes\":0",
       fd, port);
  close(server);
}

static void udp_connected(void) {
  const int server = bound(SOCK_DGRAM);
  const unsigned port = port_of(server, getsockname);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = loopback(port);
  need(connect(fd, (struct sockaddr*)&address, sizeof address) == 0, "connect");
  const unsigned own = port_of(fd, getsockname);
  struct sockaddr_in from;
  for (int i = 0; i < 3; i++) {
    socklen_t size = sizeof from;
    need(send(fd, data, 50, 0) == 50, "send");
    need(recvfrom(server, data, 4096, 0, (struct sockaddr*)&from, &size) == 50, "recvfrom");
  }
  need(sendto(server, data, 70, 0, (struct sockaddr*)&from, sizeof from) == 70, "sendto");
  need(recv(fd, data, 4096, 0) == 70, "recv");
  close(fd);
  fact_net_flow(
      (struct net_flow){"CONNECT READ_RECV WRITE_SEND CLOSE", 17, fd, own, port, 1, 70, 3, 150});
  close(server);
  fact_net_flow(
      (struct net_flow){"READ_RECV WRITE_SEND CLOSE", 17, server, own, port, 3, 150, 1, 70});
}

static void unix_socket(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char* path = path_of("socket");
  strcpy(address.sun_path, path);
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  need(bind(server, (struct sockaddr*)&address, sizeof address) == 0, "bind");
  need(listen(server, 1) == 0, "listen");
  const int client = socket(AF_UNIX, SOCK_STREAM, 0);
  need(connect(client, (struct sockaddr*)&address, sizeof address) == 0, "connect");
  const int fd = accept(server, NULL, NULL);
  need(fd >= 0, "accept");
  need(send(client, data, 111, 0) == 111 && recv(fd, data, 200, 0) == 111, "one way");
  need(write(fd, data, 33) == 33 && read(client, data, 200) == 33, "the other way");
  close(client);
  close(fd);
  close(server);
  const char* client_flags = "CONNECT READ_RECV WRITE_SEND CLOSE";
  const char* server_flags = "ACCEPT READ_RECV WRITE_SEND CLOSE";
  fact_file_flow((struct file_flow){path, client_flags, client, 1, 33, 1, 111});
  fact_file_flow((struct file_flow){path, server_flags, fd, 1, 111, 1, 33});
  need(unlink(path) == 0, "unlink");
  const int nobody = socket(AF_UNIX, SOCK_STREAM, 0);
  need(connect(nobody, (struct sockaddr*)&address, sizeof address) == -1, "connect to nobody");
  close(nobody);
  fact_file_flow((struct file_flow){path, "CONNECT CLOSE", nobody, 0, 0, 0, 0});
}

static void pipe_and_pair(void) {
  int ends[2];
  need(pipe(ends) == 0, "pipe");
  const char* name = unnamed(ends[0]);
  need(write(ends[1], data, 4000) == 4000 && read(ends[0], data, 4096) == 4000, "pipe");
  close(ends[0]);
  close(ends[1]);
  fact_file_flow((struct file_flow){name, "READ_RECV CLOSE", ends[0], 1, 4000, 0, 0});
  fact_file_flow((struct file_flow){name, "WRITE_SEND CLOSE", ends[1], 0, 0, 1, 4000});
  need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
  const char* names[] = {unnamed(ends[0]), unnamed(ends[1])};
  need(write(ends[1], data, 9) == 9 && read(ends[0], data, 4096) == 9, "socketpair");
  close(ends[0]);
  close(ends[1]);
  fact_file_flow((struct file_flow){names[0], "READ_RECV CLOSE", ends[0], 1, 9, 0, 0});
  fact_file_flow((struct file_flow){names[1], "WRITE_SEND CLOSE", ends[1], 0, 0, 1, 9});
}

void do_network(void) {
  tcp(0);
  tcp(1);
  refused();
  udp_connected();
  unix_socket();
  pipe_and_pair();
}
