// Messages with control data. `control FOLDER MESSAGES FILES`: a process with
// so many open files receives datagrams with their type of service
// (IP_RECVTOS), messages with credentials, and descriptors, singly and several
// at once, of which it uses each.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../workload/workload.h"

static char data[64];
static char control[512];

static void receive(int fd, size_t size) {
  struct iovec part = {data, sizeof data};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  need(recvmsg(fd, &message, 0) == (ssize_t)size, "recvmsg");
}

static void types_of_service(int messages) {
  const int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
  const int on = 1;
  struct sockaddr_in end = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof end;
  need(bind(server, (struct sockaddr*)&end, size) == 0, "bind");
  need(getsockname(server, (struct sockaddr*)&end, &size) == 0, "getsockname");
  need(connect(client, (struct sockaddr*)&end, size) == 0, "connect");
  need(setsockopt(server, IPPROTO_IP, IP_RECVTOS, &on, sizeof on) == 0, "IP_RECVTOS");
  for (int i = 0; i < messages; i++) {
    need(send(client, data, 32, 0) == 32, "send");
    receive(server, 32);
  }
  close(client);
  close(server);
  fact("NetworkFlow",
       "\"flags\":\"READ_RECV "
       "CLOSE\",\"proto\":17,\"fd\":%d,\"dport\":%d,\"reads\":%d,"
       "\"readBytes\":%d,\"writes\":0",
       server, ntohs(end.sin_port), messages, 32 * messages);
}

// Sends the descriptors of `count` files in one message, and writes to each
// where it is received.
static void pass(const int ends[2], int round, int count) {
  const char* names[3];
  int passed[3];
  char name[32];
  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "passed-%d-%d", round, i);
    names[i] = path_of(name);
    passed[i] = open(names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    need(passed[i] >= 0, "open");
  }
  memset(control, 0, sizeof control);
  struct iovec part = {data, 1};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count)};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
  memcpy(CMSG_DATA(header), passed, sizeof(int) * (size_t)count);
  need(sendmsg(ends[0], &message, 0) == 1, "sendmsg");
  receive(ends[1], 1);
  int got[3];
  // Credentials stand before them.
  for (header = CMSG_FIRSTHDR(&message); header->cmsg_type != SCM_RIGHTS;) {
    header = (struct cmsghdr*)((char*)header + CMSG_ALIGN(header->cmsg_len));
  }
  memcpy(got, CMSG_DATA(header), sizeof(int) * (size_t)count);
  usleep(100000);  // a descriptor that is closed before it is looked up stays
                   // unknown
  for (int i = 0; i < count; i++) {
    need(write(got[i], data, 7) == 7, "write");
    fact("FileFlow",
         "\"flags\":\"WRITE_SEND "
         "CLOSE\",\"path\":\"%s\",\"fd\":%d,\"writes\":1,\"writeBytes\":7",
         names[i], got[i]);
  }
  for (int i = 0; i < count; i++) {
    close(got[i]);
    close(passed[i]);
  }
}

int main(int argc, char** argv) {
  need(argc == 4, "arguments");
  work_in(argv[1]);
  const int files = atoi(argv[3]);
  const struct rlimit limit = {(rlim_t)files + 100, (rlim_t)files + 100};
  need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
  for (int i = 0; i < files; i++) need(open("/dev/null", O_RDONLY) >= 0, "open /dev/null");
  types_of_service(atoi(argv[2]));
  int ends[2];
  const int on = 1;
  need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
  pass(ends, 1, 1);
  pass(ends, 2, 3);
  need(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0, "SO_PASSCRED");
  pass(ends, 3, 2);
  return 0;
}
