// Ends of internet sockets, of the family that a program was told of.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

union end {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static int family;

static socklen_t size_of(void) {
  return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

// An address of this host, 127.0.0.N or ::1; of N 0, the one that stands for all.
static union end end_at(int n, unsigned port) {
  union end end;
  memset(&end, 0, sizeof end);
  if (family == AF_INET) {
    end.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    end.v4.sin_addr.s_addr = n == 0 ? 0 : htonl(0x7f000000u + (unsigned)n);
  } else {
    end.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
    end.v6.sin6_addr = n == 0 ? in6addr_any : in6addr_loopback;
  }
  return end;
}
