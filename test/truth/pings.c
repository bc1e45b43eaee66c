// Sockets of ICMP from before the collector: pings FOLDER. It opens them, says so, and sends with
// them once a line comes in. The folder is not used.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "../workload/workload.h"
#include "socket_end.h"

// -1 where the host does not allow such sockets.
static int opened(int type, int protocol) {
  const int fd = socket(family, type, protocol);
  need(fd >= 0 || errno == EACCES || errno == EPERM, "socket");
  return fd;
}

static void ping(int fd, int protocol) {
  if (fd < 0) {
    return;
  }
  const char request[8] = {(char)(protocol == IPPROTO_ICMP ? 8 : 128)};
  const union end to = end_at(1, 0);
  need(sendto(fd, request, sizeof request, 0, &to.any, size_of()) == sizeof request, "ping");
  close(fd);
  fact("NetworkFlow",
       "\"flags\":\"WRITE_SEND CLOSE\",\"proto\":%d,\"fd\":%d,\"writes\":1,\"writeBytes\":8",
       protocol, fd);
}

int main(int argc, char** argv) {
  (void)argv;
  need(argc == 2, "pings FOLDER");
  family = AF_INET;
  const int raw = opened(SOCK_RAW, IPPROTO_ICMP), plain = opened(SOCK_DGRAM, IPPROTO_ICMP);
  family = AF_INET6;
  const int raw6 = opened(SOCK_RAW, IPPROTO_ICMPV6), plain6 = opened(SOCK_DGRAM, IPPROTO_ICMPV6);
  char line[8];
  need(write(STDERR_FILENO, "ready\n", 6) == 6 && read(STDIN_FILENO, line, sizeof line) > 0, "go");
  family = AF_INET;
  ping(raw, IPPROTO_ICMP);
  ping(plain, IPPROTO_ICMP);
  family = AF_INET6;
  ping(raw6, IPPROTO_ICMPV6);
  ping(plain6, IPPROTO_ICMPV6);
  return 0;
}
